"""The banner: the report's sentence, or that the audit is overdue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.audit.report_model import Health
from shared.status_page.banner import banner
from tests.support.sample_reports import FINISHED, PERIOD, all_well, troubled


@pytest.mark.parametrize(
    ("seconds", "overdue"),
    [(-3600, False), (0, False), (PERIOD, False), (2 * PERIOD, False), (2 * PERIOD + 1, True), (10**7, True)],
)
def test_overdue_after_two_periods(seconds: int, overdue: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A report is overdue once it is older than two periods of the schedule. Its health is then unknown."""
    shown = banner(all_well(), FINISHED + timedelta(seconds=seconds))
    assert shown.overdue is overdue
    assert shown.health is (Health.UNKNOWN if overdue else Health.WELL)


def test_the_period_is_the_reports() -> None:
    """A daily audit is overdue after two days."""
    daily = replace(all_well(), period_seconds=24 * 3600)
    assert not banner(daily, FINISHED + timedelta(hours=47)).overdue
    assert banner(daily, FINISHED + timedelta(hours=49)).overdue


def test_the_sentence() -> None:
    """The banner shows the report's own sentence. Once overdue, it shows for how long there was no audit."""
    assert banner(troubled(), FINISHED).sentence == troubled().sentence
    assert banner(troubled(), FINISHED + timedelta(hours=5)).sentence == "No audit for 5 hours."


def test_an_overdue_report() -> None:
    """An overdue banner shows the last sentence, the number of missing audits, and the remedy."""
    last, remedy = banner(all_well(), FINISHED + timedelta(hours=3, minutes=10)).details
    assert all_well().sentence in last
    assert "Audits are scheduled every 15 minutes; 12 audits did not report." in last
    assert "REPORT_STORE" in remedy

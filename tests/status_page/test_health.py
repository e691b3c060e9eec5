"""Whether all is well, and whether that can still be believed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.audit.report_model import Health
from shared.status_page.health import standing, warning
from tests.support.sample_reports import FINISHED, PERIOD, all_well, troubled


@pytest.mark.parametrize(
    ("seconds", "overdue"),
    [(-3600, False), (0, False), (PERIOD, False), (2 * PERIOD, False), (2 * PERIOD + 1, True), (10**7, True)],
)
def test_overdue_after_two_periods(seconds: int, overdue: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A report is overdue once it is older than two periods of the schedule, and not before."""
    seen = standing(all_well(), FINISHED + timedelta(seconds=seconds))
    assert seen.overdue is overdue
    assert seen.health is (Health.UNKNOWN if overdue else Health.WELL)


def test_the_period_is_the_reports() -> None:
    """A daily audit is not overdue after an hour."""
    daily = replace(all_well(), period_seconds=24 * 3600)
    assert not standing(daily, FINISHED + timedelta(hours=47)).overdue
    assert standing(daily, FINISHED + timedelta(hours=49)).overdue


def test_the_sentence() -> None:
    """The page begins with the report's own sentence; once that is overdue, with how long nobody has looked."""
    assert standing(troubled(), FINISHED).sentence == troubled().sentence
    assert standing(troubled(), FINISHED + timedelta(hours=5)).sentence == "Nobody has looked for 5 hours."


def test_the_warning() -> None:
    """It says what was said last, how many audits are missing, and what to do."""
    known, to_do = warning(all_well(), FINISHED + timedelta(hours=3, minutes=10))
    assert all_well().sentence in known
    assert "every 15 minutes; 12 audits should have come since" in known
    assert "REPORT_STORE" in to_do

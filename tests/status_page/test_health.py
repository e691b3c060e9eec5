"""What the page says below its banner if the audit is overdue."""

from datetime import timedelta

from shared.status_page.health import warning
from tests.support.sample_reports import FINISHED, all_well


def test_the_warning() -> None:
    """It says what was said last, how many audits are missing, and what to do."""
    known, to_do = warning(all_well(), FINISHED + timedelta(hours=3, minutes=10))
    assert all_well().sentence in known
    assert "every 15 minutes; 12 audits should have come since" in known
    assert "REPORT_STORE" in to_do

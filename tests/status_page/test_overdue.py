"""What the page adds to the banner if the audit is overdue."""

from datetime import timedelta

from shared.status_page.overdue import overdue_details
from tests.support.sample_reports import FINISHED, all_well


def test_overdue_details() -> None:
    """An overdue page shows the last sentence, the number of missing audits, and the remedy."""
    result, remedy = overdue_details(all_well(), FINISHED + timedelta(hours=3, minutes=10))
    assert all_well().sentence in result
    assert "Audits are scheduled every 15 minutes; 12 audits did not report." in result
    assert "REPORT_STORE" in remedy

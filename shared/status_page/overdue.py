"""What the page adds to the banner if the audit is overdue. Pure."""

from datetime import datetime, timedelta

from shared.domain.audit.report_model import AuditReport
from shared.domain.model.text import counted
from shared.status_page.formatting import duration, timestamp

_REMEDY = "Check in the log of the function audit that it runs, succeeds, and can write to REPORT_STORE."


def overdue_details(report: AuditReport, now: datetime) -> tuple[str, str]:
    """The last result with the number of missing audits, and the remedy."""
    period = timedelta(seconds=max(1, report.period_seconds))
    missed = counted((now - report.finished) // period, "audit")
    result = (
        f"Last result, {timestamp(report.finished)}: “{report.sentence}” It may be outdated. "
        f"Audits are scheduled every {duration(period)}; {missed} did not report."
    )
    return result, _REMEDY

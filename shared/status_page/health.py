"""What the page says below its banner if the audit is overdue."""

from datetime import datetime, timedelta

from shared.domain.audit.report_model import AuditReport
from shared.domain.model.text import counted
from shared.status_page.wording import lasting, moment

_WHAT_TO_DO = (
    "See that the function audit runs, that it does not fail, and that it can write to REPORT_STORE: "
    "its log says so."
)


def warning(report: AuditReport, now: datetime) -> tuple[str, str]:
    """What the overdue page says beneath its first sentence: what is known, and what to do."""
    due = lasting(timedelta(seconds=report.period_seconds))
    missing = counted(missed(now - report.finished, report), "audit")
    known = (
        f"The audit of {moment(report.finished)} said: “{report.sentence}” That may no longer be true. "
        f"One is due every {due}; {missing} should have come since."
    )
    return known, _WHAT_TO_DO


def missed(age: timedelta, report: AuditReport) -> int:
    """How many audits the schedule would have brought since the last one."""
    return int(age.total_seconds() // max(1, report.period_seconds))

"""The first sentence of the page: whether all is well, and whether that can still be believed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.audit.report_model import AuditReport, Health
from shared.domain.model.text import counted
from shared.status_page.wording import lasting, moment

OVERDUE_PERIODS = 2
_WHAT_TO_DO = (
    "See that the function audit runs, that it does not fail, and that it can write to REPORT_STORE: "
    "its log says so."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`health` is what the page as a whole shows: unknown once the audit is overdue."""

    health: Health
    sentence: str
    age: timedelta
    overdue: bool
    overdue_from: datetime


def standing(report: AuditReport, now: datetime) -> Standing:
    """How things stand by that report at that moment."""
    # A clock that is behind the one that wrote the report must not show an age below nothing.
    age = max(now - report.finished, timedelta())
    period = timedelta(seconds=report.period_seconds)
    overdue = age > OVERDUE_PERIODS * period
    return Standing(
        health=Health.UNKNOWN if overdue else report.health,
        sentence=f"Nobody has looked for {lasting(age)}." if overdue else report.sentence,
        age=age,
        overdue=overdue,
        overdue_from=report.finished + OVERDUE_PERIODS * period,
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

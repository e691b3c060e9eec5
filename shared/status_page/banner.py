"""The banner at the top of the page: the report's sentence and health, unless the audit is overdue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.audit.report_model import AuditReport, Health
from shared.domain.model.text import counted
from shared.status_page.formatting import duration, timestamp

OVERDUE_PERIODS = 2
_REMEDY = "Check in the log of the function audit that it runs, succeeds, and can write to REPORT_STORE."


@dataclass(frozen=True, slots=True)
class Banner:
    """`health` is unknown once the audit is overdue. `details`: what an overdue page adds to its sentence."""

    health: Health
    sentence: str
    age: timedelta
    overdue: bool
    overdue_from: datetime
    details: tuple[str, ...] = ()


def banner(report: AuditReport, now: datetime) -> Banner:
    """The banner of the report at `now`."""
    age = max(now - report.finished, timedelta())  # clocks differ
    period = timedelta(seconds=report.period_seconds)
    overdue_from = report.finished + OVERDUE_PERIODS * period
    if now <= overdue_from:
        return Banner(report.health, report.sentence, age, overdue=False, overdue_from=overdue_from)
    missed = counted(int(age / max(period, timedelta(seconds=1))), "audit")
    last = (
        f"Last result, {timestamp(report.finished)}: “{report.sentence}” It may be outdated. "
        f"Audits are scheduled every {duration(period)}; {missed} did not report."
    )
    sentence = f"No audit for {duration(age)}."
    return Banner(Health.UNKNOWN, sentence, age, True, overdue_from, (last, _REMEDY))  # noqa: FBT003 -- as named above

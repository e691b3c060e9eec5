"""The summary of an audit report: its health, its sentence, its point in the history, and the page's banner.

| the report has                                                                        | health  |
|---------------------------------------------------------------------------------------|---------|
| an error, or a failed repair                                                          | error   |
| something that could not be read or reached, or an error or warning that was not seen | unknown |
| a warning                                                                             | warning |
| an endpoint that is not ready yet                                                     | waiting |
| none of these                                                                         | healthy |

The sentence begins with the words for the health, so that the two cannot contradict each other.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.audit.report_model import AuditReport, Health, HistoryPoint
from shared.domain.changes.outcome import OutcomeStatus
from shared.domain.model.findings import Severity
from shared.domain.model.text import counted

# One week of audits every 15 minutes.
MOST_POINTS = 672
OVERDUE_PERIODS = 2
_MOST_CODES = 3

NO_PROBLEMS = "No problems found"
_BEGINNINGS = {
    Health.ERROR: "Problems found",
    Health.WARNING: "Warnings found",
    Health.UNKNOWN: "Not everything could be read",
    Health.WAITING: NO_PROBLEMS,
    Health.HEALTHY: NO_PROBLEMS,
}
# Singular and plural.
_VERBS = {
    (Health.ERROR, Health.WARNING): ("needs attention", "need attention"),
    (Health.UNKNOWN,): ("could not be read", "could not be read"),
    (Health.WAITING,): ("is not ready yet", "are not ready yet"),
}


@dataclass(frozen=True, slots=True)
class Banner:
    """What a reader of a report sees first. An overdue report is no evidence of the present state."""

    health: Health
    sentence: str
    age: timedelta
    overdue: bool
    overdue_from: datetime


def banner(report: AuditReport, now: datetime) -> Banner:
    """The banner of a report that is read at `now`."""
    # The clock can be behind that of the process that wrote the report.
    age = max(now - report.finished, timedelta())
    overdue_from = report.finished + OVERDUE_PERIODS * timedelta(seconds=report.period_seconds)
    if now > overdue_from:
        sentence = f"No audit has finished since {report.finished:%Y-%m-%d %H:%M} UTC."
        return Banner(Health.UNKNOWN, sentence, age, overdue=True, overdue_from=overdue_from)
    return Banner(report.health, report.sentence, age, overdue=False, overdue_from=overdue_from)


def summarized(report: AuditReport, previous: AuditReport | None = None) -> AuditReport:
    """The report with its health, sentence and history."""
    health = _health(report)
    parts = [f"{_BEGINNINGS[health]}: {_endpoints(report, health)}.", *_details(report)]
    history = (*(previous.history if previous else ())[1 - MOST_POINTS :], _history_point(report))
    return replace(report, health=health, sentence=" ".join(parts), history=history)


def _health(report: AuditReport) -> Health:
    """The worst of what is in the report. What is not managed does not count."""
    evidence = {row.health for row in report.objects} | {one.health for one in report.findings}
    if any(repair.status == OutcomeStatus.FAILED for repair in report.repairs):
        evidence.add(Health.ERROR)
    if report.problems or not report.complete:
        evidence.add(Health.UNKNOWN)
    return Health.worst(evidence - {Health.NOT_MANAGED})


def _endpoints(report: AuditReport, health: Health) -> str:
    managed = Counter[Health](row.health for row in report.endpoints if row.health is not Health.NOT_MANAGED)
    if not managed:
        unread = health is Health.UNKNOWN
        return "no private endpoint was read" if unread else "no private endpoint requests access"
    counts = ((sum(managed[one] for one in healths), verbs) for healths, verbs in _VERBS.items())
    states = (f"{count} {verbs[count > 1]}" for count, verbs in counts if count)
    return ", ".join([counted(managed.total(), "private endpoint"), *states])


def _details(report: AuditReport) -> Iterator[str]:
    codes = Counter(one.code for one in report.findings if one.seen and not one.is_info)
    if codes:
        most = ", ".join(f"{code} ({count})" for code, count in codes.most_common(_MOST_CODES))
        yield f"Findings: {most}{' and more' if len(codes) > _MOST_CODES else ''}."
    statuses = Counter(repair.status for repair in report.repairs)
    if done := statuses[OutcomeStatus.DONE]:
        yield f"Repaired: {counted(done, 'object')}."
    if failed := statuses[OutcomeStatus.FAILED]:
        yield f"Failed: {counted(failed, 'repair')}."
    if report.left:
        yield f"Not reached: {counted(len(report.left), 'object')}; the next audit tries again."


def _history_point(report: AuditReport) -> HistoryPoint:
    severities = Counter(one.severity for one in report.findings if one.seen)
    return HistoryPoint(
        at=report.finished,
        errors=severities[Severity.ERROR],
        warnings=severities[Severity.WARNING],
        infos=severities[Severity.INFO],
        repaired=sum(1 for repair in report.repairs if repair.status == OutcomeStatus.DONE),
        endpoints=len(report.endpoints),
    )

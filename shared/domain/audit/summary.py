"""The summary of an audit report: its health, its sentence, its point in the history, and the page's banner.

| the report has                                                                        | health  |
|---------------------------------------------------------------------------------------|---------|
| an error or a warning, a failed repair, or something that is wrong                    | wrong   |
| something that could not be read or reached, or an error or warning that was not seen | unknown |
| an endpoint that is not ready yet                                                     | waiting |
| none of these                                                                         | well    |

The sentence begins with the words for the health, so that the two cannot contradict each other.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.audit.report_model import AuditReport, Health, HistoryPoint
from shared.domain.changes.outcome import OutcomeStatus
from shared.domain.model.text import counted
from shared.domain.planning.classification import Verdict

# One week of audits every 15 minutes.
MOST_POINTS = 672
OVERDUE_PERIODS = 2
_MOST_CODES = 3

NO_PROBLEMS = "No problems found"
_BEGINNINGS = {
    Health.WRONG: "Problems found",
    Health.UNKNOWN: "Not everything could be read",
    Health.WAITING: NO_PROBLEMS,
    Health.WELL: NO_PROBLEMS,
}
# Singular and plural.
_VERBS = {
    Health.WRONG: ("needs attention", "need attention"),
    Health.UNKNOWN: ("could not be read", "could not be read"),
    Health.WAITING: ("is not ready yet", "are not ready yet"),
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
    rows = {row.health for row in report.endpoints} | {row.health for row in report.services}
    rows |= {row.health for row in report.zones}
    verdicts = {row.verdict for row in report.endpoints}
    problems = [one for one in report.findings if one.severity != "info"]
    failed = any(repair.status == OutcomeStatus.FAILED for repair in report.repairs)
    wrong = Health.WRONG in rows or verdicts & {Verdict.FOREIGN_SERVICE, Verdict.FAILED}
    if failed or wrong or any(one.seen and one.code != "unreadable" for one in problems):
        return Health.WRONG
    unread = Health.UNKNOWN in rows or Verdict.UNKNOWN in verdicts
    if unread or problems or report.problems or not report.complete:
        return Health.UNKNOWN
    return Health.WAITING if Health.WAITING in rows else Health.WELL


def _endpoints(report: AuditReport, health: Health) -> str:
    managed = Counter[Health](row.health for row in report.endpoints if row.health is not Health.LEFT_ALONE)
    if not managed:
        unread = health is Health.UNKNOWN
        return "no private endpoint was read" if unread else "no private endpoint requests access"
    counts = (f"{count} {_VERBS[one][count > 1]}" for one in _VERBS if (count := managed[one]))
    return ", ".join([counted(managed.total(), "private endpoint"), *counts])


def _details(report: AuditReport) -> Iterator[str]:
    codes = Counter(one.code for one in report.findings if one.seen and one.severity != "info")
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
        errors=severities["error"],
        warnings=severities["warning"],
        infos=severities["info"],
        repaired=sum(1 for repair in report.repairs if repair.status == OutcomeStatus.DONE),
        endpoints=len(report.endpoints),
    )

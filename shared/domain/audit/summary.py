"""The summary of an audit report: its health, its sentence and its point in the history."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from shared.domain.audit.report_model import AuditReport, Health, HistoryPoint
from shared.domain.changes.outcome import Status
from shared.domain.model.text import counted

# One week of audits every 15 minutes.
MOST_POINTS = 672
_MOST_CODES = 3

# Singular and plural.
_VERBS = {
    Health.WRONG: ("needs attention", "need attention"),
    Health.UNKNOWN: ("could not be read", "could not be read"),
    Health.WAITING: ("is not ready yet", "are not ready yet"),
}


def summarized(report: AuditReport, previous: AuditReport | None) -> AuditReport:
    """The report with its health, sentence and history."""
    return replace(
        report,
        health=_health(report),
        sentence=" ".join([_endpoints_sentence(report), *_details(report)]),
        history=_history(report, previous),
    )


def _health(report: AuditReport) -> Health:
    problems = [one for one in report.findings if one.severity != "info"]
    if any(one.code != "unreadable" for one in problems):
        return Health.WRONG
    if problems or report.problems or not report.complete:
        return Health.UNKNOWN
    waiting = any(row.health is Health.WAITING for row in report.endpoints)
    return Health.WAITING if waiting else Health.WELL


def _endpoints_sentence(report: AuditReport) -> str:
    managed = Counter[Health](row.health for row in report.endpoints if row.health is not Health.LEFT_ALONE)
    if not managed:
        return "No private endpoint asks for access."
    total = counted(managed.total(), "private endpoint")
    parts = [
        f"{managed[health]} {_VERBS[health][managed[health] > 1]}" for health in _VERBS if managed[health]
    ]
    return f"Of {total}, {', '.join(parts)}." if parts else f"All is well with {total}."


def _details(report: AuditReport) -> Iterator[str]:
    codes = Counter(one.code for one in report.findings if one.severity != "info")
    if codes:
        most = ", ".join(f"{code} ({count})" for code, count in codes.most_common(_MOST_CODES))
        yield f"Found: {most}{' and more' if len(codes) > _MOST_CODES else ''}."
    statuses = Counter(repair.status for repair in report.repairs)
    if done := statuses[Status.DONE]:
        yield f"Repaired: {counted(done, 'object')}."
    if failed := statuses[Status.FAILED]:
        yield f"Failed: {counted(failed, 'repair')}."
    if report.left:
        yield f"Not reached: {counted(len(report.left), 'object')}; the next audit tries again."


def _history(report: AuditReport, previous: AuditReport | None) -> tuple[HistoryPoint, ...]:
    severities = Counter(one.severity for one in report.findings)
    point = HistoryPoint(
        at=report.finished,
        errors=severities["error"],
        warnings=severities["warning"],
        infos=severities["info"],
        repaired=sum(1 for repair in report.repairs if repair.status == Status.DONE),
        endpoints=len(report.endpoints),
    )
    earlier = previous.history if previous else ()
    return (*earlier[1 - MOST_POINTS :], point)

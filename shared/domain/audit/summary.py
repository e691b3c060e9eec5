"""An audit in a few words: how all fares, the one sentence, and its point in the history."""

from collections import Counter
from collections.abc import Iterable

from shared.domain.audit.report_model import AuditReport, Health, HistoryPoint
from shared.domain.changes.outcome import Status
from shared.domain.model.text import counted

# A week of audits every quarter of an hour.
MOST_POINTS = 672
_MOST_CODES = 3


def overall(report: AuditReport) -> Health:
    """How all fares together."""
    bad = [one for one in report.findings if one.severity != "info"]
    if any(one.code != "unreadable" for one in bad):
        return Health.WRONG
    if bad or report.problems or not report.complete:
        return Health.UNKNOWN
    waiting = any(row.health is Health.WAITING for row in report.endpoints)
    return Health.WAITING if waiting else Health.WELL


def sentence(report: AuditReport) -> str:
    """What to know if one reads nothing else."""
    parts = [_of_endpoints(report), *_of_the_rest(report)]
    return " ".join(parts)


def _of_endpoints(report: AuditReport) -> str:
    asking = [row for row in report.endpoints if row.health is not Health.LEFT_ALONE]
    if not asking:
        return "No private endpoint asks for access."
    by_health = Counter(row.health for row in asking)
    told = [
        f"{by_health[health]} {_verb(health, by_health[health])}" for health in _VERBS if by_health[health]
    ]
    all_of_them = counted(len(asking), "private endpoint")
    if not told:
        return f"All is well with {all_of_them}."
    return f"Of {all_of_them}, {', '.join(told)}."


_VERBS = {
    Health.WRONG: ("needs attention", "need attention"),
    Health.UNKNOWN: ("could not be seen", "could not be seen"),
    Health.WAITING: ("is not ready yet", "are not ready yet"),
}


def _verb(health: Health, count: int) -> str:
    one, many = _VERBS[health]
    return one if count == 1 else many


def _of_the_rest(report: AuditReport) -> Iterable[str]:
    codes = Counter(one.code for one in report.findings if one.severity != "info")
    if codes:
        worst = ", ".join(f"{code} ({count})" for code, count in codes.most_common(_MOST_CODES))
        yield f"Found: {worst}{' and more' if len(codes) > _MOST_CODES else ''}."
    statuses = Counter(repair.status for repair in report.repairs)
    if done := statuses[Status.DONE]:
        yield f"Repaired: {counted(done, 'thing')}."
    if failed := statuses[Status.FAILED]:
        yield f"Failed: {counted(failed, 'repair')}."
    if report.left:
        yield f"Not reached: {counted(len(report.left), 'thing')}, with which the next audit begins."


def history(report: AuditReport, before: AuditReport | None) -> tuple[HistoryPoint, ...]:
    """The earlier points, as many as are kept, and this audit's."""
    severities = Counter(one.severity for one in report.findings)
    point = HistoryPoint(
        at=report.finished,
        errors=severities["error"],
        warnings=severities["warning"],
        infos=severities["info"],
        repaired=sum(1 for repair in report.repairs if repair.status == Status.DONE),
        endpoints=len(report.endpoints),
    )
    earlier = before.history if before else ()
    return (*earlier[1 - MOST_POINTS :], point)

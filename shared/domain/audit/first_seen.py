"""Since when each finding has been seen without a gap."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.domain.audit.comparison import LATE, MISSED, PENDING, STUCK
from shared.domain.audit.context import Facts
from shared.domain.audit.report_model import AuditedFinding, AuditReport
from shared.domain.model.findings import Finding, Severity

GROWN_FROM = {MISSED: LATE, STUCK: PENDING}
_WORST_FIRST = {severity.name.lower(): -severity for severity in Severity}

type Place = tuple[str, str]
"""A code and an object."""


def with_since(
    found: Iterable[Finding], before: AuditReport | None, facts: Facts, now: datetime
) -> tuple[AuditedFinding, ...]:
    """The findings, the worst first, and those of the audit before that this one was blind to.

    Words may change while a thing stays as it is (they tell request ids, say), so that where a code is told
    once of an object, then and now, it is the same finding.
    """
    earlier = before.findings if before else ()
    known = _Earlier(earlier)
    told: defaultdict[Place, list[Finding]] = defaultdict(list)
    for one in found:
        told[(one.code, one.object)].append(one)
    news = [
        _audited(one, known.first_seen(one, alone=len(those) == 1) or now, now)
        for those in told.values()
        for one in those
    ]
    kept = [one for one in earlier if _is_kept(one, facts) and (one.code, one.object) not in told]
    return tuple(sorted([*news, *kept], key=_order))


def newly_seen(report: AuditReport, before: AuditReport | None) -> Iterator[AuditedFinding]:
    """The findings of a report that the audit before, if there was any, did not tell."""
    known = _Earlier(before.findings if before else ())
    alone: defaultdict[Place, int] = defaultdict(int)
    for one in report.findings:
        alone[(one.code, one.object)] += 1
    for one in report.findings:
        if known.first_seen(one, alone=alone[(one.code, one.object)] == 1) is None:
            yield one


class _Earlier:
    """The findings of an earlier audit, to be found again."""

    def __init__(self, findings: Iterable[AuditedFinding]) -> None:
        self._exact: dict[tuple[str, str, str], datetime] = {}
        self._places: defaultdict[Place, list[datetime]] = defaultdict(list)
        for one in findings:
            self._exact[(one.code, one.object, one.message)] = one.first_seen
            self._places[(one.code, one.object)].append(one.first_seen)

    def first_seen(self, one: Finding | AuditedFinding, *, alone: bool) -> datetime | None:
        """Since when it has been seen; None if it is new. `alone`: its code is told once of its object now."""
        if exact := self._exact.get((one.code, one.object, one.message)):
            return exact
        for code in (one.code, GROWN_FROM.get(one.code, "")):
            those = self._places.get((code, one.object), [])
            if alone and len(those) == 1:
                return those[0]
        return None


def _is_kept(one: AuditedFinding, facts: Facts) -> bool:
    return one.code != "unreadable" and facts.blind_to(one.object)


def _audited(one: Finding, first: datetime, now: datetime) -> AuditedFinding:
    severity = one.severity.name.lower()
    return AuditedFinding(one.code, severity, one.object, one.message, one.remedy, first, now)


def _order(one: AuditedFinding) -> tuple[int, str, str, str]:
    return (_WORST_FIRST.get(one.severity, 0), one.code, one.object, one.message)

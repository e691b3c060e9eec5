"""What follows from a comparison with the previous audit: age of findings, overdue approvals, missed events."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.audit.context import AuditContext
from shared.domain.audit.findings import UNREADABLE
from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditReport
from shared.domain.model.findings import Finding, Severity
from shared.domain.planning.classification import Verdict

EVENT_LATE, EVENT_MISSED = "event-late", "event-missed"
PENDING, PENDING_TOO_LONG = "endpoint-pending", "pending-too-long"

_OTHERS = "others"
# Within a severity, causes come before their effects.
_ORDER = [
    UNREADABLE,
    "removals-over-limit",
    _OTHERS,
    "record-drift",
    "registration-missing",
    "allow-list-missing",
]
_ORDER += ["endpoint-rejected", PENDING_TOO_LONG, PENDING, EVENT_MISSED, EVENT_LATE]
_ESCALATED_FROM = {EVENT_MISSED: EVENT_LATE, PENDING_TOO_LONG: PENDING}

type Rows = Mapping[str, AuditedEndpoint]
type CodeAndObject = tuple[str, str]


def endpoints_by_id(report: AuditReport | None) -> dict[str, AuditedEndpoint]:
    return {row.id: row for row in report.endpoints} if report else {}


def overdue_approvals(context: AuditContext, rows: Rows, now: datetime, grace: timedelta) -> Iterator[Finding]:
    """Connections pending for longer than `grace`. An endpoint that reaches no service stays pending."""
    granted = {str(endpoint) for endpoint, names in context.report.plan.hostnames.items() if names}
    for row in rows.values():
        overdue = row.pending_since is not None and now - row.pending_since >= grace
        if overdue and row.verdict == Verdict.MANAGE and (row.services or row.id in granted):
            since = f"{row.pending_since:%Y-%m-%d %H:%M} UTC"
            yield Finding(PENDING_TOO_LONG, row.id, f"its connection to {row.alias} has been pending since {since}")


def missing_events(
    context: AuditContext, rows: Rows, previous: AuditReport | None, now: datetime, grace: timedelta
) -> Iterator[Finding]:
    """Endpoints that changed since the previous audit, and whose change no event has brought into effect.

    | the endpoint changed since the previous audit | it has drift | finding                                   |
    |-----------------------------------------------|--------------|-------------------------------------------|
    | no                                            | yes          | –: a manual change, which raises no event |
    | yes                                           | no           | –: an event was processed                 |
    | yes, and a pass of its event failed since     | yes          | –: the drift finding names that pass      |
    | yes                                           | yes          | event-late; event-missed after `grace`    |

    A failed pass is known if it could be written to the report store. Unknown are invocations that ended before
    their pass did, such as for an invalid setting, and passes that another process has overwritten.
    """
    if previous is None:
        return
    known = endpoints_by_id(previous)
    late = {one.object: one for one in previous.findings if one.code in (EVENT_LATE, EVENT_MISSED)}
    complete = all(finding.code != UNREADABLE for finding in previous.findings)
    drifted = {str(change.endpoint) for change in context.unapplied}
    repaired = {str(outcome.change.endpoint) for outcome in context.report.outcomes}
    for endpoint in sorted(drifted | repaired):
        earlier = late.get(endpoint)
        comparable = complete or endpoint in known
        if earlier is None and not (comparable and _changed(known.get(endpoint), rows.get(endpoint))):
            continue
        failed = context.failed_passes.get(endpoint)
        if failed and failed.at > (earlier.first_seen if earlier else previous.finished):
            continue
        if earlier and now - earlier.first_seen >= grace:
            since = f"{earlier.first_seen:%Y-%m-%d %H:%M} UTC"
            message = f"it changed, and no event has brought the change into effect since {since}"
            yield Finding(EVENT_MISSED, endpoint, message)
        else:
            message = "it changed since the previous audit, and no event has brought the change into effect"
            yield Finding(EVENT_LATE, endpoint, message)


def _changed(before: AuditedEndpoint | None, after: AuditedEndpoint | None) -> bool:
    """Whether the endpoint was created, deleted, recreated, retagged or connected to another service."""
    if before is None or after is None:
        return True
    if Verdict.UNKNOWN in (before.verdict, after.verdict):
        return False
    return (before.guid, before.tag_value, before.alias) != (after.guid, after.tag_value, after.alias)


def with_first_seen(
    findings: Iterable[Finding], previous: AuditReport | None, context: AuditContext, now: datetime
) -> tuple[AuditedFinding, ...]:
    """The findings, most severe first and causes before effects, with those that this audit could not verify."""
    current = tuple(findings)
    earlier = previous.findings if previous else ()
    history, unique = _FindingHistory(earlier), _unique(current)
    new = [
        AuditedFinding(
            one.code,
            one.severity.name.lower(),
            one.object,
            one.message,
            one.remedy,
            first_seen=history.first_seen(one, unique) or now,
            last_seen=now,
        )
        for one in current
    ]
    present = {(one.code, one.object) for one in current}
    unread = {one.object for one in current if one.code == UNREADABLE}
    kept = [
        _not_seen(one)
        for one in earlier
        if one.code != UNREADABLE
        and (one.code, one.object) not in present
        and _is_unverified(one.object, context, unread)
    ]
    return tuple(sorted([*new, *kept], key=_sort_key))


def newly_seen(report: AuditReport, previous: AuditReport | None) -> Iterator[AuditedFinding]:
    """The findings of a report that the previous audit, if any, did not have."""
    history, unique = _FindingHistory(previous.findings if previous else ()), _unique(report.findings)
    return (one for one in report.findings if history.first_seen(one, unique) is None)


class _FindingHistory:
    """Matches findings with those of an earlier audit.

    The message of an unchanged finding can change, because it can contain request ids. So a finding that is the
    only one of its code and object, now and then, is matched without its message.
    """

    def __init__(self, findings: Iterable[AuditedFinding]) -> None:
        self._exact = {
            (one.code, one.object, one.message.removeprefix(_prefix(one))): one.first_seen for one in findings
        }
        self._by_object: defaultdict[CodeAndObject, list[datetime]] = defaultdict(list)
        for (code, object_, _), first_seen in self._exact.items():
            self._by_object[(code, object_)].append(first_seen)

    def first_seen(self, one: Finding | AuditedFinding, unique: AbstractSet[CodeAndObject]) -> datetime | None:
        """When the finding was first seen without a gap; None if it is new."""
        message = one.message if isinstance(one, Finding) else one.message.removeprefix(_prefix(one))
        exact = self._exact.get((one.code, one.object, message))
        if exact or (one.code, one.object) not in unique:
            return exact
        candidates = (
            self._by_object.get((code, one.object), ()) for code in (one.code, _ESCALATED_FROM.get(one.code, ""))
        )
        return next((found[0] for found in candidates if len(found) == 1), None)


def _unique(findings: Iterable[Finding | AuditedFinding]) -> AbstractSet[CodeAndObject]:
    counts: defaultdict[CodeAndObject, int] = defaultdict(int)
    for one in findings:
        counts[(one.code, one.object)] += 1
    return {key for key, count in counts.items() if count == 1}


def _is_unverified(object_: str, context: AuditContext, unread: AbstractSet[str]) -> bool:
    """Whether this audit run could not read the object of an earlier finding."""
    if not context.access_readable or object_ in unread:
        return True
    return object_.startswith(context.unlisted_scopes) and object_ not in context.classified


def _not_seen(one: AuditedFinding) -> AuditedFinding:
    return replace(one, seen=False, message=_prefix(one) + one.message) if one.seen else one


def _prefix(one: AuditedFinding) -> str:
    return f"not seen by this audit; last seen {one.last_seen:%Y-%m-%d %H:%M} UTC: "


def _sort_key(one: AuditedFinding) -> tuple[int, int, str, str, str]:
    rank = _ORDER.index(one.code if one.code in _ORDER else _OTHERS)
    return (-Severity[one.severity.upper()], rank, one.code, one.object, one.message)

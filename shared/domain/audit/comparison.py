"""What follows from a comparison with the previous audit: age of findings, overdue approvals, missed events."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.audit.context import AuditContext
from shared.domain.audit.report_model import UNREADABLE, AuditedEndpoint, AuditedFinding, AuditReport
from shared.domain.model.findings import Finding
from shared.domain.planning.classification import Verdict

EVENT_LATE, EVENT_MISSED = "event-late", "event-missed"
PENDING, PENDING_TOO_LONG = "endpoint-pending", "pending-too-long"
_LISTED = "Its id is on an allow list: recreate the endpoint. If that does not help, contact ClickHouse support."

_OTHERS = "others"
# Within a severity, causes come before their effects.
_ORDER = [UNREADABLE, "removals-over-limit", _OTHERS, "record-drift", "registration-missing", "allow-list-missing"]
_ORDER += ["endpoint-rejected", PENDING_TOO_LONG, PENDING, EVENT_MISSED, EVENT_LATE]
_ESCALATED_FROM = {EVENT_MISSED: EVENT_LATE, PENDING_TOO_LONG: PENDING}

type Rows = Mapping[str, AuditedEndpoint]


def endpoints_by_id(report: AuditReport | None) -> dict[str, AuditedEndpoint]:
    return {row.id: row for row in report.endpoints} if report else {}


def overdue_approvals(context: AuditContext, rows: Rows, now: datetime, grace: timedelta) -> Iterator[Finding]:
    """Connections pending for longer than `grace`. An endpoint that reaches no service stays pending."""
    granted = {str(endpoint) for endpoint, names in context.report.plan.hostnames.items() if names}
    remedies = {one.object: one.remedy for one in context.report.plan.findings if one.code == PENDING}
    for row in rows.values():
        overdue = row.pending_since is not None and now - row.pending_since >= grace
        if overdue and row.verdict == Verdict.MANAGE and (row.services or row.id in granted):
            since = f"{row.pending_since:%Y-%m-%d %H:%M} UTC"
            message = f"its connection to {row.alias} has been pending since {since}"
            yield Finding(PENDING_TOO_LONG, row.id, message, _LISTED if row.services else remedies.get(row.id, ""))


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
        what, since = _what_happened(rows.get(endpoint)), earlier.first_seen if earlier else now
        effect = "no event has brought this into effect"
        if now - since >= grace:
            message = f"{what}, and {effect} since {since:%Y-%m-%d %H:%M} UTC"
            yield Finding(EVENT_MISSED, endpoint, message)
        else:
            yield Finding(EVENT_LATE, endpoint, f"{what} since the previous audit, and {effect}")


def _what_happened(after: AuditedEndpoint | None) -> str:
    if after is None or after.deleted:
        return "it was deleted"
    return "it was untagged" if after.verdict == Verdict.RELEASE else "it changed"


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
    known = _matches(current, earlier)
    new = [
        AuditedFinding(
            one.code,
            one.severity,
            one.object,
            one.message,
            one.remedy,
            first_seen=known[one].first_seen if one in known else now,
            last_seen=now,
        )
        for one in current
    ]
    present = {(one.code, one.object) for one in current}
    unread = {one.object for one in current if one.code == UNREADABLE}
    kept = [
        replace(one, seen=False)
        for one in earlier
        if one.code != UNREADABLE
        and (one.code, one.object) not in present
        and _is_unverified(one.object, context, unread)
    ]
    return tuple(sorted([*new, *kept], key=_sort_key))


def newly_seen(report: AuditReport, previous: AuditReport | None) -> Iterator[AuditedFinding]:
    """The findings of a report that the previous audit, if any, did not have, or had under another code."""
    known = _matches(report.findings, previous.findings if previous else ())
    return (one for one in report.findings if one not in known or known[one].code != one.code)


def _matches[F: Finding | AuditedFinding](
    findings: Iterable[F], earlier: Iterable[AuditedFinding]
) -> Mapping[F, AuditedFinding]:
    """The same findings of an earlier audit."""
    known = _by_key(earlier)
    return {one: known[key] for key, one in _by_key(findings).items() if key in known}


def _by_key[F: Finding | AuditedFinding](findings: Iterable[F]) -> Mapping[tuple[str, ...], F]:
    """The findings by code, object and message, and the only one of its code and object also without its message.

    The message of an unchanged finding can change, because it can contain request ids. An escalated finding has
    the code from which it escalated.
    """
    groups: defaultdict[tuple[str, ...], list[F]] = defaultdict(list)
    for one in findings:
        groups[(_ESCALATED_FROM.get(one.code, one.code), one.object)].append(one)
    by_key: dict[tuple[str, ...], F] = {}
    for code_and_object, group in groups.items():
        by_key |= {(*code_and_object, one.message): one for one in group}
        if len(group) == 1:
            by_key[code_and_object] = group[0]
    return by_key


def _is_unverified(object_: str, context: AuditContext, unread: AbstractSet[str]) -> bool:
    """Whether this audit run could not read the object of an earlier finding."""
    if not context.access_readable or object_ in unread:
        return True
    return object_.startswith(context.unlisted_scopes) and object_ not in context.classified


def _sort_key(one: AuditedFinding) -> tuple[int, int, str, str, str]:
    rank = _ORDER.index(one.code if one.code in _ORDER else _OTHERS)
    return (one.severity.rank, rank, one.code, one.object, one.message)

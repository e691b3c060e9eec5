"""The findings of one audit run on its own: the plan's, drift, and everything that could not be read.

A drift finding states the fact. Its remedy depends on why this audit did not make the change:

| the change                          | remedy                                                |
|-------------------------------------|-------------------------------------------------------|
| failed in this audit                | the error, and whether the next audit can succeed     |
| exceeds MAX_REMOVALS                | see removals-over-limit                               |
| is not permitted by AUDIT_POLICY    | sync, or the policy that permits it                   |
"""

from collections.abc import Iterator
from functools import partial

from shared.domain.audit.context import AuditContext
from shared.domain.changes import (
    Allow,
    Change,
    CreateZone,
    DeleteRecord,
    Deregister,
    Disallow,
    LinkNetwork,
    PutRecord,
    Register,
)
from shared.domain.changes.outcome import Outcome
from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, ReadFailed, RecordSet
from shared.domain.model.snapshot import (
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
)
from shared.domain.planning.classification import Verdict
from shared.domain.planning.endpoint_findings import service_unread
from shared.domain.planning.policy import drift
from shared.domain.results.unfinished_work import read_name

UNREADABLE = "unreadable"


def findings_of(context: AuditContext) -> frozenset[Finding]:
    from_plan = set(context.report.plan.findings) - set(map(drift, context.withheld))
    found = map(partial(_drift, context), context.unapplied)
    return frozenset({*from_plan, *found, *_read_failures(context)})


def _drift(context: AuditContext, change: Change) -> Finding:
    message, remedy = _fact(context, change), _remedy(context, change)
    if failed := context.failed_passes.get(str(change.endpoint)):
        last = f"pass {failed.pass_id}, {failed.at:%Y-%m-%d %H:%M} UTC: {failed.problem}"
        remedy = f"{remedy} Its event arrived, and its last failed pass is {last}"
    return Finding(change.drift, str(change.endpoint), message, remedy)


def _fact(context: AuditContext, change: Change) -> str:  # noqa: PLR0911 -- a table
    name = change.endpoint.name
    match change:
        case Register(id=id_, region=region):
            return (
                f"{name} ({_short(id_)}) is not registered with ClickHouse Cloud for {region or 'any region'}"
            )
        case Deregister(id=id_):
            return f"{name} ({_short(id_)}) is registered with ClickHouse Cloud, but {_reason(context, change, id_)}"
        case Allow(id=id_, service=service):
            return f"{_service(context, service)} does not list {name} ({_short(id_)})"
        case Disallow(id=id_, service=service):
            listed = _service(context, service)
            return f"{listed} lists {name} ({_short(id_)}), but {_reason(context, change, id_)}"
        case PutRecord(before=before, after=after):
            return f"{_record(after)} {_difference(before, after)}"
        case DeleteRecord(before=record):
            addresses = ", ".join(record.addresses)
            return f"{_record(record)} has {addresses}, but {_reason(context, change)}"
        case CreateZone(zone=zone):
            return f"zone {_zone(zone)} does not exist"
        case LinkNetwork(zone=zone, network=network):
            return f"zone {_zone(zone)} is not linked to virtual network {network.name} ({network.resource_group})"
    raise AssertionError(f"{change} has no fact")


def _difference(before: RecordSet | None, after: RecordSet) -> str:
    addresses = ", ".join(after.addresses)
    if before is None:
        return f"does not exist, should have {addresses}"
    if before.addresses != after.addresses:
        return f"has {', '.join(before.addresses) or 'no address'}, should have {addresses}"
    if before.ttl != after.ttl:
        return f"has TTL {before.ttl}, should have {after.ttl}"
    return f"has {addresses}, but its ownership metadata is missing or outdated"


def _reason(context: AuditContext, change: Change, id_: str = "") -> str:
    """Why the endpoint is to lose something."""
    endpoint = context.report.snapshot.get(ReadEndpoint(change.endpoint))
    if isinstance(endpoint, NotFound):
        return "the endpoint is deleted"
    if context.report.plan.verdicts.get(change.endpoint) is Verdict.RELEASE:
        return "the endpoint is untagged"
    if not id_:
        return "the endpoint does not need it"
    in_use = isinstance(endpoint, Endpoint) and context.index.access.ownership.id_for(
        endpoint, context.config
    )
    return "its tag does not request it" if in_use and in_use.lower() == id_.lower() else "its id has changed"


def _service(context: AuditContext, id_: str) -> str:
    return f"{context.index.services.by_id[id_].label} ({_short(id_)})"


def _short(id_: str) -> str:
    """The first part of a GUID; an ARM id is the name beside it."""
    return "ARM resource ID" if id_.startswith("/") else f"{id_.partition('-')[0]}…"


def _record(record: RecordSet) -> str:
    return f"record {record.name} in {_zone(record.zone)}"


def _zone(zone: ResourceId) -> str:
    return f"{zone.name} ({zone.resource_group})"


def _remedy(context: AuditContext, change: Change) -> str:
    if change in context.failed:
        return _remedy_of_failure(context.failed[change])
    if change in context.withheld and context.policy.permits(change):
        return "MAX_REMOVALS holds it back: see the finding removals-over-limit."
    if change.removes:
        return "Run sync for the endpoint, or set AUDIT_POLICY=sync so that the audit removes it."
    return "Run sync for the endpoint, or set AUDIT_POLICY=upsert so that the audit repairs it."


def _remedy_of_failure(outcome: Outcome) -> str:
    first = "Resolve the error; the"
    if outcome.locked:
        first = "Remove the management lock, or maintain the records manually; the"
    elif outcome.forbidden:
        first = "Grant the permission; the"
    elif outcome.temporary:
        first = "The"
    return f"This audit could not repair it: {outcome.error}. {first} next audit tries again."


def _read_failures(context: AuditContext) -> Iterator[Finding]:
    """A finding for each failed read and misread service. The plan reports those of single endpoints."""
    for service in context.index.services.unread:
        yield Finding(UNREADABLE, service.id or "organization", service_unread(service))
    for read, answer in context.report.snapshot.unreadable().items():
        match read:
            case ReadEndpoint() | ReadAddresses():
                continue
            case ReadConfig() if answer.refused:
                continue
            case ReadConfig(service=object_):
                pass
            case ReadZone(id=zone):
                object_ = str(zone)
            case ReadServices() | ReadRegistrations():
                object_ = "organization"
            case _:
                object_ = read_name(read)
        yield Finding(UNREADABLE, object_, answer.reason, _remedy_of_read(answer))


def _remedy_of_read(answer: ReadFailed) -> str:
    if answer.forbidden:
        return "Grant the identity or the API key the permission that the message names, or renew the key."
    if answer.temporary:
        return "None if it happens once: the next audit reads it again. Otherwise check the status of the system."
    return ""

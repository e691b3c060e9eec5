"""The record sets of a zone: which are created, changed, transferred and deleted.

The wildcard `*` serves all endpoints. A service behind another Private Link service than the wildcard's endpoint
gets a record of its own, named by the first label of its host name: DNS prefers the more specific name.

| record set             | held by                          | wanted by | outcome                               |
|------------------------|----------------------------------|-----------|---------------------------------------|
| none                   | –                                | E         | created                               |
| foreign                | –                                | E         | unchanged: wildcard-foreign           |
| foreign, E's address   | –                                | E         | unchanged: record-kept-by-other       |
| foreign, E's address, DNS_ADOPT | –                       | E         | mark of this deployment added         |
| CNAME of the same name | –                                | E         | unchanged: wildcard-foreign           |
| managed                | E                                | E         | updated where it differs              |
| managed                | F, which exists or is unreadable | E         | unchanged: wildcard-owned-by-other    |
| managed, zone central  | F, through which clients reach E's services | E | unchanged: wildcard-served-by-other |
| managed                | F; same alias, E and F tagged `clickhouse-dns: shared` | E | has both addresses   |
| managed                | E and F; one is no longer tagged `shared` | E, F | transferred to the first by id |
| managed, metadata full | F and others that share it       | E         | unchanged: record-full                |
| managed                | F, released or moved to another zone | E     | transferred to E                      |
| managed                | F, released or moved to another zone | –     | deleted                               |

Managed record sets have the mark of this deployment, foreign ones do not. A zone is central if
DNS_ZONE_CHOICE is `central`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.domain.changes.base import Change
from shared.domain.changes.dns import DeleteRecord, PutRecord
from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import WILDCARD, ConnectionStatus, RecordSet
from shared.domain.ownership.marks import MARK, endpoints_of, is_owned_record, record_metadata
from shared.domain.planning.classification import desired_access
from shared.domain.planning.dns.record_holders import RecordSlot, elect_holders
from shared.domain.planning.dns.zone_selection import RecordTarget
from shared.domain.planning.planning_index import PlanningIndex

# ClickHouse Cloud approves a pending connection within minutes; otherwise that endpoint has its own finding.
_WORKING = frozenset({ConnectionStatus.APPROVED, ConnectionStatus.PENDING})


def plan_record(index: PlanningIndex, slot: RecordSlot) -> Iterator[Change | Finding]:
    """The change and the findings for one name of a zone."""
    record = slot.record
    if record and not is_owned_record(record, index.config.owner):
        yield from _beside_foreign_record(index, slot, record)
    elif (slot.zone.id, slot.name) in index.results.names_taken:
        message = f"{slot.zone.id} has a CNAME record {slot.name}, beside which no A record can be created"
        yield from (Finding("wildcard-foreign", str(one.endpoint.id), message) for one in slot.wanted_by)
    else:
        elected = elect_holders(index, slot)
        yield from (_not_elected(index, slot, one, elected) for one in slot.wanted_by if one not in elected)
        leaving = endpoints_of(record) - set(slot.held.values())
        if elected or (slot.held and leaving):
            change = _put(index, slot, elected, elected[0].endpoint.id if elected else min(leaving))
            if record is None or replace(change.after, etag=record.etag) != record:
                yield change
        elif record and leaving and not (slot.name == WILDCARD and index.some_endpoints_unread):
            # An endpoint that could not be read may want the wildcard; it is deleted once that is known.
            yield DeleteRecord(min(leaving), record)


def _beside_foreign_record(index: PlanningIndex, slot: RecordSlot, record: RecordSet) -> Iterator[Change | Finding]:
    adoptable = index.config.dns_adopt and MARK not in record.metadata  # never one of another deployment
    for target in slot.wanted_by:
        if adoptable and set(target.addresses) == set(record.addresses) and slot.fits([target]):
            yield _put(index, slot, [target], target.endpoint.id)
            return
        code = "record-kept-by-other" if set(target.addresses) <= set(record.addresses) else "wildcard-foreign"
        has = f"the record {record.name} in {record.zone} has {', '.join(record.addresses) or 'no address'}"
        should = "" if code == "record-kept-by-other" else f", should have {', '.join(target.addresses)}"
        message = f"{has}{should}; it is not managed by this deployment and not modified"
        yield Finding(code, str(target.endpoint.id), message)


def _not_elected(index: PlanningIndex, slot: RecordSlot, target: RecordTarget, elected: list[RecordTarget]) -> Finding:
    at = str(target.endpoint.id)
    record = f"the record {slot.name} in {slot.zone.id}"
    if not slot.fits([*elected, target]):
        addresses = ", ".join(target.addresses)
        message = f"{record} has no room in its metadata for {addresses}; Azure permits 15 pairs"
        return Finding("record-full", at, message)
    holders = sorted({*slot.held.values(), *(one.endpoint.id for one in elected)})
    held = f"{record} is held by {', '.join(map(str, holders))}"
    missing = ", ".join(sorted(unreachable_labels(index, target, slot.name, holders)))
    if missing or not index.config.central:
        message = f"{held}, through which clients do not reach {missing}" if index.config.central else held
        return Finding("wildcard-owned-by-other", at, message, _held_remedy(index, target, holders, missing))
    return Finding("wildcard-served-by-other", at, f"{held}, through which clients reach the same services")


def _held_remedy(index: PlanningIndex, target: RecordTarget, holders: list[ResourceId], missing: str) -> str:
    """How both endpoints get into the record, and whether clients reach the services until then."""
    names = ", ".join(holder.name for holder in holders)
    connected = [desired for holder in holders if (desired := desired_access(index, holder))]
    if len(connected) < len(holders) or any(one.alias != target.alias for one in connected):
        return ""
    near = index.config.central or all(one.endpoint.network == target.endpoint.network for one in connected)
    reach = f"Clients reach its services through {names} anyway."
    if not near:
        reach = f"Its clients reach its services only if their network reaches {names}."
    elif missing:
        reach = f"Until then clients do not reach {missing}."
    tag = f"Set the tag clickhouse-dns = shared on this endpoint and on {names}"
    return f"{tag}: the record then has all addresses. {reach}"


def unreachable_labels(
    index: PlanningIndex, target: RecordTarget, name: str, holders: Iterable[ResourceId]
) -> frozenset[str]:
    """The endpoint's host names, by first label, that resolve to the record `name` and fail through a holder.

    In hub and spoke (DNS_ZONE_CHOICE=central) clients reach every endpoint. With zones that are linked to networks,
    whether one network reaches the endpoints of another is not known.

    | the holder                                                               | clients reach through it     |
    |--------------------------------------------------------------------------|------------------------------|
    | exists, is tagged, has an approved or pending connection to the same alias | the services of its own tag |
    | any other                                                                | none                         |
    """
    wanted = target.selection.labels if name == WILDCARD else target.selection.labels & {name}
    return frozenset[str]().union(*(wanted - _reached(index, target.alias, one) for one in holders))


def _reached(index: PlanningIndex, alias: str, holder: ResourceId) -> frozenset[str]:
    desired = desired_access(index, holder)
    if not desired or desired.alias != alias or desired.connection.status not in _WORKING:
        return frozenset()
    return desired.selection.labels


def _put(index: PlanningIndex, slot: RecordSlot, targets: list[RecordTarget], behalf: ResourceId) -> PutRecord:
    holders = slot.holders_with(targets)
    metadata = record_metadata(index.config.owner, holders, slot.record.metadata if slot.record else {})
    after = RecordSet(slot.zone.id, slot.name, index.config.record_ttl, tuple(sorted(holders)), metadata)
    return PutRecord(behalf, slot.record, after)

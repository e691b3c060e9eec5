"""Record sets: who holds each name of a zone.

The wildcard `*` is for everybody. A service behind another Private Link service than the wildcard's
endpoint gets a record of its own, named by the first label of its host name: the closer name wins.

| record               | held by                            | wanted by   | outcome                                |
|----------------------|------------------------------------|-------------|----------------------------------------|
| none                 | –                                  | E           | create                                 |
| foreign              | –                                  | E           | left alone: wildcard-foreign           |
| foreign, leads to E  | –                                  | E           | left alone: record-kept-by-other       |
| a CNAME of the name  | –                                  | E           | left alone: wildcard-foreign           |
| foreign, E's address | –                                  | E           | adopt by adding metadata, if DNS_ADOPT |
| ours                 | E                                  | E           | update where it differs                |
| ours                 | another that is live or unreadable | E           | left alone: wildcard-owned-by-other    |
| ours, zone central   | another that leads to E's services | E           | left alone: wildcard-served-by-other   |
| ours                 | another on the same alias; both are tagged clickhouse-dns: shared | E | both addresses     |
| ours                 | E and others, but E is not tagged shared any more | E | the first of them stays, by name |
| ours, metadata full  | others who share it                | E           | left alone: record-full                |
| ours                 | one that is undone or moved away   | E           | handed over                            |
| ours                 | one that is undone or moved away   | nobody      | delete                                 |
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace

from shared.domain.changes import Change, DeleteRecord, PutRecord
from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import WILDCARD, RecordSet, Zone
from shared.domain.ownership.marks import MARK, holders_of, is_owned_record, record_metadata
from shared.domain.planning.dns.record_holders import RecordSlot, elect_holders, names_of
from shared.domain.planning.dns.served_records import out_of_reach
from shared.domain.planning.dns.zone_selection import RecordTarget
from shared.domain.planning.planning_index import PlanningIndex


def plan_zone(
    index: PlanningIndex, zone: Zone, placements: list[RecordTarget], leaving: AbstractSet[ResourceId]
) -> Iterator[Change | Finding]:
    """The changes and findings for all names of one zone.

    `placements` are the endpoints whose address belongs into it. `leaving` are those that leave every
    record which they do not want: they are undone, or it is known where their address belongs.
    """
    for name in names_of(index, zone, placements, leaving):
        yield from _plan_name(index, name)


def _plan_name(index: PlanningIndex, name: RecordSlot) -> Iterator[Change | Finding]:
    record = name.record
    if record and not is_owned_record(record, index.config.owner):
        yield from _beside_foreign(index, name, record)
        return
    if (name.zone.id, name.name) in index.results.names_taken:
        yield from (_name_taken(name, placement) for placement in name.wanted_by)
        return
    winners = elect_holders(index, name)
    yield from (_not_written(index, name, one, winners) for one in name.wanted_by if one not in winners)
    gone = set(holders_of(record).values()) - set(name.held.values()) if record else set()
    if winners or (name.held and gone):
        yield from _written(index, name, winners, gone)
    elif record and gone and not _waiting_unseen(index, name):
        yield DeleteRecord(min(gone), record)


def _waiting_unseen(index: PlanningIndex, name: RecordSlot) -> bool:
    """Whether somebody may wait for the wildcard whom we could not read, but may with the next delivery."""
    return name.name == WILDCARD and index.some_endpoints_unread


def _beside_foreign(index: PlanningIndex, name: RecordSlot, record: RecordSet) -> Iterator[Change | Finding]:
    adoptable = index.config.dns_adopt and MARK not in record.metadata  # another deployment's stays theirs
    for placement in name.wanted_by:
        if adoptable and set(placement.addresses) == set(record.addresses) and name.fits([placement]):
            yield _put(index, name, [placement], placement.endpoint.id)
            return
        shown = f"{record.zone}/A/{record.name} -> {', '.join(record.addresses)}"
        right = set(placement.addresses) <= set(record.addresses)
        yield Finding(
            "record-kept-by-other" if right else "wildcard-foreign",
            str(placement.endpoint.id),
            f"{shown} is not managed by this deployment and not modified",
        )


def _name_taken(name: RecordSlot, placement: RecordTarget) -> Finding:
    message = f"{name.zone.id} has a CNAME record {name.name}, beside which no A record can be created"
    return Finding("wildcard-foreign", str(placement.endpoint.id), message)


def _not_written(
    index: PlanningIndex, name: RecordSlot, loser: RecordTarget, winners: list[RecordTarget]
) -> Finding:
    at = str(loser.endpoint.id)
    record = f"the record {name.name} in {name.zone.id}"
    if not name.fits([*winners, loser]):
        why = f"{record} has no room in its metadata for {', '.join(loser.addresses)}; Azure permits 15 pairs"
        return Finding("record-full", at, why)
    holders = sorted({*name.held.values(), *(one.endpoint.id for one in winners)})
    held = f"{record} is held by {', '.join(map(str, holders))}"
    if not index.config.central:
        return Finding("wildcard-owned-by-other", at, held)
    if missing := out_of_reach(index, loser, name.name, holders):
        unreached = f"through which clients do not reach {', '.join(sorted(missing))}"
        return Finding("wildcard-owned-by-other", at, f"{held}, {unreached}")
    return Finding("wildcard-served-by-other", at, f"{held}, through which clients reach the same services")


def _written(
    index: PlanningIndex, name: RecordSlot, winners: list[RecordTarget], gone: Iterable[ResourceId]
) -> Iterator[PutRecord]:
    behalf = winners[0].endpoint.id if winners else min(gone)
    change = _put(index, name, winners, behalf)
    if name.record is None or replace(change.after, etag=name.record.etag) != name.record:
        yield change


def _put(
    index: PlanningIndex, name: RecordSlot, winners: list[RecordTarget], behalf: ResourceId
) -> PutRecord:
    holders = name.holders_with(winners)
    metadata = record_metadata(index.config.owner, holders, name.record.metadata if name.record else {})
    after = RecordSet(name.zone.id, name.name, index.config.record_ttl, tuple(sorted(holders)), metadata)
    return PutRecord(behalf, name.record, after)

"""Record sets: who holds each name of a zone.

The wildcard `*` is for everybody. A service behind another Private Link service than the wildcard's
endpoint gets a record of its own, named by the first label of its host name: the closer name wins.
An endpoint that holds neither, but must be told of, gets one that nobody looks up (see `witness_name`).

| record               | held by                            | wanted by   | outcome                                |
|----------------------|------------------------------------|-------------|----------------------------------------|
| none                 | –                                  | E           | create                                 |
| foreign              | –                                  | E           | left alone: wildcard-foreign           |
| foreign, E's address | –                                  | E           | adopt by adding metadata, if DNS_ADOPT |
| ours                 | E                                  | E           | update where it differs                |
| ours                 | another that is live or unreadable | E           | left alone: wildcard-owned-by-other    |
| ours                 | another on the same alias; both are tagged clickhouse-dns: shared | E | both addresses     |
| ours                 | E and others, but E is not tagged shared any more | E | the first of them stays, by name |
| ours                 | one that is undone or moved away   | E           | handed over                            |
| ours                 | one that is undone or moved away   | nobody      | delete                                 |
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace

from shared.domain.changes import Change, DeleteRecord, PutRecord
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.marks import (
    MARK,
    WITNESS,
    claimants,
    claims,
    metadata_for,
    record_is_ours,
    witness_name,
)
from shared.domain.model import WILDCARD, RecordSet, Zone
from shared.domain.names import Claims, Name, holders_of, name_of, names_of, names_of_ours, winners_of
from shared.domain.placing import Placement
from shared.domain.view import View
from shared.domain.world import ListEndpoints, ReadEndpoint


def plan_zone(
    view: View, zone: Zone, placements: list[Placement], leaving: AbstractSet[ResourceId]
) -> Iterator[Change | Finding]:
    """The changes and findings for all names of one zone.

    `placements` are the endpoints whose address belongs into it. `leaving` are those that leave every
    record which they do not want: they are undone, or it is known where their address belongs.
    """
    names = names_of(view, zone, placements, leaving)
    planned = {name: list(_plan_name(view, name)) for name in names}
    told = {one for name, changes in planned.items() for one in _told_by(view, name, changes)}
    for name in _witnesses(view, zone, [one for one in placements if one.endpoint.id not in told], leaving):
        planned[name] = list(_plan_name(view, name))
    yield from (change for changes in planned.values() for change in changes)


def _witnesses(
    view: View, zone: Zone, untold: list[Placement], leaving: AbstractSet[ResourceId]
) -> Iterator[Name]:
    """The records that are there to tell of those whom no other record tells of."""
    wanted = {witness_name(view.rules.owner, one.endpoint.id): one for one in untold if _needs(view, one)}
    ours = {name for name in names_of_ours(view, zone) if name.startswith(WITNESS)}
    for label in sorted(ours | wanted.keys()):
        yield name_of(view, zone, label, [wanted[label]] if label in wanted else [], leaving)


def _needs(view: View, placement: Placement) -> bool:
    """Whether nothing but a record tells, or would tell, what is ours of the endpoint's id."""
    claim = placement.claim
    if not claim.ours or not claim.id:
        return bool(claim.lent | claim.former)
    there = claim.id.lower() in view.registrations or view.learned.marks_lost
    return bool(claim.former) or (there and claim.id.lower() not in view.marked)


def _told_by(view: View, name: Name, changes: list[Change | Finding]) -> AbstractSet[ResourceId]:
    """Whom the record will tell of."""
    for change in changes:
        if isinstance(change, PutRecord) and change not in view.learned.unwritten:
            return claimants([change.after], view.rules.owner)
        if isinstance(change, DeleteRecord):
            return frozenset()
    return claimants([name.record], view.rules.owner) if name.record else frozenset()


def _plan_name(view: View, name: Name) -> Iterator[Change | Finding]:
    record = name.record
    if record and not record_is_ours(record, view.rules.owner):
        yield from _beside_foreign(view, name, record)
        return
    winners = winners_of(view, name)
    yield from (_told_other(name, one, winners) for one in name.wanted_by if one not in winners)
    gone = {claim.endpoint for claim in claims(record).values()} - holders_of(name.held) if record else set()
    if winners or (name.held and gone):
        yield from _written(view, name, winners, gone)
    elif record and gone and not _waiting_unseen(view, name):
        yield DeleteRecord(min(gone), record, _told_only_here(view, record, {}))


def _waiting_unseen(view: View, name: Name) -> bool:
    """Whether somebody may wait for the wildcard whom we could not read, but may with the next delivery."""
    return name.name == WILDCARD and view.once("unseen", lambda: _some_unseen(view))


def _some_unseen(view: View) -> bool:
    unread = (read for read, answer in view.world.unreadable().items() if answer.temporary)
    return any(isinstance(read, ReadEndpoint | ListEndpoints) for read in unread)


def _beside_foreign(view: View, name: Name, record: RecordSet) -> Iterator[Change | Finding]:
    adoptable = view.rules.dns_adopt and MARK not in record.metadata  # another deployment's stays theirs
    for placement in name.wanted_by:
        if adoptable and set(placement.addresses) == set(record.addresses):
            yield _put(view, name, [placement], placement.endpoint.id)
            return
        shown = f"{record.zone}/A/{record.name} -> {', '.join(record.addresses)}"
        yield Finding(
            "wildcard-foreign", str(placement.endpoint.id), f"{shown} is not ours; it is left as it is"
        )


def _told_other(name: Name, loser: Placement, winners: list[Placement]) -> Finding:
    having = holders_of(name.held) | {one.endpoint.id for one in winners}
    whose = ", ".join(map(str, sorted(having)))
    told = f"the record {name.name} in {name.zone.id} stands for {whose}"
    return Finding("wildcard-owned-by-other", str(loser.endpoint.id), told)


def _written(
    view: View, name: Name, winners: list[Placement], gone: Iterable[ResourceId]
) -> Iterator[PutRecord]:
    behalf = winners[0].endpoint.id if winners else min(gone)
    change = _put(view, name, winners, behalf)
    if name.record is None or replace(change.after, etag=name.record.etag) != name.record:
        yield change


def _put(view: View, name: Name, winners: list[Placement], behalf: ResourceId) -> PutRecord:
    claimed = dict(name.held)
    for one in winners:
        # Of two with one address (in networks that overlap) it is told of the first, in each pass alike.
        claimed = {**dict.fromkeys(one.addresses, one.claim), **claimed}
    metadata = metadata_for(view.rules.owner, claimed, name.record.metadata if name.record else {})
    addresses = tuple(sorted(claimed))
    after = RecordSet(name.zone.id, name.name, view.rules.record_ttl, addresses, metadata)
    return PutRecord(behalf, name.record, after, _told_only_here(view, name.record, claimed))


def _told_only_here(view: View, before: RecordSet | None, after: Claims) -> frozenset[str]:
    """The ids that the record told and will not tell, that no description marks, and that are there still."""
    told = claims(before) if before else {}
    untold = [one for one in _ids(told) - _ids(after) if one not in view.marked]
    return frozenset(one for one in untold if one in view.registrations or one in view.listing)


def _ids(claimed: Claims) -> set[str]:
    return {one for claim in claimed.values() for one in claim.ids}

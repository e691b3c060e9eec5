"""Wildcard records: which zone an endpoint's address belongs in, and who holds the record there.

| record `*`           | held by                            | wanted by   | outcome                           |
|----------------------|------------------------------------|-------------|-----------------------------------|
| none                 | –                                  | E           | create                            |
| foreign              | –                                  | E           | left alone: wildcard-foreign      |
| foreign, E's address | –                                  | E           | adopt by adding metadata, if DNS_ADOPT |
| ours                 | E                                  | E           | update where it differs           |
| ours                 | another that is live or unreadable | E           | left alone: wildcard-owned-by-other |
| ours                 | one that is undone or moved away   | E           | handed over                       |
| ours                 | one that is undone or moved away   | nobody      | delete                            |
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.domain.addresses import addresses_of
from shared.domain.changes import Change, DeleteRecord, PutRecord
from shared.domain.findings import Finding
from shared.domain.ids import BadIdError, ResourceId, in_scope
from shared.domain.marks import Claim, claims, metadata_for, record_is_ours
from shared.domain.model import WILDCARD, Endpoint, RecordSet, Unreadable, Zone
from shared.domain.needs import zone_tagged
from shared.domain.rules import ZONE_TAG
from shared.domain.verdicts import Verdict, verdict_on
from shared.domain.view import View
from shared.domain.world import ListZones, ReadZone


@dataclass(frozen=True, slots=True)
class Placement:
    """An endpoint whose address belongs into a zone. `registered`: its id, if we registered it."""

    endpoint: Endpoint
    zone: Zone
    addresses: tuple[str, ...]
    registered: str | None


def place(view: View, endpoint: Endpoint, alias: str, registered: str | None) -> Placement | Finding:
    """Where the endpoint's record belongs, or why it can be nowhere."""
    addresses = addresses_of(view.world, endpoint)
    if isinstance(addresses, Unreadable):
        return Finding("unreadable", str(endpoint.id), f"its network interface: {addresses.reason}")
    if not addresses:
        return Finding("no-private-ip", str(endpoint.id), "it has no private address yet")
    zone = _zone_for(view, endpoint, view.zone_names[alias.lower()])
    return zone if isinstance(zone, Finding) else Placement(endpoint, zone, addresses, registered)


def plan_zone(view: View, zone: Zone, placements: list[Placement]) -> Iterator[Change | Finding]:
    """The changes and findings for the wildcard of one zone, by the table above."""
    record = zone.records.get(WILDCARD)
    if record and not record_is_ours(record, view.rules.owner):
        yield from _beside_foreign(view, record, placements)
        return
    holders = _holders(view, record)
    winner = _winner(holders, placements)
    yield from (
        _told_other(zone, placement.endpoint, holders) for placement in placements if placement is not winner
    )
    if winner:
        yield from _written(view, winner, record)
    elif record and not holders and (gone := _claimed_by(record)):
        yield DeleteRecord(min(gone), record)


def _zone_for(view: View, endpoint: Endpoint, name: str) -> Zone | Finding:
    if ZONE_TAG in endpoint.tags:
        return _tagged_zone(view, endpoint, name)
    at = str(endpoint.id)
    listed = [zone for zone in view.world.zones() if zone.id.name == name]
    linked = [zone for zone in listed if endpoint.network in zone.networks]
    if len(linked) > 1:
        ids = ", ".join(str(zone.id) for zone in linked)
        return Finding("zone-ambiguous", at, f"its virtual network is linked to several zones {name}: {ids}")
    if linked:
        return linked[0]
    if reason := _why_unsure(view, name):
        return Finding("unreadable", at, f"the zones named {name}: {reason}")
    if listed:
        return Finding("zone-not-linked", at, f"no zone {name} is linked to {endpoint.network}")
    return Finding("zone-missing", at, f"there is no zone {name} in DNS_ZONE_SCOPES")


def _tagged_zone(view: View, endpoint: Endpoint, name: str) -> Zone | Finding:
    at = str(endpoint.id)
    try:
        wanted = zone_tagged(endpoint)
    except BadIdError as error:
        return Finding("zone-not-usable", at, f"its tag {ZONE_TAG}: {error}")
    assert wanted is not None, "asked only where the tag is there"
    if not in_scope(wanted, view.rules.dns_scopes):
        return Finding("zone-not-usable", at, f"the zone in its tag, {wanted}, lies outside DNS_ZONE_SCOPES")
    if wanted.name != name:
        return Finding("zone-not-usable", at, f"the zone in its tag, {wanted}, is not named {name}")
    match view.world.get(ReadZone(wanted)):
        case Zone() as zone:
            return zone
        case Unreadable(reason):
            return Finding("unreadable", at, f"the zone in its tag: {reason}")
        case _:
            return Finding("zone-missing", at, f"the zone in its tag, {wanted}, does not exist")


def _why_unsure(view: View, name: str) -> str | None:
    """Why a zone of that name may exist that we do not see."""
    for read, answer in view.world.unreadable().items():
        if isinstance(read, ListZones) or (isinstance(read, ReadZone) and read.id.name == name):
            return answer.reason
    return None


def _beside_foreign(view: View, record: RecordSet, placements: list[Placement]) -> Iterator[Change | Finding]:
    for placement in placements:
        if view.rules.dns_adopt and set(placement.addresses) == set(record.addresses):
            yield _put(view, placement, record)
            return
        at = str(placement.endpoint.id)
        told = (
            f"{record.zone}/A/{record.name} -> {', '.join(record.addresses)} is not ours; it is left as it is"
        )
        yield Finding("wildcard-foreign", at, told)


def _holders(view: View, record: RecordSet | None) -> frozenset[ResourceId]:
    """The endpoints that the record stands for and whose it still is."""
    return frozenset(one for one in _claimed_by(record) if not _released(view, one))


def _claimed_by(record: RecordSet | None) -> frozenset[ResourceId]:
    return frozenset(claim.endpoint for claim in claims(record).values()) if record else frozenset()


def _released(view: View, endpoint: ResourceId) -> bool:
    return verdict_on(view, endpoint) is Verdict.UNDO


def _winner(holders: frozenset[ResourceId], placements: list[Placement]) -> Placement | None:
    """Who gets the record: the one who has it; else, if nobody has, the first."""
    ordered = sorted(placements, key=lambda placement: placement.endpoint.id)
    having = [placement for placement in ordered if placement.endpoint.id in holders]
    return next(iter(having or (ordered if not holders else [])), None)


def _told_other(zone: Zone, endpoint: Endpoint, holders: frozenset[ResourceId]) -> Finding:
    whose = ", ".join(map(str, sorted(holders))) or "another endpoint of this pass"
    return Finding(
        "wildcard-owned-by-other", str(endpoint.id), f"the wildcard in {zone.id} stands for {whose}"
    )


def _written(view: View, placement: Placement, record: RecordSet | None) -> Iterator[PutRecord]:
    change = _put(view, placement, record)
    if record is None or replace(change.after, etag=record.etag) != record:
        yield change


def _put(view: View, placement: Placement, record: RecordSet | None) -> PutRecord:
    claim = Claim(placement.endpoint.id, placement.registered)
    claimed = dict.fromkeys(placement.addresses, claim)
    metadata = metadata_for(view.rules.owner, claimed, record.metadata if record else {})
    after = RecordSet(placement.zone.id, WILDCARD, view.rules.record_ttl, placement.addresses, metadata, None)
    return PutRecord(placement.endpoint.id, record, after)

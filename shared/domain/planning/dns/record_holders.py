"""The names of a zone: which there are to be, who holds each, and who gets it.

The holder stays; where nobody holds a name, the first that wants it gets it. Others join it only if all
of them consent, on the same Private Link service. The table stands in `records`.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from shared.domain.model.deployment_config import shares
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import NO_PAIRS, WILDCARD, Endpoint, RecordSet, Zone
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.ownership.marks import Holders, holders_of, is_owned_record, metadata_fits
from shared.domain.planning.classification import private_link
from shared.domain.planning.dns.zone_selection import RecordTarget
from shared.domain.planning.planning_index import PlanningIndex


@dataclass(frozen=True, slots=True, eq=False)
class RecordSlot:
    """One name of a zone: its record now, who wants it, and whose it still is."""

    zone: Zone
    name: str
    wanted_by: tuple[RecordTarget, ...]
    held: Holders
    """The endpoints, by address, that hold it and are neither gone nor in `wanted_by`."""

    @property
    def record(self) -> RecordSet | None:
        return self.zone.records.get(self.name)

    def fits(self, placements: Iterable[RecordTarget]) -> bool:
        """Whether the record's metadata can name these endpoints beside those that hold it."""
        return metadata_fits(self.holders_with(placements), self.record.metadata if self.record else NO_PAIRS)

    def holders_with(self, placements: Iterable[RecordTarget]) -> dict[str, ResourceId]:
        """The endpoints by address, with these among them.

        Of two with one address (in networks that overlap) the first is named, in each pass alike.
        """
        holders = dict(self.held)
        for one in placements:
            holders = {**dict.fromkeys(one.addresses, one.endpoint.id), **holders}
        return holders


def names_of(
    index: PlanningIndex, zone: Zone, placements: list[RecordTarget], leaving: AbstractSet[ResourceId]
) -> Iterator[RecordSlot]:
    """The wildcard, and the names of services that it does not lead to."""
    wildcard = name_of(index, zone, WILDCARD, placements, leaving)
    yield wildcard
    alias = _alias_of_wildcard(index, wildcard)
    apart = [placement for placement in placements if alias and placement.alias.lower() != alias]
    labels = {label for placement in apart for label in placement.labels}
    for label in sorted((labels | names_of_ours(index, zone)) - {WILDCARD}):
        # Where the wildcard leads nobody knows, those who have a record of their own keep it.
        wanting = apart if alias else [one for one in placements if _holds(one, zone.records[label])]
        named = [one for one in wanting if _wants(one, label, zone.records.get(label))]
        yield name_of(index, zone, label, named, leaving)


def name_of(
    index: PlanningIndex,
    zone: Zone,
    name: str,
    wanting: list[RecordTarget],
    leaving: AbstractSet[ResourceId],
) -> RecordSlot:
    record = zone.records.get(name)
    named = holders_of(record) if record and is_owned_record(record, index.config.owner) else {}
    wanted_by = {placement.endpoint.id for placement in wanting}
    held = {
        address: holder
        for address, holder in named.items()
        if holder not in wanted_by and holder not in leaving
    }
    holders = set(named.values())
    ordered = sorted(wanting, key=lambda one: (one.endpoint.id not in holders, one.endpoint.id))
    return RecordSlot(zone, name, tuple(ordered), held)


def names_of_ours(index: PlanningIndex, zone: Zone) -> set[str]:
    return {record.name for record in zone.records.values() if is_owned_record(record, index.config.owner)}


def _wants(placement: RecordTarget, label: str, record: RecordSet | None) -> bool:
    """Whether the name is for a service of its; or may be, and it has it already."""
    perhaps = placement.perhaps is None or label in placement.perhaps
    return label in placement.labels or (perhaps and record is not None and _holds(placement, record))


def elect_holders(index: PlanningIndex, name: RecordSlot) -> list[RecordTarget]:
    """Who gets the name: the one who has it, else the first; and with them all who share it."""
    winners: list[RecordTarget] = []
    for placement in name.wanted_by:
        alone = not winners and not name.held
        if name.fits([*winners, placement]) and (alone or _may_join(index, name, placement, winners)):
            winners.append(placement)
    return winners


def _may_join(
    index: PlanningIndex, name: RecordSlot, placement: RecordTarget, winners: list[RecordTarget]
) -> bool:
    was_there = name.record is not None and _holds(placement, name.record)
    held_by = set(name.held.values()) - (index.kept if was_there else frozenset())
    holders = {holder: index.snapshot.get(ReadEndpoint(holder)) for holder in sorted(held_by)}
    if was_there and not any(isinstance(found, Endpoint) for found in holders.values()) and not winners:
        return True  # They stood there together before, and nobody knows what the others consent to now.
    others = [(one.shares, one.alias.lower()) for one in winners]
    for found in holders.values():
        if isinstance(found, Endpoint):
            connection = private_link(index, found)
            others.append((shares(found), connection.target.lower() if connection else ""))
        elif not was_there:
            return False
    return placement.shares and all(other == (True, placement.alias.lower()) for other in others)


def _alias_of_wildcard(index: PlanningIndex, name: RecordSlot) -> str | None:
    """The alias, in lower case, that the wildcard's endpoint reaches; None if nobody knows."""
    if name.record and not is_owned_record(name.record, index.config.owner):
        return None
    if winners := elect_holders(index, name):
        return winners[0].alias.lower()
    for holder in sorted(set(name.held.values())):
        found = index.snapshot.get(ReadEndpoint(holder))
        if isinstance(found, Endpoint) and (connection := private_link(index, found)):
            return connection.target.lower()
    return None


def _holds(placement: RecordTarget, record: RecordSet) -> bool:
    return placement.endpoint.id in holders_of(record).values()

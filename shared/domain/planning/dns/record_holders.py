"""The names in a zone that get a record, and which endpoints hold each; see the table of `dns_records`.

A holder keeps a name. A name without a holder goes to the first endpoint that wants it. Others join only if all
of them are tagged `clickhouse-dns: shared` and are connected to the same Private Link service.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from shared.domain.model.deployment_config import shares
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import NO_PAIRS, WILDCARD, RecordSet, Zone
from shared.domain.ownership.marks import Holders, endpoints_of, holders_of, is_owned_record, metadata_fits
from shared.domain.planning.classification import desired_access
from shared.domain.planning.dns.zone_selection import RecordTarget
from shared.domain.planning.planning_index import PlanningIndex


@dataclass(frozen=True, slots=True, eq=False)
class RecordSlot:
    """One name of a zone, and the endpoints that want it: current holders first, then by id.

    `held`: the other endpoints that hold it and do not leave it, by address.
    """

    zone: Zone
    name: str
    wanted_by: tuple[RecordTarget, ...]
    held: Holders

    @property
    def record(self) -> RecordSet | None:
        return self.zone.records.get(self.name)

    def fits(self, targets: Iterable[RecordTarget]) -> bool:
        """Whether the record's metadata has room for these endpoints beside `held`."""
        return metadata_fits(self.holders_with(targets), self.record.metadata if self.record else NO_PAIRS)

    def holders_with(self, targets: Iterable[RecordTarget]) -> dict[str, ResourceId]:
        """`held` and these endpoints, by address; of two endpoints with one address, always the same one."""
        holders = dict(self.held)
        for target in targets:
            holders = {**dict.fromkeys(target.addresses, target.endpoint.id), **holders}
        return holders


def record_slots(
    index: PlanningIndex, zone: Zone, targets: list[RecordTarget], leaving: AbstractSet[ResourceId]
) -> Iterator[RecordSlot]:
    """The wildcard, and the names of services that it does not lead to.

    `targets` are the endpoints whose addresses belong to the zone. The endpoints in `leaving` leave every record that
    they do not want: they are released, or the zone of their address is known.
    """
    wildcard = _slot(index, zone, WILDCARD, targets, leaving)
    alias = _alias_of_wildcard(index, wildcard)
    apart = [target for target in targets if alias and target.alias != alias]
    yield replace(wildcard, wanted_by=tuple(one for one in wildcard.wanted_by if alias in (None, one.alias)))
    wanted = {label for target in apart for label in target.selection.labels}
    owned = {one.name for one in zone.records.values() if is_owned_record(one, index.config.owner)}
    for label in sorted((wanted | owned) - {WILDCARD}):
        record = zone.records.get(label)
        # If the wildcard's Private Link service is not known, endpoints keep the names that they hold.
        candidates = apart if alias else [target for target in targets if _holds(target, record)]
        wanting = [target for target in candidates if _wants(target, label, record)]
        yield _slot(index, zone, label, wanting, leaving)


def _slot(
    index: PlanningIndex, zone: Zone, name: str, wanting: list[RecordTarget], leaving: AbstractSet[ResourceId]
) -> RecordSlot:
    record = zone.records.get(name)
    holders = holders_of(record) if record and is_owned_record(record, index.config.owner) else {}
    not_held = leaving | {target.endpoint.id for target in wanting}
    current = set(holders.values())
    ordered = sorted(wanting, key=lambda target: (target.endpoint.id not in current, target.endpoint.id))
    return RecordSlot(zone, name, tuple(ordered), {a: one for a, one in holders.items() if one not in not_held})


def _wants(target: RecordTarget, label: str, record: RecordSet | None) -> bool:
    """Whether the name is that of a granted service; or possibly is, and the endpoint holds it already."""
    undecided = target.selection.undecided_labels
    possible = undecided is None or label in undecided
    return label in target.selection.labels or (possible and _holds(target, record))


def elect_holders(index: PlanningIndex, slot: RecordSlot) -> list[RecordTarget]:
    """Which of the endpoints that want the name get it."""
    elected: list[RecordTarget] = []
    for target in slot.wanted_by:
        first = not elected and not slot.held
        if slot.fits([*elected, target]) and (first or _may_join(index, slot, target, elected)):
            elected.append(target)
    return elected


def _may_join(index: PlanningIndex, slot: RecordSlot, target: RecordTarget, elected: list[RecordTarget]) -> bool:
    joined = _holds(target, slot.record)
    if joined and target.selection.only_adds:
        return True
    held_by = set(slot.held.values()) - (index.release_withheld if joined else frozenset())
    holders = [index.endpoint(holder) for holder in held_by]
    if joined:  # an untagged holder leaves the record when it is released
        holders = [one for one in holders if one is None or index.config.request_of(one) is not None]
    if joined and not any(holders) and not elected:
        return True  # They shared the record before, and whether the others still do is not known.
    if not joined and not all(holders):
        return False
    others = [*elected, *(desired_access(index, holder.id) for holder in holders if holder)]
    alike = all(other and shares(other.endpoint) and other.alias == target.alias for other in others)
    return shares(target.endpoint) and alike


def _alias_of_wildcard(index: PlanningIndex, slot: RecordSlot) -> str | None:
    """The alias, in lower case, of the Private Link service that the wildcard leads to; None if not known."""
    if slot.record and not is_owned_record(slot.record, index.config.owner):
        return None
    if elected := elect_holders(index, slot):
        return elected[0].alias
    connected = (desired_access(index, holder) for holder in sorted(set(slot.held.values())))
    return next((desired.alias for desired in connected if desired), None)


def _holds(target: RecordTarget, record: RecordSet | None) -> bool:
    return target.endpoint.id in endpoints_of(record)

"""Safety rules that every write of a pass must keep, in every history.

A pass acts on earlier reads, so each rule covers the time since the pass started: items that were foreign all
the time must not change, access that was permitted all the time must not be removed, unreadable endpoints must
not lose anything, and access that was never permitted must not be given. A list can show an older state. A pass
may act on it, but not instead of an endpoint's own read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, RecordSet, Registration
from tests.histories import oracle
from tests.histories.initial_state import MARK, TAG, Deployment, Item, Truth

type RecordTarget = tuple[ResourceId, tuple[str, ...]] | None


@dataclass
class Guard:
    """Records what a pass can have read since it started, and checks its writes."""

    deployment: Deployment
    violations: list[str]
    truth: Truth
    versions: dict[ResourceId, list[Endpoint | None]] = field(default_factory=dict)
    services: list[Truth] = field(default_factory=list)
    shown_services: list[Truth] = field(default_factory=list)
    """The older states that lists of services have shown."""
    own_reads: dict[ResourceId, Truth] = field(default_factory=dict)
    """The truth at the last read of each single endpoint."""
    former: dict[ResourceId, set[str]] = field(default_factory=dict)
    """The ids in older states that lists have shown of endpoints without a read of their own."""
    marked: set[str] = field(default_factory=set)
    """The ids that a response contained with this deployment's mark."""
    truncated: set[ResourceId] = field(default_factory=set)
    """The endpoints that had a registration with only a part of the mark."""
    disturbed: bool = False
    """Whether somebody else changed more than endpoints, or a response of ClickHouse Cloud was not current."""
    written: Truth | None = None
    read_slots: set[ResourceId] = field(default_factory=set)
    foreign: set[Item] = field(default_factory=set)
    owned: set[str] = field(default_factory=set)
    """The ids that were registered with this deployment's mark at any time since the pass started."""
    record_targets: dict[ResourceId, RecordTarget] = field(default_factory=dict)
    created: set[Item] = field(default_factory=set)
    """What this pass has created."""

    def __post_init__(self) -> None:
        truth = self.truth
        self.services = [truth]
        self.foreign = {item for item in truth.creators if self._is_foreign(truth, item)}
        self.owned = self._owned(truth)
        self.truncated = self._truncated(truth)
        self.versions = {slot: [truth.endpoints.get(slot)] for slot in set(truth.slot_of_id.values())}
        self.read_slots = {slot for slot in self.versions if truth.readable(slot)}
        self.record_targets = {slot: self._record_target(truth, slot) for slot in self.versions}

    def watch(self, before: Truth, after: Truth) -> None:
        """Record a change by any actor."""
        if after is not self.written and _without_endpoints(before) != _without_endpoints(after):
            self.disturbed = True
        for slot in set(after.slot_of_id.values()):
            known = self.versions.setdefault(slot, [None])
            if after.endpoints.get(slot) not in known:
                known.append(after.endpoints.get(slot))
            if after.readable(slot):
                self.read_slots.add(slot)
            if self.record_targets.setdefault(slot, None) != self._record_target(after, slot):
                self.record_targets[slot] = None
        self.truncated |= self._truncated(after)
        if before.services is not after.services:
            self.services.append(after)
        self.foreign &= after.creators.keys()
        self._watch_owners(after)

    def _watch_owners(self, truth: Truth) -> None:
        self.owned |= self._owned(truth)
        self.foreign = {item for item in self.foreign if self._is_foreign(truth, item)}

    def show(self, kind: str, older: Truth) -> None:
        """Record that a list shows an older state."""
        match kind:
            case "endpoints":
                self._show_endpoints(older)
            case "registrations":
                self.disturbed = True
                self._watch_owners(older)
            case "services":
                self.disturbed = True
                self.services.append(older)
                self.shown_services.append(older)

    def _show_endpoints(self, older: Truth) -> None:
        for slot in self.versions.keys() - self.own_reads.keys():
            self.versions[slot].append(older.endpoints.get(slot))
            self.former[slot] = oracle.live_ids(older.endpoints.get(slot))
            if self.record_targets[slot] != self._record_target(older, slot):
                self.record_targets[slot] = None

    def read_registrations(self, returned: Iterable[Registration]) -> None:
        """Record the marks in a response."""
        slots, owner = self.truth.slot_of_id, self.deployment.owner
        slots = self.written.slot_of_id if self.written else slots
        self.marked |= {
            one.id.lower()
            for one in returned
            if (slot := slots.get(one.id.lower())) and one.description == oracle.mark_of(owner, slot)
        }

    def check(self, before: Truth, after: Truth, *, through_service: bool = False) -> None:
        """Record every rule that a write of the pass violates."""
        self.written = after
        self.created |= after.creators.keys() - before.creators.keys()
        violated = [
            *self._foreign_things(before, after),
            *self._created(before, after),
            *(() if through_service else self._allowed_without_mark(before, after)),
            *self._removed(before, after),
            *self._lost_access(before, after),
            *self._records(before, after),
        ]
        self.violations += [f"{self.deployment.owner}: {one}" for one in violated]

    def check_findings(self, without_mark: Iterable[str]) -> None:
        """Record the endpoints of which a report says wrongly that the API has not stored the mark."""
        for slot in (one for one in self.versions if str(one) in set(without_mark)):
            if slot not in self.truncated:
                self.violations.append(f"{self.deployment.owner}: the mark of {slot.name} was stored")

    def check_accepted(self, case: oracle.Case, slots: Iterable[ResourceId]) -> None:
        """Record what an event leaves undone although nothing failed and nobody else changed anything meanwhile."""
        for slot in self.own_reads.keys() & set(slots) if not self.disturbed else ():
            last_read = self.own_reads[slot]
            if last_read.endpoints.get(slot) == case.after.endpoints.get(slot):
                faults = oracle.access_faults(replace(case, before=last_read), slot)
                self.violations += [f"{self.deployment.owner}: the event was accepted, but {one}" for one in faults]

    def permitted(self, slot: ResourceId, service: str) -> list[bool]:
        """Return for each state that the pass may have read whether the endpoint was permitted the service."""
        views = [truth for truth in self.services if service in truth.services]
        return [
            self._grants(version, service, truth)
            for version in self.versions.get(slot, [None])
            for truth in (views or [self.truth])
        ]

    def _grants(self, version: Endpoint | None, service: str, truth: Truth) -> bool:
        if version is None or not oracle.in_scope(version.id, self.deployment.scopes):
            return False
        if oracle.in_transition(version):
            return False
        tagged = TAG in version.tags
        return tagged and service in oracle.granted(truth, self.deployment, version)

    def _record_target(self, truth: Truth, slot: ResourceId) -> RecordTarget:
        zone = oracle.target_zone(truth, self.deployment, slot)
        return (zone.id, truth.addresses(truth.endpoints[slot])) if zone else None

    def _owned(self, truth: Truth) -> set[str]:
        owner = self.deployment.owner
        return {one.id for one in truth.registrations.values() if oracle.owns(truth, owner, one.id)}

    def _truncated(self, truth: Truth) -> set[ResourceId]:
        marks = {one: oracle.mark_of(self.deployment.owner, one) for one in truth.slot_of_id.values()}
        registered = [(truth.slot_of_id.get(r.id.lower()), r.description) for r in truth.registrations.values()]
        return {slot for slot, text in registered if slot and marks[slot] != text and marks[slot].startswith(text)}

    def _is_foreign(self, truth: Truth, item: Item) -> bool:
        id_ = item[2] if item[0] == "entry" else item[1]
        return not oracle.owns(truth, self.deployment.owner, id_)

    def _foreign_things(self, before: Truth, after: Truth) -> Iterator[str]:
        for item in self.foreign - after.creators.keys():
            yield f"{item} is foreign and was removed"
        for key, entry in after.registrations.items():
            if key in before.registrations and before.registrations[key] != entry:
                yield f"the registration {key} was overwritten"

    def _created(self, before: Truth, after: Truth) -> Iterator[str]:
        for item in after.creators.keys() - before.creators.keys():
            id_ = item[2] if item[0] == "entry" else item[1]
            slot = after.slot_of_id.get(id_.lower())
            if slot is None or not self._was_id_of(slot, id_):
                yield f"{item} was created for an id that no endpoint had"
            elif self._was_in_transition(slot):
                yield f"{item} was created although its endpoint was in transition all the time"
            elif item[0] == "entry" and not any(self.permitted(slot, item[1])):
                yield f"{item} was created without permission"
            elif item[0] == "entry" and id_ not in self.owned and before.registered(id_):
                yield f"{item} was created under a foreign registration"

    def _allowed_without_mark(self, before: Truth, after: Truth) -> Iterator[str]:
        for item in after.creators.keys() - before.creators.keys():
            if item[0] == "entry" and item[2].lower() not in self.marked:
                yield f"{item} was created before a response contained the mark of its registration"

    def _was_id_of(self, slot: ResourceId, id_: str) -> bool:
        known = self.versions.get(slot, [])
        return any(id_.lower() in oracle.live_ids(version) for version in known)

    def _removed(self, before: Truth, after: Truth) -> Iterator[str]:
        """Nothing is removed if its endpoint was unreadable all the time."""
        for item in before.creators.keys() - after.creators.keys():
            id_ = item[2] if item[0] == "entry" else item[1]
            slot = before.slot_of_id.get(id_.lower())
            if slot is not None and not self._may_have_read(slot):
                yield f"{item} was removed although its endpoint was unreadable"
            # A pass may remove what it created itself: a registration whose mark was not stored.
            existed = item in self.truth.creators and item not in self.created
            if slot is not None and self._had_tag_error(slot) and existed:
                yield f"{item} was removed although the tag has an error"

    def _may_have_read(self, slot: ResourceId) -> bool:
        """Return whether the pass may have read that the endpoint releases items: not if in transition all the time."""
        was_read = slot in self.read_slots and not self._was_in_transition(slot)
        return was_read and oracle.in_scope(slot, self.deployment.scopes)

    def _had_tag_error(self, slot: ResourceId) -> bool:
        """Return whether the tag had an error all the time, so that nothing may be removed."""
        known = self.versions.get(slot, [None])
        tagged = all(one is not None and TAG in one.tags for one in known)
        views = self.services or [self.truth]
        return tagged and all(oracle.has_tag_error(truth, one) for one in known if one for truth in views)

    def _was_in_transition(self, slot: ResourceId) -> bool:
        return all(one is not None and oracle.in_transition(one) for one in self.versions.get(slot, [None]))

    def _lost_access(self, before: Truth, after: Truth) -> Iterator[str]:
        lost = [item for item in before.creators.keys() - after.creators.keys() if item[0] == "entry"]
        for _, service, id_ in lost:
            slot = before.slot_of_id.get(id_.lower())
            endpoint = before.endpoints.get(slot) if slot else None
            if slot is None or endpoint is None or id_.lower() not in oracle.live_ids(endpoint):
                continue
            if id_.lower() not in self.former.get(slot, {id_.lower()}):
                continue  # a list shows only the ids from before the endpoint was recreated
            if any(self._is_lost(before, one.id, one.region) for one in before.registered(id_)):
                continue  # a pass withdraws access under a registration whose mark was lost
            views = [after, *self.shown_services]
            remaining = any(service in truth.listing(one) for one in oracle.live_ids(endpoint) for truth in views)
            if not remaining and all(self.permitted(slot, service)):
                yield f"{slot.name} lost its access to {service}"

    @staticmethod
    def _is_lost(truth: Truth, id_: str, region: str) -> bool:
        """Return whether the readable state does not show the owner of the registration."""
        readable = replace(truth, zones={at: zone for at, zone in truth.zones.items() if truth.readable(at)})
        return oracle.owner_of_registration(readable, id_, region) == oracle.LOST

    def _records(self, before: Truth, after: Truth) -> Iterator[str]:
        for id_, zone in before.zones.items():
            for name, record in zone.records.items():
                now = after.zones[id_].records.get(name)
                if now is not record:
                    yield from self._written(record, now, before)

    def _written(self, record: RecordSet, now: RecordSet | None, before: Truth) -> Iterator[str]:
        where = f"record {record.name} of {record.zone}"
        if record.metadata.get(MARK) != self.deployment.owner:
            adopted = self.deployment.adopt and now and now.addresses == record.addresses
            kept = now and {**record.metadata, **now.metadata} == dict(now.metadata)
            if MARK in record.metadata or not adopted or not kept:
                yield f"{where} is foreign and was {'overwritten' if now else 'deleted'}"
            return
        old, new = oracle.claims(record), oracle.claims(now) if now else {}
        removed = set(old.values()) - set(new.values())
        for slot in (s for s in set(before.slot_of_id.values()) if oracle.short_id(s) in removed):
            mine = tuple(sorted(a for a, c in old.items() if c == oracle.short_id(slot)))
            if not self._may_have_read(slot):
                yield f"{where} was removed for {slot.name} although the endpoint was unreadable"
            if self._had_tag_error(slot):
                yield f"{where} was removed for {slot.name} although its tag has an error"
            alone = len(set(old.values())) == 1
            if alone and record.name == "*" and self.record_targets.get(slot) == (record.zone, mine):
                yield f"{where} was removed for {slot.name}, which is entitled to it"


def _without_endpoints(truth: Truth) -> Truth:
    return replace(truth, endpoints={}, interfaces={}, slot_of_id={})

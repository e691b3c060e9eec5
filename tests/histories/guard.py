"""What must hold after every single call of a pass, whatever the history.

A pass acts on what it has read, so each rule is about the time since the pass began: what was foreign,
rightful or hidden throughout must not be touched, lost or believed; what was permitted at no moment must
not be given.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, RecordSet
from tests.histories import oracle
from tests.histories.world import MARK, TAG, Deployment, Thing, Truth

type Placing = tuple[ResourceId, tuple[str, ...]] | None


@dataclass
class Evidence:
    """What a pass can have seen since it began, and the judge of its writes."""

    deployment: Deployment
    complaints: list[str]
    truth: Truth
    versions: dict[ResourceId, list[Endpoint | None]] = field(default_factory=dict)
    services: list[Truth] = field(default_factory=list)
    seen: set[ResourceId] = field(default_factory=set)
    foreign: set[Thing] = field(default_factory=set)
    owned: set[str] = field(default_factory=set)
    """The ids that were registered by this deployment, by their mark, at some moment since the pass began."""
    placings: dict[ResourceId, Placing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        truth = self.truth
        self.services = [truth]
        self.foreign = {thing for thing in truth.authors if self._is_foreign(truth, thing)}
        self.owned = self._owned(truth)
        self.versions = {slot: [truth.endpoints.get(slot)] for slot in set(truth.incarnations.values())}
        self.seen = {slot for slot in self.versions if truth.readable(slot)}
        self.placings = {slot: self._placing(truth, slot) for slot in self.versions}

    def watch(self, before: Truth, after: Truth) -> None:
        """Take note of a change, whoever made it."""
        for slot in set(after.incarnations.values()):
            known = self.versions.setdefault(slot, [None])
            if after.endpoints.get(slot) not in known:
                known.append(after.endpoints.get(slot))
            if after.readable(slot):
                self.seen.add(slot)
            if self.placings.setdefault(slot, None) != self._placing(after, slot):
                self.placings[slot] = None
        self.owned |= self._owned(after)
        if before.services is not after.services:
            self.services.append(after)
        self.foreign &= after.authors.keys()
        self.foreign = {thing for thing in self.foreign if self._is_foreign(after, thing)}

    def judge(self, before: Truth, after: Truth) -> None:
        """Note every rule that this write of the pass breaks."""
        told = [
            *self._foreign_things(before, after),
            *self._given(before, after),
            *self._taken(before, after),
            *self._lost_access(before, after),
            *self._records(before, after),
        ]
        self.complaints += [f"{self.deployment.owner}: {one}" for one in told]

    def permitted(self, slot: ResourceId, service: str) -> list[bool]:
        """Whether the endpoint was permitted the service, in every view of the world a pass may have had."""
        views = [truth for truth in self.services if service in truth.services]
        return [
            self._grants(version, service, truth)
            for version in self.versions.get(slot, [None])
            for truth in (views or [self.truth])
        ]

    def _grants(self, version: Endpoint | None, service: str, truth: Truth) -> bool:
        if version is None or not oracle.covered(version.id, self.deployment.scopes):
            return False
        if oracle.is_held(version):
            return False
        tagged = TAG in version.tags
        return tagged and service in oracle.granted(truth, self.deployment, version)

    def _placing(self, truth: Truth, slot: ResourceId) -> Placing:
        zone = oracle.placed(truth, self.deployment, slot)
        return (zone.id, truth.addresses(truth.endpoints[slot])) if zone else None

    def _owned(self, truth: Truth) -> set[str]:
        owner = self.deployment.owner
        return {one.id for one in truth.registrations.values() if oracle.owns(truth, owner, one.id)}

    def _is_foreign(self, truth: Truth, thing: Thing) -> bool:
        id_ = thing[2] if thing[0] == "entry" else thing[1]
        return not oracle.owns(truth, self.deployment.owner, id_)

    def _foreign_things(self, before: Truth, after: Truth) -> Iterator[str]:
        for thing in self.foreign - after.authors.keys():
            yield f"{thing} is foreign and was removed"
        for key, entry in after.registrations.items():
            if key in before.registrations and before.registrations[key] != entry:
                yield f"the registration {key} was overwritten"

    def _given(self, before: Truth, after: Truth) -> Iterator[str]:
        for thing in after.authors.keys() - before.authors.keys():
            id_ = thing[2] if thing[0] == "entry" else thing[1]
            slot = after.incarnations.get(id_.lower())
            if slot is None or not self._was_id_of(slot, id_):
                yield f"{thing} was made for an id that was no endpoint's"
            elif self._was_held(slot):
                yield f"{thing} was made though its endpoint was held all along"
            elif thing[0] == "entry" and not any(self.permitted(slot, thing[1])):
                yield f"{thing} was made though nothing permits it"
            elif thing[0] == "entry" and id_ not in self.owned and before.registered(id_):
                yield f"{thing} was made under a registration that is not ours"

    def _was_id_of(self, slot: ResourceId, id_: str) -> bool:
        known = self.versions.get(slot, [])
        return any(id_.lower() in oracle.live_ids(version) for version in known)

    def _taken(self, before: Truth, after: Truth) -> Iterator[str]:
        """Nothing is removed whose endpoint was hidden all along."""
        for thing in before.authors.keys() - after.authors.keys():
            id_ = thing[2] if thing[0] == "entry" else thing[1]
            slot = before.incarnations.get(id_.lower())
            if slot is not None and not self._may_know(slot):
                yield f"{thing} was removed on no evidence"
            if slot is not None and self._was_mistaken(slot) and thing in self.truth.authors:
                yield f"{thing} was removed though the tag has a mistake"

    def _may_know(self, slot: ResourceId) -> bool:
        """Whether it may have been read as something that takes a thing away: not if it was held all along."""
        seen = slot in self.seen and not self._was_held(slot)
        return seen and oracle.covered(slot, self.deployment.scopes)

    def _was_mistaken(self, slot: ResourceId) -> bool:
        """Whether its tag had a mistake all along, so that nothing of it may be removed."""
        known = self.versions.get(slot, [None])
        tagged = all(one is not None and TAG in one.tags for one in known)
        views = self.services or [self.truth]
        return tagged and all(oracle.mistaken(truth, one) for one in known if one for truth in views)

    def _was_held(self, slot: ResourceId) -> bool:
        return all(one is not None and oracle.is_held(one) for one in self.versions.get(slot, [None]))

    def _lost_access(self, before: Truth, after: Truth) -> Iterator[str]:
        lost = [thing for thing in before.authors.keys() - after.authors.keys() if thing[0] == "entry"]
        for _, service, id_ in lost:
            slot = before.incarnations.get(id_.lower())
            endpoint = before.endpoints.get(slot) if slot else None
            if slot is None or endpoint is None or id_.lower() not in oracle.live_ids(endpoint):
                continue
            if any(self._is_lost(before, one.id, one.region) for one in before.registered(id_)):
                continue  # what nothing tells of is taken back by the pass that gave it
            remaining = any(service in after.listing(one) for one in oracle.live_ids(endpoint))
            if not remaining and all(self.permitted(slot, service)):
                yield f"{slot.name} lost its access to {service}"

    @staticmethod
    def _is_lost(truth: Truth, id_: str, region: str) -> bool:
        """Whether nothing that can be read tells whose it is."""
        seen = replace(truth, zones={at: zone for at, zone in truth.zones.items() if truth.readable(at)})
        return oracle.owner_of_registration(seen, id_, region) == oracle.LOST

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
        then, still = oracle.claims(record), oracle.claims(now) if now else {}
        left = set(then.values()) - set(still.values())
        for slot in (s for s in set(before.incarnations.values()) if oracle.short(s) in left):
            mine = tuple(sorted(a for a, c in then.items() if c == oracle.short(slot)))
            if not self._may_know(slot):
                yield f"{where} was taken from {slot.name} on no evidence"
            if self._was_mistaken(slot):
                yield f"{where} was taken from {slot.name} though its tag has a mistake"
            alone = len(set(then.values())) == 1
            if alone and record.name == "*" and self.placings.get(slot) == (record.zone, mine):
                yield f"{where} was taken from {slot.name}, which rightfully held it"

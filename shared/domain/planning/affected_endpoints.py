"""Whom a pass is about, and whom it acts for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.domain.model.deployment_config import ZONE_TAG, shares
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, RecordSet
from shared.domain.ownership.marks import endpoints_in
from shared.domain.planning.classification import zone_name_of
from shared.domain.planning.dns.freed_records import left_free
from shared.domain.planning.planning_index import PlanningIndex


@dataclass(frozen=True, slots=True)
class Targets:
    """What a pass is about: these endpoints, or (`everything`) all in scope and all we own."""

    endpoints: frozenset[ResourceId] = frozenset()
    everything: bool = False

    def with_endpoints(self, more: Iterable[ResourceId]) -> "Targets":
        return Targets(self.endpoints | frozenset(more), everything=self.everything)


def actors(index: PlanningIndex, targets: Targets) -> frozenset[ResourceId]:
    """The endpoints that a pass acts for: its targets, and those whom the end of another concerns.

    Those are the holders of records that were found gone, the ones that may wait for a record which these or a
    target leave free, and those who stand in one record with a target which does not consent to that any more.
    Nobody is undone on the word of a list that was read for something else.
    """
    seen = index.snapshot.endpoints()
    if targets.everything:
        return frozenset(seen) | targets.endpoints | index.dns.holders | index.access.ownership.ids_of.keys()
    gone = _gone(index)
    left = {record.zone for record in freed(index, targets)}
    waits = _waits(index, left)
    waiting = {one for one, found in seen.items() if waits(found)} if left else set()
    return targets.endpoints | gone | waiting | _beside(index, targets.endpoints)


def freed(index: PlanningIndex, targets: Targets) -> tuple[RecordSet, ...]:
    """The records that the targets, and holders that were found gone, leave free for others."""
    return tuple(left_free(index, targets.endpoints | _gone(index)))


def _gone(index: PlanningIndex) -> frozenset[ResourceId]:
    seen = index.snapshot.endpoints()
    return frozenset(
        one for one in index.dns.holders if isinstance(seen.get(one), NotFound) and index.config.may_ask(one)
    )


def _beside(index: PlanningIndex, targets: frozenset[ResourceId]) -> frozenset[ResourceId]:
    """The endpoints in one record with a target that is there, tagged, and does not share."""
    seen = index.snapshot.endpoints()
    alone = {one for one in targets if _keeps_apart(index, seen.get(one))}
    records = [
        record for record in index.snapshot.records() if endpoints_in([record], index.config.owner) & alone
    ]
    beside = endpoints_in(records, index.config.owner) - alone
    return frozenset(
        one for one in beside if isinstance(seen.get(one), Endpoint) and index.config.may_ask(one)
    )


def _keeps_apart(index: PlanningIndex, found: object) -> bool:
    tagged = isinstance(found, Endpoint) and index.config.request_of(found) is not None
    return tagged and isinstance(found, Endpoint) and not shares(found)


def _waits(index: PlanningIndex, zones: set[ResourceId]) -> Callable[[object], bool]:
    """Whether a tagged endpoint may want a record in one of the zones: by its tag, its network or its service.

    Where zones are central, one whose service is not known yet may: that is read for whoever may wait.
    """
    networks = frozenset[ResourceId]().union(*(zone.networks for zone in index.dns.zones if zone.id in zones))
    tags = {str(zone).lower() for zone in zones}
    names = {zone.name for zone in zones} | (set() if index.services.configs_complete else {None})

    def waits(found: object) -> bool:
        if not isinstance(found, Endpoint) or index.config.request_of(found) is None:
            return False
        if found.tags.get(ZONE_TAG, "").strip().lower() in tags:
            return True
        return zone_name_of(index, found) in names if index.config.central else found.network in networks

    return waits

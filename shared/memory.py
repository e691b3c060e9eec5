"""What a process remembers from pass to pass. Nothing here is needed for a pass to be right."""

import asyncio
import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.domain.changes import Allow, DeleteRecord, PutRecord, Register, RegisterThroughService
from shared.domain.hints import Hints
from shared.domain.ids import ResourceId
from shared.domain.learned import Learned
from shared.domain.marks import claims
from shared.domain.model import Config, RecordSet, Unreadable
from shared.domain.outcomes import Outcome, Status
from shared.domain.world import Read, ReadConfig, ReadZone, World

REFUSED_FOR = 3600.0

type Zones = dict[ResourceId, frozenset[ResourceId]]


@dataclass
class Memory:
    """`configs` never change while a service lives, so they are answers. The rest are only hints.

    `links`: the zones that each virtual network was seen linked to; `holding`: those in which a record was
    seen to tell of each endpoint. `refused`: the configs that were refused for good, and when (in seconds of
    `clock`); after an hour that is forgotten. `add_refused`: the organization's deprecated `add` was refused
    last time it was tried. `marks_lost`: what was registered last did not keep our description.
    """

    configs: dict[Read[Any], Config] = field(default_factory=dict)
    links: Zones = field(default_factory=dict)
    holding: Zones = field(default_factory=dict)
    refused: dict[Read[Any], float] = field(default_factory=dict)
    add_refused: bool = False
    marks_lost: bool = False
    clock: Callable[[], float] = time.monotonic
    loading_configs: asyncio.Task[None] | None = None
    """The read of the config cache; a task that ends soon, and never fails."""

    def world(self) -> World:
        """The world a pass begins with."""
        return World(MappingProxyType(dict(self.configs)))

    def hints(self) -> Hints:
        return Hints(
            links=MappingProxyType(self.links),
            holding=MappingProxyType(self.holding),
            refused=MappingProxyType(self.refused),
        )

    def observed(self, world: World) -> None:
        """Keep what the next pass can use of this world."""
        read = {one: told for one, told in world.answers.items() if isinstance(one, ReadConfig)}
        self.configs |= {one: told for one, told in read.items() if isinstance(told, Config)}
        self._refuse(
            {one for one, told in read.items() if isinstance(told, Unreadable) and not told.temporary}
        )
        linked = ((network, zone.id) for zone in world.zones() for network in zone.networks)
        self.links = _relearned(self.links, world, linked)
        told = (
            (claim.endpoint, record.zone) for record in world.records() for claim in claims(record).values()
        )
        self.holding = _relearned(self.holding, world, told)

    def _refuse(self, now: AbstractSet[Read[Any]]) -> None:
        """Those refused again go behind those that were refused before and not asked again."""
        oldest = self.clock() - REFUSED_FOR
        kept = {one: at for one, at in self.refused.items() if at > oldest and one not in self.configs}
        self.refused = {**kept, **dict.fromkeys(now, self.clock())}

    def applied(self, outcomes: tuple[Outcome, ...], world: World) -> None:
        """Learn whether the API takes the organization's `add`, and whether it keeps descriptions."""
        there = {registration.id.lower(): registration for registration in world.registrations() or ()}
        for change, outcome in ((o.change, o) for o in outcomes if isinstance(o.change, Register)):
            known = there.get(change.id.lower())
            if outcome.status is Status.FAILED and not outcome.temporary and known is None:
                self.add_refused = not isinstance(change, RegisterThroughService)
            if outcome.status is Status.DONE and known:
                self.marks_lost = known.description != change.description

    def learned(self, outcomes: tuple[Outcome, ...]) -> Learned:
        """What is known of the systems, with what became of the changes of this pass."""
        tried = [(o.change, o.status) for o in outcomes if isinstance(o.change, Register)]
        made = {change.id.lower(): change.endpoint for change, status in tried if status is Status.DONE}
        return Learned(
            add_refused=self.add_refused,
            marks_lost=self.marks_lost,
            made=MappingProxyType(made),
            refused=frozenset(change for change, _ in tried if change.id.lower() not in made),
            denied=_denied(outcomes),
            unwritten=_unwritten(outcomes),
            written=_written(outcomes),
        )


def _denied(outcomes: Iterable[Outcome]) -> frozenset[tuple[str, str]]:
    refused = (o.change for o in outcomes if o.status is Status.FAILED and not o.temporary)
    return frozenset((one.id.lower(), one.service) for one in refused if isinstance(one, Allow))


def _unwritten(outcomes: Iterable[Outcome]) -> frozenset[PutRecord]:
    failed = (o.change for o in outcomes if o.status is Status.FAILED and not o.stale)
    return frozenset(change for change in failed if isinstance(change, PutRecord))


def _written(outcomes: Iterable[Outcome]) -> tuple[RecordSet, ...]:
    found: dict[str, RecordSet] = {}
    for change in (o.change for o in outcomes if o.status is Status.DONE):
        if isinstance(change, PutRecord):
            found[change.object] = change.after
        elif isinstance(change, DeleteRecord):
            found.pop(change.object, None)
    return tuple(found.values())


def _relearned(known: Zones, world: World, now: Iterable[tuple[ResourceId, ResourceId]]) -> Zones:
    """What was known, without what it said of the zones that were read, and what is known of those now."""
    asked = {read.id for read in world.answers if isinstance(read, ReadZone)}
    kept = {one: zones - asked for one, zones in known.items()}
    for one, zone in now:
        kept[one] = kept.get(one, frozenset()) | {zone}
    return {one: zones for one, zones in kept.items() if zones}

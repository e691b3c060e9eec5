"""What a process remembers from pass to pass. A pass is right without it; only its limit on releases begins anew."""

import asyncio
import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.domain.changes import Deregister, Register, RegisterThroughService
from shared.domain.hints import Hints
from shared.domain.ids import ResourceId
from shared.domain.model import Config, Unreadable
from shared.domain.outcomes import Outcome, Status
from shared.domain.pass_results import PassResults
from shared.domain.world import ListZones, Read, ReadConfig, ReadZone, World

REFUSED_FOR = 3600.0
RELEASES_COUNT_FOR = 3600.0

type Zones = dict[ResourceId, frozenset[ResourceId]]


@dataclass
class Memory:
    """`configs` never change while a service lives, so they are answers. The rest are only hints.

    `links`: the zones that each virtual network was seen linked to. `listed`: all zones in DNS_ZONE_SCOPES when
    they were last listed, with no list unreadable. `refused`: the configs that were refused
    for good, and when (in seconds of `clock`); after an hour that is forgotten. `add_refused`: the
    organization's deprecated `add` was refused last time it was tried. `first`: what the last audit left, by
    the names of `domain/left`, to be begun with.
    """

    configs: dict[Read[Any], Config] = field(default_factory=dict)
    links: Zones = field(default_factory=dict)
    listed: frozenset[ResourceId] = frozenset()
    refused: dict[Read[Any], float] = field(default_factory=dict)
    add_refused: bool = False
    first: frozenset[str] = frozenset()
    releases: dict[ResourceId, float] = field(default_factory=dict)
    """When events released each live endpoint that lost its tag, in seconds of `clock`."""
    clock: Callable[[], float] = time.monotonic
    arriving: asyncio.Task[None] | None = None
    """The configs that other processes have learnt, on their way here; a task that ends soon, and never fails."""

    def world(self) -> World:
        """The world a pass begins with."""
        return World(MappingProxyType(dict(self.configs)))

    def hints(self) -> Hints:
        return Hints(
            links=MappingProxyType(self.links),
            listed=self.listed,
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
        lists = [told for one, told in world.answers.items() if isinstance(one, ListZones)]
        if lists and all(isinstance(told, tuple) for told in lists):
            self.listed = world.listed_zones()

    def _refuse(self, now: AbstractSet[Read[Any]]) -> None:
        """Those refused again go behind those that were refused before and not asked again."""
        oldest = self.clock() - REFUSED_FOR
        kept = {one: at for one, at in self.refused.items() if at > oldest and one not in self.configs}
        self.refused = {**kept, **dict.fromkeys(now, self.clock())}

    def applied(self, outcomes: tuple[Outcome, ...], world: World) -> None:
        """Learn whether the API accepts the organization's `add`."""
        registered = {registration.id.lower() for registration in world.registrations() or ()}
        for change, outcome in ((o.change, o) for o in outcomes if isinstance(o.change, Register)):
            refused = outcome.status is Status.FAILED and not outcome.temporary
            if refused and change.id.lower() not in registered:
                self.add_refused = not isinstance(change, RegisterThroughService)

    def recently_released(self) -> frozenset[ResourceId]:
        """The live endpoints that events released within the last hour."""
        oldest = self.clock() - RELEASES_COUNT_FOR
        self.releases = {one: at for one, at in self.releases.items() if at > oldest}
        return frozenset(self.releases)

    def count_released(self, endpoints: Iterable[ResourceId]) -> None:
        """Events have just released these; one that was released within the hour counts from then."""
        recent = self.recently_released()
        self.releases |= {one: self.clock() for one in endpoints if one not in recent}

    def results(self, outcomes: tuple[Outcome, ...]) -> PassResults:
        """What the changes of this pass, and of earlier ones, have shown."""
        done = [outcome.change for outcome in outcomes if outcome.status is Status.DONE]
        registered = {change.id.lower(): change for change in done if isinstance(change, Register)}
        gone = {change.id.lower() for change in done if isinstance(change, Deregister)}
        return PassResults(
            self.add_refused, MappingProxyType(registered), frozenset(gone & registered.keys())
        )


def _relearned(known: Zones, world: World, now: Iterable[tuple[ResourceId, ResourceId]]) -> Zones:
    """What was known, without what it said of the zones that were read, and what is known of those now."""
    asked = {read.id for read in world.answers if isinstance(read, ReadZone)}
    kept = {one: zones - asked for one, zones in known.items()}
    for one, zone in now:
        kept[one] = kept.get(one, frozenset()) | {zone}
    return {one: zones for one, zones in kept.items() if zones}

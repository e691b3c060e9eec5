"""What a process remembers from pass to pass. A pass is right without it; only its limit on releases begins anew."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.domain.changes import (
    IN_A_ZONE,
    Deregister,
    PutRecord,
    Register,
    RegisterThroughService,
)
from shared.domain.changes.outcome import Outcome, Status
from shared.domain.changes.pass_results import PassResults
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Config, ReadFailed
from shared.domain.model.snapshot import ListZones, Read, ReadConfig, ReadZone, Snapshot
from shared.domain.reading.zones import Hints

REFUSED_SECONDS = 3600.0
RELEASES_COUNT_SECONDS = 3600.0

type Zones = dict[ResourceId, frozenset[ResourceId]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A private endpoint config that ClickHouse Cloud refused, and when."""

    at: float
    answer: ReadFailed


@dataclass
class ProcessCache:
    """`configs` never change while a service lives, so they are answers; so are, for an hour, `refused_configs`.

    `links`: the zones that each virtual network was seen linked to; a hint where to look. `listed`: all zones in
    DNS_ZONE_SCOPES when they were last listed, with no list unreadable. `add_refused`: the organization's
    deprecated `add` was refused last time it was tried. `clock`: in seconds.
    """

    configs: dict[Read[Any], Config] = field(default_factory=dict)
    refused_configs: dict[Read[Any], Refusal] = field(default_factory=dict)
    links: Zones = field(default_factory=dict)
    listed: frozenset[ResourceId] = frozenset()
    add_refused: bool = False
    releases: dict[ResourceId, float] = field(default_factory=dict)
    """When events released each live endpoint that lost its tag, in seconds of `clock`."""
    clock: Callable[[], float] = time.monotonic
    loading_configs: asyncio.Task[None] | None = None
    """The read of the config cache; a task that ends soon, and never fails."""

    def snapshot(self) -> Snapshot:
        """The world a pass begins with."""
        oldest = self.clock() - REFUSED_SECONDS
        self.refused_configs = {
            read: one
            for read, one in self.refused_configs.items()
            if one.at > oldest and read not in self.configs
        }
        refused: dict[Read[Any], Any] = {r: one.answer for r, one in self.refused_configs.items()}
        return Snapshot(MappingProxyType(refused | self.configs))

    def hints(self) -> Hints:
        return Hints(MappingProxyType(self.links), self.listed)

    def observed(self, snapshot: Snapshot) -> None:
        """Keep what the next pass can use of this world."""
        for read, answer in snapshot.answers.items():
            if isinstance(read, ReadConfig) and isinstance(answer, Config):
                self.configs[read] = answer
            if isinstance(read, ReadConfig) and isinstance(answer, ReadFailed) and answer.refused:
                self.refused_configs.setdefault(read, Refusal(self.clock(), answer))
        linked = ((network, zone.id) for zone in snapshot.zones() for network in zone.networks)
        self.links = _relearned(self.links, snapshot, linked)
        lists = [told for one, told in snapshot.answers.items() if isinstance(one, ListZones)]
        if lists and all(isinstance(told, tuple) for told in lists):
            self.listed = snapshot.listed_zones()

    def applied(self, outcomes: tuple[Outcome, ...], snapshot: Snapshot) -> None:
        """Learn whether the API accepts the organization's `add`."""
        registered = {registration.id.lower() for registration in snapshot.registrations() or ()}
        for change, outcome in ((o.change, o) for o in outcomes if isinstance(o.change, Register)):
            refused = outcome.status is Status.FAILED and not outcome.temporary
            if refused and change.id.lower() not in registered:
                self.add_refused = not isinstance(change, RegisterThroughService)

    def recently_released(self) -> frozenset[ResourceId]:
        """The live endpoints that events released within the last hour."""
        oldest = self.clock() - RELEASES_COUNT_SECONDS
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
        puts = [(o.change, o) for o in outcomes if isinstance(o.change, PutRecord)]
        return PassResults(
            add_refused=self.add_refused,
            registered=MappingProxyType(registered),
            deregistered=frozenset(gone & registered.keys()),
            deregistrations_refused=frozenset(
                o.change.id.lower() for o in outcomes if o.forbidden and isinstance(o.change, Deregister)
            ),
            locked_zones=frozenset(
                o.change.zone for o in outcomes if o.locked and isinstance(o.change, IN_A_ZONE)
            ),
            names_taken=frozenset((put.zone, put.after.name) for put, o in puts if o.name_taken),
        )


def _relearned(known: Zones, snapshot: Snapshot, now: Iterable[tuple[ResourceId, ResourceId]]) -> Zones:
    """What was known, without what it said of the zones that were read, and what is known of those now."""
    asked = {read.id for read in snapshot.answers if isinstance(read, ReadZone)}
    kept = {one: zones - asked for one, zones in known.items()}
    for one, zone in now:
        kept[one] = kept.get(one, frozenset()) | {zone}
    return {one: zones for one, zones in kept.items() if zones}

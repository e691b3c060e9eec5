"""What a process keeps between passes. Passes are correct without it; only the limit on releases restarts."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.domain.changes import IN_A_ZONE, Deregister, PutRecord, Register, RegisterThroughService
from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.changes.pass_results import PassResults
from shared.domain.model.errors import CauseKind
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Config, ReadFailed
from shared.domain.model.snapshot import ListZones, Read, ReadConfig, ReadZone, Snapshot
from shared.domain.reading.zones import Hints

REFUSED_SECONDS = 3600.0
RELEASES_COUNT_SECONDS = 3600.0


@dataclass
class ProcessCache:
    """`configs` never change while a service exists, so they need no further read; nor, for an hour, do
    `refused_configs`, each with the time of the refusal.

    `links`: the zones that each virtual network was last linked to; a hint what to read. `listed`: all zones in
    DNS_ZONE_SCOPES at the last complete listing. `add_refused`: the API last rejected the organization's
    deprecated `add`. `releases`: when events released each live endpoint that lost its tag. `loading_configs`:
    the read of the stored config cache; a task that ends soon and never fails. `clock`: in seconds.
    """

    configs: dict[Read[Any], Config] = field(default_factory=dict)
    refused_configs: dict[Read[Any], tuple[float, ReadFailed]] = field(default_factory=dict)
    links: dict[ResourceId, frozenset[ResourceId]] = field(default_factory=dict)
    listed: frozenset[ResourceId] = frozenset()
    add_refused: bool = False
    releases: dict[ResourceId, float] = field(default_factory=dict)
    loading_configs: asyncio.Task[None] | None = None
    clock: Callable[[], float] = time.monotonic

    def snapshot(self) -> Snapshot:
        """The snapshot that a pass starts with."""
        oldest = self.clock() - REFUSED_SECONDS
        refused = {read: answer for read, (at, answer) in self.refused_configs.items() if at > oldest}
        self.refused_configs = {read: self.refused_configs[read] for read in refused.keys() - self.configs.keys()}
        return Snapshot(MappingProxyType({**refused, **self.configs}))

    def hints(self) -> Hints:
        return Hints(MappingProxyType(self.links), self.listed)

    def update_from(self, snapshot: Snapshot) -> None:
        """Keep what the next pass can use of this snapshot."""
        for read, answer in snapshot.answers.items():
            if isinstance(read, ReadConfig) and isinstance(answer, Config):
                self.configs[read] = answer
            if isinstance(read, ReadConfig) and isinstance(answer, ReadFailed) and answer.refused:
                self.refused_configs.setdefault(read, (self.clock(), answer))
        self._update_links(snapshot)
        lists = [answer for read, answer in snapshot.answers.items() if isinstance(read, ListZones)]
        if lists and all(isinstance(answer, tuple) for answer in lists):
            self.listed = snapshot.listed_zones()

    def _update_links(self, snapshot: Snapshot) -> None:
        zones_read = {read.id for read in snapshot.answers if isinstance(read, ReadZone)}
        links = {network: zones - zones_read for network, zones in self.links.items()}
        for zone in snapshot.zones():
            for network in zone.networks:
                links[network] = links.get(network, frozenset()) | {zone.id}
        self.links = {network: zones for network, zones in links.items() if zones}

    def update_add_refused(self, outcomes: tuple[Outcome, ...], snapshot: Snapshot) -> None:
        """Keep whether the API accepts the organization's `add`."""
        registered = {registration.id.lower() for registration in snapshot.registrations() or ()}
        for change, outcome in ((o.change, o) for o in outcomes if isinstance(o.change, Register)):
            refused = outcome.status is OutcomeStatus.FAILED and not outcome.temporary
            if refused and change.id.lower() not in registered:
                self.add_refused = not isinstance(change, RegisterThroughService)

    def recently_released(self) -> frozenset[ResourceId]:
        """The live endpoints that events released within the last hour."""
        oldest = self.clock() - RELEASES_COUNT_SECONDS
        self.releases = {endpoint: at for endpoint, at in self.releases.items() if at > oldest}
        return frozenset(self.releases)

    def count_released(self, endpoints: Iterable[ResourceId]) -> None:
        """Count releases by events; an endpoint already counted within the hour keeps its time."""
        self.releases = dict.fromkeys(endpoints, self.clock()) | {
            endpoint: self.releases[endpoint] for endpoint in self.recently_released()
        }

    def pass_results(self, outcomes: tuple[Outcome, ...]) -> PassResults:
        """What the changes of this pass, and of earlier ones, have shown."""
        done = [outcome.change for outcome in outcomes if outcome.status is OutcomeStatus.DONE]
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
            locked_zones=frozenset(o.change.zone for o in outcomes if o.locked and isinstance(o.change, IN_A_ZONE)),
            names_taken=frozenset(
                (put.zone, put.after.name) for put, o in puts if o.cause.kind is CauseKind.NAME_TAKEN
            ),
        )

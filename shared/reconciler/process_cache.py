"""What a process keeps between passes. Passes are correct without it; only the limit on releases restarts."""

import asyncio
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.domain.changes.clickhouse import Deregister, Register, RegisterThroughService
from shared.domain.changes.dns import DnsChange, PutRecord
from shared.domain.changes.outcome import Outcome, OutcomeStatus, PassResults
from shared.domain.model.errors import CauseKind
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Config, ReadFailed
from shared.domain.model.snapshot import Read, ReadConfig, Snapshot
from shared.domain.reading.zones import Hints

REFUSED_SECONDS = 3600.0
RELEASES_COUNT_SECONDS = 3600.0


@dataclass
class ProcessCache:
    """`configs` never change while a service exists, so they need no further read; nor, for an hour, do
    `refused_configs`, kept since `refused_since`.

    `hints`: what to read first. `add_refused`: the API last rejected the organization's deprecated `add`.
    `releases`: when events released each live endpoint that lost its tag. `loading_configs`: the read of the
    stored config cache; a task that ends soon and never fails. `clock`: in seconds.
    """

    configs: dict[Read[Any], Config] = field(default_factory=dict)
    refused_configs: dict[Read[Any], ReadFailed] = field(default_factory=dict)
    refused_since: float = -REFUSED_SECONDS
    hints: Hints = field(default_factory=Hints)
    add_refused: bool = False
    releases: dict[ResourceId, float] = field(default_factory=dict)
    loading_configs: asyncio.Task[None] | None = None
    clock: Callable[[], float] = time.monotonic

    def snapshot(self) -> Snapshot:
        """The snapshot that a pass starts with."""
        if self.clock() > self.refused_since + REFUSED_SECONDS:
            self.refused_configs, self.refused_since = {}, self.clock()
        return Snapshot(MappingProxyType({**self.refused_configs, **self.configs}))

    def update_from(self, snapshot: Snapshot, outcomes: tuple[Outcome, ...]) -> None:
        """Keep what the next pass can use of this snapshot and these outcomes."""
        configs = {read: answer for read, answer in snapshot.answers.items() if isinstance(read, ReadConfig)}
        self.configs |= {read: answer for read, answer in configs.items() if isinstance(answer, Config)}
        failed = {read: answer for read, answer in configs.items() if isinstance(answer, ReadFailed)}
        self.refused_configs |= {read: answer for read, answer in failed.items() if answer.refused}
        self.hints = self.hints.updated(snapshot)
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

    def count_released(self, endpoints: AbstractSet[ResourceId]) -> None:
        """Count releases by events; an endpoint already counted within the hour keeps its time."""
        self.releases |= dict.fromkeys(endpoints - self.recently_released(), self.clock())

    def pass_results(self, outcomes: tuple[Outcome, ...]) -> PassResults:
        """What the changes of this pass, and of earlier ones, have shown."""
        done = [outcome.change for outcome in outcomes if outcome.status is OutcomeStatus.DONE]
        registered = {change.id.lower(): change for change in done if isinstance(change, Register)}
        unmarked = {change.id.lower() for change in done if isinstance(change, Deregister) and change.unmarked}
        forbidden = [outcome.change for outcome in outcomes if outcome.cause.forbidden]
        locked = [outcome.change for outcome in outcomes if outcome.cause.kind is CauseKind.LOCKED]
        name_taken = [outcome.change for outcome in outcomes if outcome.cause.kind is CauseKind.NAME_TAKEN]
        return PassResults(
            add_refused=self.add_refused,
            registered=MappingProxyType(registered),
            unmarked=frozenset(unmarked),
            deregistrations_refused=frozenset(one.id.lower() for one in forbidden if isinstance(one, Deregister)),
            locked_zones=frozenset(one.zone for one in locked if isinstance(one, DnsChange)),
            names_taken=frozenset((one.zone, one.after.name) for one in name_taken if isinstance(one, PutRecord)),
        )

"""One process: the passes it runs, what it remembers between them, and what follows each."""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.adapters.retry import Budget, Deadline
from shared.bootstrap.clients import Connections
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.results.pass_report import Report
from shared.domain.results.report_shares import shares_of
from shared.reconciler.batching import Batching
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.progress import Watcher, watched
from shared.reconciler.reconcile import ReconcileRequest, first_read, reconcile
from shared.reports.config_cache import ConfigCache
from shared.reports.report_repository import Archive
from shared.settings import Settings
from shared.telemetry.log import tell_pass
from shared.telemetry.pass_context import passing

if TYPE_CHECKING:  # an event is not to wait for what only audits, preflights and topics need
    from shared.domain.audit.report_model import AuditReport
    from shared.domain.preflight.preflight_snapshot import PreflightSnapshot
    from shared.reports.outcome_publisher import Announcer

# Event Grid waits 30 seconds for an answer; it is to have one after 25, all of the host's work included.
EVENT_SECONDS = 24.0
# A pass that many events share goes on where one of them can wait no longer: its next delivery finds more done.
PASS_SECONDS = 200.0
READ_SECONDS = 15.0
PATIENCE = 30.0


@dataclass
class Runtime:
    """One process's connections and memory. To be used on one event loop only."""

    settings: Settings
    cache: ProcessCache = field(default_factory=ProcessCache)
    last_audit: "AuditReport | None" = None
    _afterwards: set[asyncio.Task[None]] = field(default_factory=set)
    watcher: Watcher | None = None
    """Who is told of every call of a pass: a progress bar, for people."""
    looking: "asyncio.Task[PreflightSnapshot] | None" = None
    """The look for a preflight that is under way, or the last that was."""

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.settings)

    @cached_property
    def config(self) -> DeploymentConfig:
        return self.settings.config()

    @cached_property
    def batching(self) -> Batching:
        """The passes that the events of this process share."""
        return Batching(self._first_read, self._event_pass)

    @cached_property
    def archive(self) -> Archive:
        """What outlives this process."""
        organization = str(self.settings.clickhouse_org_id)
        return Archive(self.connections.store, self.settings.owner_id, organization)

    @cached_property
    def config_cache(self) -> ConfigCache:
        return ConfigCache(self.archive, self.cache)

    @cached_property
    def announcer(self) -> "Announcer":
        from shared.reports.outcome_publisher import Announcer  # noqa: PLC0415 -- not without a topic

        return Announcer(self.connections.topic)

    async def reconcile(self, order: ReconcileRequest, seconds: float, door: str = "sync") -> Report:
        """Carry out an order within that time."""
        # A dry run needs no time for writes.
        budget = (
            Budget(Deadline.after(seconds), Deadline.after(seconds)) if order.dry_run else Budget.of(seconds)
        )
        systems = self.connections.systems(order, budget)
        seen = watched(systems, self.watcher) if self.watcher else systems
        return await self._recorded(door, reconcile(order, seen, self.config, self.cache))

    async def settle(self, seconds: float) -> None:
        """Wait until what follows passes is done: events told, configs kept; at most so many seconds."""
        if self._afterwards:
            await asyncio.wait(self._afterwards, timeout=seconds)

    async def close(self) -> None:
        """Close what was opened; only tests need it, a function app's process just ends."""
        await self.settle(PATIENCE)
        if "config_cache" in self.__dict__:
            await self.config_cache.load()
        if connections := self.__dict__.pop("connections", None):
            await connections.close()

    async def _first_read(
        self, endpoints: frozenset[ResourceId]
    ) -> Mapping[ResourceId, Report | Endpoint | NotFound]:
        systems = self.connections.systems(ReconcileRequest(Targets()), Budget.of(EVENT_SECONDS))
        return await first_read(endpoints, systems, self.config)

    async def _event_pass(
        self, known: Mapping[ResourceId, Endpoint | NotFound]
    ) -> Mapping[ResourceId, Report]:
        order = ReconcileRequest(
            Targets(frozenset(known)),
            self.settings.event_policy,
            max_removals=self.settings.max_removals,
            by_event=True,
        )
        systems = self.connections.systems(order, Budget.of(PASS_SECONDS, READ_SECONDS))
        run = reconcile(order, systems, self.config, self.cache, known)
        return shares_of(await self._recorded("event", run), known.keys())

    async def _recorded(self, door: str, run: Coroutine[Any, Any, Report]) -> Report:
        """A pass with what goes with every pass: it is told in the log, and followed by what nobody waits for."""
        with passing(door) as under_way:
            began = time.monotonic()
            self.config_cache.load()
            report = replace(await run, pass_id=under_way.id)
            audit = door == "audit"  # which itself tells what is new
            milliseconds = round((time.monotonic() - began) * 1000)
            tell_pass(report, milliseconds, () if audit else report.plan.findings)
            self._follow(self.config_cache.keep(report.snapshot))
            if not audit and self.connections.topic:
                self._follow(self.announcer.of_pass(report))
        return report

    def _follow(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

"""One process: the passes it runs, what it keeps between them, and the work that follows each."""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.adapters.retry import Budget, Deadline
from shared.bootstrap.clients import Clients
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.results.pass_report import Report
from shared.domain.results.report_shares import FailedPass, split_report
from shared.reconciler.batching import Batching, FirstRead, first_read
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reconcile import ReconcileRequest, reconcile
from shared.reports.config_cache import ConfigCache
from shared.reports.report_repository import ReportRepository
from shared.settings import Settings
from shared.telemetry.log import log_pass, pass_context

if TYPE_CHECKING:  # an event does not wait for what only audits, preflights and topics import
    from shared.domain.audit.report_model import AuditReport
    from shared.domain.preflight.preflight_snapshot import PreflightSnapshot
    from shared.reports.outcome_publisher import OutcomePublisher

# Event Grid waits 30 seconds for a response; 25 include the work of the Functions host.
EVENT_SECONDS = 24.0
# A pass shared by many events continues after one of them times out: its next delivery finds more done.
PASS_SECONDS = 200.0
READ_SECONDS = 15.0
# How long the work that follows a pass may delay its answer; Event Grid waits 30 seconds.
SETTLE_SECONDS = 3.0
CLOSE_SECONDS = 30.0


@dataclass
class Runtime:
    """The clients and the cache of one process. For one event loop only.

    `preflight`: the running or latest preflight.
    """

    settings: Settings
    cache: ProcessCache = field(default_factory=ProcessCache)
    last_audit: "AuditReport | None" = None
    preflight: "asyncio.Task[PreflightSnapshot] | None" = None
    _background: set[asyncio.Task[None]] = field(default_factory=set)

    @cached_property
    def clients(self) -> Clients:
        return Clients(self.settings)

    @cached_property
    def config(self) -> DeploymentConfig:
        return self.settings.config()

    @cached_property
    def batching(self) -> Batching:
        """The passes that the events of this process share."""
        return Batching(self._first_read, self._event_pass)

    @cached_property
    def report_repository(self) -> ReportRepository:
        """What outlives this process."""
        organization = str(self.settings.clickhouse_org_id)
        return ReportRepository(self.clients.store, self.settings.owner_id, organization)

    @cached_property
    def config_cache(self) -> ConfigCache:
        return ConfigCache(self.report_repository, self.cache)

    @cached_property
    def outcome_publisher(self) -> "OutcomePublisher":
        from shared.reports.outcome_publisher import OutcomePublisher  # noqa: PLC0415 -- not without a topic

        return OutcomePublisher(self.clients.topic)

    async def reconcile(self, request: ReconcileRequest, seconds: float, trigger: str = "sync") -> Report:
        """Run a pass within that time. A dry run needs no time for writes."""
        deadline = Deadline.after(seconds)
        budget = Budget(deadline, deadline) if request.dry_run else Budget.of(seconds)
        systems = self.clients.systems(budget, read_only=request.dry_run)
        return await self._recorded(trigger, reconcile(request, systems, self.config, self.cache))

    async def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Wait at most this long for the work that follows passes: publishing events, storing configs."""
        if self._background:
            await asyncio.wait(self._background, timeout=seconds)

    async def close(self) -> None:
        """Close what was opened. Only tests and the command line call it."""
        await self.settle(CLOSE_SECONDS)
        if "config_cache" in self.__dict__:
            await self.config_cache.load()
        if clients := self.__dict__.pop("clients", None):
            await clients.close()

    async def _first_read(self, endpoints: Mapping[ResourceId, None]) -> Mapping[ResourceId, FirstRead]:
        systems = self.clients.systems(Budget.of(EVENT_SECONDS))
        return await first_read(endpoints, systems, self.config)

    async def _event_pass(self, known: Mapping[ResourceId, Endpoint | NotFound]) -> Mapping[ResourceId, Report]:
        settings, targets = self.settings, Targets(frozenset(known))
        request = ReconcileRequest(targets, settings.event_policy, max_removals=settings.max_removals, by_event=True)
        systems = self.clients.systems(Budget.of(PASS_SECONDS, READ_SECONDS))
        run = reconcile(request, systems, self.config, self.cache, known)
        shares = split_report(await self._recorded("event", run), known.keys())
        failed = {
            str(endpoint): FailedPass(share.pass_id, datetime.now(UTC), share.problems[0])
            for endpoint, share in shares.items()
            if share.problems
        }
        self._start(self.report_repository.keep_failed_passes(failed))
        return shares

    async def _recorded(self, trigger: str, run: Coroutine[Any, Any, Report]) -> Report:
        """Run a pass, log it, and start the work that follows it."""
        with pass_context(trigger) as context:
            started = time.monotonic()
            self.config_cache.load()
            report = replace(await run, pass_id=context.id)
            audit = trigger == "audit"  # an audit logs and publishes only what changed since the previous one
            milliseconds = round((time.monotonic() - started) * 1000)
            log_pass(report, milliseconds, () if audit else report.plan.findings)
            self._start(self.config_cache.keep(report.snapshot))
            if not audit and self.clients.topic:
                self._start(self.outcome_publisher.of_pass(report))
        return report

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

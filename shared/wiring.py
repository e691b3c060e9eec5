"""The one place where adapters are built. Nothing happens on import; all of it is built at first use."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast
from urllib.request import getproxies

import httpx
import stamina
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.arm import ArmClients
from shared.adapters.azure_dns import AzureDns
from shared.adapters.azure_inspection import AzureInspection
from shared.adapters.azure_network import AzureNetwork
from shared.adapters.clickhouse import ClickHouseCloud, Key, make_client
from shared.adapters.clocks import Clocks
from shared.adapters.identity import make_credential
from shared.adapters.outcomes import OutcomeTopic
from shared.adapters.report_store import BlobStore, FolderStore
from shared.adapters.retrying import Budget, Deadline
from shared.adapters.store_inspection import StoreInspection
from shared.adapters.throttle import Throttle, Urgency
from shared.announcer import Announcer
from shared.archive import Archive
from shared.coalesce import Coalescer
from shared.company import Company
from shared.domain.audited import AuditReport
from shared.domain.ids import ResourceId
from shared.domain.inspected import Inspected
from shared.domain.report import Report
from shared.domain.rules import Rules
from shared.domain.targets import Targets
from shared.inspection import Inspection
from shared.log import tell_pass
from shared.look import Looked, look
from shared.memory import Memory
from shared.passing import passing
from shared.ports import Systems
from shared.reconcile import Order, reconcile
from shared.seeding import Seeding
from shared.settings import Settings, is_simulated, read_settings
from shared.watched import Watcher, watched

# Event Grid waits 30 seconds for an answer; it is to have one after 25, all of the host's work included.
EVENT_SECONDS = 24.0
# A pass that many events share goes on where one of them can wait no longer: its next delivery finds more done.
PASS_SECONDS = 200.0
READ_SECONDS = 15.0
PATIENCE = 30.0


@dataclass
class Wiring:
    """One process's connections and memory. To be used on one event loop only."""

    settings: Settings
    memory: Memory = field(default_factory=Memory)
    last_audit: AuditReport | None = None
    _afterwards: set[asyncio.Task[None]] = field(default_factory=set)
    watcher: Watcher | None = None
    """Who is told of every call of a pass: a progress bar, for people."""
    looking: asyncio.Task[Inspected] | None = None
    """The look for a preflight that is under way, or the last that was."""

    @cached_property
    def rules(self) -> Rules:
        return self.settings.rules()

    @cached_property
    def coalescer(self) -> Coalescer:
        """What the events of this process share."""
        return Coalescer(self._look, self._pass_for, self._throttle.crowded)

    @cached_property
    def archive(self) -> Archive:
        """What outlives this process."""
        return Archive(self._store, self.settings.owner_id, str(self.settings.clickhouse_org_id))

    @cached_property
    def seeding(self) -> Seeding:
        return Seeding(self.archive, self.memory)

    @cached_property
    def announcer(self) -> Announcer:
        return Announcer(self._topic)

    async def reconcile(self, order: Order, seconds: float, door: str = "sync") -> Report:
        """Carry out an order within that time."""
        systems = self._systems(order, Budget.of(seconds))
        seen = watched(systems, self.watcher) if self.watcher else systems
        return await self._recorded(door, reconcile(order, seen, self.rules, self.memory))

    async def settle(self, seconds: float) -> None:
        """Wait until what follows passes is done: events told, configs kept; at most so many seconds."""
        if self._afterwards:
            await asyncio.wait(self._afterwards, timeout=seconds)

    async def _recorded(self, door: str, run: Coroutine[Any, Any, Report]) -> Report:
        """A pass with what goes with every pass: it is told in the log, and followed by what nobody waits for."""
        with passing(door) as under_way:
            began = time.monotonic()
            self.seeding.begin()
            report = replace(await run, pass_id=under_way.id)
            audit = door == "audit"  # which itself tells what is new
            milliseconds = round((time.monotonic() - began) * 1000)
            tell_pass(report, milliseconds, () if audit else report.plan.findings)
            self._follow(self.seeding.keep(report.world))
            if not audit:
                self._follow(self.announcer.of_pass(report))
        return report

    def _follow(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

    def inspection(self, seconds: float, period: timedelta) -> Inspection:
        """What a preflight asks, within that time; no client of it can write. `period`: between two audits."""
        deadline = Deadline.after(seconds)
        systems = self._systems(Order(Targets(everything=True), dry_run=True), Budget(deadline, deadline))
        return Inspection(
            azure=AzureInspection(self._arm_reading, deadline, self._clocks),
            dns=systems.dns,
            clickhouse=cast("ClickHouseCloud", systems.clickhouse),
            store=self._store_inspection(),
            ahead=self._clocks.ahead,
            key_id=self._key.id,
            period=period,
        )

    def _store_inspection(self) -> StoreInspection | None:
        at = self.settings.report_store
        return StoreInspection(self.archive, at, None if "://" in at else Path(at)) if at else None

    async def close(self) -> None:
        """Close what was opened; only tests need it, a function app's process just ends."""
        await self.settle(PATIENCE)
        if "seeding" in self.__dict__:
            await self.seeding.begin()
        for name in ("_store", "_topic"):
            if opened := self.__dict__.pop(name, None):
                await opened.close()
        for name in ("http", "_http_reading"):
            if client := self.__dict__.pop(name, None):
                await client.aclose()
        if transport := self.__dict__.pop("transport", None):
            await transport.close()
        if (credential := self.__dict__.pop("_credential", None)) is not None:
            await credential.close()

    async def _look(self, endpoints: frozenset[ResourceId]) -> Looked:
        return await look(endpoints, self._systems(Order(Targets()), Budget.of(EVENT_SECONDS)), self.rules)

    async def _pass_for(self, company: Company) -> Report:
        order = Order(Targets(frozenset(company.first)))
        systems = self._systems(order, Budget.of(PASS_SECONDS, READ_SECONDS))
        return await self._recorded("event", reconcile(order, systems, self.rules, self.memory, company))

    def _systems(self, order: Order, budget: Budget) -> Systems:
        arm = self._arm_reading if order.dry_run else self._arm
        return Systems(
            network=AzureNetwork(arm, budget),
            dns=AzureDns(arm, budget),
            clickhouse=ClickHouseCloud(
                self._http_reading if order.dry_run else self.http,
                self._key,
                str(self.settings.clickhouse_org_id),
                self._throttle,
                budget,
                Urgency.ROUTINE if order.targets.everything else Urgency.WAITED_FOR,
            ),
        )

    @cached_property
    def _key(self) -> Key:
        # Secrets that were put into a vault from a file often end in a newline.
        secret = self.settings.clickhouse_cloud_api_secret.get_secret_value().strip()
        return Key(self.settings.clickhouse_cloud_api_key.strip(), secret)

    @cached_property
    def _throttle(self) -> Throttle:
        return Throttle(*self.settings.clickhouse_rate_limit)

    @cached_property
    def http(self) -> httpx.AsyncClient:
        return make_client(self.settings.clickhouse_api_url, self._key, read_only=False)

    @cached_property
    def _http_reading(self) -> httpx.AsyncClient:
        client = make_client(self.settings.clickhouse_api_url, self._key, read_only=True)
        client.event_hooks["response"].append(self._clocks.of_http("ClickHouse Cloud"))
        return client

    @cached_property
    def _clocks(self) -> Clocks:
        return Clocks()

    @cached_property
    def transport(self) -> AioHttpTransport:
        # For the environment's sake aiohttp looks into a .netrc, in a thread, at every request.
        return AioHttpTransport(use_env_settings=bool(getproxies()))

    @cached_property
    def _credential(self) -> Any:
        return make_credential()

    def _credential_for(self, url: str) -> Any:
        """What to prove ourselves with there; None on this machine, to which no credential is sent."""
        return None if is_simulated(url) else self._credential

    @cached_property
    def _store(self) -> BlobStore | FolderStore | None:
        at = self.settings.report_store
        if at is None:
            return None
        if "://" not in at:
            return FolderStore(Path(at))
        return BlobStore(at, self._credential_for(at))

    @cached_property
    def _topic(self) -> OutcomeTopic | None:
        at = self.settings.outcome_topic_endpoint
        return OutcomeTopic(at, self.settings.owner_id, self._credential_for(at)) if at else None

    @cached_property
    def _arm(self) -> ArmClients:
        url = self.settings.azure_resource_manager_url
        return ArmClients(url, self._credential_for(url), self.transport)

    @cached_property
    def _arm_reading(self) -> ArmClients:
        url = self.settings.azure_resource_manager_url
        return ArmClients(url, self._credential_for(url), self.transport, read_only=True)


@cache
def wiring() -> Wiring:
    """This process's wiring. Raises SettingsError, and tries again next time, if the settings are not usable."""
    quiet()
    return Wiring(read_settings())


def quiet() -> None:
    """Let no library log a line for each call or retry: the log has lines of ours."""
    for name in ("httpx", "azure"):
        logging.getLogger(name).setLevel(logging.WARNING)
    stamina.instrumentation.set_on_retry_hooks(())

"""The one place where adapters are built. Nothing happens on import; all of it is built at first use."""

import logging
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import httpx
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.arm import ArmClients
from shared.adapters.azure_dns import AzureDns
from shared.adapters.azure_network import AzureNetwork
from shared.adapters.clickhouse import ClickHouseCloud, Key, make_client
from shared.adapters.retrying import Budget
from shared.adapters.throttle import Throttle, Urgency
from shared.coalesce import Coalescer
from shared.company import Company
from shared.domain.ids import ResourceId
from shared.domain.report import Report
from shared.domain.rules import Rules
from shared.domain.targets import Targets
from shared.look import Looked, look
from shared.memory import Memory
from shared.ports import Systems
from shared.reconcile import Order, reconcile
from shared.settings import Settings, read_settings
from shared.watched import Watcher, watched

# Event Grid waits 30 seconds for an answer; it is to have one after 25, all of the host's work included.
EVENT_SECONDS = 24.0
# A pass that many events share goes on where one of them can wait no longer: its next delivery finds more done.
PASS_SECONDS = 200.0
READ_SECONDS = 15.0


@dataclass
class Wiring:
    """One process's connections and memory. To be used on one event loop only."""

    settings: Settings
    memory: Memory = field(default_factory=Memory)

    @cached_property
    def rules(self) -> Rules:
        return self.settings.rules()

    @cached_property
    def coalescer(self) -> Coalescer:
        """What the events of this process share."""
        return Coalescer(self._look, self._pass_for, self._throttle.crowded)

    async def reconcile(self, order: Order, seconds: float, watcher: Watcher | None = None) -> Report:
        """Carry out an order within that time; who watches is told of every call."""
        systems = self._systems(order, Budget.of(seconds))
        seen = watched(systems, watcher) if watcher else systems
        return await reconcile(order, seen, self.rules, self.memory)

    async def close(self) -> None:
        """Close what was opened; only tests need it, a function app's process just ends."""
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
        return await reconcile(order, systems, self.rules, self.memory, company)

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
        return make_client(self.settings.clickhouse_api_url, self._key, read_only=True)

    @cached_property
    def transport(self) -> AioHttpTransport:
        return AioHttpTransport()

    @cached_property
    def _credential(self) -> Any:
        if self.settings.simulated:
            return None
        from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 -- slow, and not for a simulator

        return DefaultAzureCredential()

    @cached_property
    def _arm(self) -> ArmClients:
        return ArmClients(self.settings.azure_resource_manager_url, self._credential, self.transport)

    @cached_property
    def _arm_reading(self) -> ArmClients:
        url = self.settings.azure_resource_manager_url
        return ArmClients(url, self._credential, self.transport, read_only=True)


@cache
def wiring() -> Wiring:
    """This process's wiring. Raises SettingsError, and tries again next time, if the settings are not usable."""
    quiet()
    return Wiring(read_settings())


def quiet() -> None:
    """Let httpx not log a line for each call: the pass tells what it did."""
    logging.getLogger("httpx").setLevel(logging.WARNING)

"""What a process is connected to: each client and store is made when it is first used, and kept."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.azure.clients import ArmClients
from shared.adapters.azure.identity import make_credential
from shared.adapters.azure.network import AzureNetwork
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.clickhouse.client import ClickHouseCloud, Key, make_client
from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.adapters.clock_skew import ClockSkew
from shared.adapters.retry import Budget
from shared.reconciler.ports import Systems
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import Settings, is_simulated

if TYPE_CHECKING:  # a deployment may have neither
    from shared.adapters.eventgrid.outcome_topic import OutcomeTopic
    from shared.adapters.storage.report_store import BlobStore, FolderStore


@dataclass
class Connections:
    """Every connection of one process. To be used on one event loop only."""

    settings: Settings

    def systems(self, order: ReconcileRequest, budget: Budget) -> Systems:
        """The systems for a pass that carries out this order: of a dry run, none of their clients can write."""
        arm = self.arm_reading if order.dry_run else self.arm
        return Systems(
            network=AzureNetwork(arm, budget),
            dns=AzureDns(arm, budget),
            clickhouse=self.clickhouse(order, budget),
        )

    def clickhouse(self, order: ReconcileRequest, budget: Budget) -> ClickHouseCloud:
        return ClickHouseCloud(
            self.http_reading if order.dry_run else self.http,
            self.key,
            str(self.settings.clickhouse_org_id),
            self.rate_limiter,
            budget,
        )

    async def close(self) -> None:
        """Close what was opened; what is used afterwards is opened anew."""
        for name in ("store", "topic"):
            if opened := self.__dict__.pop(name, None):
                await opened.close()
        for name in ("http", "http_reading"):
            if client := self.__dict__.pop(name, None):
                await client.aclose()
        if transport := self.__dict__.pop("transport", None):
            await transport.close()
        if (credential := self.__dict__.pop("_credential", None)) is not None:
            await credential.close()

    @cached_property
    def key(self) -> Key:
        # Secrets that were put into a vault from a file often end in a newline.
        secret = self.settings.clickhouse_cloud_api_secret.get_secret_value().strip()
        return Key(self.settings.clickhouse_cloud_api_key.strip(), secret)

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        return RateLimiter(*self.settings.clickhouse_rate_limit)

    @cached_property
    def http(self) -> httpx.AsyncClient:
        return make_client(self.settings.clickhouse_api_url, self.key, read_only=False)

    @cached_property
    def http_reading(self) -> httpx.AsyncClient:
        client = make_client(self.settings.clickhouse_api_url, self.key, read_only=True)
        client.event_hooks["response"].append(self.clocks.of_http("ClickHouse Cloud"))
        return client

    @cached_property
    def clocks(self) -> ClockSkew:
        """By how much the clocks of systems are ahead, as their answers tell."""
        return ClockSkew()

    @cached_property
    def arm(self) -> ArmClients:
        url = self.settings.azure_resource_manager_url
        return ArmClients(url, self._credential_for(url), self.transport)

    @cached_property
    def arm_reading(self) -> ArmClients:
        url = self.settings.azure_resource_manager_url
        return ArmClients(url, self._credential_for(url), self.transport, read_only=True, clocks=self.clocks)

    @cached_property
    def transport(self) -> AioHttpTransport:
        # For the environment's sake aiohttp looks into a .netrc, in a thread, at every request.
        return AioHttpTransport(use_env_settings=bool(getproxies()))

    @cached_property
    def store(self) -> "BlobStore | FolderStore | None":
        """Where reports are kept; None: nowhere."""
        at = self.settings.report_store
        if at is None:
            return None
        from shared.adapters.storage.report_store import BlobStore, FolderStore  # noqa: PLC0415 -- not without a store

        if "://" not in at:
            return FolderStore(Path(at))
        return BlobStore(at, self._credential_for(at))

    @cached_property
    def topic(self) -> "OutcomeTopic | None":
        """Who is told outcome events; None: nobody."""
        at = self.settings.outcome_topic_endpoint
        if not at:
            return None
        from shared.adapters.eventgrid.outcome_topic import OutcomeTopic  # noqa: PLC0415 -- not without a topic

        return OutcomeTopic(at, self.settings.owner_id, self._credential_for(at))

    def _credential_for(self, url: str) -> Any:
        """What to prove ourselves with there; None on this machine, to which no credential is sent."""
        return None if is_simulated(url) else self._credential

    @cached_property
    def _credential(self) -> Any:
        return make_credential()

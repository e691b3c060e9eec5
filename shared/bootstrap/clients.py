"""The clients and stores of one process: each is created at its first use and kept."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.azure.clients import ArmClients, make_credential
from shared.adapters.azure.network import AzureNetwork
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.clickhouse.client import ClickHouseCloud, Key, make_client
from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.adapters.retry import Budget
from shared.reconciler.ports import Systems
from shared.settings import Settings, is_simulated

if TYPE_CHECKING:  # a deployment may have neither
    from shared.adapters.eventgrid.outcome_topic import OutcomeTopic
    from shared.adapters.storage.report_store import BlobStore, FolderStore


@dataclass
class Clients:
    """For one event loop only."""

    settings: Settings

    def systems(self, budget: Budget, *, read_only: bool = False) -> Systems:
        """The systems of one pass. A dry run is `read_only`: its clients refuse every write."""
        arm = self.arm_reading if read_only else self.arm
        clickhouse = self.clickhouse(budget, read_only=read_only)
        return Systems(AzureNetwork(arm, budget), AzureDns(arm, budget), clickhouse)

    def clickhouse(self, budget: Budget, *, read_only: bool) -> ClickHouseCloud:
        http = self.http_reading if read_only else self.http
        return ClickHouseCloud(http, self.key, str(self.settings.clickhouse_org_id), self.rate_limiter, budget)

    async def close(self) -> None:
        """Close what was opened; a later use opens it again."""
        for name in ("store", "topic", "http", "http_reading", "transport", "_credential"):
            if opened := self.__dict__.pop(name, None):
                await (opened.aclose if isinstance(opened, httpx.AsyncClient) else opened.close)()

    @cached_property
    def key(self) -> Key:
        # A secret that was stored in a vault from a file often ends in a newline.
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
        return make_client(self.settings.clickhouse_api_url, self.key, read_only=True)

    @cached_property
    def arm(self) -> ArmClients:
        url = self.settings.azure_resource_manager_url
        return ArmClients(url, self._credential_for(url), self.transport)

    @cached_property
    def arm_reading(self) -> ArmClients:
        return replace(self.arm, read_only=True)

    @cached_property
    def transport(self) -> AioHttpTransport:
        # With the environment's proxy settings, aiohttp reads a .netrc, in a thread, at every request.
        return AioHttpTransport(use_env_settings=bool(getproxies()))

    @cached_property
    def store(self) -> "BlobStore | FolderStore | None":
        """The report store; None without REPORT_STORE."""
        location = self.settings.report_store
        if location is None:
            return None
        from shared.adapters.storage.report_store import BlobStore, FolderStore  # noqa: PLC0415 -- not without a store

        if "://" not in location:
            return FolderStore(Path(location))
        return BlobStore(location, self._credential_for(location))

    @cached_property
    def topic(self) -> "OutcomeTopic | None":
        """The topic for outcome events; None without OUTCOME_TOPIC_ENDPOINT."""
        url = self.settings.outcome_topic_endpoint
        if not url:
            return None
        from shared.adapters.eventgrid.outcome_topic import OutcomeTopic  # noqa: PLC0415 -- not without a topic

        return OutcomeTopic(url, self._credential_for(url), owner=self.settings.owner_id)

    def _credential_for(self, url: str) -> Any:
        """The credential for that URL; None for this machine, which gets no token."""
        return None if is_simulated(url) else self._credential

    @cached_property
    def _credential(self) -> Any:
        return make_credential()

"""The config cache: the private endpoint configs of services, shared between processes in the report store.

A config never changes, and each takes one of ClickHouse Cloud's ten calls in ten seconds. On Flex Consumption
most events start a new process. Without the cache, a process would wait for the rate limit with ten services.
A pass that needs many configs waits for the cache to load; a pass that needs few does not.
"""

import asyncio
from dataclasses import dataclass, field

from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import ReadConfig, Snapshot
from shared.reconciler.process_cache import ProcessCache
from shared.reports.report_repository import Configs, ReportRepository


@dataclass
class ConfigCache:
    """Loads stored configs into the process cache, and stores those that the process has read."""

    repository: ReportRepository
    cache: ProcessCache
    _stored: Configs | None = None
    _loading: asyncio.Task[None] | None = field(default=None, init=False)

    def load(self) -> asyncio.Task[None]:
        """Load the cache in the background, once. A failed load is repeated on the next call, and never raises."""
        if self._loading is None or (self._loading.done() and self._stored is None):
            self._loading = self.cache.loading_configs = asyncio.create_task(self._load())
        return self._loading

    async def keep(self, snapshot: Snapshot) -> None:
        """Store new configs, and drop those of deleted services. A cache that could not be read is not overwritten."""
        if self._stored is None:
            return
        known = {read.service: config for read, config in self.cache.configs.items() if isinstance(read, ReadConfig)}
        if (services := snapshot.services()) is not None:
            existing = {service.id for service in services}
            known = {service: config for service, config in known.items() if service in existing}
        if known.keys() - self._stored.keys():
            self._stored = known
            await self.repository.keep_configs(known)

    async def _load(self) -> None:
        stored = await self.repository.configs()
        if not isinstance(stored, ReadFailed):
            self._stored = stored
            for service, config in stored.items():
                self.cache.configs.setdefault(ReadConfig(service), config)

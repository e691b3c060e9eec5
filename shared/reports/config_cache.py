"""The config cache: private endpoint configs of services, kept in the report store for other processes.

A service's config never changes, and to read it takes a call to ClickHouse Cloud, of which there are ten in
ten seconds. Most events meet a process that has just started: with ten services it would wait for the rate
limit first. So the cache is read beside a process's first pass. A pass that would ask for many configs waits
for it (for the store's patience, at most); one that needs few does not.
"""

import asyncio
from dataclasses import dataclass, field

from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import ReadConfig, Snapshot
from shared.reconciler.process_cache import ProcessCache
from shared.reports.report_repository import Archive, Configs


@dataclass
class ConfigCache:
    """From the report store into a process's memory, and what the process reads itself back into the store."""

    archive: Archive
    cache: ProcessCache
    _stored: Configs | None = None
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    def load(self) -> asyncio.Task[None]:
        """Read the cache in the background, unless that is under way or done. The task never fails."""
        if self._reading is None or (self._reading.done() and self._stored is None):
            self._reading = self.cache.loading_configs = asyncio.create_task(self._read())
        return self._reading

    async def keep(self, snapshot: Snapshot) -> None:
        """Write the configs that this process knows and the cache does not, without those of deleted services.

        A cache that could not be read is not written over.
        """
        if self._stored is None:
            return
        known = {
            read.service: one for read, one in self.cache.configs.items() if isinstance(read, ReadConfig)
        }
        if (services := snapshot.services()) is not None:
            there = {service.id for service in services}
            known = {service: config for service, config in known.items() if service in there}
        if known.keys() - self._stored.keys():
            self._stored = known
            await self.archive.keep_configs(known)

    async def _read(self) -> None:
        stored = await self.archive.configs()
        if isinstance(stored, ReadFailed):
            return
        self._stored = stored
        for service, config in stored.items():
            self.cache.configs.setdefault(ReadConfig(service), config)

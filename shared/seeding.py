"""The services' configs that other processes have learnt: read beside a process's first pass.

Each config that is known saves a call to ClickHouse Cloud, of which there are ten in ten seconds. So a pass
that would ask for many waits for the store (for its patience, at most); one that needs few does not.
"""

import asyncio
from dataclasses import dataclass, field

from shared.archive import Archive, Configs
from shared.domain.model import Unreadable
from shared.domain.world import ReadConfig, World
from shared.memory import Memory


@dataclass
class Seeding:
    """From the archive into a process's memory, and what it learns back into the archive."""

    archive: Archive
    memory: Memory
    _stored: Configs | None = None
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    def begin(self) -> asyncio.Task[None]:
        """Read the archive in the background, unless that is under way or done; whoever wants to may wait."""
        if self._reading is None or (self._reading.done() and self._stored is None):
            self._reading = self.memory.arriving = asyncio.create_task(self._read())
        return self._reading

    async def keep(self, world: World) -> None:
        """Write what was learnt since; not before it is known what is there already."""
        if self._stored is None:
            return
        known = {
            read.service: one for read, one in self.memory.configs.items() if isinstance(read, ReadConfig)
        }
        if (services := world.services()) is not None:
            there = {service.id for service in services}
            known = {service: config for service, config in known.items() if service in there}
        if known.keys() - self._stored.keys():
            self._stored = known
            await self.archive.keep_configs(known)

    async def _read(self) -> None:
        told = await self.archive.configs()
        if isinstance(told, Unreadable):
            return
        self._stored = told
        for service, config in told.items():
            self.memory.configs.setdefault(ReadConfig(service), config)

"""Report stores and topics by hand: in memory, out of order, and too slow."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.domain.audit.outcome_events import OutcomeEvent
from shared.domain.model.errors import PermanentError
from shared.domain.model.resources import NotFound


@dataclass
class MemoryStore:
    """Keeps documents; `fails` are the names that can neither be read nor written, `slow` those that are not
    answered before it is `awake`, `breaks` those over which the store itself fails."""

    documents: dict[str, bytes] = field(default_factory=dict)
    fails: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, name: str) -> bytes | NotFound:
        self.reads.append(name)
        await self._trouble(name)
        return self.documents.get(name, NotFound())

    async def write(self, name: str, document: bytes) -> None:
        self.writes.append(name)
        await self._trouble(name)
        self.documents[name] = document

    async def _trouble(self, name: str) -> None:
        if name in self.slow:
            await self.awake.wait()
        if name in self.fails:
            raise PermanentError(f"{name}: 403")
        if name in self.breaks:
            raise ValueError(name)


@dataclass
class MemoryTopic:
    """Keeps what was published, request by request; `error` is raised instead."""

    requests: list[list[OutcomeEvent]] = field(default_factory=list)
    error: Exception | None = None
    slow: bool = False

    async def publish(self, events: Sequence[OutcomeEvent]) -> None:
        if self.slow:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        self.requests.append(list(events))

    @property
    def events(self) -> list[OutcomeEvent]:
        return [event for request in self.requests for event in request]

"""Fake report stores and topics: in memory, failing and slow."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.domain.audit.outcome_events import OutcomeEvent
from shared.domain.model.errors import PermanentError
from shared.domain.model.resources import NotFound


@dataclass
class MemoryStore:
    """Documents in memory, by name. `fails`: names that return an error; `breaks`: names for which the store raises
    an unexpected exception; `slow`: names that do not respond before `awake` is set."""

    documents: dict[str, bytes] = field(default_factory=dict)
    fails: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, name: str) -> bytes | NotFound:
        self.reads.append(name)
        await self._failure(name)
        return self.documents.get(name, NotFound())

    async def write(self, name: str, document: bytes) -> None:
        self.writes.append(name)
        await self._failure(name)
        self.documents[name] = document

    async def _failure(self, name: str) -> None:
        if name in self.slow:
            await self.awake.wait()
        if name in self.fails:
            raise PermanentError(f"{name}: 403")
        if name in self.breaks:
            raise ValueError(name)


@dataclass
class MemoryTopic:
    """Published events, by request. `error` is raised instead; a `slow` topic never responds."""

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

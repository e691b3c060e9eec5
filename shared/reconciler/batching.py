"""Group commit: events that wait at the same time share one pass.

A pass needs about as many calls to ClickHouse Cloud for a hundred endpoints as for one, and ten calls in
ten seconds are all there are. So one pass runs at a time in a process, and what arrives meanwhile shares
the next one. Endpoints are read as soon as their events arrive: those that are not ours need no pass.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.results.pass_report import Report

# For so many seconds a pass waits at most for the reads of events that have arrived before it begins. Event
# Grid delivers a burst request by request, so that these reads overlap: the pass begins when the burst is over.
LONGEST_GATHER = 6.0

type FirstRead = Callable[
    [frozenset[ResourceId]], Awaitable[Mapping[ResourceId, Report | Endpoint | NotFound]]
]
"""A report on each endpoint that needs no pass, and what each other one is like."""
type Pass = Callable[[Mapping[ResourceId, Endpoint | NotFound]], Awaitable[Mapping[ResourceId, Report]]]
"""Each endpoint's share of the report of a pass over all of them."""


async def _at_once() -> None:
    """Wait for nothing."""


class Batching:
    """Reads endpoints and runs passes over them, each in batches. For one event loop."""

    def __init__(self, first_read: FirstRead, run_pass: Pass) -> None:
        self._reads = _Batches[None, Report | Endpoint | NotFound](lambda batch: first_read(frozenset(batch)))
        self._passes = _Batches[Endpoint | NotFound, Report](run_pass, self._gather)
        self._unread = 0
        self._all_read = asyncio.Event()

    async def report_on(self, endpoint: ResourceId) -> Report:
        """The endpoint's share of the report of whoever reads it after this call.

        Raises what the pass raises, and TemporaryError if it is cancelled.
        """
        found = await self._first_read(endpoint)
        return found if isinstance(found, Report) else await self._passes.result_for(endpoint, found)

    async def _first_read(self, endpoint: ResourceId) -> Report | Endpoint | NotFound:
        self._unread += 1
        self._all_read.clear()
        try:
            return await self._reads.result_for(endpoint, None)
        finally:
            self._unread -= 1
            if not self._unread:
                self._all_read.set()

    async def _gather(self) -> None:
        """Wait until all endpoints are read whose events have arrived."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_GATHER):
                await self._all_read.wait()


@dataclass
class _Batch[Item, Result]:
    items: dict[ResourceId, Item] = field(default_factory=dict)
    waiting: int = 0
    results: asyncio.Task[Mapping[ResourceId, Result]] | None = None


class _Batches[Item, Result]:
    """Work on one batch at a time. What becomes of one of those who wait does not touch the others.

    `ready`: what to wait for before a batch takes in nobody more.
    """

    def __init__(
        self,
        work: Callable[[Mapping[ResourceId, Item]], Awaitable[Mapping[ResourceId, Result]]],
        ready: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        self._work, self._ready = work, ready
        self._turn = asyncio.Lock()
        self._next = _Batch[Item, Result]()

    async def result_for(self, endpoint: ResourceId, item: Item) -> Result:
        """The endpoint's own result of a batch that begins after this call. Raises what its work raises."""
        batch = self._next
        batch.items[endpoint] = item
        batch.results = batch.results or asyncio.create_task(self._run(batch))
        batch.waiting += 1
        try:
            return (await asyncio.shield(batch.results))[endpoint]
        finally:
            batch.waiting -= 1

    async def _run(self, batch: _Batch[Item, Result]) -> Mapping[ResourceId, Result]:
        """The results, or none if nobody waits for them any more."""
        try:
            async with self._turn:
                await self._ready()
                self._next = _Batch()
                return await self._work(batch.items) if batch.waiting else {}
        except asyncio.CancelledError as error:
            raise TemporaryError("the pass was cancelled") from error

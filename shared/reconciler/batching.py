"""Group commit: events that arrive while a pass runs share the next one.

A pass makes about as many calls to ClickHouse Cloud for a hundred endpoints as for one, and the limit is ten
calls in ten seconds. So a process runs one pass at a time. Endpoints are read when their events arrive: those
that need no change are answered at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.plan import make_plan
from shared.domain.reading.endpoints import endpoints_needed, in_need_of_a_pass
from shared.domain.results.pass_report import Report
from shared.reconciler.ports import Systems
from shared.reconciler.reader import read_all

# A pass starts when the endpoints of all events that have arrived are read, after this many seconds at the
# latest. Event Grid delivers a burst request by request, so that these reads overlap until the burst ends.
MAX_GATHER_SECONDS = 6.0

type FirstRead = Report | Endpoint | NotFound
"""The report on an endpoint that needs no pass; otherwise, the endpoint as it was read."""
type Work[Item, Result] = Callable[[Mapping[ResourceId, Item]], Awaitable[Mapping[ResourceId, Result]]]


async def first_read(
    endpoints: Collection[ResourceId], systems: Systems, config: DeploymentConfig
) -> dict[ResourceId, FirstRead]:
    """Read these endpoints. One that cannot be read has a report with the error; nothing is raised."""
    snapshot = Snapshot()
    while reads := endpoints_needed(snapshot, endpoints, config):
        snapshot = snapshot.with_results(await read_all(reads, systems))
    unsettled = in_need_of_a_pass(snapshot, endpoints, config)
    return {id_: unsettled.get(id_) or _report_on(id_, snapshot, config) for id_ in endpoints}


def _report_on(endpoint: ResourceId, snapshot: Snapshot, config: DeploymentConfig) -> Report:
    alone = Snapshot(MappingProxyType(snapshot.of_endpoint(endpoint)))
    return Report(alone, make_plan(alone, config, Targets(frozenset({endpoint}))))


class Batching:
    """Reads endpoints and runs passes, both in batches. For one event loop.

    `run_pass` returns each endpoint's share of the report of one pass over all of them.
    """

    def __init__(self, read: Work[None, FirstRead], run_pass: Work[Endpoint | NotFound, Report]) -> None:
        self._reads = _Batcher(read)
        self._passes = _Batcher(run_pass, self._gather)
        self._unread = 0
        self._all_read = asyncio.Event()

    async def reconcile(self, endpoint: ResourceId) -> Report:
        """The endpoint's share of the report of a pass that reads it after this call.

        Raises what the pass raises, and TemporaryError if it is cancelled.
        """
        self._unread += 1
        self._all_read.clear()
        try:
            found = await self._reads.submit(endpoint, None)
        finally:
            self._unread -= 1
            if not self._unread:
                self._all_read.set()
        return found if isinstance(found, Report) else await self._passes.submit(endpoint, found)

    async def _gather(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_GATHER_SECONDS):
                await self._all_read.wait()


@dataclass
class _Batch[Item, Result]:
    items: dict[ResourceId, Item] = field(default_factory=dict)
    waiting: int = 0
    results: asyncio.Task[Mapping[ResourceId, Result]] | None = None


class _Batcher[Item, Result]:
    """Work on one batch at a time. Cancelling one waiting caller does not affect the others.

    `ready`: what to wait for before a batch is closed.
    """

    def __init__(self, work: Work[Item, Result], ready: Callable[[], Awaitable[None]] | None = None) -> None:
        self._work, self._ready = work, ready
        self._lock = asyncio.Lock()
        self._next = _Batch[Item, Result]()

    async def submit(self, endpoint: ResourceId, item: Item) -> Result:
        """The endpoint's result of a batch that starts after this call. Raises what its work raises."""
        batch = self._next
        batch.items[endpoint] = item
        batch.results = batch.results or asyncio.create_task(self._run(batch))
        batch.waiting += 1
        try:
            return (await asyncio.shield(batch.results))[endpoint]
        finally:
            batch.waiting -= 1

    async def _run(self, batch: _Batch[Item, Result]) -> Mapping[ResourceId, Result]:
        """The results of the batch; none if nobody waits for it any more."""
        try:
            async with self._lock:
                if self._ready:
                    await self._ready()
                self._next = _Batch()
                return await self._work(batch.items) if batch.waiting else {}
        except asyncio.CancelledError as error:
            raise TemporaryError("the pass was cancelled") from error

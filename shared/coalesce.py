"""Group commit: events that come together are looked at together, and share a pass.

Whoever finds nothing running starts at once, so that a single event is never delayed. What arrives
meanwhile shares the next look or the next pass, or joins the running pass if that has not begun to read or
to write much. An endpoint that is none of ours is done with after the look, and waits for no pass.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.company import Company
from shared.domain.errors import TemporaryError
from shared.domain.ids import ResourceId
from shared.domain.model import Endpoint, Reading
from shared.domain.report import Report
from shared.domain.shares import Shares
from shared.look import Looked

# An event this long after the one before is one of the same burst.
QUIET = 0.2

type Look = Callable[[frozenset[ResourceId]], Awaitable[Looked]]
type Pass = Callable[[Company], Awaitable[Report]]


class Coalescer:
    """Looks and passes for all that wait. What becomes of one waiter does not touch the others.

    `crowded`: see `Company`.
    """

    def __init__(self, look: Look, run_pass: Pass, crowded: Callable[[int], bool] = lambda _: False) -> None:
        self._look, self._run_pass, self._crowded = look, run_pass, crowded
        self._looks: _Lane[None, Looked] = _Lane(self._one_look)
        self._passes: _Lane[Reading[Endpoint], Shares] = _Lane(self._one_pass)
        self._last = 0.0

    async def report_on(self, endpoint: ResourceId) -> Report:
        """The endpoint's share of a report by those who read it after this call. Raises what they did."""
        self._last = asyncio.get_running_loop().time()
        looked = await self._looks.join(endpoint, None)
        if endpoint in looked.settled.waiting:
            return looked.settled.of(endpoint)
        return (await self._passes.join(endpoint, looked.readings[endpoint])).of(endpoint)

    async def _one_look(self, batch: "_Batch[None, Looked]") -> Looked:
        return await self._look(frozenset(batch.wishes))

    async def _one_pass(self, batch: "_Batch[Reading[Endpoint], Shares]") -> Shares:
        first = dict(batch.wishes)
        company = Company(first, lambda: self._passes.merge_next_into(batch), self._coming, self._crowded)
        report = await self._run_pass(company)
        return Shares(report, frozenset(batch.wishes))

    def _coming(self) -> bool:
        recent = asyncio.get_running_loop().time() - self._last < QUIET
        return recent or self._looks.busy


@dataclass
class _Batch[T, R]:
    """Endpoints with what is told of each, and the results that are owed to those who wait for them."""

    wishes: dict[ResourceId, T] = field(default_factory=dict)
    waiting: int = 0
    owed: list[asyncio.Future[R]] = field(
        default_factory=lambda: [asyncio.get_running_loop().create_future()]
    )


class _Lane[T, R]:
    """Work for all that wait, one batch at a time; who arrives meanwhile is of the next batch."""

    def __init__(self, work: Callable[[_Batch[T, R]], Awaitable[R]]) -> None:
        self._work = work
        self._next: _Batch[T, R] | None = None
        self._runner: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self._runner is not None and not self._runner.done()

    async def join(self, endpoint: ResourceId, told: T) -> R:
        """The result of a batch with this endpoint in it. Raises what its work did."""
        batch = self._next = self._next or _Batch()
        batch.wishes[endpoint] = told
        if not self.busy:
            self._runner = asyncio.create_task(self._run())
        batch.waiting += 1
        try:
            return await asyncio.shield(batch.owed[0])
        finally:
            batch.waiting -= 1

    def merge_next_into(self, batch: _Batch[T, R]) -> dict[ResourceId, T]:
        """Who waits for the next batch joins this one; who that is."""
        waiting, self._next = self._next or _Batch(owed=[]), None
        batch.wishes |= waiting.wishes
        batch.owed += waiting.owed
        return waiting.wishes

    async def _run(self) -> None:
        while batch := self._next:
            self._next = None
            if not batch.waiting:
                continue  # All have given up, and have told whoever sent them to come again.
            try:
                result = await self._work(batch)
            except Exception as error:  # noqa: BLE001 -- it is the waiters' to handle, whatever it is
                _fail(batch, error)
            except asyncio.CancelledError:
                _fail(batch, TemporaryError("the pass was broken off"))
                if (task := asyncio.current_task()) and task.cancelling():
                    raise
            else:
                for future in batch.owed:
                    future.set_result(result)


def _fail[T, R](batch: _Batch[T, R], error: Exception) -> None:
    for future in batch.owed:
        future.set_exception(error)
        future.exception()  # retrieved, should no waiter be left to do so

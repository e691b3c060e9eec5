"""Group commit: passes run one at a time, and requests that arrive meanwhile share the next one.

A request that finds nothing running starts at once, so a single event is never delayed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.domain.errors import TemporaryError
from shared.domain.ids import ResourceId
from shared.domain.report import Report

type Pass = Callable[[frozenset[ResourceId]], Awaitable[Report]]


@dataclass
class _Batch:
    endpoints: set[ResourceId] = field(default_factory=set)
    report: asyncio.Future[Report] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Coalescer:
    """Runs `run_pass` for all that wait. What becomes of one waiter does not touch the others."""

    def __init__(self, run_pass: Pass) -> None:
        self._run_pass = run_pass
        self._next: _Batch | None = None
        self._runner: asyncio.Task[None] | None = None

    async def report_on(self, endpoint: ResourceId) -> Report:
        """The endpoint's part of the report of a pass that began after this call. Raises what that pass did."""
        batch = self._next = self._next or _Batch()
        batch.endpoints.add(endpoint)
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        report = await asyncio.shield(batch.report)
        return report.without(batch.endpoints - {endpoint})

    async def _run(self) -> None:
        while batch := self._next:
            self._next = None
            try:
                batch.report.set_result(await self._run_pass(frozenset(batch.endpoints)))
            except Exception as error:  # noqa: BLE001 -- it is the waiters' to handle, whatever it is
                _fail(batch, error)
            except asyncio.CancelledError:
                _fail(batch, TemporaryError("the pass was broken off"))
                if (task := asyncio.current_task()) and task.cancelling():
                    raise


def _fail(batch: _Batch, error: Exception) -> None:
    batch.report.set_exception(error)
    batch.report.exception()  # retrieved, should no waiter be left to do so

"""A deterministic event loop: a scheduler decides which waiting call continues next.

Every call of a port waits. If no task can run, the loop does not sleep, but continues the call that the next
pick selects, or stops after the given number of calls.
"""

import asyncio
import selectors
from collections.abc import Iterable
from typing import Any


class _Idle(selectors.DefaultSelector):
    """A selector that never waits, but calls the scheduler."""

    scheduler: "Scheduler | None" = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.scheduler and (timeout is None or timeout > 0):
            self.scheduler.idle()
        return []


class Scheduler:
    """Continues one call at a time. Calls belong to workers."""

    def __init__(self) -> None:
        selector = _Idle()
        selector.scheduler = self
        self.loop = asyncio.SelectorEventLoop(selector)
        self._waiting: list[tuple[object, asyncio.Future[None]]] = []
        self._picks: list[int] = []
        self._remaining = 0

    async def wait_for_pick(self, worker: object) -> None:
        """Wait until this call is picked."""
        future = self.loop.create_future()
        self._waiting.append((worker, future))
        await future

    def go(self, calls: int, picks: Iterable[int] = ()) -> None:
        """Continue up to that many waiting calls. A pick is an index into the waiting calls."""
        self._remaining, self._picks = calls, list(picks)[::-1]
        self.loop.run_forever()

    def idle(self) -> None:
        self._waiting = [(w, f) for w, f in self._waiting if not f.done()]
        if not self._waiting or not self._remaining:
            self.loop.stop()
            return
        self._remaining -= 1
        pick = self._picks.pop() if self._picks else 0
        _, future = self._waiting.pop(pick % len(self._waiting))
        future.set_result(None)

    def kill(self, worker: object) -> None:
        """Cancel all calls of a worker, to simulate a crash of its process."""
        for one, future in self._waiting:
            if one is worker:
                future.cancel()

    def start(self, work: Any) -> "asyncio.Task[Any]":
        return self.loop.create_task(work)

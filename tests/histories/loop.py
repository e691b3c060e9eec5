"""An event loop whose idleness is a decision: which of the waiting calls goes on next.

Every call of a port waits for its turn. When nothing else can run, the loop would sleep; instead it takes
the next pick and lets that call go, or stops when it was told to let only so many go.
"""

import asyncio
import selectors
from collections.abc import Iterable
from typing import Any


class _Idle(selectors.DefaultSelector):
    """A selector that never waits: it asks the scheduler what is next."""

    scheduler: "Scheduler | None" = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.scheduler and (timeout is None or timeout > 0):
            self.scheduler.idle()
        return []


class Scheduler:
    """Lets one call at a time go on. Calls are told apart by the worker that makes them."""

    def __init__(self) -> None:
        selector = _Idle()
        selector.scheduler = self
        self.loop = asyncio.SelectorEventLoop(selector)
        self._waiting: list[tuple[object, asyncio.Future[None]]] = []
        self._picks: list[int] = []
        self._left = 0

    async def turn(self, worker: object) -> None:
        """Wait until this call is picked."""
        future = self.loop.create_future()
        self._waiting.append((worker, future))
        await future

    def go(self, calls: int, picks: Iterable[int] = ()) -> None:
        """Let that many calls go on, fewer if no more are waiting. A pick is an index among those waiting."""
        self._left, self._picks = calls, list(picks)[::-1]
        self.loop.run_forever()

    def idle(self) -> None:
        self._waiting = [(w, f) for w, f in self._waiting if not f.done()]
        if not self._waiting or not self._left:
            self.loop.stop()
            return
        self._left -= 1
        pick = self._picks.pop() if self._picks else 0
        _, future = self._waiting.pop(pick % len(self._waiting))
        future.set_result(None)

    def kill(self, worker: object) -> None:
        """None of the worker's calls goes on any more: its process is dead."""
        for one, future in self._waiting:
            if one is worker:
                future.cancel()

    def start(self, work: Any) -> "asyncio.Task[Any]":
        return self.loop.create_task(work)

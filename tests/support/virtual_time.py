"""An event loop whose time passes as soon as everybody sleeps: hours in a moment, and always the same."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Waitless(selectors.DefaultSelector):
    """A selector that does not wait, and lets the time pass instead."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("everybody waits, and nobody for a time")
        self.passed += max(0.0, timeout)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._waitless = _Waitless()
        super().__init__(self._waitless)

    def time(self) -> float:
        return 1000.0 + self._waitless.passed


def run[T](main: Coroutine[Any, Any, T]) -> T:
    """The result of `main` on a loop of its own; `loop.time()` tells what time it is there."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)

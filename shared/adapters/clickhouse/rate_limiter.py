"""A rate limiter: at most a number of calls in any window of some seconds.

Libraries lack what it needs: to refuse at once a call whose slot would come after its deadline, to pause when the
server returns 429, and then to use half of the limit and slowly more, so that several processes with one key share
it. A leaky bucket (aiolimiter) permits up to twice the limit in its first window, which costs a whole window.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.domain.model.errors import Cause, CauseKind, TemporaryError

# Clocks differ slightly in speed.
MARGIN = 0.02
# After a 429 half of the share remains; each window without one restores a fifth of the limit.
KEPT, REGAINED = 0.5, 0.2


@dataclass(eq=False)
class _Call:
    """The moment at which a call counts: its start while it runs, then its end; the server counts it in between."""

    moment: float


class RateLimiter:
    """Admits calls in the order of their arrival. For one event loop."""

    def __init__(
        self,
        calls: int,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._window = seconds + MARGIN
        self._clock = clock
        self._sleep = sleep
        self._limit = calls
        self._log: deque[_Call] = deque(maxlen=calls)
        self._paused_until = 0.0
        self._kept, self._throttled_at = float(calls), 0.0
        self._waiting = 0
        self._first_in_line = asyncio.Lock()

    @asynccontextmanager
    async def acquire(self, what: str, left: float) -> AsyncIterator[None]:
        """Run the call in the body once it has a slot.

        Raises TemporaryError at once if there is no slot within `left` seconds.
        """
        wait = self._opens_after(self._waiting) - self._clock()
        if wait > left:
            error = f"{what}: rate limited, next slot in {wait:.0f} s exceeds the remaining {left:.0f} s"
            raise TemporaryError(error, cause=Cause(CauseKind.THROTTLED, retry_after=wait))
        call = await self._admitted()
        try:
            yield
        finally:
            call.moment = self._clock()

    async def _admitted(self) -> _Call:
        self._waiting += 1
        try:
            async with self._first_in_line:
                while (wait := self._opens_after(0) - self._clock()) > 0:
                    await self._sleep(wait)
                self._log.append(call := _Call(self._clock()))
                return call
        finally:
            self._waiting -= 1

    def pause(self, seconds: float) -> None:
        """After a 429: admit no call for that long, and fewer calls afterwards."""
        now = self._clock()
        if now >= self._paused_until:  # not one of several 429 at once
            self._kept, self._throttled_at = max(1.0, self._share_at(now) * KEPT), now
        self._paused_until = max(self._paused_until, now + seconds)

    def _share_at(self, moment: float) -> int:
        """The number of calls per window that this process uses."""
        windows = (moment - self._throttled_at) // self._window
        return min(self._limit, int(self._kept + windows * REGAINED * self._limit))

    def _opens_after(self, others: int) -> float:
        """The moment of the slot behind that many waiting calls."""
        gone = sorted(call.moment for call in self._log)
        moment = max(self._clock(), self._paused_until)
        for _ in range(others + 1):
            while (free := self._free_after(gone, moment)) > moment:
                moment = free
            gone.append(moment)
        return moment

    def _free_after(self, gone: list[float], moment: float) -> float:
        """The moment at which the window has a slot, if it has none at that moment."""
        share = self._share_at(moment)
        return gone[-share] + self._window if len(gone) >= share else 0.0

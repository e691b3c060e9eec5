"""One process's share of an API's rate limit: at most so many calls in any window of so many seconds.

Written here because it must do what the libraries looked at do not: refuse at once a call whose slot would
come after its deadline, pause when the server says that others have used the limit up, and then be content
with less (half, and slowly more again), so that several processes with one key come to share its limit. A
leaky bucket (aiolimiter) lets up to twice the limit through in its first window, and the server's answer to
that costs a whole window.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.domain.model.errors import Cause, CauseKind, TemporaryError

# Two clocks do not run at quite the same speed.
MARGIN = 0.02
# After a refusal half of the share is kept, and a fifth of the limit comes back in every window without one.
KEPT, REGAINED = 0.5, 0.2


@dataclass(eq=False)
class _Call:
    """When a call counts from: from its start while it is under way, then from its end.

    The server counts it somewhere in between.
    """

    moment: float


class RateLimiter:
    """Lets callers through in the order of their arrival. For one event loop."""

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
        self._shut_until = 0.0
        self._kept, self._refused_at = float(calls), 0.0
        self._waiting = 0
        self._first_in_line = asyncio.Lock()

    @asynccontextmanager
    async def acquire(self, what: str, left: float) -> AsyncIterator[None]:
        """Make a call in the body, when its turn has come.

        Raises TemporaryError at once if it cannot come in `left` seconds.
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
                return self._go()
        finally:
            self._waiting -= 1

    def _go(self) -> _Call:
        call = _Call(self._clock())
        self._log.append(call)
        return call

    def pause(self, seconds: float) -> None:
        """The server has refused a call: let nobody through for that long, and fewer afterwards."""
        now = self._clock()
        if now >= self._shut_until:  # not one of several that were refused together
            self._kept, self._refused_at = max(1.0, self._share_at(now) * KEPT), now
        self._shut_until = max(self._shut_until, now + seconds)

    def _share_at(self, moment: float) -> int:
        """How many calls of a window's limit are ours."""
        windows = (moment - self._refused_at) // self._window
        return min(self._limit, int(self._kept + windows * REGAINED * self._limit))

    def _opens_after(self, others: int) -> float:
        """The moment at which the caller behind that many others may go."""
        gone = sorted(call.moment for call in self._log)
        moment = max(self._clock(), self._shut_until)
        for _ in range(others + 1):
            while (free := self._free_after(gone, moment)) > moment:
                moment = free
            gone.append(moment)
        return moment

    def _free_after(self, gone: list[float], moment: float) -> float:
        """When a call leaves the window that must, if another is to go at that moment."""
        share = self._share_at(moment)
        return gone[-share] + self._window if len(gone) >= share else 0.0

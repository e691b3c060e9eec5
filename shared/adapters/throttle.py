"""One process's share of an API's rate limit: at most so many calls in any window of so many seconds.

Written here because it must do what the libraries looked at do not: let the urgent go first, tell at once
that a call's turn would come after its deadline, stay shut when the server says that others have used the
limit up, and then be content with less (half, and slowly more again), so that several processes with one
key come to share its limit. A leaky bucket (aiolimiter) lets up to twice the limit through in its first window, and the
server's answer to that costs a whole window.
"""

import asyncio
import heapq
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum
from itertools import count

from shared.domain.errors import TemporaryError

# Two clocks do not run at quite the same speed.
MARGIN = 0.02
# After a refusal half of the share is kept, and a fifth of the limit comes back in every window without one.
KEPT, REGAINED = 0.5, 0.2


class Urgency(IntEnum):
    """Who goes first: what an event or a person waits for, before what looks over everything."""

    WAITED_FOR = 0
    ROUTINE = 1


@dataclass(eq=False)
class _Call:
    """When a call counts from: from its start while it is under way, then from its end.

    The server counts it somewhere in between.
    """

    moment: float


class Throttle:
    """Lets callers through in order of urgency, then of arrival. For one event loop."""

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
        self._numbers = count()
        self._queue: list[tuple[Urgency, int, asyncio.Future[_Call]]] = []
        self._usher: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def turn(self, what: str, urgency: Urgency, left: float) -> AsyncIterator[None]:
        """Make a call in the body, when its turn has come.

        Raises TemporaryError at once if it cannot come in `left` seconds.
        """
        call = await self._admitted(what, urgency, left)
        try:
            yield
        finally:
            call.moment = self._clock()

    def crowded(self, calls: int) -> bool:
        """Whether the last of so many more calls would have to wait."""
        ahead = sum(1 for _, _, waiter in self._queue if not waiter.done())
        return calls > 0 and self._opens_after(ahead + calls - 1) > self._clock()

    async def _admitted(self, what: str, urgency: Urgency, left: float) -> _Call:
        ahead = sum(1 for other, _, waiter in self._queue if other <= urgency and not waiter.done())
        wait = self._opens_after(ahead) - self._clock()
        if wait > left:
            told = f"{what}: its turn under the rate limit would come in {wait:.0f} s, {left:.0f} s are left"
            raise TemporaryError(told, retry_after=wait)
        if not self._queue and wait <= 0:
            return self._go()
        waiter: asyncio.Future[_Call] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (urgency, next(self._numbers), waiter))
        if self._usher is None or self._usher.done():
            self._usher = asyncio.create_task(self._let_in())
        return await waiter

    def _go(self) -> _Call:
        call = _Call(self._clock())
        self._log.append(call)
        return call

    def shut(self, seconds: float) -> None:
        """The server has refused a call: let nobody through for that long, and fewer afterwards."""
        now = self._clock()
        if now >= self._shut_until:  # not one of several that were refused together
            self._kept, self._refused_at = max(1.0, self._share_at(now) * KEPT), now
        self._shut_until = max(self._shut_until, now + seconds)

    def _share_at(self, moment: float) -> int:
        """How many calls of a window's limit are ours."""
        windows = (moment - self._refused_at) // self._window
        return min(self._limit, int(self._kept + windows * REGAINED * self._limit))

    async def _let_in(self) -> None:
        while self._queue:
            wait = self._opens_after(0) - self._clock()
            if wait > 0:
                await self._sleep(wait)
                continue
            _, _, waiter = heapq.heappop(self._queue)
            if not waiter.done():
                waiter.set_result(self._go())

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

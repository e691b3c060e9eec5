"""One process's share of an API's rate limit: at most so many calls in any window of so many seconds.

Written here because it must do what the libraries looked at do not: let the urgent go first, tell at once
that a call's turn would come after its deadline, and stay shut when the server says that others have used
the limit up. A leaky bucket (aiolimiter) lets up to twice the limit through in its first window, and the
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
        self._log: deque[_Call] = deque(maxlen=calls)
        self._shut_until = 0.0
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
        """The server has refused a call: let nobody through for that long."""
        self._shut_until = max(self._shut_until, self._clock() + seconds)

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
        limit = self._log.maxlen or 1
        gone = sorted(call.moment for call in self._log)
        moment = self._clock()
        for _ in range(others + 1):
            full = gone[-limit] + self._window if len(gone) >= limit else 0.0
            moment = max(moment, self._shut_until, full)
            gone.append(moment)
        return moment

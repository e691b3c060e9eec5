"""The rate limiter, with a manual clock."""

import asyncio
import contextlib
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.clickhouse.rate_limiter import MARGIN, RateLimiter
from shared.domain.model.errors import TemporaryError
from simulator.clickhouse.limit import RateLimit
from tests.support import virtual_time


class Clock:
    """A clock that advances only during sleep."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds


async def call_within(limiter: RateLimiter, seconds: float) -> None:
    """Make a call that takes no time."""
    async with limiter.acquire("call", seconds):
        pass


def limiter_and_clock(calls: int = 2, seconds: float = 10) -> tuple[RateLimiter, Clock]:
    clock = Clock()
    return RateLimiter(calls, seconds, clock=clock, sleep=clock.sleep), clock


async def test_calls_within_the_limit_do_not_wait() -> None:
    """Below the limit, calls do not wait."""
    limiter, clock = limiter_and_clock(3)
    for _ in range(3):
        await call_within(limiter, 0)
    assert clock.now == 100.0


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 20), st.integers(1, 60))
def test_no_window_exceeds_the_limit(calls: int, seconds: int, count: int) -> None:
    """No window has more calls than the limit, and no call waits longer than necessary."""

    async def run() -> list[float]:
        limiter, clock = limiter_and_clock(calls, seconds)
        times: list[float] = []

        async def call() -> None:
            await call_within(limiter, 10_000)
            times.append(clock.now)

        await asyncio.gather(*(call() for _ in range(count)))
        return times

    times = asyncio.run(run())
    assert all(later - earlier > seconds for earlier, later in zip(times, times[calls:], strict=False))
    assert times[-1] - 100.0 == pytest.approx((count - 1) // calls * (seconds + MARGIN))


async def test_calls_are_first_in_first_out() -> None:
    """Waiting calls are admitted in the order of their arrival."""
    limiter, _ = limiter_and_clock(1)
    order: list[int] = []

    async def call(number: int) -> None:
        await call_within(limiter, 1000)
        order.append(number)

    await asyncio.gather(*map(call, range(4)))
    assert order == [0, 1, 2, 3]


async def test_wait_beyond_the_deadline_fails_immediately() -> None:
    """A call whose slot is after its deadline fails immediately with the wait, and uses no slot."""
    limiter, clock = limiter_and_clock(1)
    await call_within(limiter, 0)
    with pytest.raises(TemporaryError, match="next slot in 10 s exceeds the remaining 5 s") as raised:
        await call_within(limiter, 5)
    assert raised.value.cause.retry_after == pytest.approx(10 + MARGIN)
    assert clock.now == 100.0
    await call_within(limiter, 11)
    assert clock.now == pytest.approx(110 + MARGIN)


async def test_pause_delays_all_calls() -> None:
    """After a 429 of the server, no call is admitted before its delay ends."""
    limiter, clock = limiter_and_clock(5)
    limiter.pause(7)
    limiter.pause(3)
    await call_within(limiter, 8)
    assert clock.now == pytest.approx(107)


async def test_pause_delays_waiting_calls() -> None:
    """A pause also delays calls that are already waiting."""
    limiter, clock = limiter_and_clock(1)
    await call_within(limiter, 0)
    second = asyncio.create_task(call_within(limiter, 100))
    await asyncio.sleep(0)
    limiter.pause(30)
    await second
    assert clock.now == pytest.approx(130)


async def test_cancelled_call_uses_no_slot() -> None:
    """A cancelled call uses no slot and does not delay other calls."""
    limiter, clock = limiter_and_clock(1)
    await call_within(limiter, 0)
    cancelled, other = (asyncio.create_task(call_within(limiter, 100)) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    await other
    assert clock.now == pytest.approx(110 + MARGIN)
    assert cancelled.cancelled()
    moments = [100.0, clock.now]
    assert all(later > earlier for earlier, later in pairwise(moments))


async def test_slow_call_counts_from_its_end() -> None:
    """The window of a slow call starts at its end, because the server may count the call as late as its response."""
    limiter, clock = limiter_and_clock(1)
    async with limiter.acquire("slow", 0):
        clock.now += 3
    await call_within(limiter, 100)
    assert clock.now == pytest.approx(113 + MARGIN)


async def test_pause_halves_the_rate_which_then_recovers() -> None:
    """After a 429 the limit is halved; it recovers by a fifth of the limit per window."""
    limiter, clock = limiter_and_clock(10)
    limiter.pause(1)
    limiter.pause(1)  # a concurrent call, refused for the same reason
    counts: list[int] = []
    for _ in range(5):
        start = clock.now = max(clock.now, 101.0)
        counts.append(0)
        with contextlib.suppress(TemporaryError):
            while True:
                await call_within(limiter, 0)
                counts[-1] += 1
        clock.now = start + 10 + 2 * MARGIN
    assert counts == [5, 7, 9, 10, 10]


@dataclass
class Server:
    """A server with a rate limit of 10 in 10 seconds, and the counts of its calls."""

    limit: RateLimit
    refused: int = 0
    done: int = 0

    async def call(self, limiter: RateLimiter) -> None:
        """Make a call and retry it until it succeeds."""
        while True:
            async with limiter.acquire("call", 10_000):
                await asyncio.sleep(0.05)
                wait = self.limit.refuse("key")
                if wait is not None:
                    limiter.pause(wait)
            if wait is None:
                self.done += 1
                return
            self.refused += 1
            await asyncio.sleep(wait)


async def _four_processes() -> tuple[Server, float]:
    clock = asyncio.get_running_loop().time
    server = Server(RateLimit(10, 10, clock))

    async def process(number: int) -> None:
        await asyncio.sleep(number / 10)
        limiter = RateLimiter(10, 10, clock=clock)
        for concurrent in (2, 10, 1, 10):
            await asyncio.gather(*(server.call(limiter) for _ in range(concurrent)))

    start = clock()
    await asyncio.gather(*map(process, range(4)))
    return server, clock() - start


def test_processes_share_the_limit_of_one_key() -> None:
    """Four processes make 92 calls in less than 110 s (at best 90 s), with less than 60 refused calls."""
    server, seconds = virtual_time.run(_four_processes())
    assert server.done == 92
    assert seconds < 110
    assert server.refused < 60

"""The rate limit of one process, on a clock that is turned by hand."""

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
    """Time that passes when somebody sleeps, and not otherwise."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds


async def turn(gate: RateLimiter, left: float) -> None:
    """A call that takes no time."""
    async with gate.acquire("call", left):
        pass


def limiter(calls: int = 2, seconds: float = 10) -> tuple[RateLimiter, Clock]:
    clock = Clock()
    return RateLimiter(calls, seconds, clock=clock, sleep=clock.sleep), clock


async def test_calls_within_the_limit_wait_for_nobody() -> None:
    """As long as the limit is not reached, a call goes at once."""
    gate, clock = limiter(3)
    for _ in range(3):
        await turn(gate, 0)
    assert clock.now == 100.0


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 20), st.integers(1, 60))
def test_no_window_sees_more_calls_than_the_limit(calls: int, seconds: int, wanted: int) -> None:
    """In any window there are at most as many calls as the limit allows, and no call waits longer than it must."""

    async def run() -> list[float]:
        gate, clock = limiter(calls, seconds)
        gone: list[float] = []

        async def call() -> None:
            await turn(gate, 10_000)
            gone.append(clock.now)

        await asyncio.gather(*(call() for _ in range(wanted)))
        return gone

    gone = asyncio.run(run())
    assert all(later - earlier > seconds for earlier, later in zip(gone, gone[calls:], strict=False))
    assert gone[-1] - 100.0 == pytest.approx((wanted - 1) // calls * (seconds + MARGIN))


async def test_callers_go_in_the_order_of_their_arrival() -> None:
    """Who waits longest goes first."""
    gate, _ = limiter(1)
    order: list[int] = []

    async def call(number: int) -> None:
        await turn(gate, 1000)
        order.append(number)

    await asyncio.gather(*map(call, range(4)))
    assert order == [0, 1, 2, 3]


async def test_a_call_that_would_come_too_late_is_told_at_once() -> None:
    """A turn that lies past the deadline is a temporary failure now, with the wait, and takes no place."""
    gate, clock = limiter(1)
    await turn(gate, 0)
    with pytest.raises(TemporaryError, match="next slot in 10 s exceeds the remaining 5 s") as told:
        await turn(gate, 5)
    assert told.value.cause.retry_after == pytest.approx(10 + MARGIN)
    assert clock.now == 100.0
    await turn(gate, 11)
    assert clock.now == pytest.approx(110 + MARGIN)


async def test_a_refusal_by_the_server_shuts_it_for_everybody() -> None:
    """After the server's 429, which others' calls may have caused, nobody goes before it said so."""
    gate, clock = limiter(5)
    gate.pause(7)
    gate.pause(3)
    await turn(gate, 8)
    assert clock.now == pytest.approx(107)


async def test_a_refusal_while_callers_wait_holds_them_too() -> None:
    """Those who wait already, wait for the server's word as well."""
    gate, clock = limiter(1)
    await turn(gate, 0)
    second = asyncio.create_task(turn(gate, 100))
    await asyncio.sleep(0)
    gate.pause(30)
    await second
    assert clock.now == pytest.approx(130)


async def test_one_who_gives_up_leaves_no_gap() -> None:
    """A cancelled call takes no turn, and the others' turns come as if it had not been there."""
    gate, clock = limiter(1)
    await turn(gate, 0)
    given_up, other = (asyncio.create_task(turn(gate, 100)) for _ in range(2))
    await asyncio.sleep(0)
    given_up.cancel()
    await other
    assert clock.now == pytest.approx(110 + MARGIN)
    assert given_up.cancelled()
    moments = [100.0, clock.now]
    assert all(later > earlier for earlier, later in pairwise(moments))


async def test_a_slow_call_counts_from_its_end() -> None:
    """The server may have counted a call as late as its answer came, so the window is reckoned from there."""
    gate, clock = limiter(1)
    async with gate.acquire("slow", 0):
        clock.now += 3
    await turn(gate, 100)
    assert clock.now == pytest.approx(113 + MARGIN)


async def test_a_refusal_leaves_half_of_the_share_and_time_gives_it_back() -> None:
    """Who was refused makes half as many calls in a window, and a fifth of the limit more in each one after."""
    gate, clock = limiter(10)
    gate.pause(1)
    gate.pause(1)  # another call of the same moment, refused for the same reason
    counts: list[int] = []
    for _ in range(5):
        began = clock.now = max(clock.now, 101.0)
        counts.append(0)
        with contextlib.suppress(TemporaryError):
            while True:
                await turn(gate, 0)
                counts[-1] += 1
        clock.now = began + 10 + 2 * MARGIN
    assert counts == [5, 7, 9, 10, 10]


@dataclass
class Server:
    """A rate limit of 10 in 10 seconds, and what became of the calls."""

    limit: RateLimit
    refused: int = 0
    done: int = 0

    async def call(self, gate: RateLimiter) -> None:
        """A call that is made again until it goes through, as `retrying` does it."""
        while True:
            async with gate.acquire("call", 10_000):
                await asyncio.sleep(0.05)
                wait = self.limit.refuse("key")
                if wait is not None:
                    gate.pause(wait)
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
        gate = RateLimiter(10, 10, clock=clock)
        for together in (2, 10, 1, 10):
            await asyncio.gather(*(server.call(gate) for _ in range(together)))

    began = clock()
    await asyncio.gather(*map(process, range(4)))
    return server, clock() - began


def test_processes_with_one_key_come_to_share_its_limit() -> None:
    """Four that need 92 calls, which take 90 s at best, have them made in 110, and few are refused in vain."""
    server, seconds = virtual_time.run(_four_processes())
    assert server.done == 92
    assert seconds < 110
    assert server.refused < 60

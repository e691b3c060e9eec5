"""The fakes with the latency of real systems, and the rate limiter in front of ClickHouse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.reconciler.ports import Systems
from tests.support.fakes import Cloud

LATENCY = 0.05
PATIENCE = 200.0
CALLS, WINDOW = 10, 10.0


@dataclass
class _Slow:
    """A system that calls every method within the context `around`."""

    system: Any
    around: Callable[[str], AbstractAsyncContextManager[None]]

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.system, name)

        async def call(*arguments: Any) -> Any:
            async with self.around(name):
                return await method(*arguments)

        return call


def slow_systems(cloud: Cloud) -> Systems:
    """The cloud's systems on the clock of the running loop."""
    limiter = RateLimiter(CALLS, WINDOW, clock=asyncio.get_running_loop().time)

    @asynccontextmanager
    async def azure(_: str) -> AsyncIterator[None]:
        await asyncio.sleep(LATENCY)
        yield

    @asynccontextmanager
    async def clickhouse(name: str) -> AsyncIterator[None]:
        async with limiter.acquire(name, PATIENCE), azure(name):
            yield

    return Systems(
        _Slow(cloud.network, azure),
        _Slow(cloud.dns, azure),
        _Slow(cloud.clickhouse, clickhouse),
    )

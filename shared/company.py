"""Those whom a running pass may still take along."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from shared.domain.changes import Change
from shared.domain.ids import ResourceId
from shared.domain.model import Endpoint, Reading
from shared.domain.needs.endpoints import MANY
from shared.domain.outcomes import clickhouse_calls
from shared.domain.world import Read, asks_clickhouse

# While others are on their way a pass waits for them, but no longer than this: who came first is waiting.
LINGER = 6.0
_LOOK = 0.05

type Newcomers = Mapping[ResourceId, Reading[Endpoint]]
"""Endpoints that are to join a pass, each as it was read after its request came."""


class Company:
    """Those who are there when a pass begins, and whom it may take along of those who come later.

    It does so at most twice: before it reads much, and before it writes, if some came only then.

    `take` hands the latter over. `coming` tells whether more are on their way, `crowded` whether that many calls
    to ClickHouse would have to wait for the rate limit. Without any of these, nobody ever comes.
    """

    def __init__(
        self,
        first: Newcomers = MappingProxyType({}),
        take: Callable[[], Newcomers] | None = None,
        coming: Callable[[], bool] = lambda: False,
        crowded: Callable[[int], bool] = lambda _: False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.first = first
        self._take, self._coming, self._crowded, self._sleep = take or dict, coming, crowded, sleep
        self._readers_joined = self._writers_joined = take is None

    async def before_reading(self, reads: Collection[Read[Any]]) -> Newcomers:
        """Those who join before these reads are made, if they are many or none of their calls can go out now.

        What all of them need is then read once, and not again for those who come next.
        """
        if self._readers_joined:
            return {}
        shut_out = any(map(asks_clickhouse, reads)) and self._crowded(1)
        if len(reads) <= MANY and not shut_out:
            return {}
        self._readers_joined = True
        return await self._joining()

    async def before_writing(self, changes: Iterable[Change]) -> Newcomers:
        """Those who join before these changes are made, if their calls must wait for the rate limit anyway."""
        if self._writers_joined or not self._crowded(clickhouse_calls(changes)):
            return {}
        self._readers_joined = self._writers_joined = True
        return await self._joining()

    async def _joining(self) -> Newcomers:
        for _ in range(round(LINGER / _LOOK)):
            if not self._coming():
                break
            await self._sleep(_LOOK)
        return self._take()

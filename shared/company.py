"""Those whom a running pass may still take along."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType

from shared.domain.changes import Change
from shared.domain.ids import ResourceId
from shared.domain.model import Endpoint, Reading
from shared.domain.outcomes import clickhouse_calls

# While others are on their way a pass waits for them, but no longer than this: who came first is waiting.
LINGER = 6.0
_LOOK = 0.05

type Newcomers = Mapping[ResourceId, Reading[Endpoint]]
"""Endpoints that are to join a pass, each as it was read after its request came."""


class Company:
    """Those who are there when a pass begins, and whom it may take along, once, of those who come later.

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
        self._take, self._coming, self._crowded, self._sleep = take, coming, crowded, sleep

    async def before_many_reads(self) -> Newcomers:
        """Those who join now: what all of them need is then read once, and not again for those who come next."""
        return await self._joining()

    async def before_writing(self, changes: Iterable[Change]) -> Newcomers:
        """Those who join before these changes are made, if their calls must wait for the rate limit anyway."""
        if self._take is None or not self._crowded(clickhouse_calls(changes)):
            return {}
        return await self._joining()

    async def _joining(self) -> Newcomers:
        take, self._take = self._take, None
        if take is None:
            return {}
        for _ in range(round(LINGER / _LOOK)):
            if not self._coming():
                break
            await self._sleep(_LOOK)
        return take()

"""The systems with somebody watching who is told of each call as it begins and ends, for a progress bar."""

from dataclasses import dataclass
from typing import Any, Protocol, cast

from shared.reconciler.ports import Systems

WRITES = frozenset(
    {"put", "delete", "create_zone", "link", "update_registrations", "update_allow_list", "register_through"}
)


class Watcher(Protocol):
    """Who is told. `writes`: whether the call is meant to change something."""

    def began(self, *, writes: bool) -> None: ...

    def ended(self, *, writes: bool) -> None: ...


def watched(systems: Systems, watcher: Watcher) -> Systems:
    """The same systems, each call of which is told to the watcher."""
    return Systems(
        network=cast("Any", _Watched(systems.network, watcher)),
        dns=cast("Any", _Watched(systems.dns, watcher)),
        clickhouse=cast("Any", _Watched(systems.clickhouse, watcher)),
    )


@dataclass(frozen=True, slots=True)
class _Watched:
    port: object
    watcher: Watcher

    def __getattr__(self, name: str) -> Any:
        method, writes = getattr(self.port, name), name in WRITES

        async def call(*arguments: Any) -> Any:
            self.watcher.began(writes=writes)
            try:
                return await method(*arguments)
            finally:
                self.watcher.ended(writes=writes)

        return call

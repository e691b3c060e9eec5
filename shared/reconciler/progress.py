"""Report each call of a pass as it begins and ends, for a progress bar."""

from dataclasses import dataclass
from typing import Any, Protocol

from shared.reconciler.ports import Systems

WRITES = frozenset(
    {"put", "delete", "create_zone", "link", "update_registrations", "update_allow_list", "register_through"}
)


class Watcher(Protocol):
    """Receives the calls. `writes`: whether the call is a write."""

    def began(self, *, writes: bool) -> None: ...

    def ended(self, *, writes: bool) -> None: ...


def watched(systems: Systems, watcher: Watcher) -> Systems:
    """The same systems, with each call reported to the watcher."""
    ports: list[Any] = [_Watched(port, watcher) for port in (systems.network, systems.dns, systems.clickhouse)]
    return Systems(*ports)


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

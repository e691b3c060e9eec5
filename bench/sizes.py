"""The size of each figure: full for the table, miniature for a test of the bench."""

from dataclasses import dataclass

from bench.limits import RATE_LIMIT
from bench.sim import Conditions


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of the worlds, the number of repetitions, and the most seconds for a burst."""

    latency_ms: int = 50
    rate_limit: str = RATE_LIMIT
    repeats: int = 7
    burst: int = 200
    spread_seconds: float = 60.0
    services: int = 10
    processes: int = 4
    peer_endpoints: int = 2
    deletions: int = 1000
    audits: tuple[int, int] = (1_000, 10_000)
    audit_repeats: tuple[int, int] = (5, 3)
    audit_services: int = 200
    audit_networks: int = 100
    audit_zones: int = 20
    audit_subscriptions: int = 5
    foreign: int = 10_000
    starts: int = 5
    unchanged: int = 40
    patience: float = 75.0
    patience_of_several: float = 240.0

    @property
    def honest(self) -> bool:
        """Whether ClickHouse's own rate limit applies."""
        return self.rate_limit == RATE_LIMIT

    @property
    def outside(self) -> Conditions:
        """ClickHouse's rate limit, and a latency for each response."""
        return Conditions(self.rate_limit, self.latency_ms)


FULL = Sizes()
MINIATURE = Sizes(
    latency_ms=5,
    rate_limit="1000/1",
    repeats=1,
    burst=4,
    spread_seconds=0.4,
    services=2,
    processes=2,
    peer_endpoints=1,
    deletions=4,
    audits=(2, 4),
    audit_repeats=(1, 1),
    audit_services=2,
    audit_networks=2,
    audit_zones=2,
    audit_subscriptions=2,
    foreign=4,
    starts=1,
    unchanged=2,
    patience=60.0,
    patience_of_several=60.0,
)

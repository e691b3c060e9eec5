"""The simulator and one or more processes of the product, connected by event subscriptions.

Each process is a local host: Microsoft's worker with the real function_app.py. Event Grid delivers to it as to a
function app: at least once, with retries after 10 s, 30 s, 1 m, …
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import batched
from types import MappingProxyType

from bench.sim import ROOT, Conditions, Sim, simulator
from bench.worlds import KEY, ORGANIZATION, OWNER, SECRET, Json, share_prefix, subscription
from localhost.host import Host, running

UNLIMITED = "100000/1"
BETWEEN_BATCHES = 0.05

_TYPES = ["Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Resources.ResourceDeleteSuccess"]
_DURATION = re.compile(r"Executed 'Functions\.endpoint_changed' \((\w+), .*Duration=(\d+)ms\)")


def environment(sim: Sim, subscriptions: int = 1) -> dict[str, str]:
    """The settings of the product for a world of `bench.worlds` with that many subscriptions."""
    limit = sim.conditions.rate_limit
    return settings(sim.url, UNLIMITED if limit == "off" else limit, subscriptions)


def settings(url: str, limit: str, subscriptions: int = 1) -> dict[str, str]:
    """The same for systems at that URL, with that rate limit for ClickHouse Cloud."""
    return {
        "CLICKHOUSE_ORG_ID": ORGANIZATION,
        "CLICKHOUSE_CLOUD_API_KEY": KEY,
        "CLICKHOUSE_CLOUD_API_SECRET": SECRET,
        "CLICKHOUSE_API_URL": url,
        "CLICKHOUSE_RATE_LIMIT": limit,
        "AZURE_RESOURCE_MANAGER_URL": url,
        "OWNER_ID": OWNER,
        "ENDPOINT_SCOPES": ",".join(f"/subscriptions/{subscription(number)}" for number in range(subscriptions)),
        "AUDIT_SCHEDULE": "0 0 0 1 1 *",
    }


@dataclass(frozen=True)
class Stage:
    """A simulator and the processes that Event Grid delivers to. Each of several has a share of the endpoints."""

    sim: Sim
    hosts: list[Host]
    batch: int = 1

    def reset(self, world: Json) -> None:
        """Restart with this world, in the same processes."""
        self.sim.reset(world)
        self.subscribe()

    def subscribe(self) -> None:
        """Subscribe every process by a handshake, so that Event Grid's connections stand before they are timed."""
        for share, host in enumerate(self.hosts):
            prefix = share_prefix(share) if len(self.hosts) > 1 else ""
            _subscribe(self.sim, host, self.batch, f"share-{share}", prefix)

    def deliver(self, events: Sequence[Json], seconds: float, between: float = BETWEEN_BATCHES) -> "Delivered":
        """Publish the events, a batch every `between` seconds, and wait for their delivery with retries."""
        self.sim.clear()
        before, logged = len(self.sim.events()), [len(host.logs()) for host in self.hosts]
        began = time.monotonic()
        for number, lot in enumerate(batched(events, self.batch, strict=False)):
            time.sleep(max(0.0, began + number * between - time.monotonic()))
            self.sim.emit(lot)
        self.sim.idle(seconds)
        lines = [line for host, start in zip(self.hosts, logged, strict=True) for line in host.logs()[start:]]
        return Delivered(self.sim.events()[before:], self.sim.requests(), lines)


@dataclass(frozen=True)
class Delivered:
    """The result of a burst: its events, the requests that it caused, and the log of the product."""

    events: list[Json]
    log: list[Json]
    lines: list[str]

    @property
    def began(self) -> float:
        return min(float(one["at"]) for one in self._attempts())

    @property
    def accepted(self) -> float:
        """When the last accepted event was accepted."""
        return max(float(one["at"]) for one in self._attempts() if one["status"] and one["status"] < 300)

    @property
    def lost(self) -> int:
        """The number of events that were never accepted."""
        statuses = [one["status"] for event in self.events for one in event["deliveries"]]
        return len(statuses) - statuses.count("delivered")

    @property
    def retried(self) -> int:
        """The number of events that were delivered more than once."""
        return sum(len(one["attempts"]) > 1 for event in self.events for one in event["deliveries"])

    def answers(self) -> list[float]:
        """The duration of each invocation, in seconds."""
        found = (_DURATION.search(line) for line in self.lines)
        return [int(one[2]) / 1000 for one in found if one]

    def _attempts(self) -> list[Json]:
        return [one for event in self.events for sent in event["deliveries"] for one in sent["attempts"]]


@contextmanager
def stage(
    world: Json,
    conditions: Conditions,
    *,
    processes: int = 1,
    batch: int = 1,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Stage]:
    """The product in that many processes. `batch`: the most events in one request of Event Grid.

    `more`: additional settings.
    """
    with ExitStack() as stack:
        sim = stack.enter_context(simulator(world, conditions))
        given = {**environment(sim), **more}
        hosts = [stack.enter_context(running(ROOT, given, timers=False)) for _ in range(processes)]
        on = Stage(sim, hosts, batch)
        on.subscribe()
        yield on


def _subscribe(sim: Sim, host: Host, batch: int, name: str, prefix: str) -> None:
    sim.subscribe(
        name=name,
        endpoint=f"{host.url}/runtime/webhooks/eventgrid?functionName=endpoint_changed",
        includedEventTypes=_TYPES,
        subjectBeginsWith=prefix,
        maxEventsPerBatch=batch,
        deadLetter=True,
    )

"""A stream of events under the rate limit, in virtual time: no event is lost, and calls are counted."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from shared.bootstrap.runtime import EVENT_SECONDS
from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ReadConfig
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.results.pass_report import Report
from shared.domain.results.report_shares import split_report
from shared.reconciler.batching import Batching, first_read
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reconcile import ReconcileRequest, reconcile
from tests.support import virtual_time
from tests.support.fakes import Cloud
from tests.support.slow_systems import slow_systems
from tests.support.worlds import (
    config,
    deployment,
    endpoint,
    guid,
    pe,
    service,
    service_id,
    zone,
    zone_id,
)

ENDPOINTS = 60
RETRIES = (10.0, 30.0, 60.0, 300.0)
CLICKHOUSE = {"registrations", "services", "config", "update_registrations", "update_allow_list"}


@dataclass
class Process:
    """A new process, with Event Grid in front of it, which retries failed deliveries."""

    cloud: Cloud
    memory: ProcessCache
    passes: list[set[ResourceId]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.systems, self.config = slow_systems(self.cloud), deployment()
        self.batching = Batching(self._first_read, self._run_pass)

    async def deliver(self, one: ResourceId) -> None:
        """Deliver an event until it is accepted, each time for the longest time of an invocation."""
        for wait in RETRIES:
            try:
                async with asyncio.timeout(EVENT_SECONDS):
                    report = await self.batching.reconcile(one)
            except (TimeoutError, TemporaryError):
                await asyncio.sleep(wait)
            else:
                assert not report.problems
                return
        raise AssertionError(f"{one} is lost")

    @property
    def calls(self) -> int:
        return sum(call.name in CLICKHOUSE for call in self.cloud.log.calls)

    async def _first_read(
        self, endpoints: Mapping[ResourceId, None]
    ) -> Mapping[ResourceId, Report | Endpoint | NotFound]:
        return await first_read(endpoints, self.systems, self.config)

    async def _run_pass(self, known: Mapping[ResourceId, Endpoint | NotFound]) -> Mapping[ResourceId, Report]:
        self.passes.append(set(known))
        order = ReconcileRequest(Targets(frozenset(known)))
        return split_report(await reconcile(order, self.systems, self.config, self.memory, known), known.keys())


def process(services: int, *, configs_known: bool) -> Process:
    names = [f"s{number}" for number in range(services)]
    numbers = range(1, ENDPOINTS + 1)
    cloud = Cloud(
        *(endpoint(number, vnet=f"vnet-{number}") for number in numbers),
        services=[service(name) for name in names],
        zones=[zone(id_=zone_id(f"rg-{number}"), vnets=[f"vnet-{number}"]) for number in numbers],
    )
    memory = ProcessCache()
    if configs_known:
        memory.configs |= {ReadConfig(service_id(name)): config(name) for name in names}
    return Process(cloud, memory)


@pytest.mark.parametrize(
    ("services", "configs_known", "over_seconds", "passes", "calls"),
    [
        (10, False, 1, 1, 23),
        (10, True, 1, 1, 13),
        (10, False, 60, 11, 87),
        (10, True, 60, 7, 80),
        (5, True, 60, 9, 72),
    ],
)
def test_a_stream_of_new_endpoints(
    services: int, over_seconds: float, passes: int, calls: int, *, configs_known: bool
) -> None:
    """However events are spread, each endpoint is connected, each event is accepted, and passes and calls are few."""

    async def scenario() -> None:
        on = process(services, configs_known=configs_known)
        deliveries = []
        for number in range(1, ENDPOINTS + 1):
            deliveries.append(asyncio.create_task(on.deliver(pe(number))))
            await asyncio.sleep(over_seconds / ENDPOINTS)
        await asyncio.gather(*deliveries)
        everybody = {guid(number) for number in range(1, ENDPOINTS + 1)}
        assert all(allowed == everybody for allowed in on.cloud.clickhouse.allow_lists().values())
        assert on.cloud.clickhouse.registered.keys() == everybody
        assert all(on.cloud.dns.record(zone) for zone in on.cloud.dns.known)
        assert len(on.passes) <= passes
        assert on.calls <= calls

    virtual_time.run(scenario())

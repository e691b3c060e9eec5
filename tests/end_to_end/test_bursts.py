"""How many calls a burst takes, in smaller versions of the benchmark's worlds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from bench.limits import needed_calls
from bench.stage import UNLIMITED, settings
from bench.worlds import Shape, connected, endpoint_ids, fresh, guid_of, without_endpoints
from shared.bootstrap import Runtime
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.reading.endpoints import MANY
from shared.domain.results.pass_report import Report
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import Settings
from simulator.client import RunningSimulator

SERVICES = 10
# The limit of ClickHouse Cloud with a shorter window, so that the test is fast.
SCARCE = "10/1"
ARM_MILLISECONDS = 150


@asynccontextmanager
async def process(sim: RunningSimulator, limit: str = SCARCE, subscriptions: int = 1) -> AsyncIterator[Runtime]:
    """A new process."""
    given: dict[str, Any] = {name.lower(): value for name, value in settings(sim.url, limit, subscriptions).items()}
    runtime = Runtime(Settings(**given))
    try:
        yield runtime
    finally:
        await runtime.close()


async def burst(sim: RunningSimulator, runtime: Runtime, endpoints: Iterable[str]) -> list[Report]:
    """The reports on all endpoints: a few events first, the others while these are read."""
    sim.fault(match={"system": "arm"}, delay_ms=ARM_MILLISECONDS, count=None)
    waiters = []
    for number, one in enumerate(endpoints):
        endpoint = ResourceId.parse(one, Kind.PRIVATE_ENDPOINT)
        waiters.append(asyncio.create_task(runtime.batching.reconcile(endpoint)))
        await asyncio.sleep(0.01 if number < 10 else 0)
    return await asyncio.gather(*waiters)


def calls(sim: RunningSimulator, system: str) -> Counter[str]:
    """The requests to a system, by method or, for reads of ARM, by resource type."""
    log = sim.requests(system)
    return Counter(one["method"] if one["method"] != "GET" else _kind(one["path"]) for one in log)


def _kind(path: str) -> str:
    """What is read: the resource type of a list, or of a single resource."""
    _, found, within = path.partition("/providers/")
    parts = within.split("/")
    if not found:
        return "clickhouse"
    return parts[-1] if len(parts) % 2 == 0 else f"one of {parts[-2]}"


def allowed_everywhere(sim: RunningSimulator) -> set[str]:
    cloud = sim.state()["clickhouse"]
    registered = {one["id"] for one in cloud["organization"]["privateEndpoints"]}
    return registered.intersection(*(one["privateEndpointIds"] for one in cloud["services"]))


async def test_new_endpoints(sim: RunningSimulator) -> None:
    """A burst of new endpoints is one pass: the calls of one endpoint, lists instead of reads, each zone once."""
    shape = Shape(3 * MANY, SERVICES)
    sim.reset(fresh(shape))
    async with process(sim) as runtime:
        reports = await burst(sim, runtime, endpoint_ids(shape))
        assert not any(report.problems for report in reports)
        assert allowed_everywhere(sim) == {guid_of(number) for number in range(shape.endpoints)}
        assert len(sim.requests("clickhouse")) == needed_calls(SERVICES, configs_known=False)
        assert calls(sim, "clickhouse")["PATCH"] == SERVICES + 1
        dns = calls(sim, "dns")
        assert dns["A"] == dns["virtualNetworkLinks"] == dns["PUT"] == shape.networks
        assert sum(calls(sim, "arm").values()) <= 3 * MANY
        sim.reset(fresh(shape))
        sim.clear_requests()
        await burst(sim, runtime, endpoint_ids(shape))
        assert allowed_everywhere(sim) == {guid_of(number) for number in range(shape.endpoints)}
        assert len(sim.requests("clickhouse")) == needed_calls(SERVICES, configs_known=True)


async def test_deletions(sim: RunningSimulator) -> None:
    """A burst of deletions is one pass: each endpoint is confirmed as deleted once, and each zone is read once."""
    shape = Shape(4 * MANY, SERVICES, per_network=2)
    sim.reset(without_endpoints(connected(shape)))
    async with process(sim) as runtime:
        reports = await burst(sim, runtime, endpoint_ids(shape))
    assert not any(report.problems for report in reports)
    cloud = sim.state()["clickhouse"]
    assert cloud["organization"]["privateEndpoints"] == []
    assert [service["privateEndpointIds"] for service in cloud["services"]] == [[]] * SERVICES
    assert len(sim.requests("clickhouse")) == needed_calls(SERVICES, configs_known=True)
    assert calls(sim, "arm")["one of privateEndpoints"] == shape.endpoints
    dns = calls(sim, "dns")
    assert dns["A"] == dns["virtualNetworkLinks"] == dns["DELETE"] == shape.networks


async def test_other_endpoints(sim: RunningSimulator) -> None:
    """Unrelated endpoints cost no call to ClickHouse and, in a burst, a few lists."""
    shape = Shape(20 * MANY, per_network=100, foreign=True)
    sim.reset(fresh(shape))
    async with process(sim) as runtime:
        reports = await burst(sim, runtime, endpoint_ids(shape))
    assert not any(report.problems or report.plan.findings for report in reports)
    assert sim.requests("clickhouse") == sim.requests("dns") == []
    assert len(sim.requests("arm")) <= 2 * MANY


async def test_an_audit_without_drift(sim: RunningSimulator) -> None:
    """With known configs: two calls to ClickHouse, three lists for each subscription, two for each zone, no write."""
    shape = Shape(1_000, 100, per_network=50, selects=2, subscriptions=5)
    sim.reset(connected(shape))
    async with process(sim, UNLIMITED, shape.subscriptions) as runtime:
        order = ReconcileRequest(Targets(everything=True))
        await runtime.reconcile(order, 60)
        sim.clear_requests()
        report = await runtime.reconcile(order, 60)
    assert not report.problems
    assert not report.plan.changes
    assert calls(sim, "clickhouse") == {"clickhouse": 2}
    assert calls(sim, "arm") == {"privateEndpoints": 5, "networkInterfaces": 5}
    assert calls(sim, "dns") == {"privateDnsZones": 5, "A": 20, "virtualNetworkLinks": 20}

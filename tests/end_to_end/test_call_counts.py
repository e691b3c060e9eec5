"""How many calls a pass makes, and how many of them are sequential."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from shared.adapters.retry import Budget
from shared.bootstrap import Runtime
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.results.pass_report import Report
from shared.reconciler.ports import Systems
from shared.reconciler.reconcile import ReconcileRequest, reconcile
from simulator.client import RunningSimulator
from tests.support import simulated
from tests.support.fakes import WRITES
from tests.support.simulated import (
    ALIAS,
    ENDPOINT,
    SECONDS,
    delete_endpoint,
    named,
    put_endpoint,
    started_runtime,
    writes,
)

TAG = {"clickhouse-services": "analytics"}


@dataclass
class RoundTrips:
    """Counts the rounds of calls: a round starts when no call of the previous one is running.

    It watches the pass's own calls: when they reach the simulator, on a busy machine, says little about what
    waited for what.
    """

    begun: int = 0
    to_last_write: int = 0
    _under_way: int = 0

    async def of_pass(self, runtime: Runtime) -> Report:
        """The report of a pass over the endpoint, whose calls are counted."""
        systems = runtime.clients.systems(Budget.of(SECONDS))
        ports: list[Any] = [_Counted(port, self) for port in (systems.network, systems.dns, systems.clickhouse)]
        return await reconcile(named(), Systems(*ports), runtime.config, runtime.cache)

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        self.begun += self._under_way == 0
        self._under_way += 1
        if name in WRITES:
            self.to_last_write = self.begun
        yield
        self._under_way -= 1


@dataclass
class _Counted:
    """A port whose calls are counted."""

    port: object
    trips: RoundTrips

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            with self.trips.call(name):
                return await getattr(self.port, name)(*arguments)

        return call


def clickhouse_calls(sim: RunningSimulator) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in sim.requests("clickhouse")]


async def test_a_cold_process_connects_an_endpoint_in_five_round_trips_and_five_calls_to_clickhouse(
    sim: RunningSimulator,
) -> None:
    """A cold process needs five sequential round trips, and five calls to ClickHouse, to connect an endpoint."""
    put_endpoint(sim, TAG)
    sim.clear_requests()
    async with started_runtime(sim.url) as runtime:
        report = await (trips := RoundTrips()).of_pass(runtime)
    assert not report.problems
    assert trips.to_last_write == 5
    assert len(clickhouse_calls(sim)) == 5


async def test_a_warm_process_connects_an_endpoint_in_four_round_trips_and_four_calls_to_clickhouse(
    sim: RunningSimulator,
) -> None:
    """With cached config and zone it is four and four."""
    async with started_runtime(sim.url) as runtime:
        put_endpoint(sim, TAG)
        await runtime.reconcile(named(), SECONDS)
        delete_endpoint(sim)
        await runtime.reconcile(named(), SECONDS)
        put_endpoint(sim, TAG)
        sim.clear_requests()
        report = await (trips := RoundTrips()).of_pass(runtime)
    assert not report.problems
    assert trips.to_last_write == 4
    assert len(clickhouse_calls(sim)) == 4


async def test_a_warm_process_undoes_in_four_round_trips_and_recreates_in_five(
    sim: RunningSimulator,
) -> None:
    """A release takes as many round trips as a connection; a recreation takes one more, for the old registration."""
    async with started_runtime(sim.url) as runtime:
        put_endpoint(sim, TAG)
        await runtime.reconcile(named(), SECONDS)
        delete_endpoint(sim)
        put_endpoint(sim, TAG)
        sim.clear_requests()
        await (trips := RoundTrips()).of_pass(runtime)
        assert (trips.to_last_write, len(clickhouse_calls(sim))) == (5, 5)
        delete_endpoint(sim)
        sim.clear_requests()
        await (trips := RoundTrips()).of_pass(runtime)
        assert (trips.to_last_write, len(clickhouse_calls(sim))) == (4, 4)


async def test_an_event_that_changes_nothing_costs_two_calls_and_no_write(sim: RunningSimulator) -> None:
    """A second identical event makes two calls to ClickHouse in a warm process, three in a cold one, and no write."""
    put_endpoint(sim, TAG)
    async with started_runtime(sim.url) as runtime:
        await runtime.reconcile(named(), SECONDS)
        sim.clear_requests()
        await runtime.reconcile(named(), SECONDS)
    assert len(clickhouse_calls(sim)) == 2
    assert writes(sim) == []
    sim.clear_requests()
    await simulated.one_pass(sim.url)
    assert len(clickhouse_calls(sim)) == 3
    assert writes(sim) == []


async def test_somebody_elses_endpoint_costs_one_read(sim: RunningSimulator) -> None:
    """An endpoint without tag and alias costs one read of ARM and no call to ClickHouse."""
    put_endpoint(sim, {}, alias="/subscriptions/x/resourceGroups/y/providers/Microsoft.Storage/storageAccounts/z")
    sim.clear_requests()
    report = await simulated.one_pass(sim.url)
    assert [(one["method"], one["path"].lower()) for one in sim.requests()] == [("GET", ENDPOINT.lower())]
    assert not report.problems
    assert not report.plan.findings


@pytest.mark.parametrize(
    ("alias", "scopes", "code"),
    [
        (ALIAS.replace("63c890a9", "63c890a8"), None, "not-a-clickhouse-endpoint"),
        (ALIAS.replace("westus3.azure", "westus2.azure"), None, "not-a-clickhouse-endpoint"),
        (ALIAS, f"/subscriptions/{simulated.SUBSCRIPTION}/resourceGroups/rg-other", None),
    ],
)
async def test_an_endpoint_that_is_not_rightful_gets_nothing(
    sim: RunningSimulator, alias: str, scopes: str | None, code: str | None
) -> None:
    """An endpoint of another service causes one finding and no write; one outside scope causes neither."""
    put_endpoint(sim, TAG, alias=alias)
    sim.clear_requests()
    more = {"ENDPOINT_SCOPES": scopes} if scopes else {}
    report = await simulated.one_pass(sim.url, **more)
    assert writes(sim) == []
    assert [finding.code for finding in report.plan.findings] == ([code] if code else [])


async def test_an_audit_of_a_world_without_drift_asks_clickhouse_twice(sim: RunningSimulator) -> None:
    """With cached configs the pass over everything makes two calls to ClickHouse and no write."""
    put_endpoint(sim, TAG)
    async with started_runtime(sim.url) as runtime:
        await runtime.reconcile(named(), SECONDS)
        sim.clear_requests()
        report = await runtime.reconcile(ReconcileRequest(Targets(everything=True)), SECONDS)
    assert len(clickhouse_calls(sim)) == 2
    assert writes(sim) == []
    assert not report.problems

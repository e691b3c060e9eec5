"""Many endpoints lose their tag at once, against the simulator."""

from typing import Any

from bench.stage import UNLIMITED, settings
from bench.worlds import Shape, connected, endpoint_ids
from shared.bootstrap import Runtime
from shared.domain.results.pass_report import Report
from shared.settings import Settings
from simulator.client import RunningSimulator
from tests.end_to_end.test_bursts import allowed_everywhere, burst

MANY = Shape(40, 2, per_network=20)


def untagged(shape: Shape) -> dict[str, Any]:
    """A connected world in which the endpoints have lost their tags."""
    world = connected(shape)
    for endpoint in world["azure"]["privateEndpoints"]:
        endpoint["tags"] = {}
    return world


async def reports_on(sim: RunningSimulator, **more: str) -> list[Report]:
    """The reports on all endpoints, after a burst of events in a new process."""
    environment = {**settings(sim.url, UNLIMITED, 1), **more}
    given: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
    runtime = Runtime(Settings(**given))
    try:
        return await burst(sim, runtime, endpoint_ids(MANY))
    finally:
        await runtime.close()


def codes(report: Report) -> set[str]:
    return {one.code for one in report.plan.findings}


async def test_the_limit(sim: RunningSimulator) -> None:
    """Of 40 untagged endpoints MAX_REMOVALS are released, and each of the others is reported; no event fails."""
    sim.reset(untagged(MANY))
    reports = await reports_on(sim, MAX_REMOVALS="15")
    assert len(allowed_everywhere(sim)) == 25
    assert sum("removals-over-limit" in codes(one) for one in reports) == 25
    assert not any(one.retryable or one.problems for one in reports)


async def test_upsert(sim: RunningSimulator) -> None:
    """Under EVENT_POLICY=upsert none loses anything; the removals are reported as drift; no event fails."""
    sim.reset(untagged(MANY))
    before = sim.state()["clickhouse"], sim.state()["azure"]["privateDnsZones"]
    reports = await reports_on(sim, EVENT_POLICY="upsert")
    assert (sim.state()["clickhouse"], sim.state()["azure"]["privateDnsZones"]) == before
    assert all({"allow-list-extra", "registration-orphaned"} <= codes(one) for one in reports)
    assert not any(one.retryable or one.problems for one in reports)

"""Every outside call killed, one run per call: another delivery of the event always ends right."""

import pytest

from simulator.client import RunningSimulator
from tests.support.crashing import Moment, killed_pass, servers
from tests.support.simulated import (
    allowed,
    delete_endpoint,
    one_pass,
    put_endpoint,
    records,
    registered,
    status_of,
    writes,
)

TAG = {"clickhouse-services": "tag:env=prod"}
MOST_CALLS = 60


async def created(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)


async def recreated(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    delete_endpoint(sim)
    put_endpoint(sim, {"clickhouse-services": "analytics, sandbox"})


async def deleted(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    delete_endpoint(sim)


STORIES = {"create": created, "recreate": recreated, "delete": deleted}
ENDS = {"create": ["analytics", "reporting"], "recreate": ["analytics", "sandbox"], "delete": []}


def check(sim: RunningSimulator, services: list[str]) -> None:
    """The world is as the endpoint's state and tag ask for, and nothing is left of what was before."""
    endpoints = sim.state()["azure"]["privateEndpoints"]
    guids = [one["resourceGuid"] for one in endpoints]
    assert registered(sim) == guids
    assert allowed(sim) == dict.fromkeys(services, guids)
    assert records(sim) == ({"*": [endpoints[0]["address"]]} if endpoints else {})
    if endpoints:
        assert status_of(sim) == "Approved"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("story", STORIES)
async def test_a_process_killed_at_any_call_leaves_what_the_next_delivery_finishes(
    sim: RunningSimulator, story: str, moment: Moment
) -> None:
    """Killed before or after any single outside call, the event delivered again ends right, and then rests."""
    context = servers()
    for at in range(1, MOST_CALLS):
        sim.reset()
        await STORIES[story](sim)
        killed = killed_pass(context, sim.url, at, moment)
        report = await one_pass(sim.url)
        assert not report.problems, f"killed {moment} call {at}: {report.problems}"
        check(sim, ENDS[story])
        sim.clear_requests()
        await one_pass(sim.url)
        assert writes(sim) == [], f"killed {moment} call {at}: the world is not at rest"
        if not killed:
            assert at > 10, "the walk ended before the pass had well begun"
            return
    pytest.fail(f"a pass makes more than {MOST_CALLS} calls")

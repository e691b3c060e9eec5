"""The process is killed at every outside call, one run per call: the next delivery always completes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest

from simulator.client import RunningSimulator
from tests.support.crash_process import Moment, killed_pass, servers
from tests.support.simulated import (
    ENDPOINT,
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
SECOND = ENDPOINT.replace("pe-app", "pe-second")
MOST_CALLS = 60


@dataclass(frozen=True)
class Story:
    """What happens before the event, and which services the endpoint must reach in the end."""

    happens: Callable[[RunningSimulator], Awaitable[None]]
    services: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)


async def created(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)


async def retagged(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    put_endpoint(sim, {"clickhouse-services": "analytics, sandbox"})


async def recreated(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    delete_endpoint(sim)
    put_endpoint(sim, {"clickhouse-services": "analytics, sandbox"})


async def deleted(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    delete_endpoint(sim)


async def connected(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)
    await one_pass(sim.url)


async def followed(sim: RunningSimulator) -> None:
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    put_endpoint(sim, TAG, endpoint=SECOND)
    await one_pass(sim.url, SECOND)
    delete_endpoint(sim)


STORIES = {
    "create": Story(created, ("analytics", "reporting")),
    "retag": Story(retagged, ("analytics", "sandbox")),
    "recreate": Story(recreated, ("analytics", "sandbox")),
    "delete": Story(deleted, ()),
    "migrate": Story(connected, ("analytics", "reporting"), {"ENDPOINT_ID_KIND": "resource_id"}),
    "hand over": Story(followed, ("analytics", "reporting")),
}


def check(sim: RunningSimulator, story: Story) -> None:
    """The state matches the endpoint and its tag, and nothing else is left."""
    endpoints = sim.state()["azure"]["privateEndpoints"]
    by = "id" if story.settings else "resourceGuid"
    ids = [one[by] for one in endpoints]
    assert registered(sim) == ids
    assert allowed(sim) == dict.fromkeys(story.services, ids)
    assert records(sim) == ({"*": [endpoints[0]["address"]]} if endpoints else {})
    assert all(status_of(sim, one["id"]) == "Approved" for one in endpoints)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_a_process_killed_at_any_call_leaves_what_the_next_delivery_finishes(
    sim: RunningSimulator, story: Story, moment: Moment
) -> None:
    """Killed before or after any outside call, the next delivery completes, and the one after it changes nothing."""
    context = servers()
    sim.reset()
    await story.happens(sim)
    start = sim.state()
    for at in range(1, MOST_CALLS):
        sim.reset(start)
        killed = killed_pass(context, sim.url, at, moment, **story.settings)
        report = await one_pass(sim.url, **story.settings)
        assert not report.problems, f"killed {moment} call {at}: {report.problems}"
        check(sim, story)
        sim.clear_requests()
        await one_pass(sim.url, **story.settings)
        assert writes(sim) == [], f"killed {moment} call {at}: the world is not at rest"
        if not killed:
            assert at > 8, "the walk ended before the pass had well begun"
            return
    pytest.fail(f"a pass makes more than {MOST_CALLS} calls")

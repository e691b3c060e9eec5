"""The preflight with the real clients against the simulator."""

import asyncio
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.azure.clients import ArmClients
from shared.adapters.azure.preflight import MOST_PAGES, AzureInspection
from shared.adapters.clickhouse.client import Key, make_client
from shared.adapters.clock_skew import ClockSkew
from shared.adapters.retry import Deadline
from shared.bootstrap import Runtime
from shared.domain.preflight.steps import Answer, Step
from shared.triggers.audit import run_audit
from shared.triggers.health import check
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.simulated import SUBSCRIPTION, started_runtime, writes

SUB = f"/subscriptions/{SUBSCRIPTION}"
DNS_GROUP = f"{SUB}/resourceGroups/rg-dns"
LONG = {"Retry-After": "3600"}


async def checked(app: Runtime) -> dict[str, Step]:
    return {step.name: step for step in await check(app)}


def not_ok(steps: dict[str, Step], answer: Answer = Answer.NOT_OK) -> set[str]:
    return {name for name, step in steps.items() if step.answer is answer}


async def test_well(subscribed: RunningSimulator, app: Runtime) -> None:
    """In a world where all is as it must be every check says so, and tells what it saw."""
    steps = await checked(app)
    assert {step.answer for step in steps.values()} == {Answer.OK}, steps
    assert steps["event subscription"].seen.endswith("/subscription-events/eventSubscriptions/s")
    assert "event-key" not in str(steps)


async def test_it_only_reads(subscribed: RunningSimulator, app: Runtime) -> None:
    """Nothing but GET is sent, ClickHouse Cloud is asked five times, and Azure a number of times one can count."""
    await check(app)
    sent = Counter(one["system"] for one in subscribed.requests())
    assert writes(subscribed) == []
    assert sent["clickhouse"] == 5
    assert sent["arm"] + sent["dns"] == 12


async def test_those_who_ask_together_share_a_look(subscribed: RunningSimulator, app: Runtime) -> None:
    """However many ask at a time, the systems are asked once; whoever asks later makes them asked anew."""
    together = await asyncio.gather(*(check(app) for _ in range(5)))
    assert all(one == together[0] for one in together)
    assert len(subscribed.requests("clickhouse")) == 5
    await check(app)
    assert len(subscribed.requests("clickhouse")) == 10


@pytest.mark.parametrize(
    ("denial", "expected"),
    [
        ({"scope": SUB, "type": "privateEndpoints"}, {"private endpoints"}),
        ({"scope": SUB, "type": "networkInterfaces", "access": "read"}, {"network interfaces"}),
        ({"scope": SUB, "type": "privateDnsZones/A", "access": "read"}, {"links and records"}),
        ({"scope": SUB, "type": "virtualNetworkLinks"}, {"links and records"}),
        ({"scope": DNS_GROUP, "type": "privateDnsZones", "access": "write"}, {"writing records"}),
        ({"scope": SUB, "type": "privateDnsZones/A", "access": "write"}, {"writing records"}),
        ({"scope": SUB, "type": "eventSubscriptions"}, set()),
        ({"scope": SUB, "type": "Microsoft.Insights/metrics"}, set()),
        ({"scope": SUB, "type": "Microsoft.Authorization/permissions"}, set()),
    ],
)
async def test_rights(
    subscribed: RunningSimulator, app: Runtime, denial: dict[str, Any], expected: set[str]
) -> None:
    """A right that is missing is told by the check that it concerns; rights that only checks need make none fail."""
    subscribed.deny(denial)
    steps = await checked(app)
    assert not_ok(steps) == expected
    if not expected:
        assert not_ok(steps, Answer.NOT_KNOWN)


async def test_a_list_that_leaves_out(subscribed: RunningSimulator) -> None:
    """A list that came back is no proof: a right that the scope lacks is told although the list was answered."""
    subscribed.deny({"scope": SUB, "type": "privateEndpoints", "access": "read"})
    subscribed.fault(match={"path": "/privateEndpoints$"}, status=200, body={"value": []}, count=None)
    async with started_runtime(subscribed.url) as app:
        step = (await checked(app))["private endpoints"]
    assert step.answer is Answer.NOT_OK
    assert "lists leave out" in step.seen


async def test_pages(subscribed: RunningSimulator) -> None:
    """What ARM tells on its own next pages counts too, but they are not followed without end."""
    page = {"value": [{"actions": ["*"]}], "nextLink": f"{subscribed.url}{SUB}/next"}
    subscribed.fault(match={"system": "arm"}, status=200, body=page, count=None)
    async with AioHttpTransport() as transport:
        azure = ArmClients(subscribed.url, None, transport, read_only=True)
        rights = await AzureInspection(azure, Deadline.after(5)).rights(SUB)
    assert len(rights) == len(subscribed.requests("arm")) == MOST_PAGES


async def test_key(subscribed: RunningSimulator) -> None:
    """A key that is refused is told with the API's own words; one whose role it does not tell, as not known."""
    async with started_runtime(subscribed.url, CLICKHOUSE_CLOUD_API_SECRET="wrong-secret") as app:
        steps = await checked(app)
    assert "UNAUTHORIZED: invalid API key" in steps["ClickHouse key"].seen
    assert not_ok(steps) == {"ClickHouse key"}
    assert "wrong-secret" not in str(steps)
    snapshot = subscribed.state()
    snapshot["clickhouse"]["keys"][0]["role"] = "developer"
    subscribed.reset(snapshot, keep_subscriptions=True)
    async with started_runtime(subscribed.url) as app:
        assert (await checked(app))["ClickHouse role"].answer is Answer.NOT_KNOWN


async def test_outage(subscribed: RunningSimulator, app: Runtime) -> None:
    """A system that is down fails its own checks and no others."""
    subscribed.fault(match={"system": "clickhouse"}, status=503, headers=LONG, count=None)
    assert not_ok(await checked(app)) == {"ClickHouse key"}
    subscribed.clear_faults()
    subscribed.fault(match={"system": "dns"}, status=503, headers=LONG, count=None)
    assert not_ok(await checked(app)) == {"private DNS zones"}


async def test_clocks(subscribed: RunningSimulator) -> None:
    """How far both systems' clocks are ahead of ours is told by their answers, to a second or so."""
    clocks = ClockSkew(now=lambda: time.time() - 600)
    key = Key("demo-key", "demo-secret")
    async with (
        AioHttpTransport() as transport,
        make_client(f"{subscribed.url}/v1", key, read_only=True) as cloud,
    ):
        cloud.event_hooks["response"].append(clocks.of_http("ClickHouse Cloud"))
        await cloud.get("/organizations")
        azure = ArmClients(subscribed.url, None, transport, read_only=True, clocks=clocks)
        inspection = AzureInspection(azure, Deadline.after(5))
        await inspection.rights(SUB)
    assert clocks.ahead == pytest.approx({"ClickHouse Cloud": 600, "Azure": 600}, abs=3)


def test_dates_that_are_none() -> None:
    """An answer without a Date, or with one that is none, tells nothing."""
    clocks = ClockSkew()
    for date in (None, "", "yesterday"):
        clocks.note("Azure", date)
    assert clocks.ahead == {}


async def test_zones(subscribed: RunningSimulator) -> None:
    """A zone that is missing where an endpoint asks is told by its name, unless it would be made."""
    snapshot = deepcopy(demo())
    snapshot["azure"]["privateDnsZones"] = []
    snapshot["azure"]["privateEndpoints"] = subscribed.state()["azure"]["privateEndpoints"]
    subscribed.reset(snapshot, keep_subscriptions=True)
    async with started_runtime(subscribed.url) as app:
        steps = await checked(app)
        assert "westus3.privatelink.azure.clickhouse.cloud" in steps["zones and networks"].seen
        assert not_ok(steps) == {"zones and networks"}
    async with started_runtime(subscribed.url, DNS_ZONE_RESOURCE_GROUP=DNS_GROUP) as app:
        steps = await checked(app)
        assert not_ok(steps) == set()
        assert steps["making zones"].answer is Answer.OK


async def test_deliveries(subscribed: RunningSimulator, app: Runtime) -> None:
    """What Event Grid delivered, and when last, is told; without an event subscription, that there is none."""
    assert subscribed.idle()
    assert "delivered, the last before" in (await checked(app))["deliveries"].seen
    subscribed.unsubscribe("s")
    assert not_ok(await checked(app)) == {"event subscription"}


async def test_report_store(subscribed: RunningSimulator, tmp_path: Path) -> None:
    """A store is known to be writable by what was written to it; a folder also before, without being made."""
    place = tmp_path / "reports" / "here"
    async with started_runtime(subscribed.url, REPORT_STORE=str(place)) as app:
        step = (await checked(app))["report store"]
        assert (step.answer, "it can be written to" in step.seen) == (Answer.NOT_KNOWN, True)
        assert not place.parent.exists()
        await run_audit(app)
        assert (await checked(app))["report store"].answer is Answer.OK
    async with started_runtime(subscribed.url, REPORT_STORE=str(place), OWNER_ID="another") as app:
        assert "it is the report of demo" in (await checked(app))["report store"].seen
    async with started_runtime(subscribed.url, REPORT_STORE=str(place / "latest.json" / "below")) as app:
        assert (await checked(app))["report store"].answer is Answer.NOT_OK

"""Hub and spoke, against the simulator: only the hub is linked to the zone."""

from typing import Any

from shared.domain.explain.explanation import explain
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.preflight.check_result import CheckStatus, overall
from shared.triggers.health import run_preflight
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.simulated import ENDPOINT, allowed, one_pass, put_endpoint, records, started_runtime

NETWORK = demo()["azure"]["virtualNetworks"][0]["id"]
HUB = NETWORK.replace("vnet-app", "vnet-hub")
OTHER = ENDPOINT.replace("pe-app", "pe-other")
TAG = {"clickhouse-services": "analytics"}


def hub_and_spoke() -> dict[str, Any]:
    """The demo world with the zone linked to the hub instead of the endpoints' network."""
    world = demo()
    hub = {**world["azure"]["virtualNetworks"][0], "id": HUB}
    world["azure"]["virtualNetworks"].append(hub)
    world["azure"]["privateDnsZones"][0]["links"] = [{"name": "vnet-hub", "virtualNetwork": HUB}]
    return world


async def test_a_central_zone(sim: RunningSimulator) -> None:
    """With DNS_ZONE_CHOICE=central two spokes' endpoints have access, one has the record, and neither has an error."""
    sim.reset(hub_and_spoke())
    for endpoint in (ENDPOINT, OTHER):
        put_endpoint(sim, TAG, endpoint=endpoint)
    linked = await one_pass(sim.url)
    assert [one.code for one in linked.plan.findings if one.severity.name == "ERROR"] == ["zone-not-linked"]
    first = await one_pass(sim.url, DNS_ZONE_CHOICE="central")
    second = await one_pass(sim.url, OTHER, DNS_ZONE_CHOICE="central")
    assert not first.problems
    assert not second.problems
    assert [one.code for one in second.plan.findings if one.severity.name != "INFO"] == []
    assert "wildcard-served-by-other" in {one.code for one in second.plan.findings}
    assert len(allowed(sim)["analytics"]) == 2
    assert list(records(sim)) == ["*"]
    (link,) = sim.state()["azure"]["privateDnsZones"][0]["links"]
    assert link["virtualNetwork"] == HUB


async def test_what_is_said_of_it(sim: RunningSimulator) -> None:
    """Preflight and explanation accept a zone that only the hub is linked to, and state what they cannot check."""
    sim.reset(hub_and_spoke())
    for endpoint in (ENDPOINT, OTHER):
        put_endpoint(sim, TAG, endpoint=endpoint)
    async with started_runtime(sim.url, DNS_ZONE_CHOICE="central") as runtime:
        await one_pass(sim.url, DNS_ZONE_CHOICE="central")
        report = await one_pass(sim.url, OTHER, DNS_ZONE_CHOICE="central")
        at = ResourceId.parse(OTHER, Kind.PRIVATE_ENDPOINT)
        explained = {one.name: one for one in explain(report.snapshot, runtime.config, report.plan, at)}
        checked = {one.name: one for one in await run_preflight(runtime)}
    assert overall(one for name, one in explained.items() if name != "connection") is CheckStatus.PASSED
    assert "cannot determine" in explained["link"].detail
    assert "through which clients reach the same services" in explained["record"].detail
    assert checked["zones and networks"].status is CheckStatus.PASSED
    assert "cannot determine" in checked["zones and networks"].detail

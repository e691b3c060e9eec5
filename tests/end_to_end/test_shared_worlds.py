"""Worlds shared by several endpoints, owners and Private Link services."""

from copy import deepcopy
from typing import Any

import pytest

from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.simulated import (
    ALIAS,
    ENDPOINT,
    SUBSCRIPTION,
    allowed,
    delete_endpoint,
    one_pass,
    put_endpoint,
    records,
    registered,
    writes,
)

TAG = {"clickhouse-services": "analytics"}
SECOND = ENDPOINT.replace("pe-app", "pe-second")
OTHER_ALIAS = ALIAS.replace("westus3-0-0", "westus3-1-0")
MARK = f"clickhouse-privatelink/demo {SUBSCRIPTION}/rg-network/pe-app;"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-dns"


def address(sim: RunningSimulator, endpoint: str) -> str:
    endpoints = sim.state()["azure"]["privateEndpoints"]
    return str(next(one["address"] for one in endpoints if one["id"] == endpoint))


def guid(sim: RunningSimulator, endpoint: str) -> str:
    endpoints = sim.state()["azure"]["privateEndpoints"]
    return str(next(one["resourceGuid"] for one in endpoints if one["id"] == endpoint))


def codes(report: Any) -> list[str]:
    return [finding.code for finding in report.plan.findings]


async def test_the_wildcard_is_handed_over_in_the_pass_that_undoes_its_holder(sim: RunningSimulator) -> None:
    """The first endpoint holds the record; the second gets access and a finding, and the record after the first."""
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    put_endpoint(sim, TAG, endpoint=SECOND)
    report = await one_pass(sim.url, SECOND)
    assert codes(report) == ["endpoint-pending", "wildcard-owned-by-other"] or codes(report) == [
        "wildcard-owned-by-other"
    ]
    assert records(sim) == {"*": [address(sim, ENDPOINT)]}
    assert set(allowed(sim)["analytics"]) == {guid(sim, ENDPOINT), guid(sim, SECOND)}
    delete_endpoint(sim)
    report = await one_pass(sim.url)
    assert not report.problems
    assert records(sim) == {"*": [address(sim, SECOND)]}
    assert registered(sim) == [guid(sim, SECOND)]


async def test_two_endpoints_that_consent_share_the_wildcard(sim: RunningSimulator) -> None:
    """Two endpoints of one Private Link service, both tagged clickhouse-dns: shared, are both in the record."""
    sharing = {**TAG, "clickhouse-dns": "shared"}
    put_endpoint(sim, sharing)
    put_endpoint(sim, sharing, endpoint=SECOND)
    await one_pass(sim.url)
    await one_pass(sim.url, SECOND)
    assert records(sim) == {"*": sorted([address(sim, ENDPOINT), address(sim, SECOND)])}
    delete_endpoint(sim)
    await one_pass(sim.url)
    assert records(sim) == {"*": [address(sim, SECOND)]}
    sim.clear_requests()
    await one_pass(sim.url, SECOND)
    assert writes(sim) == []


async def test_a_service_behind_another_private_link_service_gets_a_record_of_its_own(
    sim: RunningSimulator,
) -> None:
    """If one wildcard cannot serve a region, a closer name leads to the endpoint of the service."""
    world = deepcopy(demo())
    world["clickhouse"]["services"][2]["privateLinkService"] = OTHER_ALIAS
    sim.reset(world)
    put_endpoint(sim, {"clickhouse-services": "analytics,sandbox"})
    report = await one_pass(sim.url)
    assert "service-on-other-private-link" in codes(report)
    assert set(allowed(sim)) == {"analytics"}
    put_endpoint(sim, {"clickhouse-services": "*"}, endpoint=SECOND, alias=OTHER_ALIAS)
    report = await one_pass(sim.url, SECOND)
    assert records(sim) == {"*": [address(sim, ENDPOINT)], "sandbox0001": [address(sim, SECOND)]}
    assert set(allowed(sim)) == {"analytics", "sandbox"}
    delete_endpoint(sim)
    await one_pass(sim.url)
    assert records(sim) == {"*": [address(sim, SECOND)]}


async def test_a_missing_zone_is_made_and_linked_where_the_settings_say_so(sim: RunningSimulator) -> None:
    """With DNS_ZONE_RESOURCE_GROUP a missing zone is created, linked and filled in one pass."""
    world = deepcopy(demo())
    world["azure"]["privateDnsZones"] = []
    sim.reset(world)
    put_endpoint(sim, TAG)
    report = await one_pass(sim.url)
    assert "zone-missing" in codes(report)
    report = await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)
    assert not report.problems
    assert "zone-missing" not in codes(report)
    assert records(sim) == {"*": [address(sim, ENDPOINT)]}
    sim.clear_requests()
    await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)
    assert writes(sim) == []


async def test_a_network_linked_elsewhere_is_never_linked_a_second_time(sim: RunningSimulator) -> None:
    """A link that cannot be read makes ARM refuse ours: one problem, and the rest is done."""
    world = deepcopy(demo())
    put = put_endpoint
    sim.reset(world)
    put(sim, TAG)
    elsewhere = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network"
    report = await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=elsewhere, DNS_ZONE_SCOPES=elsewhere)
    assert report.problems
    assert not report.retryable
    zones = sim.state()["azure"]["privateDnsZones"]
    assert [len(zone["links"]) for zone in zones] == [1, 1, 0]
    assert allowed(sim) == {"analytics": [guid(sim, ENDPOINT)]}


async def test_what_was_foreign_stays_and_what_we_added_goes(sim: RunningSimulator) -> None:
    """Beside a manual registration, ours uses the other kind of id; the release removes only ours."""
    put_endpoint(sim, {"clickhouse-services": "analytics,reporting"})
    world = sim.state()
    by_hand = {
        "id": guid(sim, ENDPOINT),
        "description": "by hand",
        "cloudProvider": "azure",
        "region": "westus3",
    }
    world["clickhouse"]["organization"]["privateEndpoints"] = [by_hand]
    world["clickhouse"]["services"][0]["privateEndpointIds"] = [guid(sim, ENDPOINT)]
    sim.reset(world)
    before = sim.state()["clickhouse"]
    report = await one_pass(sim.url)
    assert "registration-foreign" in codes(report)
    assert allowed(sim) == {"analytics": [by_hand["id"], ENDPOINT], "reporting": [ENDPOINT]}
    sim.clear_requests()
    await one_pass(sim.url)
    assert writes(sim) == []
    delete_endpoint(sim)
    assert not (await one_pass(sim.url)).problems
    assert sim.state()["clickhouse"] == before
    assert records(sim) == {}


@pytest.mark.parametrize("switch", [{"refuseOrganizationAdd": True}, {"requireRegistration": True}])
async def test_the_modern_way_to_register_is_taken_where_the_old_one_is_refused(
    sim: RunningSimulator, switch: dict[str, Any]
) -> None:
    """If the API refuses the organization's `add`, the endpoint is registered through its service, with our mark."""
    sim.switches(**switch)
    put_endpoint(sim, {"clickhouse-services": "analytics,reporting"})
    report = await one_pass(sim.url)
    assert not report.problems
    assert set(allowed(sim)) == {"analytics", "reporting"}
    described = sim.state()["clickhouse"]["organization"]["privateEndpoints"]
    assert [one["description"] for one in described] == [MARK]
    delete_endpoint(sim)
    await one_pass(sim.url)
    assert allowed(sim) == {}
    assert registered(sim) == []


@pytest.mark.parametrize("switch", [{}, {"refuseOrganizationAdd": True}], ids=["patch", "post"])
@pytest.mark.parametrize("stored", ["drop", "truncate:40", f"truncate:{len(MARK) - 1}"])
async def test_a_description_that_is_not_kept_gives_no_access(
    sim: RunningSimulator, stored: str, switch: dict[str, Any]
) -> None:
    """If the API shortens or drops the description, the registration is removed again, and an error says why."""
    sim.switches(description=stored, **switch)
    put_endpoint(sim, TAG)
    report = await one_pass(sim.url)
    assert "registration-mark-not-kept" in codes(report)
    assert (allowed(sim), registered(sim)) == ({}, [])
    assert records(sim) == {"*": [address(sim, ENDPOINT)]}


@pytest.mark.parametrize("stored", ["keep", f"truncate:{len(MARK)}"])
async def test_a_description_that_is_kept(sim: RunningSimulator, stored: str) -> None:
    """An API that keeps just the length of our description is enough for access and release."""
    sim.switches(description=stored)
    put_endpoint(sim, TAG)
    assert not (await one_pass(sim.url)).problems
    assert allowed(sim) == {"analytics": [guid(sim, ENDPOINT)]}
    delete_endpoint(sim)
    await one_pass(sim.url)
    assert (allowed(sim), registered(sim), records(sim)) == ({}, [], {})


async def test_a_changed_kind_of_id_migrates_without_a_moment_without_access(sim: RunningSimulator) -> None:
    """The new id is allowed everywhere before the old one is removed anywhere."""
    put_endpoint(sim, {"clickhouse-services": "tag:env=prod"})
    await one_pass(sim.url)
    old = guid(sim, ENDPOINT)
    sim.clear_requests()
    report = await one_pass(sim.url, ENDPOINT_ID_KIND="resource_id")
    assert not report.problems
    assert registered(sim) == [ENDPOINT]
    assert allowed(sim) == {"analytics": [ENDPOINT], "reporting": [ENDPOINT]}
    bodies = [one["body"] for one in writes(sim) if one["system"] == "clickhouse"]
    first_removal = next(at for at, body in enumerate(bodies) if old in str(body) and "remove" in str(body))
    assert all("remove" not in str(body) for body in bodies[:first_removal])
    assert sum("add" in str(body) for body in bodies[:first_removal]) == 3

"""Attacks by somebody who can tag an endpoint, edit a zone or write to the organization, but no more."""

from copy import deepcopy
from typing import Any

import pytest

from shared.domain.planning.affected_endpoints import Targets
from shared.reconciler.reconcile import ReconcileRequest
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.simulated import (
    ALIAS,
    ENDPOINT,
    SECONDS,
    SUBSCRIPTION,
    allowed,
    delete_endpoint,
    one_pass,
    put_endpoint,
    records,
    registered,
    started_runtime,
    writes,
)

TAG = {"clickhouse-services": "*"}
ATTACKER = ENDPOINT.replace("pe-app", "pe-attacker")
SANDBOX = demo()["clickhouse"]["services"][2]["id"]
ZONES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones"
ZONE = f"{ZONES}/westus3.privatelink.azure.clickhouse.cloud"


def codes(report: Any) -> set[str]:
    return {finding.code for finding in report.plan.findings} - {"endpoint-pending"}


def facts(sim: RunningSimulator, endpoint: str) -> dict[str, Any]:
    """The endpoint in the simulator, with resourceGuid and address."""
    found = next(one for one in sim.state()["azure"]["privateEndpoints"] if one["id"] == endpoint)
    return dict(found)


@pytest.mark.parametrize(
    "alias",
    [
        "evil.11111111-2222-4333-8444-555555555555.westus3.azure.privatelinkservice",
        ALIAS.replace("63c890a9", "63c890a8"),
        ALIAS.replace(".westus3.", ".westus2."),
        f"{ALIAS}.evil.example",
        f"evil.{ALIAS}",
        "",
    ],
    ids=["stranger", "one-letter", "region", "suffix", "prefix", "none"],
)
async def test_a_stranger_s_private_link_service_gets_no_traffic(sim: RunningSimulator, alias: str) -> None:
    """A tagged endpoint that connects to another alias than the organization's gets no record and no registration."""
    put_endpoint(sim, TAG, alias=alias or "/subscriptions/x/nothing")
    sim.clear_requests()
    report = await one_pass(sim.url)
    assert writes(sim) == []
    assert codes(report) == {"not-a-clickhouse-endpoint"}


async def test_an_alias_in_other_letter_case_is_the_same_alias(sim: RunningSimulator) -> None:
    """Aliases are case-insensitive: this endpoint is legitimate."""
    put_endpoint(sim, {"clickhouse-services": "analytics"}, alias=ALIAS.upper())
    report = await one_pass(sim.url)
    assert "not-a-clickhouse-endpoint" not in codes(report)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("analytics\u0000", {"bad-selector", "no-service-selected"}),
        ("\u001b[31manalytics", {"bad-selector", "no-service-selected"}),
        ("a" * 256, {"bad-selector", "no-service-selected"}),
        (",".join(["x"] * 128), {"service-not-found", "no-service-selected"}),
        ("tag:a=b=c", {"bad-selector", "no-service-selected"}),
        ("legacy", {"service-not-found", "no-service-selected"}),
        (f"{SANDBOX}/../{SANDBOX}", {"bad-selector", "no-service-selected"}),
    ],
)
async def test_a_malformed_selector_selects_nothing(sim: RunningSimulator, value: str, expected: set[str]) -> None:
    """Control characters, 256 characters, 128 selectors, services elsewhere: no allow list, a finding each."""
    put_endpoint(sim, {"clickhouse-services": value})
    report = await one_pass(sim.url)
    assert allowed(sim) == {}
    assert codes(report) == expected
    assert all(finding.message.isprintable() for finding in report.plan.findings)


@pytest.mark.parametrize("wish", [SANDBOX, "sandbox", "tag:env=dev", "*"])
async def test_a_tag_does_not_reach_past_the_service_filter(sim: RunningSimulator, wish: str) -> None:
    """A service outside SERVICE_FILTER is not granted, whether selected by id, name, tag or *."""
    put_endpoint(sim, {"clickhouse-services": wish})
    report = await one_pass(sim.url, SERVICE_FILTER="tag:env=prod")
    assert "sandbox" not in allowed(sim)
    assert (codes(report) == set()) if wish == "*" else ("service-not-permitted" in codes(report))


@pytest.mark.parametrize(
    ("zone", "scopes"),
    [
        (f"{ZONES}/eastus2.privatelink.azure.clickhouse.cloud", None),
        (f"{ZONES}/bank.example", None),
        (ZONE, f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network"),
        (f"{ZONES}/../../rg-network/providers/Microsoft.Network/privateDnsZones/x", None),
        ("westus3.privatelink.azure.clickhouse.cloud", None),
    ],
    ids=["other-region", "other-name", "outside-scope", "path-trick", "no-id"],
)
async def test_a_zone_tag_leads_to_no_other_zone(sim: RunningSimulator, zone: str, scopes: str | None) -> None:
    """A zone tag with a zone of another name, outside scope, or nonsense, creates no record."""
    put_endpoint(sim, {"clickhouse-services": "analytics", "clickhouse-dns-zone": zone})
    sim.clear_requests()
    report = await one_pass(sim.url, **({"DNS_ZONE_SCOPES": scopes} if scopes else {}))
    assert [one for one in writes(sim) if one["system"] == "dns"] == []
    assert "zone-not-usable" in codes(report)


@pytest.mark.parametrize("extra", [{}, {"clickhouse-dns": "shared"}, {"clickhouse-dns-zone": ZONE}])
async def test_a_live_endpoint_s_wildcard_cannot_be_taken_over(sim: RunningSimulator, extra: dict[str, str]) -> None:
    """No second endpoint takes a live endpoint's wildcard, even if it asks to share or names the zone."""
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    before = records(sim)
    put_endpoint(sim, {**TAG, **extra}, endpoint=ATTACKER)
    report = await one_pass(sim.url, ATTACKER)
    assert "wildcard-owned-by-other" in codes(report)
    assert records(sim) == before


@pytest.mark.parametrize("adopt", ["true", "false"])
async def test_a_foreign_wildcard_is_never_overwritten(sim: RunningSimulator, adopt: str) -> None:
    """A record without our metadata and with another address is not modified, with and without DNS_ADOPT."""
    world = deepcopy(demo())
    theirs = {"name": "*", "ttl": 60, "addresses": ["10.0.77.7"], "metadata": {}}
    world["azure"]["privateDnsZones"][0]["records"] = [theirs]
    sim.reset(world)
    put_endpoint(sim, TAG)
    report = await one_pass(sim.url, DNS_ADOPT=adopt)
    assert "wildcard-foreign" in codes(report)
    assert records(sim) == {"*": ["10.0.77.7"]}


async def test_two_deployments_never_touch_each_other_s_things(sim: RunningSimulator) -> None:
    """Registration, entries and record of another OWNER_ID are foreign and are not modified."""
    put_endpoint(sim, TAG)
    await one_pass(sim.url, OWNER_ID="other")
    before = registered(sim), allowed(sim), records(sim)
    report = await one_pass(sim.url)
    assert {"registration-foreign", "record-kept-by-other"} <= codes(report)
    assert registered(sim) == [*before[0], ENDPOINT]
    assert allowed(sim) == {name: [*ids, ENDPOINT] for name, ids in before[1].items()}
    delete_endpoint(sim)
    await one_pass(sim.url)
    assert (registered(sim), allowed(sim), records(sim)) == before


async def test_an_endpoint_out_of_scope_now_is_told_and_left(sim: RunningSimulator) -> None:
    """Removing a scope from the settings does not release its endpoints."""
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    sim.clear_requests()
    scopes = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-dns"
    async with started_runtime(sim.url, ENDPOINT_SCOPES=scopes) as runtime:
        report = await runtime.reconcile(ReconcileRequest(Targets(everything=True)), SECONDS)
    assert writes(sim) == []
    assert codes(report) == {"outside-scope"}

"""Forged marks: DNS never decides about access, and ClickHouse Cloud never about DNS."""

from typing import Any

import pytest

from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.policy import Policy
from shared.domain.results.pass_report import Report
from shared.reconciler.reconcile import ReconcileRequest
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.simulated import (
    ENDPOINT,
    SECONDS,
    SUBSCRIPTION,
    allowed,
    delete_endpoint,
    named,
    put_endpoint,
    records,
    started_runtime,
)

SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network"
GONE, UNTAGGED = ENDPOINT.replace("pe-app", "pe-gone"), ENDPOINT.replace("pe-app", "pe-untagged")
SECOND = ENDPOINT.replace("pe-app", "pe-second")
OUTSIDE = ENDPOINT.replace("rg-network", "rg-dns").replace("pe-app", "pe-outside")
STRANGE = "99999999-9999-4999-8999-999999999999"
"""The GUID of an unknown foreign endpoint."""
END = demo()["clickhouse"]["services"][1]["id"][-12:]
MARK, OURS = "clickhouse-privatelink", {"clickhouse-privatelink": "demo"}


def short(endpoint: str) -> str:
    parts = endpoint.split("/")
    return f"{SUBSCRIPTION}/{parts[4]}/{parts[-1]}"


def guids(sim: RunningSimulator) -> dict[str, str]:
    return {one["id"]: one["resourceGuid"] for one in sim.state()["azure"]["privateEndpoints"]}


def clickhouse(sim: RunningSimulator) -> Any:
    """All registrations with their descriptions, and all services with their allow lists."""
    return sim.state()["clickhouse"]


def zones(sim: RunningSimulator) -> Any:
    """All zones with all their record sets."""
    return sim.state()["azure"]["privateDnsZones"]


def by_hand(id_: str, description: str = "theirs") -> dict[str, str]:
    return {"id": id_, "description": description, "cloudProvider": "azure", "region": "westus3"}


async def audit(sim: RunningSimulator, *, everything: bool = True) -> Report:
    """A pass over everything with the policy sync, or over the deleted endpoint, in a cold process."""
    order = ReconcileRequest(Targets(everything=True), policy=Policy.SYNC) if everything else named(GONE)
    scopes = {"ENDPOINT_SCOPES": SCOPE, "DNS_ZONE_SCOPES": f"/subscriptions/{SUBSCRIPTION}"}
    async with started_runtime(sim.url, **scopes) as runtime:
        return await runtime.reconcile(order, SECONDS)


@pytest.fixture
async def settled(sim: RunningSimulator) -> RunningSimulator:
    """`pe-app` has what it asks for. Somebody else registered, and allowed on services, the ids of an untagged
    endpoint, of one outside scope, which carries our mark from when it was inside, and of one that we do not know.
    """
    put_endpoint(sim, {"clickhouse-services": "analytics"})
    put_endpoint(sim, {"owner": "somebody"}, endpoint=UNTAGGED)
    put_endpoint(sim, {"clickhouse-services": "*"}, endpoint=OUTSIDE)
    known, world = guids(sim), sim.state()
    outside = by_hand(known[OUTSIDE], f"{MARK}/demo {short(OUTSIDE)};")
    world["clickhouse"]["organization"]["privateEndpoints"] = [
        by_hand(STRANGE),
        by_hand(known[UNTAGGED]),
        outside,
    ]
    world["clickhouse"]["services"][1]["privateEndpointIds"] = [STRANGE, known[UNTAGGED], known[OUTSIDE]]
    sim.reset(world)
    assert not (await audit(sim)).problems
    assert set(allowed(sim)) == {"analytics", "reporting"}
    assert set(records(sim)) == {"*"}
    return sim


METADATA: dict[str, dict[str, str]] = {
    "names an absent endpoint": {"endpoint-1": f"10.9.9.9 {short(GONE)}"},
    "names a live endpoint": {"endpoint-1": f"10.9.9.9 {short(ENDPOINT)}"},
    "names an untagged endpoint": {"endpoint-1": f"10.9.9.9 {short(UNTAGGED)}"},
    "names an endpoint outside scope": {"endpoint-1": f"10.9.9.9 {short(OUTSIDE)}"},
    "names several": {
        f"endpoint-{n}": f"10.9.9.{n} {short(one)}" for n, one in enumerate((GONE, ENDPOINT, UNTAGGED, OUTSIDE))
    },
    "another's GUID, as former": {"endpoint-1": f"10.9.9.9 -{{guid}} {short(GONE)}"},
    "another's GUID, as ours": {"endpoint-1": f"10.9.9.9 {{guid}} {short(GONE)}"},
    "another's GUID, lent": {"10.9.9.9": f"-{{guid}} {short(GONE)}", "allowed-1-10.9.9.9": END},
    "another's GUID, lent, beside a pair that is read": {
        "endpoint-1": f"10.9.9.9 {short(GONE)}",
        "10.9.9.9": f"-{{guid}} {short(GONE)}",
        "allowed-1-10.9.9.9": END,
    },
    "the address is the name": {"10.9.9.9": f"{{guid}} {short(GONE)}"},
    "the address is the name, without an id": {"10.9.9.9": short(GONE)},
    "a registration's mark": {"endpoint-1": f"{MARK}/demo {short(GONE)};"},
    "nothing": {},
    "empty": {"endpoint-1": ""},
    "an address alone": {"endpoint-1": "10.9.9.9"},
    "no address": {"endpoint-1": short(GONE)},
    "a bad address": {"endpoint-1": f"999.9.9.9 {short(GONE)}"},
    "a path": {"endpoint-1": f"10.9.9.9 {SUBSCRIPTION}/../{GONE}"},
    "a whole id": {"endpoint-1": f"10.9.9.9 {GONE}"},
    "a GUID alone": {"endpoint-1": "10.9.9.9 {guid}"},
    "as long as Azure permits": {"endpoint-1": f"10.9.9.9 {short(GONE)}{'x' * 256}"[:256]},
    "no number": {"endpoint-": f"10.9.9.9 {short(GONE)}", "endpoint-x": f"10.9.9.9 {short(GONE)}"},
    "control characters": {"endpoint-1": f"10.9.9.9 {short(GONE)}\u0000\u202e"},
}


def record_set(name: str, metadata: dict[str, str], guid: str) -> dict[str, Any]:
    pairs = {key: value.format(guid=guid) for key, value in metadata.items()}
    return {"name": name, "ttl": 300, "addresses": ["10.9.9.9"], "metadata": {**OURS, **pairs}}


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA)
async def test_forged_metadata_changes_no_access(settled: RunningSimulator, metadata: dict[str, str]) -> None:
    """Whatever record sets with our owner mark contain, no registration and no allow list changes."""
    world = settled.state()
    names = zip(("*", "a", "b", "c"), (STRANGE, *guids(settled).values()), strict=True)
    world["azure"]["privateDnsZones"][0]["records"] = [record_set(one, metadata, guid) for one, guid in names]
    settled.reset(world)
    before = clickhouse(settled)
    for everything in (False, True):
        await audit(settled, everything=everything)
        assert clickhouse(settled) == before


async def test_forged_metadata_is_believed_about_its_own_record(settled: RunningSimulator) -> None:
    """The same pair in a record set with our owner mark decides about that record set: its address is removed."""
    world = settled.state()
    forged = record_set("forged", METADATA["names an absent endpoint"], STRANGE)
    world["azure"]["privateDnsZones"][0]["records"].append(forged)
    settled.reset(world)
    before = clickhouse(settled)
    await audit(settled)
    assert set(records(settled)) == {"*"}
    assert clickhouse(settled) == before


DESCRIPTIONS: dict[str, str] = {
    "names an absent endpoint": f"{MARK}/demo {short(GONE)};",
    "names a live endpoint": f"{MARK}/demo {short(ENDPOINT)};",
    "names another live endpoint": f"{MARK}/demo {short(SECOND)};",
    "names an untagged endpoint": f"{MARK}/demo {short(UNTAGGED)};",
    "names an endpoint outside scope": f"{MARK}/demo {short(OUTSIDE)};",
    "is cut": f"{MARK}/demo {short(ENDPOINT)}",
    "is cut to another name": f"{MARK}/demo {short(ENDPOINT)[:-1]};",
    "has another owner": f"{MARK}/other {short(ENDPOINT)};",
    "has words before": f"mine: {MARK}/demo {short(ENDPOINT)};",
    "has words after": f"{MARK}/demo {short(ENDPOINT)}; mine",
    "has two marks": f"{MARK}/demo {short(ENDPOINT)};{MARK}/demo {short(GONE)};",
    "is a record's pair": f"10.0.1.4 {short(ENDPOINT)}",
    "is empty": "",
}


@pytest.mark.parametrize("kinds", [("guid",), ("arm",), ("guid", "arm")], ids=["guids", "arm-ids", "both"])
@pytest.mark.parametrize("description", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
async def test_forged_descriptions_change_no_record(
    settled: RunningSimulator, description: str, kinds: tuple[str, ...]
) -> None:
    """Whatever the descriptions of registrations contain, no zone changes."""
    put_endpoint(settled, {"clickhouse-services": "analytics"}, endpoint=SECOND)
    await audit(settled)
    known = guids(settled)
    ids = {"guid": [*known.values(), STRANGE], "arm": [*known, GONE]}
    chosen = [id_ for kind in kinds for id_ in ids[kind]]
    world = settled.state()
    world["clickhouse"]["organization"]["privateEndpoints"] = [by_hand(id_, description) for id_ in chosen]
    world["clickhouse"]["services"][2]["privateEndpointIds"] = chosen
    settled.reset(world)
    before = zones(settled)
    for everything in (False, True):
        await audit(settled, everything=everything)
        assert zones(settled) == before


@pytest.mark.parametrize("carrier", [ENDPOINT, SECOND])
@pytest.mark.parametrize("description", [DESCRIPTIONS["names an absent endpoint"], DESCRIPTIONS["is cut"], ""])
async def test_a_forged_description_takes_no_live_endpoint_s_access(
    settled: RunningSimulator, description: str, carrier: str
) -> None:
    """A live endpoint whose registration description was changed keeps its access and gets its other id registered."""
    put_endpoint(settled, {"clickhouse-services": "analytics"}, endpoint=SECOND)
    await audit(settled)
    guid, world = guids(settled)[carrier], settled.state()
    for one in world["clickhouse"]["organization"]["privateEndpoints"]:
        one["description"] = description if one["id"] == guid else one["description"]
    settled.reset(world)
    await audit(settled)
    assert {guid, carrier} <= set(allowed(settled)["analytics"])
    delete_endpoint(settled, carrier)
    await audit(settled)
    assert carrier not in allowed(settled)["analytics"]

"""Private DNS, with Azure's SDK."""

from typing import Any

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from simulator.client import RunningSimulator
from tests.simulator.conftest import BASE, BYOC_ZONE_NAME, VNET, ZONE, ZONE_NAME, Json

IN_ZONE = ("rg-dns", ZONE_NAME, "A")


def record(*addresses: str, ttl: int = 300, **metadata: str) -> Any:
    return {
        "properties": {
            "ttl": ttl,
            "metadata": metadata,
            "aRecords": [{"ipv4Address": address} for address in addresses],
        }
    }


async def test_record_round_trip(dns: PrivateDnsManagementClient) -> None:
    """A record set is read as it was written, with metadata, fully qualified name and an unquoted etag."""
    created = await dns.record_sets.create_or_update(*IN_ZONE, "*", record("10.0.1.4", owner="me"))
    read = await dns.record_sets.get(*IN_ZONE, "*")
    assert read == created
    assert read.properties
    assert read.properties.fqdn == f"*.{ZONE_NAME}."
    assert read.properties.metadata == {"owner": "me"}
    assert read.properties.a_records
    assert [entry.ipv4_address for entry in read.properties.a_records] == ["10.0.1.4"]
    assert read.etag
    assert '"' not in read.etag


async def test_update(dns: PrivateDnsManagementClient) -> None:
    """A PATCH changes the given fields and the etag."""
    created = await dns.record_sets.create_or_update(*IN_ZONE, "a", record("10.0.1.4", owner="me"))
    changed = await dns.record_sets.update(*IN_ZONE, "a", {"properties": {"metadata": {"owner": "you"}}})  # type: ignore[call-overload]
    assert changed.etag != created.etag
    assert changed.properties.metadata == {"owner": "you"}
    assert changed.properties.ttl == 300


async def test_delete_record(dns: PrivateDnsManagementClient) -> None:
    """A deleted record set is not found; deleting it again succeeds."""
    await dns.record_sets.create_or_update(*IN_ZONE, "a", record("10.0.1.4"))
    for _ in range(2):
        await dns.record_sets.delete(*IN_ZONE, "a")
    with pytest.raises(ResourceNotFoundError, match="does not exist in resource group"):
        await dns.record_sets.get(*IN_ZONE, "a")


async def test_lists(dns: PrivateDnsManagementClient) -> None:
    """A list by type contains that type; a list of all types also contains the SOA record set."""
    for name in ("*", "a", "b"):
        await dns.record_sets.create_or_update(*IN_ZONE, name, record("10.0.1.4"))
    by_type = [one.name async for one in dns.record_sets.list_by_type(*IN_ZONE)]
    everything = [(one.type, one.name) async for one in dns.record_sets.list("rg-dns", ZONE_NAME)]
    assert by_type == ["*", "a", "b"]
    assert ("Microsoft.Network/privateDnsZones/SOA", "@") in everything
    assert len(everything) == 4


async def test_top(dns: PrivateDnsManagementClient, sim: RunningSimulator) -> None:
    """`$top` sets the size of a page."""
    for name in ("*", "a", "b"):
        await dns.record_sets.create_or_update(*IN_ZONE, name, record("10.0.1.4"))
    sim.clear_requests()
    assert len([one async for one in dns.record_sets.list_by_type(*IN_ZONE, top=1)]) == 3
    assert len(sim.requests("dns")) == 3


@pytest.mark.parametrize(
    ("present", "headers", "allowed"),
    [
        (True, {}, True),
        (True, {"If-Match": "{etag}"}, True),
        (True, {"If-Match": "*"}, True),
        (True, {"If-Match": "stale"}, False),
        (True, {"If-Match": '"{etag}"'}, False),
        (True, {"If-None-Match": "*"}, False),
        (False, {"If-None-Match": "*"}, True),
        (False, {"If-Match": "{etag}"}, False),
        (False, {"If-Match": "*"}, False),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_conditions(arm: httpx.Client, method: str, *, present: bool, headers: Json, allowed: bool) -> None:
    """A write whose condition is not met returns 412 in an unwrapped body, without any change."""
    path = f"{ZONE}/A/*"
    etag = arm.put(path, json=record("10.0.1.4")).json()["etag"]
    if not present:
        arm.delete(path).raise_for_status()
    before = arm.get(path).json()
    conditions = {name: value.format(etag=etag) for name, value in headers.items()}
    body = None if method == "DELETE" else record("10.0.1.5")
    response = arm.request(method, path, headers=conditions, json=body)
    if allowed:
        assert response.is_success or (method == "PATCH" and not present)
    else:
        assert response.status_code == 412
        assert response.json()["code"] == "PreconditionFailed"
        assert arm.get(path).json() == before


async def test_quoted_etag_of_the_client(dns: PrivateDnsManagementClient) -> None:
    """`IfNotModified` of the SDK sends a quoted etag, which does not match."""
    created = await dns.record_sets.create_or_update(*IN_ZONE, "a", record("10.0.1.4"))
    with pytest.raises(HttpResponseError) as error:
        await dns.record_sets.create_or_update(
            *IN_ZONE,
            "a",
            record("10.0.1.5"),
            etag=created.etag,
            match_condition=MatchConditions.IfNotModified,
        )
    assert error.value.status_code == 412


async def test_etag_header(dns: PrivateDnsManagementClient, sim: RunningSimulator) -> None:
    """An etag in an explicit header is sent without quotes and is applied."""
    created = await dns.record_sets.create_or_update(*IN_ZONE, "a", record("10.0.1.4"))
    await dns.record_sets.create_or_update(*IN_ZONE, "a", record("10.0.1.5"), headers={"If-Match": created.etag})
    assert sim.requests("dns")[-1]["headers"]["if-match"] == created.etag
    with pytest.raises(HttpResponseError, match="PreconditionFailed"):
        await dns.record_sets.create_or_update(*IN_ZONE, "a", record("10.0.1.6"), headers={"If-Match": created.etag})


@pytest.mark.parametrize(
    "body",
    [
        record("10.0.1.4", ttl=0),
        {"properties": {"aRecords": []}},
        record("10.0.1"),
        record("10.0.1.4", "10.0.1.4"),
        record(*(f"10.0.2.{last}" for last in range(21))),
        {"properties": {"ttl": 300, "metadata": {"a": 1}}},
        {"properties": {"ttl": 300, "aRecords": "10.0.1.4"}},
    ],
)
def test_bad_records(arm: httpx.Client, body: Json) -> None:
    """An invalid record set returns 400."""
    response = arm.put(f"{ZONE}/A/a", json=body)
    assert response.status_code == 400
    assert arm.get(f"{ZONE}/A/a").status_code == 404


def test_encoded_wildcard(arm: httpx.Client) -> None:
    """A percent-encoded `*` is the wildcard."""
    arm.put(f"{ZONE}/A/%2A", json=record("10.0.1.4")).raise_for_status()
    assert arm.get(f"{ZONE}/A/*").json()["name"] == "*"


async def test_zones(dns: PrivateDnsManagementClient) -> None:
    """Zones can be created, listed and deleted; a linked zone cannot be deleted."""
    body: Any = {"location": "global"}
    poller = await dns.private_zones.begin_create_or_update("rg-network", "example.org", body)
    assert (await poller.result()).name == "example.org"
    assert {zone.name async for zone in dns.private_zones.list()} == {
        ZONE_NAME,
        BYOC_ZONE_NAME,
        "example.org",
    }
    assert {zone.name async for zone in dns.private_zones.list_by_resource_group("rg-dns")} == {
        ZONE_NAME,
        BYOC_ZONE_NAME,
    }
    await (await dns.private_zones.begin_delete("rg-network", "example.org")).result()
    with pytest.raises(ResourceNotFoundError):
        await dns.private_zones.get("rg-network", "example.org")
    with pytest.raises(HttpResponseError, match="CannotDeleteResource"):
        await dns.private_zones.begin_delete("rg-dns", ZONE_NAME)


async def test_links(dns: PrivateDnsManagementClient) -> None:
    """VNet links can be created, listed and deleted."""
    await (await dns.virtual_network_links.begin_delete("rg-dns", ZONE_NAME, "vnet-app")).result()
    body: Any = {
        "location": "global",
        "properties": {"virtualNetwork": {"id": VNET}, "registrationEnabled": False},
    }
    poller = await dns.virtual_network_links.begin_create_or_update("rg-dns", ZONE_NAME, "again", body)
    await poller.result()
    read = await dns.virtual_network_links.get("rg-dns", ZONE_NAME, "again")
    assert read.properties
    assert read.properties.virtual_network
    assert read.properties.virtual_network.id == VNET
    assert [link.name async for link in dns.virtual_network_links.list("rg-dns", ZONE_NAME)] == ["again"]


@pytest.mark.parametrize(
    "zone",
    [
        ZONE,
        f"{BASE}/resourceGroups/rg-network/providers/Microsoft.Network/privateDnsZones/{ZONE_NAME.upper()}",
    ],
)
def test_second_link(arm: httpx.Client, zone: str) -> None:
    """A network cannot be linked to two zones of the same name."""
    arm.put(zone, json={"location": "global"}).raise_for_status()
    body = {"location": "global", "properties": {"virtualNetwork": {"id": VNET.upper()}}}
    response = arm.put(f"{zone}/virtualNetworkLinks/second", json=body)
    assert response.status_code == 400
    assert "overlapping namespaces" in response.json()["message"]


@pytest.mark.parametrize("below", ["A/a", "A", "ALL", "virtualNetworkLinks", "virtualNetworkLinks/x"])
def test_missing_zone(arm: httpx.Client, below: str) -> None:
    """Record sets and links of a missing zone return 404 ParentResourceNotFound."""
    response = arm.get(f"{BASE}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/none/{below}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "ParentResourceNotFound"

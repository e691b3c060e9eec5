"""The Azure adapters with Azure's SDK, against the simulator."""

import json
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest

from shared.adapters.azure.network import addresses_from, endpoint_from
from shared.adapters.azure.policies import OnlyArm
from shared.adapters.azure.private_dns import record_from
from shared.adapters.json_fields import PARSE_ERRORS
from shared.domain.model.errors import CauseKind, PermanentError, PrivateLinkError, TemporaryError
from shared.domain.model.ids import Kind, ResourceId, Scope
from shared.domain.model.resources import Connection, Endpoint, NotFound, Zone
from simulator.client import RunningSimulator
from tests.support.errors import raises
from tests.support.paths import ROOT
from tests.support.real_clients import (
    ALIAS,
    ARM_CALLS,
    ARM_READS,
    ARM_WRITES,
    BYOC_ZONE,
    ELSEWHERE,
    NETWORK_GROUP,
    NIC,
    PE,
    SCOPE,
    SUBSCRIPTION,
    VNET,
    ZONE,
    Adapters,
    adapters_for,
    answering,
    http_answer,
    put_endpoint,
    wildcard,
)

SAMPLES = Path(os.environ.get("AZURE_SAMPLES") or ROOT / ".." / "shared" / "contracts" / "azure_samples.json")
OTHER_ZONE = ResourceId(SUBSCRIPTION, "rg-dns", Kind.ZONE.value, "eastus.privatelink.azure.clickhouse.cloud")
LISTS = {
    "endpoints": "/privateEndpoints$",
    "endpoints of a group": "/privateEndpoints$",
    "addresses_in": "/networkInterfaces$",
    "addresses_in a group": "/networkInterfaces$",
    "zones": "/privateDnsZones$",
    "zone": "/A$",
}


@pytest.fixture
def samples() -> dict[str, Any]:
    """Recorded responses of Azure."""
    if not SAMPLES.is_file():
        pytest.skip("no recorded responses of Azure; set the path of the file in AZURE_SAMPLES")
    recorded: dict[str, Any] = json.loads(SAMPLES.read_text())
    return recorded


def test_recorded_endpoint(samples: dict[str, Any]) -> None:
    """GUID, alias, state, network and interface of a recorded endpoint are parsed; it has no address."""
    endpoint = endpoint_from(samples["private_endpoint_get"])
    assert endpoint.arm_id == samples["private_endpoint_get"]["id"]
    assert endpoint.id == ResourceId.parse(endpoint.arm_id, Kind.PRIVATE_ENDPOINT)
    assert endpoint.guid == "4c8ad43e-195c-4673-9cc0-e26969210f4f"
    assert endpoint.connections == (Connection(ALIAS, "Pending"),)
    assert endpoint.network
    assert endpoint.network.name == "vnet1"
    assert [interface.name for interface in endpoint.interfaces] == ["nic1"]
    assert endpoint.addresses == ()


def test_recorded_record(samples: dict[str, Any]) -> None:
    """A recorded record set is parsed, with an unquoted etag."""
    response = samples["private_dns_record_set_put"]["response"]
    record = record_from(ZONE, response)
    assert (record.name, record.ttl, record.addresses) == ("*", 300, ("10.0.0.4",))
    assert (dict(record.metadata), record.etag) == ({"key": "value"}, response["etag"])


async def test_endpoint(sim: RunningSimulator, adapters: Adapters) -> None:
    """An endpoint is read through the SDK with the undeclared resourceGuid; tag names become lower case."""
    created = put_endpoint(sim, **{"ClickHouse-Services": "Analytics"})
    endpoint = await adapters.network.endpoint(PE)
    assert not isinstance(endpoint, NotFound)
    assert (endpoint.id, endpoint.arm_id) == (PE, created["id"])
    assert endpoint.guid == created["properties"]["resourceGuid"].lower()
    assert endpoint.tags == {"clickhouse-services": "Analytics"}
    assert endpoint.network == VNET
    assert endpoint.connections == (Connection(ALIAS, "Pending"),)
    assert endpoint.addresses == ()
    (interface,) = endpoint.interfaces
    addresses = await adapters.network.addresses(interface)
    assert isinstance(addresses, tuple)
    assert len(addresses) == 1
    for scope in (SCOPE, NETWORK_GROUP):
        assert await adapters.network.endpoints(scope) == (endpoint,)
        assert await adapters.network.addresses_in(scope) == {interface: addresses}


async def test_scopes(sim: RunningSimulator, adapters: Adapters) -> None:
    """A list of a resource group contains only resources of that group."""
    put_endpoint(sim)
    elsewhere = Scope(SUBSCRIPTION, "rg-dns")
    assert await adapters.network.endpoints(elsewhere) == ()
    assert await adapters.network.addresses_in(elsewhere) == {}
    assert await adapters.dns.zones(elsewhere) == await adapters.dns.zones(SCOPE) == (BYOC_ZONE, ZONE)
    assert await adapters.dns.zones(NETWORK_GROUP) == ()


@pytest.mark.parametrize(
    ("properties", "addresses"),
    [
        ({}, ()),
        ({"ipConfigurations": []}, ()),
        ({"ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.9"}}]}, ("10.0.0.9",)),
        ({"customDnsConfigs": [{"fqdn": "x", "ipAddresses": ["10.0.0.7", "fd00::1"]}]}, ("10.0.0.7",)),
        ({"customDnsConfigs": [{"fqdn": "x"}], "ipConfigurations": [{}]}, ()),
        (
            {
                "networkInterfaces": [{"id": str(PE).replace("privateEndpoints", "networkInterfaces")}],
                "customDnsConfigs": [{"ipAddresses": ["10.0.0.7"]}],
            },
            (),
        ),
    ],
)
def test_own_addresses(properties: dict[str, Any], addresses: tuple[str, ...]) -> None:
    """Addresses of the endpoint itself are used only without a network interface; IPv6 addresses are ignored."""
    endpoint = endpoint_from({"id": str(PE), "properties": {"resourceGuid": "G", **properties}})
    assert (endpoint.addresses, endpoint.guid) == (addresses, "g")


def test_interface_with_several_addresses() -> None:
    """All IPv4 addresses of an interface are returned sorted and unique; incomplete configurations are ignored."""
    values = ["10.0.0.9", "10.0.0.10", "fd00::1", None, "10.0.0.9", "soon"]
    configurations = [{"properties": {"privateIPAddress": one}} for one in values] + [
        {},
        {"properties": None},
    ]
    assert addresses_from({"properties": {"ipConfigurations": configurations}}) == ("10.0.0.10", "10.0.0.9")


def test_connections_of_both_kinds() -> None:
    """Manual and automatic connections are both returned, also incomplete ones."""
    properties = {
        "manualPrivateLinkServiceConnections": [{"properties": {"privateLinkServiceId": ALIAS}}],
        "privateLinkServiceConnections": [
            {
                "properties": {
                    "privateLinkServiceId": "/subscriptions/x",
                    "privateLinkServiceConnectionState": {"status": "Approved"},
                }
            },
            {},
        ],
    }
    endpoint = endpoint_from({"id": str(PE), "properties": {"resourceGuid": "g", **properties}})
    assert endpoint.connections == (
        Connection(ALIAS, ""),
        Connection("/subscriptions/x", "Approved"),
        Connection("", ""),
    )


@pytest.mark.parametrize(
    "body",
    [
        {"properties": {"resourceGuid": "g"}},
        {"id": "pe1", "properties": {"resourceGuid": "g"}},
        {"id": str(PE), "properties": {"resourceGuid": "g", "subnet": {"id": "/subnets/a"}}},
        {"id": str(PE), "properties": {"resourceGuid": "g", "networkInterfaces": [{"id": "nic"}]}},
        {"id": str(PE), "tags": {"a": 1}, "properties": {"resourceGuid": "g"}},
    ],
)
def test_invalid_endpoint(body: dict[str, Any]) -> None:
    """An endpoint without an id, or with malformed ids, is a parse error."""
    with pytest.raises(PARSE_ERRORS):
        endpoint_from(body)


@pytest.mark.parametrize("body", [{"id": str(PE)}, {"id": str(PE), "properties": {}}])
def test_incomplete_endpoint(body: dict[str, Any]) -> None:
    """An endpoint that ARM is still creating is parsed; missing fields are empty."""
    assert endpoint_from(body) == Endpoint(PE, str(PE), guid="", state="")


@pytest.mark.parametrize(("value", "state"), [("Deleting", "Deleting"), ("succeeded", "Succeeded"), (None, "")])
def test_provisioning_state(value: str | None, state: str) -> None:
    """The provisioning state is parsed in any letter case."""
    assert endpoint_from({"id": str(PE), "properties": {"provisioningState": value}}).state == state


async def test_zone(sim: RunningSimulator, adapters: Adapters) -> None:
    """A zone is read with its linked networks and its A record sets by name; other types are ignored."""
    await adapters.dns.put(wildcard("10.0.1.9", owner="edges"), None)
    await adapters.dns.put(wildcard("10.0.1.8", name="One"), None)
    zone = await adapters.dns.zone(ZONE)
    assert isinstance(zone, Zone)
    assert zone.id == ZONE
    assert set(zone.networks) == {VNET}
    assert sorted(zone.records) == ["*", "one"]
    record = zone.records["*"]
    assert (record.addresses, record.ttl, record.metadata) == (("10.0.1.9",), 300, {"owner": "edges"})
    assert record.etag


async def test_not_found(adapters: Adapters) -> None:
    """A 404 for the resource or its resource group is NotFound."""
    assert await adapters.network.endpoint(PE) == NotFound()
    assert await adapters.network.addresses(NIC) == NotFound()
    assert await adapters.dns.zone(OTHER_ZONE) == NotFound()
    assert await adapters.network.endpoint(replace(PE, resource_group="rg-gone")) == NotFound()
    assert await adapters.network.addresses(replace(NIC, resource_group="rg-gone")) == NotFound()
    assert await adapters.dns.zone(replace(ZONE, resource_group="rg-gone")) == NotFound()


@pytest.mark.parametrize("name", ARM_CALLS)
async def test_forbidden(sim: RunningSimulator, adapters: Adapters, name: str) -> None:
    """The error of a 403 has code, action and scope, after one request to each URL."""
    put_endpoint(sim)
    sim.deny(f"/subscriptions/{SUBSCRIPTION}")
    denied = r"ARM returned 403: AuthorizationFailed: missing permission Microsoft\.Network/\S+ on /subscriptions/"
    with raises(CauseKind.MISSING_PERMISSION, match=denied):
        await adapters.calls()[name]()
    paths = [request["path"] for request in sim.requests()]
    assert len(paths) == len(set(paths))


async def test_unknown_subscription(adapters: Adapters) -> None:
    """A 404 for the subscription is an error, not NotFound: the resource may exist."""
    endpoint = ResourceId(ELSEWHERE, "rg", PE.type, "pe1")
    interface = ResourceId(ELSEWHERE, "rg", Kind.NETWORK_INTERFACE.value, "nic1")
    zone = ResourceId(ELSEWHERE, "rg", ZONE.type, ZONE.name)
    for call in (
        adapters.network.endpoint(endpoint),
        adapters.network.addresses(interface),
        adapters.network.endpoints(Scope(ELSEWHERE)),
        adapters.network.addresses_in(Scope(ELSEWHERE, "rg")),
        adapters.dns.zones(Scope(ELSEWHERE)),
        adapters.dns.zone(zone),
    ):
        with pytest.raises(PermanentError, match="SubscriptionNotFound"):
            await call


async def test_list_of_a_missing_group(adapters: Adapters) -> None:
    """A list of a missing resource group is an error, not an empty list: its name may be misspelled."""
    for call in (
        adapters.network.endpoints(Scope(SUBSCRIPTION, "rg-gone")),
        adapters.network.addresses_in(Scope(SUBSCRIPTION, "rg-gone")),
        adapters.dns.zones(Scope(SUBSCRIPTION, "rg-gone")),
    ):
        with pytest.raises(PermanentError, match="ResourceGroupNotFound"):
            await call


async def test_conditions_on_the_wire(sim: RunningSimulator, adapters: Adapters) -> None:
    """Every record write is conditional: `If-None-Match: *` for a new record set, else the unquoted etag."""
    new = await adapters.dns.put(wildcard("10.0.1.9"), None)
    assert new.etag
    changed = await adapters.dns.put(wildcard("10.0.1.8"), new.etag)
    await adapters.dns.delete(changed)
    writes = [request for request in sim.requests("dns") if request["method"] != "GET"]
    sent = [
        (one["method"], one["headers"].get("if-match"), one["headers"].get("if-none-match"), one["status"])
        for one in writes
    ]
    assert sent == [
        ("PUT", None, "*", 201),
        ("PUT", new.etag, None, 200),
        ("DELETE", changed.etag, None, 200),
    ]
    assert changed.etag != new.etag
    assert changed.addresses == ("10.0.1.8",)


async def test_new_zones_and_links(sim: RunningSimulator, adapters: Adapters) -> None:
    """A zone and its link are created with `If-None-Match: *`, and can be read."""
    await adapters.dns.create_zone(OTHER_ZONE)
    await adapters.dns.link(OTHER_ZONE, VNET)
    assert await adapters.dns.zone(OTHER_ZONE) == Zone(OTHER_ZONE, frozenset({VNET}))
    writes = [request for request in sim.requests() if request["method"] == "PUT"]
    assert [one["headers"].get("if-none-match") for one in writes] == ["*", "*"]


async def test_conflicting_write(sim: RunningSimulator, adapters: Adapters) -> None:
    """A stale etag, or an existing record set, fails with the cause CHANGED after one call, without any change."""
    first = await adapters.dns.put(wildcard("10.0.1.9"), None)
    second = await adapters.dns.put(wildcard("10.0.1.8"), first.etag)
    sim.clear_requests()
    with raises(CauseKind.CHANGED, match="PreconditionFailed"):
        await adapters.dns.put(wildcard("10.0.1.7"), first.etag)
    with raises(CauseKind.CHANGED):
        await adapters.dns.put(wildcard("10.0.1.7"), None)
    with raises(CauseKind.CHANGED):
        await adapters.dns.delete(first)
    assert [request["status"] for request in sim.requests()] == [412, 412, 412]
    zone = await adapters.dns.zone(ZONE)
    assert isinstance(zone, Zone)
    assert zone.records["*"] == second


async def test_delete_of_a_deleted_record(sim: RunningSimulator, adapters: Adapters) -> None:
    """Deleting a deleted record set succeeds on a 404, and fails with the cause CHANGED on a 412."""
    record = await adapters.dns.put(wildcard("10.0.1.9"), None)
    await adapters.dns.delete(record)
    with raises(CauseKind.CHANGED):
        await adapters.dns.delete(record)
    sim.fault(match={"method": "DELETE"}, status=404, body={"code": "NotFound", "message": "gone"})
    await adapters.dns.delete(record)


async def test_delete_without_etag(sim: RunningSimulator, adapters: Adapters) -> None:
    """A delete without an etag is refused without a request."""
    with pytest.raises(PermanentError, match="etag is not known"):
        await adapters.dns.delete(wildcard())
    assert sim.requests() == []


@pytest.mark.parametrize("name", LISTS)
async def test_paging(sim: RunningSimulator, adapters: Adapters, name: str) -> None:
    """All pages of a list are read."""
    await _five_of_everything(sim, adapters)
    whole = await adapters.calls()[name]()
    sim.page_size(2)
    sim.clear_requests()
    assert await adapters.calls()[name]() == whole
    if name != "zones":
        assert len(sim.requests()) >= 3


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 503}, {"drop": "before"}], ids=str)
async def test_list_with_a_failing_page(sim: RunningSimulator, name: str, fault: dict[str, Any]) -> None:
    """If one page of a list fails, the whole list fails."""
    async with adapters_for(sim.url) as adapters:
        await _five_of_everything(sim, adapters)
    sim.page_size(1)
    sim.fault(match={"path": LISTS[name]}, skip=1, count=None, **fault)
    async with adapters_for(sim.url, 0.3) as adapters:
        with pytest.raises(PrivateLinkError):
            await adapters.calls()[name]()


@pytest.mark.parametrize("name", LISTS)
async def test_list_is_retried(sim: RunningSimulator, adapters: Adapters, name: str) -> None:
    """After a temporary error the list is read from its first page, without duplicates."""
    await _five_of_everything(sim, adapters)
    whole = await adapters.calls()[name]()
    sim.page_size(1)
    sim.fault(match={"path": LISTS[name]}, skip=1, status=503)
    assert await adapters.calls()[name]() == whole


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "url",
    ["{}/page2", "https://127.0.0.1:{port}/page2", "http://127.0.0.1/page2", "{base}.example.com/page2"],
)
async def test_next_page_on_another_host(name: str, url: str) -> None:
    """A next page on another host, port or scheme is not requested, because the request would contain the token."""
    with answering(http_answer(200, {"value": []})) as elsewhere:
        base = "http://127.0.0.1"
        link = url.format(elsewhere.url, port=elsewhere.url.rpartition(":")[2], base=base)
        with answering(http_answer(200, {"value": [], "nextLink": link})) as server:
            async with adapters_for(server.url) as adapters:
                with pytest.raises(PermanentError, match="ARM referred to another host"):
                    await adapters.calls()[name]()
        assert elsewhere.calls == 0


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://management.azure.com/subscriptions?page=2", True),
        ("https://Management.Azure.com:443/subscriptions", True),
        ("https://management.azure.com:444/subscriptions", False),
        ("http://management.azure.com/subscriptions", False),
        ("https://management.azure.com.example/subscriptions", False),
        ("https://management.azure.com@example.com/subscriptions", False),
    ],
)
def test_same_host(url: str, *, same: bool) -> None:
    """The default port and letter case are equal to the host; a longer name or user information is not."""
    policy = OnlyArm("https://management.azure.com")
    request = PipelineRequest(HttpRequest("GET", url), PipelineContext(None))
    with nullcontext() if same else pytest.raises(PermanentError, match="another host"):
        policy.on_request(request)


@pytest.mark.parametrize("name", ARM_WRITES)
async def test_dry_run_writes_nothing(sim: RunningSimulator, name: str) -> None:
    """Clients for a dry run refuse every write before it is sent."""
    async with adapters_for(sim.url, read_only=True) as adapters:
        with pytest.raises(PermanentError, match="a dry run sends no"):
            await adapters.calls()[name]()
        assert sim.requests() == []
        await adapters.dns.zone(ZONE)
    assert {request["method"] for request in sim.requests()} == {"GET"}


async def test_request_id(sim: RunningSimulator, adapters: Adapters) -> None:
    """The error message contains the error and the request id of ARM."""
    body = {"error": {"code": "Rejected", "message": "bad property"}}
    sim.fault(match={"system": "arm"}, status=400, body=body, headers={"x-ms-request-id": "r-17"})
    with pytest.raises(PermanentError, match=r"ARM returned 400: Rejected bad property \(request r-17\)") as raised:
        await adapters.network.endpoint(PE)
    assert str(PE) in str(raised.value)
    assert len(sim.requests()) == 1


async def test_long_errors(sim: RunningSimulator, adapters: Adapters) -> None:
    """Long error messages of ARM are shortened."""
    sim.fault(match={"system": "arm"}, status=400, body={"error": {"code": "X", "message": "no " * 10_000}})
    with pytest.raises(PermanentError) as raised:
        await adapters.network.endpoint(PE)
    assert len(str(raised.value)) < 1000


async def test_unreachable_host() -> None:
    """If the connection is refused, every call is a TemporaryError."""
    async with adapters_for("http://127.0.0.1:9", 0.2) as adapters:
        for name in ARM_READS:
            with pytest.raises(TemporaryError):
                await adapters.calls()[name]()


async def _five_of_everything(sim: RunningSimulator, adapters: Adapters) -> None:
    for number in range(5):
        put_endpoint(sim, f"pe{number}")
        await adapters.dns.put(wildcard(f"10.0.1.{number + 100}", name=f"r{number}"), None)
    snapshot = sim.state()
    zone = snapshot["azure"]["privateDnsZones"][0]
    for region in ("eastus", "uksouth"):
        name = f"{region}.privatelink.azure.clickhouse.cloud"
        snapshot["azure"]["privateDnsZones"].append({**zone, "id": zone["id"].replace(ZONE.name, name), "links": []})
    sim.reset(snapshot)

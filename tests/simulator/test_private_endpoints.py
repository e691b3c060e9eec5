"""Private endpoints and their network interfaces, with Azure's SDK."""

from typing import Any

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.network.models import PrivateEndpoint

from simulator.client import RunningSimulator
from tests.simulator.conftest import (
    ALIAS,
    ANALYTICS,
    NETWORKS,
    REPORTING,
    VNET,
    endpoint_body,
    put_endpoint,
    register,
    status_of,
)

ENDPOINT = f"{NETWORKS}/privateEndpoints/pe1"


async def created(network: NetworkManagementClient, name: str = "pe1") -> PrivateEndpoint:
    poller = await network.private_endpoints.begin_create_or_update("rg-network", name, endpoint_body())
    return await poller.result()


async def address_of(network: NetworkManagementClient, endpoint: PrivateEndpoint) -> str | None:
    assert endpoint.properties
    assert endpoint.properties.network_interfaces
    nic_id = endpoint.properties.network_interfaces[0].id
    assert nic_id
    nic = await network.network_interfaces.get("rg-network", nic_id.rsplit("/", 1)[1])
    assert nic.properties
    assert nic.properties.ip_configurations
    configuration = nic.properties.ip_configurations[0].properties
    assert configuration
    return configuration.private_ip_address


async def test_create(network: NetworkManagementClient) -> None:
    """A new endpoint has an undeclared GUID, the alias unchanged, and status Pending."""
    endpoint = await created(network)
    properties = endpoint.properties
    assert properties
    assert properties.get("resourceGuid")
    assert properties.provisioning_state == "Succeeded"
    assert not properties.private_link_service_connections
    assert properties.manual_private_link_service_connections
    connection = properties.manual_private_link_service_connections[0].properties
    assert connection
    assert connection.private_link_service_id == ALIAS
    assert connection.private_link_service_connection_state
    assert connection.private_link_service_connection_state.status == "Pending"
    assert properties.custom_dns_configs == []
    assert properties.ip_configurations == []


async def test_address_while_pending(network: NetworkManagementClient) -> None:
    """The network interface has an address while the connection is pending."""
    assert await address_of(network, await created(network)) == "10.0.1.4"


async def test_nic_has_its_endpoint(network: NetworkManagementClient) -> None:
    """Lists of network interfaces contain the private endpoint of each."""
    endpoint = await created(network)
    for pages in (network.network_interfaces.list("rg-network"), network.network_interfaces.list_all()):
        nics = [nic async for nic in pages]
        assert [nic.properties.private_endpoint.id for nic in nics if nic.properties] == [endpoint.id]  # type: ignore[union-attr]


async def test_recreation(network: NetworkManagementClient) -> None:
    """A recreated endpoint has the same id, and a new GUID and address."""
    first = await created(network)
    first_address = await address_of(network, first)
    await (await network.private_endpoints.begin_delete("rg-network", "pe1")).result()
    second = await created(network)
    assert first.properties
    assert second.properties
    assert second.id == first.id
    assert second.properties.get("resourceGuid") != first.properties.get("resourceGuid")
    assert await address_of(network, second) != first_address


async def test_update_keeps_identity(network: NetworkManagementClient) -> None:
    """Updating an endpoint keeps its GUID and network interface."""
    first, second = await created(network), await created(network)
    assert first.properties
    assert second.properties
    assert second.properties.get("resourceGuid") == first.properties.get("resourceGuid")
    assert second.properties.network_interfaces == first.properties.network_interfaces
    assert second.etag != first.etag


async def test_delete(network: NetworkManagementClient) -> None:
    """A deleted endpoint and its network interface are not found; deleting it again succeeds."""
    await created(network)
    for _ in range(2):
        await (await network.private_endpoints.begin_delete("rg-network", "pe1")).result()
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        await network.private_endpoints.get("rg-network", "pe1")
    assert [nic async for nic in network.network_interfaces.list_all()] == []


async def test_lists_in_pages(network: NetworkManagementClient, sim: RunningSimulator) -> None:
    """Lists are complete across pages of the configured size."""
    names = {f"pe{number}" for number in range(7)}
    for name in names:
        await created(network, name)
    sim.page_size(3)
    sim.clear_requests()
    by_group = {endpoint.name async for endpoint in network.private_endpoints.list("rg-network")}
    everywhere = {endpoint.name async for endpoint in network.private_endpoints.list_by_subscription()}
    assert by_group == everywhere == names
    assert len(sim.requests("arm")) == 6


async def test_virtual_networks(network: NetworkManagementClient) -> None:
    """Virtual networks and their subnets can be read and listed."""
    one = await network.virtual_networks.get("rg-network", "vnet-app")
    assert one.id == VNET
    assert [subnet.name async for subnet in network.subnets.list("rg-network", "vnet-app")] == ["default"]
    assert [net.id async for net in network.virtual_networks.list("rg-network")] == [VNET]
    assert [net.id async for net in network.virtual_networks.list_all()] == [VNET]


async def test_network_created_by_put(network: NetworkManagementClient) -> None:
    """Endpoints can be created in a new virtual network."""
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
    subnets = [{"name": "s", "properties": {"addressPrefix": "10.9.1.0/24"}}]
    body: Any = {"location": "westus3", "properties": {**space, "subnets": subnets}}
    poller = await network.virtual_networks.begin_create_or_update("rg-network", "other", body)
    created_network = await poller.result()
    body_of_endpoint = endpoint_body()
    body_of_endpoint["properties"]["subnet"]["id"] = f"{created_network.id}/subnets/s"
    endpoint = await network.private_endpoints.begin_create_or_update("rg-network", "pe1", body_of_endpoint)
    assert await address_of(network, await endpoint.result()) == "10.9.1.4"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"location": None}, "InvalidRequestFormat"),
        ({"properties": {}}, "InvalidRequestFormat"),
        ({"properties": {"subnet": {"id": f"{VNET}/subnets/none"}}}, "InvalidResourceReference"),
        ({"properties": {"subnet": {"id": f"{VNET}/subnets/default"}}}, "InvalidPrivateEndpointConnections"),
        ({"tags": {"a/b": "c"}}, "InvalidTagNameCharacters"),
    ],
)
async def test_bad_endpoint(network: NetworkManagementClient, change: dict[str, object], code: str) -> None:
    """An invalid endpoint returns 400 with Azure's error code."""
    with pytest.raises(HttpResponseError, match=code) as error:
        await network.private_endpoints.begin_create_or_update("rg-network", "pe1", endpoint_body() | change)
    assert error.value.status_code == 400


@pytest.mark.parametrize("kind", ["guid", "arm id", "arm id in upper case"])
def test_approval(arm: httpx.Client, cloud: httpx.Client, kind: str) -> None:
    """A connection is Approved while its GUID or ARM id is on an allow list, then Rejected."""
    endpoint = put_endpoint(arm)
    ids = {
        "guid": endpoint["properties"]["resourceGuid"],
        "arm id": ENDPOINT,
        "arm id in upper case": ENDPOINT.upper(),
    }
    register(cloud, ids[kind]).raise_for_status()
    assert status_of(arm.get(ENDPOINT).json()) == "Approved"
    cloud.patch(ANALYTICS, json={"privateEndpointIds": {"remove": [ids[kind]]}}).raise_for_status()
    assert status_of(arm.get(ENDPOINT).json()) == "Rejected"


def test_one_allow_list_is_enough(arm: httpx.Client, cloud: httpx.Client) -> None:
    """A connection stays Approved while at least one service of the alias allows it."""
    guid = put_endpoint(arm)["properties"]["resourceGuid"]
    register(cloud, guid)
    cloud.patch(REPORTING, json={"privateEndpointIds": {"add": [guid]}}).raise_for_status()
    cloud.patch(ANALYTICS, json={"privateEndpointIds": {"remove": [guid]}}).raise_for_status()
    assert status_of(arm.get(ENDPOINT).json()) == "Approved"


def test_allowed_before_created(arm: httpx.Client, cloud: httpx.Client) -> None:
    """An endpoint whose ARM id is already allowed is approved after its creation."""
    register(cloud, ENDPOINT).raise_for_status()
    assert status_of(put_endpoint(arm)) == "Pending"
    assert status_of(arm.get(ENDPOINT).json()) == "Approved"


def test_foreign_service(arm: httpx.Client, cloud: httpx.Client) -> None:
    """A connection to a foreign Private Link service stays Pending, independent of the allow lists."""
    endpoint = put_endpoint(arm, alias="foreign.00000000-0000-0000-0000-000000000000.westus3.azure.privatelinkservice")
    register(cloud, endpoint["properties"]["resourceGuid"])
    assert status_of(arm.get(ENDPOINT).json()) == "Pending"


def test_connection_by_id(arm: httpx.Client) -> None:
    """An automatic connection is in privateLinkServiceConnections."""
    body = endpoint_body()
    body["properties"]["privateLinkServiceConnections"] = body["properties"].pop("manualPrivateLinkServiceConnections")
    response = arm.put(ENDPOINT, json=body).json()["properties"]
    assert len(response["privateLinkServiceConnections"]) == 1
    assert response["manualPrivateLinkServiceConnections"] == []


def test_static_address(arm: httpx.Client) -> None:
    """A static address is assigned, shown in the endpoint, and not assigned to another endpoint."""
    body = endpoint_body()
    static = {"name": "ip", "properties": {"privateIPAddress": "10.0.1.4"}}
    body["properties"] |= {"ipConfigurations": [static], "customNetworkInterfaceName": "nic1"}
    assert arm.put(ENDPOINT, json=body).json()["properties"]["ipConfigurations"] == [static]
    put_endpoint(arm, "pe2")
    nics = arm.get(f"{NETWORKS}/networkInterfaces").json()["value"]
    addresses = [nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] for nic in nics]
    assert nics[0]["name"] == "nic1"
    assert addresses == ["10.0.1.4", "10.0.1.5"]


@pytest.mark.parametrize(("address", "code"), [("10.9.9.9", "NotInSubnet"), ("10.0.1.4", "InUse"), ("x", "address")])
def test_bad_static_address(arm: httpx.Client, address: str, code: str) -> None:
    """An invalid or used address is refused; the address of a deleted endpoint can be used again."""
    put_endpoint(arm)
    body = endpoint_body()
    body["properties"]["ipConfigurations"] = [{"name": "ip", "properties": {"privateIPAddress": address}}]
    refused = arm.put(f"{NETWORKS}/privateEndpoints/pe2", json=body)
    assert refused.status_code == 400
    assert code in refused.text
    arm.delete(ENDPOINT).raise_for_status()
    body["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] = "10.0.1.4"
    assert arm.put(f"{NETWORKS}/privateEndpoints/pe2", json=body).status_code == 201


def test_shape(arm: httpx.Client) -> None:
    """An endpoint has exactly the keys of the recorded sample."""
    response = put_endpoint(arm)
    assert set(response) == {"name", "id", "etag", "type", "location", "properties"}
    assert set(response["properties"]) == {
        "provisioningState",
        "resourceGuid",
        "privateLinkServiceConnections",
        "manualPrivateLinkServiceConnections",
        "customNetworkInterfaceName",
        "subnet",
        "ipConfigurations",
        "networkInterfaces",
        "customDnsConfigs",
    }
    assert set(response["properties"]["manualPrivateLinkServiceConnections"][0]["properties"]) == {
        "provisioningState",
        "privateLinkServiceId",
        "groupIds",
        "requestMessage",
        "privateLinkServiceConnectionState",
    }

"""Held and failed creations and deletions of private endpoints."""

from typing import Any

import httpx
import pytest
from azure.mgmt.network.aio import NetworkManagementClient

from simulator.client import RunningSimulator
from tests.simulator.conftest import (
    ANALYTICS,
    BASE,
    NETWORKS,
    Webhook,
    endpoint_body,
    put_endpoint,
    register,
    status_of,
)

PE1 = f"{NETWORKS}/privateEndpoints/pe1"
EVERYTHING = ["resourceGuid", "networkInterfaces", "privateIPAddress", "connectionState"]


def properties_of(arm: httpx.Client, path: str = PE1) -> Any:
    """Return the properties of an endpoint, which GET and every list show alike."""
    endpoint = arm.get(path).raise_for_status().json()
    for scope in (NETWORKS, f"{BASE}/providers/Microsoft.Network"):
        assert arm.get(f"{scope}/privateEndpoints").json()["value"] == [endpoint]
    return endpoint["properties"]


def test_succeeded(arm: httpx.Client) -> None:
    """By default an endpoint is created immediately and completely."""
    put_endpoint(arm)
    assert properties_of(arm)["provisioningState"] == "Succeeded"


def test_held_in_creation(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A held creation shows Updating, without the missing parts, until it is released."""
    sim.hold(creation="Updating", missing=EVERYTHING)
    response = arm.put(PE1, json=endpoint_body())
    assert response.status_code == 201
    properties = properties_of(arm)
    assert properties["provisioningState"] == "Updating"
    assert "resourceGuid" not in properties
    assert properties["networkInterfaces"] == []
    (connection,) = properties["manualPrivateLinkServiceConnections"]
    assert "privateLinkServiceConnectionState" not in connection["properties"]
    assert arm.get(f"{NETWORKS}/networkInterfaces").json()["value"] == []
    assert arm.get(response.headers["azure-asyncoperation"]).json() == {"status": "InProgress"}
    assert sim.release(PE1) == [PE1]
    assert arm.get(response.headers["azure-asyncoperation"]).json() == {"status": "Succeeded"}
    properties = properties_of(arm)
    assert properties["provisioningState"] == "Succeeded"
    assert properties["resourceGuid"]
    assert len(properties["networkInterfaces"]) == 1
    assert status_of(arm.get(PE1).json()) == "Pending"


def test_without_address(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A network interface can exist before it has an address."""
    sim.hold(creation="Updating", missing=["privateIPAddress"])
    put_endpoint(arm)
    nic = properties_of(arm)["networkInterfaces"][0]["id"]
    (configuration,) = arm.get(nic).json()["properties"]["ipConfigurations"]
    assert "privateIPAddress" not in configuration["properties"]
    sim.release()
    (configuration,) = arm.get(nic).json()["properties"]["ipConfigurations"]
    assert configuration["properties"]["privateIPAddress"]


def test_failed(sim: RunningSimulator, arm: httpx.Client, cloud: httpx.Client) -> None:
    """A failed creation shows Failed in the endpoint and its operation; the connection can still be approved."""
    sim.hold(creation="Failed")
    response = arm.put(PE1, json=endpoint_body())
    assert properties_of(arm)["provisioningState"] == "Failed"
    assert arm.get(response.headers["azure-asyncoperation"]).json()["status"] == "Failed"
    register(cloud, properties_of(arm)["resourceGuid"], ANALYTICS)
    assert status_of(arm.get(PE1).json()) == "Approved"
    assert arm.delete(PE1).status_code == 202
    assert arm.get(PE1).status_code == 404


def test_held_in_deletion(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A held deletion shows the endpoint as Deleting until it is released."""
    put_endpoint(arm)
    before = properties_of(arm)
    sim.hold(deletion=True)
    deleted = arm.delete(PE1)
    assert deleted.status_code == 202
    after = properties_of(arm)
    assert after["provisioningState"] == "Deleting"
    assert after["resourceGuid"] == before["resourceGuid"]
    assert arm.get(deleted.headers["azure-asyncoperation"]).json() == {"status": "InProgress"}
    assert arm.get(deleted.headers["location"]).status_code == 202
    sim.release(PE1)
    assert arm.get(PE1).status_code == 404
    assert arm.get(deleted.headers["azure-asyncoperation"]).json() == {"status": "Succeeded"}
    assert arm.get(deleted.headers["location"]).status_code == 204


@pytest.mark.parametrize("state", ["Updating", "Deleting"])
def test_busy(sim: RunningSimulator, arm: httpx.Client, state: str) -> None:
    """A PUT during a creation or deletion returns 409."""
    put_endpoint(arm)
    sim.endpoint(PE1, provisioningState=state)
    refused = arm.put(PE1, json=endpoint_body())
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "AnotherOperationInProgress")


def test_events(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """Events are raised when a request is accepted; on completion only with `event=True`."""
    sim.subscribe(name="s", endpoint=webhook.url)
    sim.hold(creation="Updating", deletion=True)
    put_endpoint(arm)
    sim.release()
    arm.delete(PE1)
    assert sim.idle()
    assert [one["event"]["data"]["operationName"].rpartition("/")[2] for one in sim.events()] == [
        "write",
        "delete",
    ]
    sim.release(event=True)
    assert sim.idle()
    assert webhook.subjects == ["pe1"] * 3
    assert sim.events()[-1]["event"]["eventType"] == "Microsoft.Resources.ResourceDeleteSuccess"


def test_change_of_one_endpoint(sim: RunningSimulator, arm: httpx.Client) -> None:
    """The state of one endpoint can be changed; fields that are not named are unchanged."""
    put_endpoint(arm)
    sim.endpoint(PE1, provisioningState="Failed")
    sim.endpoint(PE1, missing=["resourceGuid"])
    assert properties_of(arm)["provisioningState"] == "Failed"
    assert "resourceGuid" not in properties_of(arm)
    state = sim.state()
    sim.reset(state)
    assert sim.state() == state


async def test_sdk_waits(sim: RunningSimulator, arm: httpx.Client, network: NetworkManagementClient) -> None:
    """Azure's SDK polls the deletion until it is complete."""
    put_endpoint(arm)
    sim.hold(deletion=True)
    poller = await network.private_endpoints.begin_delete("rg-network", "pe1", polling_interval=0)
    assert not poller.done()
    sim.release()
    await poller.wait()
    assert poller.status() == "Succeeded"


def test_strip_tags(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """Removing tags from many endpoints raises one write event for each changed endpoint."""
    put_endpoint(arm, "pe1", **{"clickhouse-services": "*", "team": "data"})
    put_endpoint(arm, "pe2", **{"Clickhouse-Services": "*"})
    put_endpoint(arm, "pe3", team="data")
    sim.subscribe(name="s", endpoint=webhook.url)
    assert sim.strip_tags("clickhouse-services") == [PE1, PE1.replace("pe1", "pe2")]
    assert sim.idle()
    assert sorted(webhook.subjects) == ["pe1", "pe2"]
    assert arm.get(PE1).json()["tags"] == {"team": "data"}
    assert "tags" not in arm.get(PE1.replace("pe1", "pe2")).json()


def test_strip_all_tags(sim: RunningSimulator, arm: httpx.Client) -> None:
    """Without names all tags are removed; with endpoints only theirs."""
    for name in ("pe1", "pe2"):
        put_endpoint(arm, name, team="data", env="prod")
    assert sim.strip_tags(endpoints=[PE1]) == [PE1]
    assert [len(one["tags"]) for one in sim.state()["azure"]["privateEndpoints"]] == [0, 2]

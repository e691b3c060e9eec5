"""Private endpoints that take their time to come and go, or fail."""

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


def shown(arm: httpx.Client, path: str = PE1) -> Any:
    """The properties of an endpoint, the same by GET and in every list."""
    got = arm.get(path).raise_for_status().json()
    for scope in (NETWORKS, f"{BASE}/providers/Microsoft.Network"):
        assert arm.get(f"{scope}/privateEndpoints").json()["value"] == [got]
    return got["properties"]


def test_succeeded(arm: httpx.Client) -> None:
    """Unless the world says otherwise an endpoint is made at once, and whole."""
    put_endpoint(arm)
    assert shown(arm)["provisioningState"] == "Succeeded"


def test_held_in_creation(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A creation that is held is accepted, and answers Updating without what is missing, until it is released."""
    sim.hold(creation="Updating", missing=EVERYTHING)
    made = arm.put(PE1, json=endpoint_body())
    assert made.status_code == 201
    properties = shown(arm)
    assert properties["provisioningState"] == "Updating"
    assert "resourceGuid" not in properties
    assert properties["networkInterfaces"] == []
    (connection,) = properties["manualPrivateLinkServiceConnections"]
    assert "privateLinkServiceConnectionState" not in connection["properties"]
    assert arm.get(f"{NETWORKS}/networkInterfaces").json()["value"] == []
    assert arm.get(made.headers["azure-asyncoperation"]).json() == {"status": "InProgress"}
    assert sim.release(PE1) == [PE1]
    assert arm.get(made.headers["azure-asyncoperation"]).json() == {"status": "Succeeded"}
    properties = shown(arm)
    assert properties["provisioningState"] == "Succeeded"
    assert properties["resourceGuid"]
    assert len(properties["networkInterfaces"]) == 1
    assert status_of(arm.get(PE1).json()) == "Pending"


def test_without_address(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A network interface can be there before its address is."""
    sim.hold(creation="Updating", missing=["privateIPAddress"])
    put_endpoint(arm)
    nic = shown(arm)["networkInterfaces"][0]["id"]
    (configuration,) = arm.get(nic).json()["properties"]["ipConfigurations"]
    assert "privateIPAddress" not in configuration["properties"]
    sim.release()
    (configuration,) = arm.get(nic).json()["properties"]["ipConfigurations"]
    assert configuration["properties"]["privateIPAddress"]


def test_failed(sim: RunningSimulator, arm: httpx.Client, cloud: httpx.Client) -> None:
    """A creation can fail: the endpoint is there as Failed, its operation too, and its connection goes its own way."""
    sim.hold(creation="Failed")
    made = arm.put(PE1, json=endpoint_body())
    assert shown(arm)["provisioningState"] == "Failed"
    assert arm.get(made.headers["azure-asyncoperation"]).json()["status"] == "Failed"
    register(cloud, shown(arm)["resourceGuid"], ANALYTICS)
    assert status_of(arm.get(PE1).json()) == "Approved"
    assert arm.delete(PE1).status_code == 202
    assert arm.get(PE1).status_code == 404


def test_held_in_deletion(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A deletion that is held is accepted, and GET still answers the endpoint, as Deleting, until it is released."""
    put_endpoint(arm)
    before = shown(arm)
    sim.hold(deletion=True)
    deleted = arm.delete(PE1)
    assert deleted.status_code == 202
    after = shown(arm)
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
    """An endpoint that is being made or deleted is not written to: 409."""
    put_endpoint(arm)
    sim.endpoint(PE1, provisioningState=state)
    refused = arm.put(PE1, json=endpoint_body())
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "AnotherOperationInProgress")


def test_events(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """The event is raised when a write or delete is accepted; another when it is done only where that is asked."""
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
    """One endpoint can be put into any state, and what is not named stays as it is."""
    put_endpoint(arm)
    sim.endpoint(PE1, provisioningState="Failed")
    sim.endpoint(PE1, missing=["resourceGuid"])
    assert shown(arm)["provisioningState"] == "Failed"
    assert "resourceGuid" not in shown(arm)
    state = sim.state()
    sim.reset(state)
    assert sim.state() == state


async def test_sdk_waits(sim: RunningSimulator, arm: httpx.Client, network: NetworkManagementClient) -> None:
    """Azure's own client polls the operation of a deletion until it is done."""
    put_endpoint(arm)
    sim.hold(deletion=True)
    poller = await network.private_endpoints.begin_delete("rg-network", "pe1", polling_interval=0)
    assert not poller.done()
    sim.release()
    await poller.wait()
    assert poller.status() == "Succeeded"


def test_strip_tags(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """A pipeline can strip tags from many endpoints at once: a write event for each that had them."""
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
    """Without names all tags go, and with endpoints only theirs."""
    for name in ("pe1", "pe2"):
        put_endpoint(arm, name, team="data", env="prod")
    assert sim.strip_tags(endpoints=[PE1]) == [PE1]
    assert [len(one["tags"]) for one in sim.state()["azure"]["privateEndpoints"]] == [0, 2]

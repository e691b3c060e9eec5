"""Performance with large worlds."""

import time

import httpx

from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.simulator.conftest import ALIAS, ANALYTICS, BASE, NETWORKS, VNET, status_of

MANY = 1000


def test_thousand_endpoints(sim: RunningSimulator, arm: httpx.Client, cloud: httpx.Client) -> None:
    """One PATCH approves a thousand endpoints, and lists return them, within two seconds."""
    world = demo()
    world["azure"]["virtualNetworks"][0]["subnets"][0]["prefix"] = "10.0.0.0/20"
    world["azure"]["privateEndpoints"] = [
        {
            "id": f"{NETWORKS}/privateEndpoints/pe{number}",
            "subnet": f"{VNET}/subnets/default",
            "privateLinkService": ALIAS,
            "resourceGuid": f"00000000-0000-4000-8000-{number:012d}",
        }
        for number in range(MANY)
    ]
    guids = [endpoint["resourceGuid"] for endpoint in world["azure"]["privateEndpoints"]]
    world["clickhouse"]["organization"]["privateEndpoints"] = [{"id": one, "region": "westus3"} for one in guids]
    sim.reset(world)
    start = time.perf_counter()
    cloud.patch(ANALYTICS, json={"privateEndpointIds": {"add": guids}}).raise_for_status()
    listed = arm.get(f"{BASE}/providers/Microsoft.Network/privateEndpoints").json()
    nics = arm.get(f"{BASE}/providers/Microsoft.Network/networkInterfaces").json()
    seconds = time.perf_counter() - start
    assert {status_of(endpoint) for endpoint in listed["value"]} == {"Approved"}
    assert len(nics["value"]) == MANY
    assert "nextLink" not in listed
    assert seconds < 2


def test_resets_are_fast(sim: RunningSimulator) -> None:
    """A reset to the demo world takes less than five milliseconds."""
    start = time.perf_counter()
    for _ in range(50):
        sim.reset()
    assert (time.perf_counter() - start) / 50 < 0.005

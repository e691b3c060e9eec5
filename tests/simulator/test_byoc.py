"""A BYOC service."""

import httpx

from simulator.client import RunningSimulator
from tests.simulator.conftest import KEY, ORGANIZATION, put_endpoint, register, status_of

SERVICE = f"{ORGANIZATION}/services/33333333-3333-4333-8333-333333333335"


def test_byoc_service(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A BYOC service has another host name suffix and its own Private Link service; it works like other services."""
    with httpx.Client(base_url=sim.url, auth=KEY, trust_env=False) as cloud:
        config = cloud.get(f"{SERVICE}/privateEndpointConfig").json()["result"]
        host, _, zone = config["privateDnsHostname"].partition(".")
        assert host
        assert zone == "privatelink.a1b2c3d4.westus3.azure.clickhouse-byoc.com"
        assert cloud.get(SERVICE).json()["result"]["byocId"] == "a1b2c3d4"
        created = put_endpoint(arm, alias=config["endpointServiceId"])
        register(cloud, created["properties"]["resourceGuid"], SERVICE)
    assert status_of(arm.get(created["id"]).json()) == "Approved"
    zones = [one["id"].rpartition("/")[2] for one in sim.state()["azure"]["privateDnsZones"]]
    assert zone in zones

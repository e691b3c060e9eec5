"""The world the story begins in: the simulator's own, and beside it what belongs to somebody else."""

from typing import Any

from simulator.worldfile import demo

type Json = dict[str, Any]

_DEMO = demo()

SUBSCRIPTION = f"/subscriptions/{_DEMO['azure']['subscriptions'][0]}"
NETWORK_GROUP, DNS_GROUP = "rg-network", "rg-dns"
NETWORKS = f"{SUBSCRIPTION}/resourceGroups/{NETWORK_GROUP}/providers/Microsoft.Network"
ZONES = f"{SUBSCRIPTION}/resourceGroups/{DNS_GROUP}/providers/Microsoft.Network/privateDnsZones"
VNET, SUBNET = "vnet-app", "default"
REGION = "westus3"
ZONE = f"{REGION}.privatelink.azure.clickhouse.cloud"

ORGANIZATION = _DEMO["clickhouse"]["organization"]["id"]
ALIAS = _DEMO["clickhouse"]["services"][0]["privateLinkService"]
SERVICE_IDS = {service["name"]: service["id"] for service in _DEMO["clickhouse"]["services"]}
APP_KEY = _DEMO["clickhouse"]["keys"][0]
# The console is not held to the limit of the app's key.
CONSOLE_KEY = {"id": "console", "secret": "console-secret", "role": "admin"}

AGENT = "demo-by-hand"  # tells the requests of people from those of the app

OWNER = "demo"
TAG = "clickhouse-services"
ENDPOINT = "pe-clickhouse"
BATCH = "pe-batch"
STRANGER = "pe-stranger"
STRANGERS_ALIAS = "somebody-elses-pls.0d5f5d4e-5a35-4d5c-9c51-1f0f6a1f6a11.westus3.azure.privatelinkservice"

_FOREIGN_ID = "fe0fe0fe-0000-4000-8000-000000000001"
_FOREIGN_ZONE = "eastus2.privatelink.azure.clickhouse.cloud"


def endpoint_id(name: str) -> str:
    return f"{NETWORKS}/privateEndpoints/{name}"


def first_world() -> Json:
    """The simulator's demo world with a registration and records that were made by hand, and are not ours."""
    world = demo()
    cloud, azure = world["clickhouse"], world["azure"]
    # Each service on Azure costs a call for its alias; two are enough for the story.
    cloud["services"] = [one for one in cloud["services"] if one["name"] != "sandbox"]
    cloud["keys"].append(CONSOLE_KEY)
    cloud["organization"]["privateEndpoints"].append(
        {"id": _FOREIGN_ID, "description": "data team, by hand", "cloudProvider": "azure", "region": REGION}
    )
    _service(world, "reporting")["privateEndpointIds"].append(_FOREIGN_ID)
    azure["privateDnsZones"][0]["records"].append({"name": "grafana", "addresses": ["10.0.9.9"]})
    azure["privateDnsZones"].append(
        {"id": f"{ZONES}/{_FOREIGN_ZONE}", "records": [{"name": "*", "addresses": ["10.9.0.4"]}]}
    )
    return world


def _service(world: Json, name: str) -> Json:
    services: list[Json] = world["clickhouse"]["services"]
    return next(service for service in services if service["name"] == name)

"""The state in which the demo starts: the simulator's demo world and some foreign objects."""

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
BYOC_SERVICE = next(service for service in _DEMO["clickhouse"]["services"] if "byocId" in service)
BYOC_ZONE = BYOC_SERVICE["privateDnsHostname"].partition(".")[2]
SERVICE_IDS = {service["name"]: service["id"] for service in _DEMO["clickhouse"]["services"]}
APP_KEY = _DEMO["clickhouse"]["keys"][0]
# The console does not share the rate limit of the app's key.
CONSOLE_KEY = {"id": "console", "secret": "console-secret", "role": "admin"}

AGENT = "demo-by-hand"  # distinguishes requests of people from those of the app

OWNER = "demo"
TAG = "clickhouse-services"
ENDPOINT = "pe-clickhouse"
BYOC_ENDPOINT = "pe-own-account"
FOREIGN_ENDPOINT = "pe-foreign-service"
FOREIGN_ALIAS = "another-organization.0d5f5d4e-5a35-4d5c-9c51-1f0f6a1f6a11.westus3.azure.privatelinkservice"

# The network team's deployment: hub and spoke, in a subscription of its own and with an API key of its own.
HUB_OWNER = "hub"
HUB_KEY = {"id": "hub-key", "secret": "hub-secret", "role": "admin"}
HUB_SUBSCRIPTION = "/subscriptions/44444444-4444-4444-4444-444444444444"
HUB_DNS_GROUP, SPOKE_GROUP = "rg-hub-dns", "rg-spokes"
SPOKE_NETWORKS = f"{HUB_SUBSCRIPTION}/resourceGroups/{SPOKE_GROUP}/providers/Microsoft.Network"
HUB_ZONE = f"{HUB_SUBSCRIPTION}/resourceGroups/{HUB_DNS_GROUP}/providers/Microsoft.Network/privateDnsZones/{ZONE}"
SPOKES = ("a", "b", "c")

_FOREIGN_ID = "fe0fe0fe-0000-4000-8000-000000000001"
_FOREIGN_ZONE = "eastus2.privatelink.azure.clickhouse.cloud"


def endpoint_id(name: str) -> str:
    return f"{NETWORKS}/privateEndpoints/{name}"


def spoke_id(spoke: str) -> str:
    """The private endpoint of a spoke."""
    return f"{SPOKE_NETWORKS}/privateEndpoints/pe-{spoke}"


def first_world() -> Json:
    """The simulator's demo world with a registration and records that were created by hand."""
    world = demo()
    cloud, azure = world["clickhouse"], world["azure"]
    # Each service on Azure costs a call for its alias.
    cloud["services"] = [one for one in cloud["services"] if one["name"] != "sandbox"]
    cloud["keys"] += [CONSOLE_KEY, HUB_KEY]
    cloud["organization"]["privateEndpoints"].append(
        {"id": _FOREIGN_ID, "description": "data team, by hand", "cloudProvider": "azure", "region": REGION}
    )
    _service(world, "reporting")["privateEndpointIds"].append(_FOREIGN_ID)
    azure["privateDnsZones"][0]["records"].append({"name": "grafana", "addresses": ["10.0.9.9"]})
    azure["privateDnsZones"].append(
        {"id": f"{ZONES}/{_FOREIGN_ZONE}", "records": [{"name": "*", "addresses": ["10.9.0.4"]}]}
    )
    _add_hub_and_spokes(azure)
    return world


def _add_hub_and_spokes(azure: Json) -> None:
    """A virtual network for each spoke, and a zone that only the hub is linked to."""
    azure["subscriptions"].append(HUB_SUBSCRIPTION.rpartition("/")[2])
    azure["resourceGroups"] += [f"{HUB_SUBSCRIPTION}/resourceGroups/{group}" for group in (HUB_DNS_GROUP, SPOKE_GROUP)]
    networks = [f"{SPOKE_NETWORKS}/virtualNetworks/vnet-{name}" for name in ("hub", *SPOKES)]
    azure["virtualNetworks"] += [
        {
            "id": network,
            "location": REGION,
            "addressPrefix": f"10.{number}.0.0/16",
            "subnets": [{"name": SUBNET, "prefix": f"10.{number}.1.0/24"}],
        }
        for number, network in enumerate(networks, 20)
    ]
    link = {"name": "vnet-hub", "virtualNetwork": networks[0]}
    azure["privateDnsZones"].append({"id": HUB_ZONE, "links": [link], "records": []})


def _service(world: Json, name: str) -> Json:
    services: list[Json] = world["clickhouse"]["services"]
    return next(service for service in services if service["name"] == name)

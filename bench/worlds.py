"""The simulated worlds of the figures, with a given number of endpoints, networks, zones and services."""

from copy import deepcopy
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID

from shared.domain.model.ids import Kind, ResourceId
from shared.domain.ownership.marks import record_metadata, registration_mark
from simulator.azure.events import change

type Json = dict[str, Any]

OWNER = "bench"
KEY, SECRET = "bench-key", "bench-secret"
ORGANIZATION = str(UUID(int=1))
REGION = "westus3"
ZONE = f"{REGION}.privatelink.azure.clickhouse.cloud"
ALIAS = f"production-{REGION}-0-0.{UUID(int=3)}.{REGION}.azure.privatelinkservice"
_FIRST_SUBSCRIPTION = 1 << 16
STORAGE = (
    f"/subscriptions/{UUID(int=_FIRST_SUBSCRIPTION)}/resourceGroups/data"
    "/providers/Microsoft.Storage/storageAccounts/lake"
)
TAG = "clickhouse-services"

_FIRST_GUID, _FIRST_SERVICE = 1 << 64, 1 << 32
_FIRST_ADDRESS = IPv4Address("10.0.0.8")


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a world. Every network has its own zone, which is linked to it.

    `selects`: the number of services that each endpoint selects, None for all. `shares`: the number of processes
    that share the endpoints. `subscriptions`: the number of subscriptions. `foreign`: endpoints of other services,
    without the tag.
    """

    endpoints: int
    services: int = 1
    per_network: int = 1
    selects: int | None = None
    shares: int = 1
    subscriptions: int = 1
    foreign: bool = False

    @property
    def networks(self) -> int:
        return -(-self.endpoints // self.per_network)

    def chosen(self, endpoint: int) -> list[int]:
        """The numbers of the services that an endpoint selects."""
        if self.selects is None:
            return list(range(self.services))
        return sorted({(endpoint * self.selects + n) % self.services for n in range(self.selects)})

    def tag(self, endpoint: int) -> str:
        return "*" if self.selects is None else ",".join(map(service_id, self.chosen(endpoint)))


def subscription(number: int) -> str:
    return str(UUID(int=_FIRST_SUBSCRIPTION + number))


def share_prefix(share: int, subscription_number: int = 0) -> str:
    """The common prefix of the ids of the endpoints of one share (in one subscription)."""
    return f"/subscriptions/{subscription(subscription_number)}/resourceGroups/share-{share}-"


def endpoint_id(shape: Shape, number: int) -> str:
    return f"{_network_group(shape, number)}/providers/{Kind.PRIVATE_ENDPOINT.value}/pe-{number:05d}"


def endpoint_ids(shape: Shape) -> list[str]:
    return [endpoint_id(shape, number) for number in range(shape.endpoints)]


def guid_of(number: int) -> str:
    return str(UUID(int=_FIRST_GUID + number))


def address_of(shape: Shape, number: int) -> str:
    return str(_FIRST_ADDRESS + number % shape.per_network)


def service_id(number: int) -> str:
    return str(UUID(int=_FIRST_SERVICE + number))


def event(endpoint: str, verb: str = "write") -> Json:
    """The event of a private endpoint that was written or deleted."""
    return change(endpoint, Kind.PRIVATE_ENDPOINT.value, verb, str(UUID(int=0)))


def fresh(shape: Shape) -> Json:
    """A world with endpoints that are not connected."""
    return {
        "clickhouse": {
            "organization": {"id": ORGANIZATION, "name": "bench"},
            "keys": [{"id": KEY, "secret": SECRET}],
            "services": [_service(number) for number in range(shape.services)],
        },
        "azure": {
            "subscriptions": [subscription(number) for number in range(shape.subscriptions)],
            "virtualNetworks": [_network(shape, first) for first in _firsts(shape)],
            "privateDnsZones": [] if shape.foreign else [_zone(shape, first) for first in _firsts(shape)],
            "privateEndpoints": [_endpoint(shape, number) for number in range(shape.endpoints)],
        },
    }


def connected(shape: Shape) -> Json:
    """The same world with all endpoints connected."""
    world = deepcopy(fresh(shape))
    cloud, azure = world["clickhouse"], world["azure"]
    cloud["organization"]["privateEndpoints"] = [_registration(shape, n) for n in range(shape.endpoints)]
    for number in range(shape.endpoints):
        for service in shape.chosen(number):
            cloud["services"][service].setdefault("privateEndpointIds", []).append(guid_of(number))
    for first, zone in zip(_firsts(shape), azure["privateDnsZones"], strict=True):
        zone["records"] = [_wildcard(shape, first)]
    return world


def without_endpoints(world: Json) -> Json:
    """The same world after the deletion of all endpoints."""
    return {**world, "azure": {**world["azure"], "privateEndpoints": []}}


def _firsts(shape: Shape) -> range:
    """The first endpoint of each network."""
    return range(0, shape.endpoints, shape.per_network)


def _network_group(shape: Shape, number: int) -> str:
    network = number // shape.per_network
    return f"{share_prefix(network % shape.shares, network % shape.subscriptions)}{network:05d}"


def _network_id(shape: Shape, number: int) -> str:
    return f"{_network_group(shape, number)}/providers/{Kind.VIRTUAL_NETWORK.value}/vnet"


def _network(shape: Shape, first: int) -> Json:
    subnet = {"name": "default", "prefix": "10.0.0.0/20"}
    return {"id": _network_id(shape, first), "addressPrefix": "10.0.0.0/16", "subnets": [subnet]}


def _zone(shape: Shape, first: int) -> Json:
    links = [{"name": "vnet", "virtualNetwork": _network_id(shape, first)}]
    return {"id": f"{_network_group(shape, first)}/providers/{Kind.ZONE.value}/{ZONE}", "links": links}


def _endpoint(shape: Shape, number: int) -> Json:
    return {
        "id": endpoint_id(shape, number),
        "subnet": f"{_network_id(shape, number)}/subnets/default",
        "privateLinkService": STORAGE if shape.foreign else ALIAS,
        "tags": {} if shape.foreign else {TAG: shape.tag(number)},
        "resourceGuid": guid_of(number),
        "address": address_of(shape, number),
        "manual": not shape.foreign,
    }


def _service(number: int) -> Json:
    return {
        "id": service_id(number),
        "name": f"service-{number:03d}",
        "region": REGION,
        "privateLinkService": ALIAS,
        "privateDnsHostname": f"s{number:09d}.{ZONE}",
    }


def _registration(shape: Shape, number: int) -> Json:
    described = registration_mark(OWNER, ResourceId.parse(endpoint_id(shape, number), Kind.PRIVATE_ENDPOINT))
    return {"id": guid_of(number), "description": described, "cloudProvider": "azure", "region": REGION}


def _wildcard(shape: Shape, first: int) -> Json:
    """The wildcard record of a network's zone, with the address of the first endpoint."""
    holder = ResourceId.parse(endpoint_id(shape, first), Kind.PRIVATE_ENDPOINT)
    address = address_of(shape, first)
    metadata = record_metadata(OWNER, {address: holder}, {})
    return {"name": "*", "ttl": 300, "addresses": [address], "metadata": metadata}

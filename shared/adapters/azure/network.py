"""Private endpoints and network interfaces, through azure-mgmt-network.

Responses are read by key: `resourceGuid` is on the wire, but the API does not declare it, so that the models have
no attribute for it.

A single endpoint is read without the SDK, by the same request (tests/adapters/test_azure_sdk_contract.py compares
them): most events are about endpoints of other services, and importing the SDK takes longer than reading them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from shared.adapters.azure.clients import ArmClients, Listing, ask, ask_or_absent, every, parsed
from shared.adapters.json_fields import PARSE_ERRORS, optional_list, optional_str
from shared.adapters.retry import Budget
from shared.domain.model.ids import Kind, ResourceId, Scope, virtual_network_of
from shared.domain.model.resources import Connection, Endpoint, NotFound, is_ipv4

# The API version of azure-mgmt-network 33.
API_VERSION = "2026-03-01"

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AzureNetwork:
    """The port `Network` over ARM."""

    clients: ArmClients
    budget: Budget

    async def endpoint(self, endpoint: ResourceId) -> Endpoint | NotFound:
        async def get() -> Endpoint:
            return parsed(endpoint_from, await self.clients.get(str(endpoint), {"api-version": API_VERSION}))

        return await ask_or_absent(self.budget.for_one_read(), f"reading private endpoint {endpoint}", get)

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]:
        async def listed() -> list[Endpoint | None]:
            return await every(legible, await list_endpoints(self.clients, scope))

        what = f"listing the private endpoints of {scope}"
        return tuple(filter(None, await ask(self.budget.for_one_read(), what, listed)))

    async def addresses(self, interface: ResourceId) -> tuple[str, ...] | NotFound:
        async def get() -> tuple[str, ...]:
            operations = (await self.clients.network(interface.subscription)).network_interfaces
            return parsed(addresses_from, await operations.get(interface.resource_group, interface.name))

        return await ask_or_absent(self.budget.for_one_read(), f"reading network interface {interface}", get)

    async def addresses_in(self, scope: Scope) -> Mapping[ResourceId, tuple[str, ...]]:
        async def listed() -> list[tuple[ResourceId | None, tuple[str, ...]]]:
            return await every(_interface, await list_interfaces(self.clients, scope))

        what = f"listing the network interfaces of {scope}"
        interfaces = await ask(self.budget.for_one_read(), what, listed)
        return MappingProxyType({interface: addresses for interface, addresses in interfaces if interface})


async def list_endpoints(clients: ArmClients, scope: Scope) -> Listing:
    operations, group = (await clients.network(scope.subscription)).private_endpoints, scope.resource_group
    return partial(operations.list, group) if group else operations.list_by_subscription


async def list_interfaces(clients: ArmClients, scope: Scope) -> Listing:
    operations, group = (await clients.network(scope.subscription)).network_interfaces, scope.resource_group
    return partial(operations.list, group) if group else operations.list_all


def endpoint_from(json: Json) -> Endpoint:
    """A private endpoint from ARM's JSON."""
    properties = json.get("properties") or {}
    subnet = (properties.get("subnet") or {}).get("id")
    return Endpoint(
        id=ResourceId.parse(json["id"], Kind.PRIVATE_ENDPOINT),
        arm_id=json["id"],
        guid=optional_str(properties.get("resourceGuid")).lower(),
        tags=MappingProxyType({key.lower(): optional_str(value) for key, value in (json.get("tags") or {}).items()}),
        network=virtual_network_of(subnet) if subnet else None,
        connections=_connections(properties),
        interfaces=_interfaces(properties),
        addresses=_own_addresses(properties),
        state=optional_str(properties.get("provisioningState")).capitalize(),
    )


def addresses_from(json: Json) -> tuple[str, ...]:
    """The private IPv4 addresses of a network interface, from ARM's JSON."""
    configurations = optional_list((json.get("properties") or {}).get("ipConfigurations"))
    return _ipv4([(item.get("properties") or {}).get("privateIPAddress") for item in configurations])


def legible(json: Json) -> Endpoint | None:
    """An endpoint of a list; None for one of an unexpected form. An endpoint with a mark is then read by its id."""
    try:
        return endpoint_from(json)
    except PARSE_ERRORS:
        return None


def _interface(json: Json) -> tuple[ResourceId | None, tuple[str, ...]]:
    """The id and addresses of an interface; no id for those of scale sets, which private endpoints do not have."""
    return ResourceId.find(json["id"], Kind.NETWORK_INTERFACE), addresses_from(json)


def _connections(properties: Json) -> tuple[Connection, ...]:
    """The connections of both arrays: those by alias need approval, so they are among the manual ones."""
    arrays = ("manualPrivateLinkServiceConnections", "privateLinkServiceConnections")
    connections = [item.get("properties") or {} for name in arrays for item in optional_list(properties.get(name))]
    return tuple(
        Connection(
            target=optional_str(item.get("privateLinkServiceId")),
            status=optional_str((item.get("privateLinkServiceConnectionState") or {}).get("status")),
        )
        for item in connections
    )


def _interfaces(properties: Json) -> tuple[ResourceId, ...]:
    ids = [item.get("id") for item in optional_list(properties.get("networkInterfaces"))]
    return tuple(ResourceId.parse(text, Kind.NETWORK_INTERFACE) for text in ids if text)


def _own_addresses(properties: Json) -> tuple[str, ...]:
    """The addresses on the endpoint itself, for one without an interface."""
    if properties.get("networkInterfaces"):
        return ()
    static = [item.get("properties") or {} for item in optional_list(properties.get("ipConfigurations"))]
    custom = [
        address
        for item in optional_list(properties.get("customDnsConfigs"))
        for address in optional_list(item.get("ipAddresses"))
    ]
    return _ipv4([*(item.get("privateIPAddress") for item in static), *custom])


def _ipv4(values: list[Any]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if isinstance(value, str) and is_ipv4(value)}))

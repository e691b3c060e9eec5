"""Private endpoints and network interfaces, in ARM's JSON.

Not in azure-mgmt-network's models: they do not have `resourceGuid`, which is on the wire but not in the
API's description, and to make them would be most of the work of a long list. Which requests its
operations would send, and that ours are the same, is held fast in tests/edges/test_sdk_contract.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from types import MappingProxyType
from typing import Any

from shared.adapters.arm import ArmClients, Json, ask, ask_or_absent
from shared.adapters.retrying import Budget
from shared.adapters.shapes import MISSHAPEN, items, text
from shared.domain.errors import PermanentError
from shared.domain.ids import BadIdError, Kind, ResourceId, Scope, virtual_network_of
from shared.domain.model import Absent, Connection, Endpoint

API_VERSION = "2026-03-01"


@dataclass(frozen=True, slots=True)
class AzureNetwork:
    """The port `Network` over ARM."""

    clients: ArmClients
    budget: Budget

    async def endpoint(self, endpoint: ResourceId) -> Endpoint | Absent:
        return await ask_or_absent(
            self.budget.for_one_read(),
            f"reading private endpoint {endpoint}",
            lambda: self.clients.network.get(str(endpoint), API_VERSION),
            endpoint_from,
        )

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]:
        return await ask(
            self.budget.for_one_read(),
            f"listing the private endpoints of {scope}",
            lambda: self._listed(scope, Kind.PRIVATE_ENDPOINT),
            lambda told: tuple(endpoint for one in told if (endpoint := _legible(one))),
        )

    async def addresses(self, interface: ResourceId) -> tuple[str, ...] | Absent:
        return await ask_or_absent(
            self.budget.for_one_read(),
            f"reading network interface {interface}",
            lambda: self.clients.network.get(str(interface), API_VERSION),
            addresses_from,
        )

    async def addresses_in(self, scope: Scope) -> Mapping[ResourceId, tuple[str, ...]]:
        return await ask(
            self.budget.for_one_read(),
            f"listing the network interfaces of {scope}",
            lambda: self._listed(scope, Kind.NETWORK_INTERFACE),
            _all_addresses,
        )

    async def _listed(self, scope: Scope, kind: Kind) -> list[Json]:
        return await self.clients.network.pages(f"{scope}/providers/{kind.value}", API_VERSION)


def endpoint_from(json: Json) -> Endpoint:
    """A private endpoint from ARM's JSON. Raises PermanentError if that lacks what an endpoint has."""
    try:
        return _endpoint(json)
    except MISSHAPEN as error:
        at = json.get("id") if isinstance(json, Mapping) else json
        raise PermanentError(
            f"private endpoint {at!r}: ARM tells it in no form we know ({error!r})"
        ) from error


def _endpoint(json: Json) -> Endpoint:
    properties = json.get("properties") or {}
    return Endpoint(
        id=ResourceId.parse(json["id"], Kind.PRIVATE_ENDPOINT),
        arm_id=json["id"],
        guid=text(properties.get("resourceGuid")).lower(),
        tags=MappingProxyType({key.lower(): text(value) for key, value in (json.get("tags") or {}).items()}),
        network=_network(properties.get("subnet") or {}),
        connections=_connections(properties),
        interfaces=_interfaces(properties),
        addresses=_own_addresses(properties),
        state=text(properties.get("provisioningState")).capitalize(),
    )


def addresses_from(json: Json) -> tuple[str, ...]:
    """The private IPv4 addresses of a network interface, from ARM's JSON."""
    configurations = items((json.get("properties") or {}).get("ipConfigurations"))
    return _ipv4([(one.get("properties") or {}).get("privateIPAddress") for one in configurations])


def _all_addresses(listed: list[Json]) -> Mapping[ResourceId, tuple[str, ...]]:
    told = ((_interface(one["id"]), addresses_from(one)) for one in listed)
    return MappingProxyType({interface: addresses for interface, addresses in told if interface})


def _legible(json: Json) -> Endpoint | None:
    """The endpoint, or None: one that a list tells illegibly is read by itself if we own something of it."""
    try:
        return endpoint_from(json)
    except PermanentError:
        return None


def _interface(text: str) -> ResourceId | None:
    """The id; None for an interface of another form (scale sets have some), which no endpoint has."""
    try:
        return ResourceId.parse(text, Kind.NETWORK_INTERFACE)
    except BadIdError:
        return None


def _network(subnet: Json) -> ResourceId | None:
    return virtual_network_of(subnet["id"]) if subnet.get("id") else None


def _connections(properties: Json) -> tuple[Connection, ...]:
    """Both arrays: connections by alias need approval, so they are among the manual ones."""
    arrays = ("manualPrivateLinkServiceConnections", "privateLinkServiceConnections")
    told = [one.get("properties") or {} for array in arrays for one in items(properties.get(array))]
    return tuple(
        Connection(
            target=text(one.get("privateLinkServiceId")),
            status=text((one.get("privateLinkServiceConnectionState") or {}).get("status")),
        )
        for one in told
    )


def _interfaces(properties: Json) -> tuple[ResourceId, ...]:
    told = [one.get("id") for one in items(properties.get("networkInterfaces"))]
    return tuple(ResourceId.parse(one, Kind.NETWORK_INTERFACE) for one in told if one)


def _own_addresses(properties: Json) -> tuple[str, ...]:
    """Addresses on the endpoint itself: none for Private Link service targets, as far as is known."""
    if properties.get("networkInterfaces"):
        return ()
    static = [one.get("properties") or {} for one in items(properties.get("ipConfigurations"))]
    custom = [
        address
        for one in items(properties.get("customDnsConfigs"))
        for address in items(one.get("ipAddresses"))
    ]
    return _ipv4([*(one.get("privateIPAddress") for one in static), *custom])


def _ipv4(told: list[Any]) -> tuple[str, ...]:
    return tuple(sorted({address for address in told if isinstance(address, str) and _is_ipv4(address)}))


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True

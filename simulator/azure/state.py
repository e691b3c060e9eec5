"""The resources of the simulated Azure, by lower-case id."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulator import world
from simulator.azure.addresses import AddressBook
from simulator.azure.paths import group_of
from simulator.schema import guid


@dataclass
class Zone:
    """A private DNS zone with its links and record sets, which are deleted with it."""

    zone: world.Zone
    links: dict[str, world.Link] = field(default_factory=dict)
    records: dict[str, world.RecordSet] = field(default_factory=dict)
    aliases: dict[str, world.Alias] = field(default_factory=dict)

    def dump(self) -> world.Zone:
        nested = {
            "links": tuple(self.links.values()),
            "records": tuple(self.records.values()),
            "aliases": tuple(self.aliases.values()),
        }
        return self.zone.model_copy(update=nested)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on an endpoint that a client can poll."""

    endpoint: str
    kind: Literal["creation", "deletion"]


class State:
    """The resources of a world. Subscriptions and resource groups in ids exist without being listed."""

    def __init__(self, start: world.Azure) -> None:
        self.subscriptions = {name.lower(): name for name in start.subscriptions}
        self.groups: dict[str, str] = {}
        self.networks = {n.id.lower(): n for n in start.virtual_networks}
        self.zones = {z.id.lower(): _zone(z) for z in start.private_dns_zones}
        self.endpoints: dict[str, world.PrivateEndpoint] = {}
        self.nics: dict[str, str] = {}
        self.denied, self.locks, self.hold = start.denied, start.locks, start.hold
        self.bad_metadata_names = start.bad_metadata_names
        self.operations: dict[str, Operation] = {}
        self.page_size = start.page_size
        self.addresses = AddressBook()
        self._add_scopes(start)
        self._add_endpoints(start.private_endpoints)

    def has(self, key: str) -> bool:
        """Return whether a resource with this lower-case id exists."""
        return key in self.networks or key in self.zones or key in self.endpoints or key in self.nics

    def dump(self) -> world.Azure:
        return world.Azure(
            subscriptions=tuple(self.subscriptions.values()),
            resource_groups=tuple(self.groups.values()),
            virtual_networks=tuple(self.networks.values()),
            private_dns_zones=tuple(zone.dump() for zone in self.zones.values()),
            private_endpoints=tuple(self.endpoints.values()),
            denied=self.denied,
            locks=self.locks,
            hold=self.hold,
            bad_metadata_names=self.bad_metadata_names,
            page_size=self.page_size,
        )

    def subnet(self, subnet_id: str) -> world.Subnet | None:
        network_id, _, name = subnet_id.lower().rpartition("/subnets/")
        network = self.networks.get(network_id)
        return next((s for s in network.subnets if s.name.lower() == name), None) if network else None

    def store_endpoint(self, endpoint: world.PrivateEndpoint) -> world.PrivateEndpoint:
        """Store an endpoint. A new one gets a network interface and an address."""
        nic = endpoint.network_interface or _nic_id(endpoint)
        stored = endpoint.model_copy(
            update={"network_interface": nic, "address": endpoint.address or self._address(endpoint)}
        )
        self.addresses.take(stored.subnet, stored.address or "")
        self.endpoints[endpoint.id.lower()] = stored
        self.nics[nic.lower()] = endpoint.id.lower()
        return stored

    def move_endpoint(self, key: str, address: str) -> world.PrivateEndpoint:
        """Change the address of an endpoint's network interface."""
        endpoint = self.endpoints[key]
        self.addresses.release(endpoint.subnet, endpoint.address or "")
        return self.store_endpoint(endpoint.model_copy(update={"address": address, "etag": guid()}))

    def drop_endpoint(self, key: str) -> None:
        endpoint = self.endpoints.pop(key)
        self.addresses.release(endpoint.subnet, endpoint.address or "")
        if endpoint.network_interface:
            self.nics.pop(endpoint.network_interface.lower(), None)

    def settle(self, access: Mapping[str, frozenset[str]]) -> None:
        """Set the status of each connection from the allow lists of its Private Link service.

        `access` maps each alias to the allowed ids, all in lower case.
        """
        for key, endpoint in self.endpoints.items():
            status = _connection_status(endpoint, access.get(endpoint.private_link_service.lower()))
            if status != endpoint.connection:
                self.endpoints[key] = endpoint.model_copy(update={"connection": status, "etag": guid()})

    def _add_scopes(self, start: world.Azure) -> None:
        for arm_id in (*start.resource_groups, *_ids(start)):
            subscription = arm_id.split("/")[2]
            self.subscriptions.setdefault(subscription.lower(), subscription)
            group = group_of(arm_id)
            if group:
                self.groups.setdefault(group.lower(), group)

    def _add_endpoints(self, endpoints: tuple[world.PrivateEndpoint, ...]) -> None:
        for endpoint in endpoints:
            if endpoint.address:
                self.addresses.take(endpoint.subnet, endpoint.address)
        for endpoint in endpoints:
            self.store_endpoint(endpoint)

    def _address(self, endpoint: world.PrivateEndpoint) -> str:
        subnet = self.subnet(endpoint.subnet)
        if subnet is None:
            raise LookupError(endpoint.subnet)
        return self.addresses.allocate(endpoint.subnet, subnet.prefix)


def _ids(start: world.Azure) -> Iterator[str]:
    yield from (n.id for n in start.virtual_networks)
    yield from (z.id for z in start.private_dns_zones)
    yield from (e.id for e in start.private_endpoints)


def _zone(start: world.Zone) -> Zone:
    links = {link.name.lower(): link for link in start.links}
    records = {record.name.lower(): record for record in start.records}
    aliases = {alias.name.lower(): alias for alias in start.aliases}
    return Zone(start.model_copy(update={"links": (), "records": (), "aliases": ()}), links, records, aliases)


def _nic_id(endpoint: world.PrivateEndpoint) -> str:
    name = endpoint.custom_network_interface_name or f"{endpoint.id.rsplit('/', 1)[1]}.nic.{endpoint.resource_guid}"
    return f"{group_of(endpoint.id)}/providers/Microsoft.Network/networkInterfaces/{name}"


def _connection_status(endpoint: world.PrivateEndpoint, allowed: frozenset[str] | None) -> world.ConnectionStatus:
    """Return the status of a connection. A known service is one of the simulated organization.

    | pinned | known service | id is allowed | current  | new       |
    |--------|---------------|---------------|----------|-----------|
    | yes    | any           | any           | any      | unchanged |
    | no     | no            | any           | any      | unchanged |
    | no     | yes           | yes           | any      | Approved  |
    | no     | yes           | no            | Approved | Rejected  |
    | no     | yes           | no            | other    | unchanged |
    """
    if endpoint.pinned or allowed is None:
        return endpoint.connection
    if endpoint.resource_guid.lower() in allowed or endpoint.id.lower() in allowed:
        return "Approved"
    return "Rejected" if endpoint.connection == "Approved" else endpoint.connection

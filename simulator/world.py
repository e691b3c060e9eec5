"""The models of world files, which describe Azure and ClickHouse Cloud (see `worldfile`).

The simulator's state uses the same frozen models, so `POST /_sim/reset` accepts the result of
`GET /_sim/state`.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simulator.clickhouse.model import (
    ClickHouse,
    IpAccess,
    Key,
    Organization,
    Provider,
    Region,
    Registration,
    Role,
    Service,
    ServiceState,
    ServiceTag,
    Switches,
    read_roles,
)
from simulator.schema import Address, ArmId, Cidr, Guid, Model, guid

__all__ = [
    "Alias",
    "Azure",
    "ClickHouse",
    "ConnectionStatus",
    "Denial",
    "Hold",
    "IpAccess",
    "Key",
    "Link",
    "Lock",
    "Organization",
    "Pairs",
    "Part",
    "PrivateEndpoint",
    "Provider",
    "ProvisioningState",
    "RecordSet",
    "Region",
    "Registration",
    "Role",
    "Service",
    "ServiceState",
    "ServiceTag",
    "Subnet",
    "Switches",
    "VirtualNetwork",
    "World",
    "Zone",
    "read_roles",
    "read_scope",
]

type ProvisioningState = Literal["Succeeded", "Updating", "Deleting", "Failed"]
type Part = Literal["resourceGuid", "networkInterfaces", "privateIPAddress", "connectionState"]
type ConnectionStatus = Literal["Pending", "Approved", "Rejected", "Disconnected"]


def read_scope(value: Any) -> Any:
    return {"scope": value} if isinstance(value, str) else value


type Pairs = dict[str, str]


class Subnet(Model):
    name: str
    prefix: Cidr


class VirtualNetwork(Model):
    id: ArmId
    location: str = "westus3"
    address_prefix: Cidr = "10.0.0.0/16"
    subnets: tuple[Subnet, ...] = ()
    tags: Pairs = Field(default_factory=dict)
    etag: str = Field(default_factory=guid)


class PrivateEndpoint(Model):
    """A private endpoint with its one connection and its one network interface."""

    id: ArmId
    location: str = "westus3"
    subnet: ArmId
    private_link_service: str
    tags: Pairs = Field(default_factory=dict)
    resource_guid: str = Field(default_factory=guid)
    address: Address | None = None
    connection: ConnectionStatus = "Pending"
    pinned: bool = False
    provisioning_state: ProvisioningState = "Succeeded"
    missing: tuple[Part, ...] = ()
    """The parts that Azure does not return yet."""
    manual: bool = True
    connection_name: str | None = None
    request_message: str = ""
    group_ids: tuple[str, ...] = ()
    network_interface: ArmId | None = None
    custom_network_interface_name: str = ""
    ip_configurations: tuple[dict[str, Any], ...] = ()
    etag: str = Field(default_factory=guid)


class Link(Model):
    name: str
    virtual_network: ArmId
    registration_enabled: bool = False
    tags: Pairs = Field(default_factory=dict)
    etag: str = Field(default_factory=guid)


class RecordSet(Model):
    name: str
    ttl: int = 3600
    addresses: tuple[Address, ...] = ()
    metadata: Pairs = Field(default_factory=dict)
    etag: str = Field(default_factory=guid)


class Alias(Model):
    """A record set of type CNAME."""

    name: str
    cname: Annotated[str, Field(min_length=1)]
    ttl: int = 3600
    etag: str = Field(default_factory=guid)


class Zone(Model):
    id: ArmId
    links: tuple[Link, ...] = ()
    records: tuple[RecordSet, ...] = ()
    aliases: tuple[Alias, ...] = ()
    tags: Pairs = Field(default_factory=dict)
    etag: str = Field(default_factory=guid)


class Denial(Model):
    """A scope that the caller cannot read or write, optionally only for resource types that contain `type`."""

    scope: ArmId
    type: str = ""
    access: Literal["all", "read", "write"] = "all"


class Lock(Model):
    """A management lock on a resource, a resource group or a subscription, and everything in it."""

    scope: ArmId
    level: Literal["ReadOnly", "CanNotDelete"] = "ReadOnly"


class Hold(Model):
    """Whether creations stay incomplete (without `missing`), and whether deletions stay in progress."""

    creation: Literal["Updating", "Failed"] | None = None
    missing: tuple[Part, ...] = ()
    deletion: bool = False


class Azure(Model):
    subscriptions: tuple[Guid, ...] = ()
    resource_groups: tuple[ArmId, ...] = ()
    virtual_networks: tuple[VirtualNetwork, ...] = ()
    private_dns_zones: tuple[Zone, ...] = ()
    private_endpoints: tuple[PrivateEndpoint, ...] = ()
    denied: tuple[Annotated[Denial, BeforeValidator(read_scope)], ...] = ()
    locks: tuple[Annotated[Lock, BeforeValidator(read_scope)], ...] = ()
    hold: Hold = Hold()
    bad_metadata_names: Literal["refuse", "drop"] = "refuse"
    page_size: Annotated[int, Field(ge=1)] = 1000


class World(Model):
    clickhouse: ClickHouse
    azure: Azure = Azure()

"""What exists in Azure and ClickHouse Cloud, in a form that can be written by hand (see `worldfile`).

The same frozen models are the simulator's state, so `GET /_sim/state` answers with a world that can be
given back to `POST /_sim/reset`.
"""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from simulator.schema import Address, ArmId, Cidr, Guid, Model, Source, guid

type Provider = Literal["gcp", "aws", "azure"]
type Region = Literal[
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-west-1", "eu-west-2", "il-central-1", "us-east-1", "us-east-2", "us-west-2",
    "us-east1", "us-central1", "europe-west2", "europe-west4", "asia-southeast1", "asia-northeast1",
    "eastus", "eastus2", "westus3", "germanywestcentral", "centralus",
]  # fmt: skip
type ServiceState = Literal[
    "starting", "stopping", "terminating", "softdeleting", "awaking", "partially_running", "provisioning",
    "running", "stopped", "terminated", "softdeleted", "degraded", "failed", "idle",
]  # fmt: skip
type ConnectionStatus = Literal["Pending", "Approved", "Rejected", "Disconnected"]


def read_denial(value: Any) -> Any:
    return {"scope": value} if isinstance(value, str) else value


def read_roles(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


type TagText = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=256)]
type Pairs = dict[str, str]


class IpAccess(Model):
    source: Source
    description: str = ""


class Registration(Model):
    """A private endpoint known to the organization; no description at all where the API dropped it."""

    id: Annotated[str, Field(min_length=1)]
    description: str | None = ""
    cloud_provider: Provider = "azure"
    region: Region


class Organization(Model):
    id: Guid
    name: str
    private_endpoints: tuple[Registration, ...] = ()
    created_at: str = "2025-01-01T00:00:00Z"


class Role(Model):
    """A role that the organization defined itself; without `services` it holds for all of them."""

    name: Annotated[str, Field(min_length=1)]
    permissions: tuple[Annotated[str, Field(pattern=r"^(organization|service):[a-z-]+$")], ...] = ()
    services: tuple[Guid, ...] | None = None


class Key(Model):
    """An API key. Without `ip_access_list` it may be used from anywhere, with an empty one from nowhere."""

    id: str
    secret: str
    name: str | None = None
    role: Annotated[tuple[str, ...], BeforeValidator(read_roles)] = ("Admin",)
    state: Literal["enabled", "disabled"] = "enabled"
    expire_at: AwareDatetime | None = None
    ip_access_list: tuple[IpAccess, ...] | None = None


class ServiceTag(Model):
    key: Annotated[TagText, Field(min_length=1, max_length=128)]
    value: TagText | None = None


class Service(Model):
    id: Guid
    name: Annotated[str, Field(min_length=1, max_length=50)]
    provider: Provider = "azure"
    region: Region
    state: ServiceState = "running"
    tags: tuple[ServiceTag, ...] = ()
    private_endpoint_ids: tuple[str, ...] = ()
    private_link_service: str
    private_dns_hostname: str
    ip_access_list: tuple[IpAccess, ...] = ()
    created_at: str = "2025-01-01T00:00:00Z"
    config_status: Literal[400, 403, 404] | None = None
    """What a service without Private Link answers when it is asked for its private endpoint configuration."""
    omits: tuple[str, ...] = ()
    """Keys that the API leaves out of this service."""


class Switches(Model):
    """How the ClickHouse side behaves where reality is unknown or differs between accounts."""

    refuse_organization_add: bool = False
    tolerate_absent_registration: bool = False
    refuse_absent_entry: bool = False
    require_registration: bool = False
    refuse_idle: bool = False
    hide_whoami: bool = False
    description: Annotated[str, Field(pattern=r"^(keep|drop|truncate:\d+)$")] = "keep"
    rate_limit: Annotated[str, Field(pattern=r"^(off|[1-9]\d*/\d+(\.\d+)?)$")] | None = None


class ClickHouse(Model):
    organization: Organization
    roles: tuple[Role, ...] = ()
    keys: tuple[Key, ...] = ()
    services: tuple[Service, ...] = ()
    switches: Switches = Switches()


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


class Zone(Model):
    id: ArmId
    links: tuple[Link, ...] = ()
    records: tuple[RecordSet, ...] = ()
    tags: Pairs = Field(default_factory=dict)
    etag: str = Field(default_factory=guid)


class Denial(Model):
    """A scope the caller may not read or write, perhaps for one resource type (a part of its name) only."""

    scope: ArmId
    type: str = ""
    access: Literal["all", "read", "write"] = "all"


class Azure(Model):
    subscriptions: tuple[Guid, ...] = ()
    resource_groups: tuple[ArmId, ...] = ()
    virtual_networks: tuple[VirtualNetwork, ...] = ()
    private_dns_zones: tuple[Zone, ...] = ()
    private_endpoints: tuple[PrivateEndpoint, ...] = ()
    denied: tuple[Annotated[Denial, BeforeValidator(read_denial)], ...] = ()
    page_size: Annotated[int, Field(ge=1)] = 1000


class World(Model):
    clickhouse: ClickHouse
    azure: Azure = Azure()

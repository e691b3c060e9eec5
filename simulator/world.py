"""What exists in Azure and ClickHouse Cloud, in a form that can be written by hand (see `worldfile`).

The same frozen models are the simulator's state, so `GET /_sim/state` answers with a world that can be
given back to `POST /_sim/reset`.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simulator.schema import Address, ArmId, Cidr, Guid, Model, guid

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


type TagText = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=256)]
type Pairs = dict[str, str]


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


class Key(Model):
    id: str
    secret: str
    role: Literal["admin", "developer"] = "admin"
    expire_at: str | None = None


class ServiceTag(Model):
    key: Annotated[TagText, Field(min_length=1, max_length=128)]
    value: TagText | None = None


class IpAccess(Model):
    source: str
    description: str = ""


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


class Switches(Model):
    """How the ClickHouse side behaves where reality is unknown or differs between accounts."""

    refuse_organization_add: bool = False
    tolerate_absent_removal: bool = False
    require_registration: bool = True
    description: Annotated[str, Field(pattern=r"^(keep|drop|truncate:\d+)$")] = "keep"
    rate_limit: Annotated[str, Field(pattern=r"^(off|[1-9]\d*/\d+(\.\d+)?)$")] | None = None


class ClickHouse(Model):
    organization: Organization
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

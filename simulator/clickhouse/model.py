"""The state of ClickHouse Cloud; part of `simulator.world`."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from simulator.schema import Guid, Model, Source

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


def read_roles(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


type TagText = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=256)]


class IpAccess(Model):
    source: Source
    description: str = ""


class Registration(Model):
    """A private endpoint of the organization. The description is None if the API dropped it."""

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
    """A custom role. Without `services` it applies to all services."""

    name: Annotated[str, Field(min_length=1)]
    permissions: tuple[Annotated[str, Field(pattern=r"^(organization|service):[a-z-]+$")], ...] = ()
    services: tuple[Guid, ...] | None = None


class Key(Model):
    """An API key. Without `ip_access_list` it is valid from any address, with an empty one from none."""

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
    byoc_id: str | None = None
    """The infrastructure id of a BYOC service."""
    ip_access_list: tuple[IpAccess, ...] = ()
    created_at: str = "2025-01-01T00:00:00Z"
    config_status: Literal[400, 403, 404] | None = None
    """The status of the private endpoint configuration of a service without Private Link."""
    omits: tuple[str, ...] = ()
    """Keys that the API omits for this service."""


class Switches(Model):
    """Switches for behavior of ClickHouse Cloud that is unknown or differs between accounts."""

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

"""Request bodies of the control API."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from simulator.schema import Address, ArmId, Model
from simulator.world import (
    ConnectionStatus,
    Denial,
    IpAccess,
    Lock,
    Part,
    ProvisioningState,
    ServiceState,
    read_roles,
    read_scope,
)


class Denied(Model):
    """Replaces the denied scopes."""

    denied: tuple[Annotated[Denial, BeforeValidator(read_scope)], ...] = ()


class Locks(Model):
    """Replaces the locks."""

    locks: tuple[Annotated[Lock, BeforeValidator(read_scope)], ...] = ()


class Release(Model):
    """Finishes held operations of one endpoint, or of all. `event`: also raise the write or delete event."""

    endpoint: ArmId | None = None
    event: bool = False


class EndpointChange(Model):
    """Changes the named fields of an endpoint, without an event."""

    endpoint: ArmId
    provisioning_state: ProvisioningState = "Succeeded"
    missing: tuple[Part, ...] = ()


class TagsStripped(Model):
    """Removes tags (default: all) from endpoints (default: all)."""

    tags: tuple[str, ...] | None = None
    endpoints: tuple[ArmId, ...] | None = None


class BadMetadataNames(Model):
    """Whether metadata names that are not valid in Azure are refused or silently dropped."""

    bad_names: Literal["refuse", "drop"] = "refuse"


class PageSize(Model):
    page_size: Annotated[int, Field(ge=1)]


class ConnectionChange(Model):
    """Holds a connection in a status, independent of the allow lists; null releases it."""

    endpoint: ArmId
    status: ConnectionStatus | None


class AddressChange(Model):
    endpoint: ArmId
    address: Address


class KeyChange(Model):
    """Changes the named fields of an API key. `id` is the id for authentication."""

    id: str
    name: str | None = None
    role: Annotated[tuple[str, ...], BeforeValidator(read_roles)] = ("Admin",)
    state: Literal["enabled", "disabled"] = "enabled"
    expire_at: AwareDatetime | None = None
    ip_access_list: tuple[IpAccess, ...] | None = None


class ServiceChange(Model):
    """Changes the named fields of a ClickHouse service. `service` is its id or name."""

    service: str
    state: ServiceState = "running"
    config_status: Literal[400, 403, 404] | None = None
    omits: tuple[str, ...] = ()


class Idle(Model):
    timeout: Annotated[float, Field(ge=0, le=600)] = 10.0

"""What the control API is told about the simulated Azure."""

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
    """The scopes denied from now on, instead of the former ones."""

    denied: tuple[Annotated[Denial, BeforeValidator(read_scope)], ...] = ()


class Locks(Model):
    """The locks from now on, instead of the former ones."""

    locks: tuple[Annotated[Lock, BeforeValidator(read_scope)], ...] = ()


class Release(Model):
    """Which held endpoint is finished, all without one; `event`: whether that raises the event of a write or delete."""

    endpoint: ArmId | None = None
    event: bool = False


class EndpointChange(Model):
    """What of an endpoint is changed; what is not named stays. No event is raised."""

    endpoint: ArmId
    provisioning_state: ProvisioningState = "Succeeded"
    missing: tuple[Part, ...] = ()


class TagsStripped(Model):
    """Tags (without any: all) that are taken off endpoints (without any: all)."""

    tags: tuple[str, ...] | None = None
    endpoints: tuple[ArmId, ...] | None = None


class BadMetadataNames(Model):
    """Whether metadata names that Azure does not take are refused, or dropped without a word."""

    bad_names: Literal["refuse", "drop"] = "refuse"


class PageSize(Model):
    page_size: Annotated[int, Field(ge=1)]


class ConnectionChange(Model):
    """Holds a connection in a status whatever the allow lists say; null lets it follow them again."""

    endpoint: ArmId
    status: ConnectionStatus | None


class AddressChange(Model):
    endpoint: ArmId
    address: Address


class KeyChange(Model):
    """What of an API key is changed; what is not named stays. The key is found by the id it is used with."""

    id: str
    name: str | None = None
    role: Annotated[tuple[str, ...], BeforeValidator(read_roles)] = ("Admin",)
    state: Literal["enabled", "disabled"] = "enabled"
    expire_at: AwareDatetime | None = None
    ip_access_list: tuple[IpAccess, ...] | None = None


class ServiceChange(Model):
    """What of a ClickHouse service is changed; what is not named stays. `service`: its id or its name."""

    service: str
    state: ServiceState = "running"
    config_status: Literal[400, 403, 404] | None = None
    omits: tuple[str, ...] = ()


class Idle(Model):
    timeout: Annotated[float, Field(ge=0, le=600)] = 10.0

"""What the control API is told about the simulated Azure."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from simulator.schema import Address, ArmId, Model
from simulator.world import ConnectionStatus, Denial, read_denial


class Denied(Model):
    """The scopes denied from now on, instead of the former ones."""

    denied: tuple[Annotated[Denial, BeforeValidator(read_denial)], ...] = ()


class PageSize(Model):
    page_size: Annotated[int, Field(ge=1)]


class ConnectionChange(Model):
    """Holds a connection in a status whatever the allow lists say; null lets it follow them again."""

    endpoint: ArmId
    status: ConnectionStatus | None


class AddressChange(Model):
    endpoint: ArmId
    address: Address


class Idle(Model):
    timeout: Annotated[float, Field(ge=0, le=600)] = 10.0

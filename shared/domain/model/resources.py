"""What we know of the world at one moment. Frozen; unknown, absent and unreadable are three things."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from shared.domain.model.errors import UNKNOWN_CAUSE, Cause
from shared.domain.model.ids import ResourceId

ALIAS_SUFFIX = ".azure.privatelinkservice"
ZONE_SUFFIX = ".privatelink.azure.clickhouse.cloud"
WILDCARD = "*"
_GONE_STATES = frozenset({"terminating", "terminated", "softdeleting", "softdeleted"})

type Pairs = Mapping[str, str]
NO_PAIRS: Pairs = MappingProxyType({})


def is_clickhouse_zone(name: str) -> bool:
    """Whether a private DNS zone of that name, in lower case, may be one for ClickHouse.

    One of its labels is `privatelink`, and one further right begins with `clickhouse`. So it is both for
    `<region>.privatelink.azure.clickhouse.cloud` and, where ClickHouse runs in the customer's own subscription
    (BYOC), for `privatelink.<id>.<region>.azure.clickhouse-byoc.com`, but not for the zones of other services,
    such as `privatelink.blob.core.windows.net`, of which there may be hundreds.
    """
    _, found, parent = f".{name}".partition(".privatelink.")
    return bool(found) and any(label.startswith("clickhouse") for label in parent.split("."))


@dataclass(frozen=True, slots=True)
class NotFound:
    """A 404 for that very id."""


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """A read that failed otherwise. `temporary`: the same read may succeed later without anybody's doing.

    `forbidden`: it may once a key or a right is in order. `refused`: the system refuses that one object, and says
    nothing about others.
    """

    reason: str
    temporary: bool
    forbidden: bool = False
    refused: bool = False
    cause: Cause = UNKNOWN_CAUSE

    @property
    def retryable(self) -> bool:
        """Whether another delivery of the event may be able to read it."""
        return self.temporary or self.forbidden


type ReadResult[T] = T | NotFound | ReadFailed


class ProvisioningState(StrEnum):
    """How far Azure is with an endpoint; any other state, or none, means that it is still at work."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    DELETING = "Deleting"


class Status(StrEnum):
    """The state of a private endpoint's connection, as Azure names it."""

    PENDING = "Pending"
    APPROVED = "Approved"
    REJECTED = "Rejected"
    DISCONNECTED = "Disconnected"


@dataclass(frozen=True, slots=True)
class Connection:
    """What an endpoint is connected to: the Private Link service's alias (or ARM id), and how far."""

    target: str
    status: str

    @property
    def by_alias(self) -> bool:
        return self.target.lower().endswith(ALIAS_SUFFIX)

    @property
    def region(self) -> str | None:
        """The region that the alias names, `<name>.<guid>.<region>.azure.privatelinkservice`; None without one."""
        return self.target.lower().removesuffix(ALIAS_SUFFIX).rpartition(".")[2] if self.by_alias else None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A private endpoint as ARM tells it.

    `arm_id` is the id as ARM spells it, `guid` its resourceGuid in lower case. Tag names are lower
    case, tag values are as given. `addresses` are those that the endpoint itself tells (there are
    none for Private Link service targets); otherwise they are on the network interfaces.

    `state` is its provisioningState. While Azure is still at work, the GUID (then empty), the connections and
    the interfaces may be missing.
    """

    id: ResourceId
    arm_id: str
    guid: str
    tags: Pairs = NO_PAIRS
    network: ResourceId | None = None
    connections: tuple[Connection, ...] = ()
    interfaces: tuple[ResourceId, ...] = ()
    addresses: tuple[str, ...] = ()
    state: str = ProvisioningState.SUCCEEDED

    @property
    def ids(self) -> frozenset[str]:
        """The ids, of both kinds and in lower case, by which ClickHouse Cloud knows the endpoint."""
        return frozenset({self.guid.lower(), self.arm_id.lower()} - {""})

    @property
    def is_connected(self) -> bool:
        """Whether it is known what it is connected to."""
        return any(connection.target for connection in self.connections)


@dataclass(frozen=True, slots=True)
class Registration:
    """A private endpoint id registered with the ClickHouse organization; `id` is a GUID or an ARM id."""

    id: str
    region: str
    description: str = ""
    provider: str = "azure"


@dataclass(frozen=True, slots=True)
class Service:
    """A ClickHouse service and its allow list, with the ids spelled as the API tells them.

    `tags` is None where the API has not told them: that is not the same as none.
    `readable`: False where the service is in the list, but not as the API describes it. Its allow list is then not
    known, and so is each text that is "", even its id.
    """

    id: str
    name: str
    provider: str
    region: str
    state: str = "running"
    tags: Pairs | None = NO_PAIRS
    allow_list: frozenset[str] = frozenset()
    readable: bool = True

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return self.name or self.id or "without a name and an id"

    @property
    def gone(self) -> bool:
        """Whether it is on its way out, and takes no changes any more."""
        return self.state in _GONE_STATES

    @property
    def on_azure(self) -> bool:
        """Whether it is there, and on Azure as far as is known."""
        return self.provider in ("azure", "") and not self.gone


@dataclass(frozen=True, slots=True)
class Config:
    """How a service is reached privately; it never changes while the service lives."""

    alias: str
    hostname: str

    @property
    def zone(self) -> str:
        """The private DNS zone that clients look the host name up in, in lower case."""
        return self.hostname.lower().partition(".")[2]


@dataclass(frozen=True, slots=True)
class RecordSet:
    """An A record set. `etag` is None for one that is yet to be written."""

    zone: ResourceId
    name: str
    ttl: int
    addresses: tuple[str, ...]
    metadata: Pairs = field(default=NO_PAIRS, hash=False)
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A private DNS zone: the virtual networks linked to it and its A record sets by name."""

    id: ResourceId
    networks: frozenset[ResourceId] = frozenset()
    records: Mapping[str, RecordSet] = field(default_factory=lambda: MappingProxyType({}))

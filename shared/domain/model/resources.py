"""Resources of Azure and ClickHouse Cloud, as read at one moment. Frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address
from types import MappingProxyType

from shared.domain.model.errors import UNKNOWN_CAUSE, Cause, CauseKind
from shared.domain.model.ids import ResourceId

ALIAS_SUFFIX = ".azure.privatelinkservice"
ZONE_SUFFIX = ".privatelink.azure.clickhouse.cloud"
WILDCARD = "*"
_GONE_STATES = frozenset({"terminating", "terminated", "softdeleting", "softdeleted"})

type Pairs = Mapping[str, str]
NO_PAIRS: Pairs = MappingProxyType({})


def is_clickhouse_zone(name: str) -> bool:
    """Whether a private DNS zone of that name, in lower case, may be one for ClickHouse.

    One label is `privatelink`, and one further right begins with `clickhouse`, as in
    `<region>.privatelink.azure.clickhouse.cloud` and in `privatelink.<id>.<region>.azure.clickhouse-byoc.com`
    (BYOC). Zones of other services, such as `privatelink.blob.core.windows.net`, do not match.
    """
    _, label, parent = f".{name}".partition(".privatelink.")
    return bool(label) and any(label.startswith("clickhouse") for label in parent.split("."))


def is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class NotFound:
    """HTTP 404 for that very id."""


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """A read that failed for another reason than 404, so the object may exist.

    `temporary`: the same read may succeed later.
    """

    reason: str
    temporary: bool
    cause: Cause = UNKNOWN_CAUSE

    @property
    def refused(self) -> bool:
        """Whether the system refuses this one object; other objects are not affected."""
        return self.cause.kind is CauseKind.REFUSED

    @property
    def retryable(self) -> bool:
        """Whether the read may succeed when Event Grid retries the event."""
        return self.temporary or self.cause.forbidden


type ReadResult[T] = T | NotFound | ReadFailed


class ProvisioningState(StrEnum):
    """An endpoint's provisioningState. Any other value, or none, means that Azure is still working on it."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    DELETING = "Deleting"


class ConnectionStatus(StrEnum):
    """The state of a private endpoint's connection, as Azure names it."""

    PENDING = "Pending"
    APPROVED = "Approved"
    REJECTED = "Rejected"
    DISCONNECTED = "Disconnected"


@dataclass(frozen=True, slots=True)
class Connection:
    """An endpoint's connection. `target`: the alias, or the ARM id, of the Private Link service."""

    target: str
    status: str

    @property
    def by_alias(self) -> bool:
        return self.target.lower().endswith(ALIAS_SUFFIX)

    @property
    def region(self) -> str | None:
        """The region in the alias `<name>.<guid>.<region>.azure.privatelinkservice`; None without an alias."""
        return self.target.lower().removesuffix(ALIAS_SUFFIX).rpartition(".")[2] if self.by_alias else None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A private endpoint. While Azure provisions it, GUID (""), connections and interfaces may be missing.

    `arm_id`: the id as ARM spells it. `guid`: resourceGuid in lower case. `tags`: names in lower case. `addresses`:
    those in the endpoint itself; for Private Link service targets they are on the interfaces (`addresses_of`).
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
        """Both kinds of id by which ClickHouse Cloud may know the endpoint, in lower case."""
        return frozenset({self.guid.lower(), self.arm_id.lower()} - {""})

    @property
    def is_connected(self) -> bool:
        """Whether the target of its connection is known."""
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
    """A ClickHouse service and its allow list, with ids as the API spells them.

    `tags`: None if the API did not return them. `readable`: False if the entry is not as the API describes it; its
    allow list is then unknown, and so is each text that is "", even the id.
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
        """The service's name in messages."""
        return self.name or self.id or "without a name and an id"

    @property
    def gone(self) -> bool:
        """Whether it is being deleted, or was, and accepts no changes."""
        return self.state in _GONE_STATES

    @property
    def on_azure(self) -> bool:
        """Whether it exists, and runs on Azure as far as is known."""
        return self.provider in ("azure", "") and not self.gone


@dataclass(frozen=True, slots=True)
class Config:
    """A service's private endpoint config, which does not change while the service exists."""

    alias: str
    hostname: str

    @property
    def zone(self) -> str:
        """The name of the private DNS zone of the host name, in lower case."""
        return self.hostname.lower().partition(".")[2]


@dataclass(frozen=True, slots=True)
class RecordSet:
    """An A record set. `etag`: None if it is not written yet."""

    zone: ResourceId
    name: str
    ttl: int
    addresses: tuple[str, ...]
    metadata: Pairs = field(default=NO_PAIRS, hash=False)
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A private DNS zone: the virtual networks linked to it, and its A record sets by name."""

    id: ResourceId
    networks: frozenset[ResourceId] = frozenset()
    records: Mapping[str, RecordSet] = MappingProxyType({})

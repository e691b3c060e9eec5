"""What a preflight has seen: of the settings, of rights, of both clouds, of deliveries, of the report store.

Each part is None until it was asked for, and ReadFailed where the asking failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import (
    Endpoint,
    NotFound,
    ReadFailed,
    Registration,
    Service,
    Zone,
    is_clickhouse_zone,
)
from shared.domain.planning.policy import Policies
from shared.domain.preflight.rbac import Permission

type Seen[T] = T | NotFound | ReadFailed


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A ClickHouse Cloud API key as its organization lists it.

    `suffix`: the last four characters of the id that its user sends. `roles`: names of its roles that
    ClickHouse defines. `custom`: names of those that the organization defines.
    """

    suffix: str
    roles: frozenset[str] = frozenset()
    custom: frozenset[str] = frozenset()
    expires: datetime | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key the API takes ours for. Each is "" where the answer does not have it."""

    key_id: str
    name: str
    organization: str


@dataclass(frozen=True, slots=True)
class EventSubscription:
    """An event subscription of a system topic. `types` and `operations`: empty where nothing is left out."""

    id: str
    topic: str
    state: str
    destination: str
    types: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What a system topic's metrics tell of a day. `last`: the end of the last hour with a delivery."""

    delivered: int
    failed: int
    dead_lettered: int
    dropped: int
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreSeen:
    """The report store. `writable`: None where nothing that only reads can tell. `last`: the latest report's end."""

    place: str
    writable: bool | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inspected:
    """`at`: when it was looked. `identity`: who asked Azure, in words. `rights`: by the scope's ARM id.

    `caller`, `keys`, `roles`: the API key in use, the organization's keys, and how many roles the organization has,
    which the API says only to a key that may manage the organization. `key_id`, `organization`: as set.

    `endpoints` and `interfaces` have just the first page of each scope. `clocks`: how many seconds each
    system's clock was ahead of ours. `period`: the time between two audits by the schedule.
    """

    at: datetime
    faults: tuple[str, ...] = ()
    identity: Seen[str] | None = None
    endpoints: Mapping[Scope, Seen[tuple[Endpoint, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    interfaces: Mapping[Scope, Seen[int]] = field(default_factory=lambda: MappingProxyType({}))
    zone_lists: Mapping[Scope, Seen[tuple[ResourceId, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    zones: Mapping[ResourceId, Seen[Zone]] = field(default_factory=lambda: MappingProxyType({}))
    rights: Mapping[str, Seen[tuple[Permission, ...]]] = field(default_factory=lambda: MappingProxyType({}))
    registrations: Seen[tuple[Registration, ...]] | None = None
    services: Seen[tuple[Service, ...]] | None = None
    caller: Seen[Caller] | None = None
    keys: Seen[tuple[ApiKey, ...]] | None = None
    roles: Seen[int] | None = None
    key_id: str = ""
    organization: str = ""
    clocks: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    event_subscriptions: Mapping[str, Seen[tuple[EventSubscription, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    deliveries: Mapping[str, Seen[Deliveries]] = field(default_factory=lambda: MappingProxyType({}))
    store: Seen[StoreSeen] | None = None
    period: timedelta = timedelta()
    policies: Policies = field(default_factory=Policies)

    def found_zones(self) -> frozenset[ResourceId]:
        """The zones for ClickHouse that the lists told of."""
        lists = (listed for listed in self.zone_lists.values() if isinstance(listed, tuple))
        return frozenset(zone for listed in lists for zone in listed if is_clickhouse_zone(zone.name))

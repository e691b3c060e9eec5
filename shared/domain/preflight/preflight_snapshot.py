"""The input of the preflight. A part is None until it is read, and ReadFailed where the read failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, ReadResult, is_clickhouse_zone
from shared.domain.model.snapshot import ListEndpoints, Snapshot
from shared.domain.planning.policy import Policies
from shared.domain.preflight.rbac import Permission

NONE: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A ClickHouse Cloud API key, as the list of the organization's keys describes it.

    `suffix`: the last four characters of the key id. `roles`: names; those of custom roles end in " (custom)".
    """

    suffix: str
    roles: frozenset[str] = frozenset()
    expires: datetime | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """The API key that a call was made with. Fields are "" where the response omits them."""

    key_id: str
    name: str
    organization: str


@dataclass(frozen=True, slots=True)
class EventSubscription:
    """An event subscription of a system topic. `types` and `operations` are empty where it does not filter."""

    id: str
    topic: str
    state: str
    destination: str
    types: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Deliveries:
    """A system topic's metrics of one day. `last`: the end of the last hour with a delivery."""

    delivered: int
    failed: int
    dead_lettered: int
    dropped: int
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreState:
    """The report store. `writable`: None if reads cannot show it. `last`: when the latest report was finished."""

    place: str
    writable: bool | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class PreflightSnapshot:
    """What the checks decide from. `at`, `faults`, `key_id`, `organization`, `period` and `policies` are not read.

    `identity`: a description of the caller at Azure. `state`: what a pass reads too; it includes endpoints and
    interfaces that the lists omit, read by their ids. `rights`: permissions by ARM id. `roles`: the number of the
    organization's roles, which only a key with organization:manage can list. `period`: the time between two audits.
    """

    at: datetime
    faults: tuple[str, ...] = ()
    identity: ReadResult[str] | None = None
    state: Snapshot = field(default_factory=Snapshot)
    rights: Mapping[str, ReadResult[tuple[Permission, ...]]] = NONE
    caller: ReadResult[Caller] | None = None
    keys: ReadResult[tuple[ApiKey, ...]] | None = None
    roles: ReadResult[int] | None = None
    key_id: str = ""
    organization: str = ""
    event_subscriptions: Mapping[str, ReadResult[tuple[EventSubscription, ...]]] = NONE
    deliveries: Mapping[str, ReadResult[Deliveries]] = NONE
    store: ReadResult[StoreState] | None = None
    period: timedelta = timedelta()
    policies: Policies = field(default_factory=Policies)

    def answers[R](self, kind: type[R]) -> dict[R, ReadResult[Any]]:
        """The results of the reads of this kind."""
        return {read: answer for read, answer in self.state.answers.items() if isinstance(read, kind)}

    def tagged_endpoints(self, config: DeploymentConfig) -> tuple[Endpoint, ...]:
        """The tagged endpoints in the lists."""
        listed = (one for answer in self.answers(ListEndpoints).values() if isinstance(answer, tuple) for one in answer)
        return tuple(one for one in listed if config.request_of(one) is not None)

    def listed_zones(self) -> tuple[ResourceId, ...]:
        """The listed zones that may be for ClickHouse, sorted."""
        return tuple(sorted(zone for zone in self.state.listed_zones() if is_clickhouse_zone(zone.name)))

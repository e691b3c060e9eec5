"""Lookups over a snapshot: services, access at ClickHouse Cloud, and private DNS. Each is built on first use."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from shared.domain.changes.outcome import NO_RESULTS, PassResults
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.grouping import grouped
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, ReadFailed, RecordSet, Registration, Service, Zone
from shared.domain.model.snapshot import ListEndpoints, ListZones, ReadEndpoint, ReadZone, Snapshot
from shared.domain.ownership.marks import endpoints_in, is_owned_record
from shared.domain.ownership.registrations import Ownership, index_registrations
from shared.domain.planning.service_index import ServiceIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered id on a service's allow list; `id` as the list spells it."""

    service: Service
    id: str


@dataclass(frozen=True)
class AccessIndex:
    """Registrations and allow lists at ClickHouse Cloud, by registered id in lower case."""

    snapshot: Snapshot
    config: DeploymentConfig

    @cached_property
    def registrations(self) -> dict[str, Registration]:
        """The registrations in all clouds."""
        return index_registrations(self.snapshot.registrations() or (), self.config.owner)

    @cached_property
    def ownership(self) -> Ownership:
        known = [found for found in self.snapshot.endpoints().values() if isinstance(found, Endpoint)]
        endpoint_by_id = {id_: endpoint.id for endpoint in known for id_ in endpoint.ids}
        return Ownership(self.config.owner, self.registrations, endpoint_by_id)

    @cached_property
    def entries(self) -> Mapping[str, list[Entry]]:
        """The allow-list entries of each id, sorted by service. Services of any cloud, except deleted ones."""
        services = sorted(self.snapshot.services() or (), key=lambda service: service.id)
        existing = [service for service in services if not service.gone]
        return grouped((id_.lower(), Entry(one, id_)) for one in existing for id_ in one.allow_list)

    def entries_of(self, id_: str) -> list[Entry]:
        return self.entries.get(id_.lower(), [])


@dataclass(frozen=True)
class DnsIndex:
    """The private DNS zones that were read."""

    snapshot: Snapshot
    config: DeploymentConfig

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """Sorted by id."""
        return self.snapshot.zones()

    @cached_property
    def linked(self) -> Mapping[ResourceId, list[Zone]]:
        """The zones that each virtual network is linked to."""
        return grouped((network, zone) for zone in self.zones for network in zone.networks)

    @cached_property
    def named(self) -> Mapping[str, list[Zone]]:
        """The zones of each name."""
        return grouped((zone.id.name, zone) for zone in self.zones)

    @cached_property
    def owned_records(self) -> tuple[RecordSet, ...]:
        """The record sets with this deployment's mark."""
        return tuple(one for one in self.snapshot.records() if is_owned_record(one, self.config.owner))

    @cached_property
    def holders(self) -> frozenset[ResourceId]:
        """The endpoints that these record sets name."""
        return endpoints_in(self.owned_records, self.config.owner)

    def read_error(self, name: str) -> ReadFailed | None:
        """The failed read because of which zones of this name may be unknown."""
        failed = [error for zone, error in self._failed_reads if zone in (None, name)]
        return min(failed, key=lambda error: error.reason, default=None)

    @cached_property
    def _failed_reads(self) -> list[tuple[str | None, ReadFailed]]:
        """The failed reads of zones by name, and those of lists of zones by None."""
        failed = self.snapshot.unreadable().items()
        lists = [(None, error) for read, error in failed if isinstance(read, ListZones)]
        return lists + [(read.id.name, error) for read, error in failed if isinstance(read, ReadZone)]


@dataclass(frozen=True)
class PlanningIndex:
    """Everything that planning looks up. The release of endpoints in `release_withheld` exceeds a limit."""

    snapshot: Snapshot
    config: DeploymentConfig
    results: PassResults = NO_RESULTS
    release_withheld: AbstractSet[ResourceId] = frozenset()

    def endpoint(self, endpoint: ResourceId) -> Endpoint | None:
        """The endpoint as it was read; None if it does not exist or was not read."""
        found = self.snapshot.get(ReadEndpoint(endpoint))
        return found if isinstance(found, Endpoint) else None

    def is_tagged(self, endpoint: ResourceId) -> bool:
        """Whether the endpoint exists and has the tag."""
        found = self.endpoint(endpoint)
        return found is not None and self.config.request_of(found) is not None

    def release_reason(self, endpoint: ResourceId) -> str:
        """`deleted` or `untagged`; "" for an endpoint that is neither, as far as is known."""
        if isinstance(self.snapshot.get(ReadEndpoint(endpoint)), NotFound):
            return "deleted"
        return "untagged" if self.endpoint(endpoint) and not self.is_tagged(endpoint) else ""

    def only_adds(self, endpoint: ResourceId) -> bool:
        """Whether the endpoint's tag has a mistake, so that nothing is removed from it (see `service_index`)."""
        found = self.endpoint(endpoint)
        return found is not None and self.services.matches(found).has_mistake

    @cached_property
    def some_endpoints_unread(self) -> bool:
        """Whether a read of endpoints failed that may succeed later."""
        failed = (read for read, answer in self.snapshot.unreadable().items() if answer.temporary)
        return any(isinstance(read, ReadEndpoint | ListEndpoints) for read in failed)

    @cached_property
    def services(self) -> ServiceIndex:
        return ServiceIndex(self.snapshot, self.config)

    @cached_property
    def access(self) -> AccessIndex:
        return AccessIndex(self.snapshot, self.config)

    @cached_property
    def dns(self) -> DnsIndex:
        return DnsIndex(self.snapshot, self.config)

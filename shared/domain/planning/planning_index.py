"""The world as the rules see it, indexed by who asks: services, access, DNS."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, cached_property

from shared.domain.changes.pass_results import NO_RESULTS, PassResults
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, Registration, Service, Zone
from shared.domain.model.snapshot import ListEndpoints, ListZones, ReadEndpoint, ReadZone, Snapshot
from shared.domain.ownership.marks import endpoints_in
from shared.domain.ownership.registrations import Ownership, index_registrations
from shared.domain.planning.service_index import ServiceIndex


@dataclass(frozen=True)
class AccessIndex:
    """Registrations and allow lists at ClickHouse Cloud. Registered ids are keyed in lower case."""

    snapshot: Snapshot
    config: DeploymentConfig

    @cached_property
    def registrations(self) -> dict[str, Registration]:
        """The registrations on Azure, by id."""
        return index_registrations(self.snapshot.registrations() or (), self.config.owner)

    @cached_property
    def endpoint_by_id(self) -> dict[str, ResourceId]:
        """The endpoint that carries each id, of both kinds, as far as endpoints were read."""
        seen = [found for found in self.snapshot.endpoints().values() if isinstance(found, Endpoint)]
        return {id_: one.id for one in seen for id_ in one.ids}

    @cached_property
    def ownership(self) -> Ownership:
        """Which registrations are ours."""
        return Ownership(self.config.owner, self.registrations, self.endpoint_by_id)

    @cached_property
    def listing(self) -> Mapping[str, list[Service]]:
        """The services, of any cloud, whose allow list has an id; those on their way out left aside."""
        found: defaultdict[str, list[Service]] = defaultdict(list)
        for service in (one for one in self.snapshot.services() or () if not one.gone):
            for entry in service.allow_list:
                found[entry.lower()].append(service)
        return {key: sorted(services, key=lambda one: one.id) for key, services in found.items()}

    @cached_property
    def spelled(self) -> Mapping[tuple[str, str], str]:
        """How allow lists spell ids (ARM ids come in any case), by service id and id in lower case."""
        entries = ((one.id, entry) for one in self.snapshot.services() or () for entry in one.allow_list)
        return {(service, entry.lower()): entry for service, entry in sorted(entries, reverse=True)}


@dataclass(frozen=True)
class DnsIndex:
    """The private DNS zones that could be read."""

    snapshot: Snapshot
    config: DeploymentConfig

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """Sorted by id."""
        return self.snapshot.zones()

    @cached_property
    def linked(self) -> Mapping[ResourceId, list[Zone]]:
        """The zones that a virtual network is linked to."""
        found: defaultdict[ResourceId, list[Zone]] = defaultdict(list)
        for zone in self.zones:
            for network in zone.networks:
                found[network].append(zone)
        return dict(found)

    @cached_property
    def named(self) -> Mapping[str, list[Zone]]:
        """The zones of a name."""
        found: defaultdict[str, list[Zone]] = defaultdict(list)
        for zone in self.zones:
            found[zone.id.name].append(zone)
        return dict(found)

    @cached_property
    def holders(self) -> frozenset[ResourceId]:
        """The endpoints that our records name."""
        return endpoints_in(self.snapshot.records(), self.config.owner)

    @cached_property
    def why_unsure(self) -> Callable[[str], str | None]:
        """Why a zone of that name may exist that was not read; None if there is no reason."""
        return cache(self._find_why_unsure)

    def _find_why_unsure(self, name: str) -> str | None:
        hiding = [
            answer.reason
            for read, answer in self.snapshot.unreadable().items()
            if isinstance(read, ListZones) or (isinstance(read, ReadZone) and read.id.name == name)
        ]
        return min(hiding, default=None)


@dataclass(frozen=True)
class PlanningIndex:
    """A world and the rules to read it by; each index is built when it is first asked."""

    snapshot: Snapshot
    config: DeploymentConfig
    results: PassResults = NO_RESULTS
    kept: AbstractSet[ResourceId] = frozenset()
    """Endpoints that are not released although they lost their tag, because a limit was reached."""

    @cached_property
    def some_endpoints_unread(self) -> bool:
        """Whether there are endpoints that could not be read, and perhaps can be next time."""
        unread = (read for read, answer in self.snapshot.unreadable().items() if answer.temporary)
        return any(isinstance(read, ReadEndpoint | ListEndpoints) for read in unread)

    @cached_property
    def services(self) -> ServiceIndex:
        return ServiceIndex(self.snapshot, self.config)

    @cached_property
    def access(self) -> AccessIndex:
        return AccessIndex(self.snapshot, self.config)

    @cached_property
    def dns(self) -> DnsIndex:
        return DnsIndex(self.snapshot, self.config)

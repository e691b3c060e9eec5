"""What has been read so far: a mapping from each read to its result.

A read, such as `ReadZone(id)`, knows the type of its result. A pass reads in rounds: `needs` (domain/reading)
decides from the results so far what to read next, and all reads of a round go out together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

from shared.domain.model.errors import System
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import (
    Config,
    Endpoint,
    NotFound,
    ReadFailed,
    ReadResult,
    RecordSet,
    Registration,
    Service,
    Zone,
)


@dataclass(frozen=True, slots=True)
class Read[T]:
    """A read of an outside system whose result is a T, NotFound or ReadFailed.

    `label`: what it reads, in messages. `subject`: the object of a finding about it, if it is not the same.
    """

    system: ClassVar[System] = System.AZURE
    label: ClassVar[str] = "{0.id}"
    subject: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.label.format(self)

    @property
    def object(self) -> str:
        return (self.subject or self.label).format(self)


@dataclass(frozen=True, slots=True)
class ReadEndpoint(Read[Endpoint]):
    id: ResourceId


@dataclass(frozen=True, slots=True)
class ListEndpoints(Read[tuple[Endpoint, ...]]):
    label = "private endpoints of {0.scope}"
    scope: Scope


@dataclass(frozen=True, slots=True)
class ReadAddresses(Read[tuple[str, ...]]):
    """The private addresses of one network interface."""

    id: ResourceId


@dataclass(frozen=True, slots=True)
class ListAddresses(Read[Mapping[ResourceId, tuple[str, ...]]]):
    label = "network interfaces of {0.scope}"
    scope: Scope


@dataclass(frozen=True, slots=True)
class ReadRegistrations(Read[tuple[Registration, ...]]):
    system = System.CLICKHOUSE
    label = "registrations of the organization"  # in all clouds, as the services
    subject = "organization"


@dataclass(frozen=True, slots=True)
class ReadServices(Read[tuple[Service, ...]]):
    system = System.CLICKHOUSE
    label = "services of the organization"
    subject = "organization"


@dataclass(frozen=True, slots=True)
class ReadConfig(Read[Config]):
    system = System.CLICKHOUSE
    label = "private endpoint config of service {0.service}"
    subject = "{0.service}"
    service: str


@dataclass(frozen=True, slots=True)
class ListZones(Read[tuple[ResourceId, ...]]):
    label = "private DNS zones of {0.scope}"
    scope: Scope


@dataclass(frozen=True, slots=True)
class ReadZone(Read[Zone]):
    id: ResourceId


type Results = Mapping[Read[Any], ReadResult[Any]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The results so far. Immutable: each change makes a new snapshot."""

    answers: Results = MappingProxyType({})
    gone: frozenset[ResourceId] = frozenset()
    """Endpoints whose own read returned NotFound before it was invalidated."""

    def __contains__(self, read: Read[Any]) -> bool:
        return read in self.answers

    def get[T](self, read: Read[T]) -> ReadResult[T] | None:
        """The result of `read`; None if it was not read."""
        return self.answers.get(read)

    def with_results(self, results: Results) -> "Snapshot":
        """This snapshot with these results. A list also adds the result of each object in it.

        Lists can lag behind reads of single objects. So a list replaces no result of an endpoint's own read except a
        failed one. An endpoint in `gone` is NotFound if its scope's list does not contain it, and otherwise unread.
        """
        answers = dict(self.answers)
        for read, result in results.items():
            if isinstance(read, ListEndpoints) and isinstance(result, tuple):
                answers |= self._from_list(read.scope, result, answers)
            elif isinstance(read, ListAddresses) and isinstance(result, Mapping):
                answers |= {ReadAddresses(interface): addresses for interface, addresses in result.items()}
            answers[read] = result
        return Snapshot(MappingProxyType(answers), self.gone)

    def _from_list(self, scope: Scope, listed: Iterable[Endpoint], answers: Results) -> Results:
        found = {endpoint.id: endpoint for endpoint in listed}
        absent = {id_: NotFound() for id_ in self.gone - found.keys() if scope.covers(id_)}
        new = {id_: endpoint for id_, endpoint in found.items() if id_ not in self.gone}
        results = {ReadEndpoint(id_): result for id_, result in (absent | new).items()}
        return {read: one for read, one in results.items() if isinstance(answers.get(read), ReadFailed | None)}

    def invalidate(self, reads: Iterable[Read[Any]]) -> "Snapshot":
        """This snapshot without the results of these reads, so that they are read again."""
        invalid = frozenset(reads)
        endpoints = (read for read in invalid if isinstance(read, ReadEndpoint))
        gone = {read.id for read in endpoints if isinstance(self.get(read), NotFound)}
        kept = {read: result for read, result in self.answers.items() if read not in invalid}
        return Snapshot(MappingProxyType(kept), self.gone | gone)

    def forget_zone(self, zone: ResourceId) -> "Snapshot":
        """A zone was created or linked: invalidate it and the lists of its scopes."""
        lists = [read for read in self.answers if isinstance(read, ListZones) and read.scope.covers(zone)]
        return self.invalidate([ReadZone(zone), *lists])

    def with_registration(self, registration: Registration, service: str) -> "Snapshot":
        """An id was registered and added to a service's allow list."""
        known, services = self.get(ReadRegistrations()), self.services() or ()
        changed = self.with_results({ReadRegistrations(): (*known, registration)}) if isinstance(known, tuple) else self
        found = next((one for one in services if one.id == service), None)
        return (
            changed.with_service(replace(found, allow_list=found.allow_list | {registration.id})) if found else changed
        )

    def with_service(self, service: Service) -> "Snapshot":
        """A service's allow list was changed."""
        changed = tuple(service if one.id == service.id else one for one in self.services() or ())
        return self.with_results({ReadServices(): changed}) if changed else self

    def with_record(self, zone: ResourceId, name: str, record: RecordSet | None) -> "Snapshot":
        """A record set was written, or deleted (None)."""
        known = self.get(ReadZone(zone))
        if not isinstance(known, Zone):
            return self
        others = {key: value for key, value in known.records.items() if key != name}
        records = MappingProxyType(others | ({name: record} if record else {}))
        return self.with_results({ReadZone(zone): replace(known, records=records)})

    def endpoints(self) -> dict[ResourceId, ReadResult[Endpoint]]:
        """The result for every endpoint that was read, alone or in a list."""
        return {read.id: result for read, result in self.answers.items() if isinstance(read, ReadEndpoint)}

    def of_endpoint(self, endpoint: ResourceId) -> dict[Read[Any], ReadResult[Any]]:
        """The results for an endpoint and its interfaces."""
        result = self.get(ReadEndpoint(endpoint))
        interfaces = result.interfaces if isinstance(result, Endpoint) else ()
        reads: list[Read[Any]] = [ReadEndpoint(endpoint), *map(ReadAddresses, interfaces)]
        return {read: self.answers[read] for read in reads if read in self.answers}

    def registrations(self) -> tuple[Registration, ...] | None:
        """The organization's registrations in all clouds: an id is unique in them. None if unread or unreadable."""
        result = self.get(ReadRegistrations())
        return result if isinstance(result, tuple) else None

    def services(self) -> tuple[Service, ...] | None:
        """All services; None if unread, unreadable, or empty: an empty list does not prove that all are deleted."""
        result = self.get(ReadServices())
        return result if isinstance(result, tuple) and result else None

    def zones(self) -> tuple[Zone, ...]:
        """The zones that could be read, sorted by id."""
        zones = [self.get(read) for read in self.answers if isinstance(read, ReadZone)]
        return tuple(sorted((zone for zone in zones if isinstance(zone, Zone)), key=lambda zone: zone.id))

    def records(self) -> tuple[RecordSet, ...]:
        return tuple(record for zone in self.zones() for record in zone.records.values())

    def listed_zones(self) -> frozenset[ResourceId]:
        """The zones in all lists that could be read."""
        lists = [self.get(read) for read in self.answers if isinstance(read, ListZones)]
        return frozenset(zone for result in lists if isinstance(result, tuple) for zone in result)

    def unreadable(self) -> dict[Read[Any], ReadFailed]:
        return {read: result for read, result in self.answers.items() if isinstance(result, ReadFailed)}


def addresses_of(snapshot: Snapshot, endpoint: Endpoint) -> tuple[str, ...] | ReadFailed:
    """The endpoint's private addresses, sorted: its own, otherwise those of its network interfaces."""
    if endpoint.addresses:
        return tuple(sorted(endpoint.addresses))
    results = [snapshot.get(ReadAddresses(interface)) for interface in endpoint.interfaces]
    if failed := next((result for result in results if isinstance(result, ReadFailed)), None):
        return failed
    return tuple(sorted({address for result in results if isinstance(result, tuple) for address in result}))

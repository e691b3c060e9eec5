"""What has been read so far: a mapping from each read to its answer.

A read is a question (`ReadZone(id)`) that knows the type of its answer. The pass asks in rounds; `needs`
tells from the answers so far what to ask next, and everything asked in one round goes out together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

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
    """A question to an outside system, with an answer of type T."""


@dataclass(frozen=True, slots=True)
class ReadEndpoint(Read[Endpoint]):
    id: ResourceId


@dataclass(frozen=True, slots=True)
class ListEndpoints(Read[tuple[Endpoint, ...]]):
    scope: Scope


@dataclass(frozen=True, slots=True)
class ReadAddresses(Read[tuple[str, ...]]):
    """The private addresses of one network interface."""

    id: ResourceId


@dataclass(frozen=True, slots=True)
class ListAddresses(Read[Mapping[ResourceId, tuple[str, ...]]]):
    """The private addresses of all network interfaces in a scope."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class ReadRegistrations(Read[tuple[Registration, ...]]):
    """The organization's private endpoints, all clouds."""


@dataclass(frozen=True, slots=True)
class ReadServices(Read[tuple[Service, ...]]):
    """The organization's services, all clouds, with their allow lists."""


@dataclass(frozen=True, slots=True)
class ReadConfig(Read[Config]):
    service: str


@dataclass(frozen=True, slots=True)
class ListZones(Read[tuple[ResourceId, ...]]):
    """The private DNS zones in a scope, of any name."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class ReadZone(Read[Zone]):
    id: ResourceId


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The answers so far. Never changed; each new answer makes a new world."""

    answers: Mapping[Read[Any], ReadResult[Any]] = MappingProxyType({})
    gone: frozenset[ResourceId] = frozenset()
    """Endpoints that were absent, each by a read of its own, when that was forgotten."""

    def __contains__(self, read: Read[Any]) -> bool:
        return read in self.answers

    def get[T](self, read: Read[T]) -> ReadResult[T] | None:
        """The answer to `read`; None if it was not asked."""
        return cast("ReadResult[T] | None", self.answers.get(read))

    def with_results(self, news: Mapping[Read[Any], ReadResult[Any]]) -> "Snapshot":
        """This world with these answers, and what a list tells of each single thing in it.

        An endpoint that was absent before, and that its scope's list does not tell of, still is.
        """
        answers = dict(self.answers)
        for read, answer in news.items():
            if isinstance(read, ListEndpoints) and isinstance(answer, tuple):
                still = (one for one in self.gone if read.scope.covers(one))
                answers |= {ReadEndpoint(one): NotFound() for one in still}
            answers |= {read: answer, **_told_by_list(read, answer)}
        return Snapshot(MappingProxyType(answers), self.gone)

    def invalidate(self, reads: Iterable[Read[Any]]) -> "Snapshot":
        """This world without these answers, so that they are asked for again."""
        again = frozenset(reads)
        endpoints = (read for read in again if isinstance(read, ReadEndpoint))
        gone = {read.id for read in endpoints if isinstance(self.get(read), NotFound)}
        kept = {read: answer for read, answer in self.answers.items() if read not in again}
        return Snapshot(MappingProxyType(kept), self.gone | gone)

    def endpoints(self) -> dict[ResourceId, ReadResult[Endpoint]]:
        """Every endpoint that was read, by a read of its own or in a list."""
        return {read.id: a for read, a in self.answers.items() if isinstance(read, ReadEndpoint)}

    def of_endpoint(self, endpoint: ResourceId) -> dict[Read[Any], ReadResult[Any]]:
        """What was read of an endpoint and of its interfaces."""
        found = self.get(ReadEndpoint(endpoint))
        interfaces = found.interfaces if isinstance(found, Endpoint) else ()
        reads: list[Read[Any]] = [ReadEndpoint(endpoint), *map(ReadAddresses, interfaces)]
        return {read: self.answers[read] for read in reads if read in self.answers}

    def registrations(self) -> tuple[Registration, ...] | None:
        """The organization's registrations on Azure; None if unread or unreadable."""
        answer = self.get(ReadRegistrations())
        return tuple(r for r in answer if r.provider == "azure") if isinstance(answer, tuple) else None

    def services(self) -> tuple[Service, ...] | None:
        """All services; None if unread, unreadable, or none at all.

        A list without a single service is no evidence that every allow list is empty.
        """
        answer = self.get(ReadServices())
        return answer if isinstance(answer, tuple) and answer else None

    def zones(self) -> tuple[Zone, ...]:
        """The zones that could be read, sorted by id."""
        found = [a for read, a in self.answers.items() if isinstance(read, ReadZone) and isinstance(a, Zone)]
        return tuple(sorted(found, key=lambda zone: zone.id))

    def records(self) -> tuple[RecordSet, ...]:
        return tuple(record for zone in self.zones() for record in zone.records.values())

    def listed_zones(self) -> frozenset[ResourceId]:
        """The zones that lists told of."""
        lists = [
            a for read, a in self.answers.items() if isinstance(read, ListZones) and isinstance(a, tuple)
        ]
        return frozenset(zone for listed in lists for zone in listed)

    def unreadable(self) -> dict[Read[Any], ReadFailed]:
        return {read: a for read, a in self.answers.items() if isinstance(a, ReadFailed)}


class SnapshotBuilder:
    """A world that is being written: many small changes for the price of one copy."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._answers: dict[Read[Any], ReadResult[Any]] = dict(snapshot.answers)
        self._gone = snapshot.gone

    def snapshot(self) -> Snapshot:
        """The world as it is written so far."""
        return Snapshot(MappingProxyType(dict(self._answers)), self._gone)

    def with_results(self, news: Mapping[Read[Any], ReadResult[Any]]) -> None:
        self._answers |= news

    def invalidate(self, reads: Iterable[Read[Any]]) -> None:
        for read in reads:
            self._answers.pop(read, None)

    def forget_zone(self, zone: ResourceId) -> None:
        """A zone was made or linked: neither it nor the lists it is in are known."""
        lists = [read for read in self._answers if isinstance(read, ListZones) and read.scope.covers(zone)]
        self.invalidate([ReadZone(zone), *lists])

    def registered(self) -> frozenset[tuple[str, str]]:
        """Id in lower case and description of each registration that is known."""
        known = self._answers.get(ReadRegistrations())
        found = known if isinstance(known, tuple) else ()
        return frozenset((one.id.lower(), one.description) for one in found)

    def with_registration(self, made: Registration, service: str) -> None:
        """An id was registered, and put on a service's allow list."""
        known = self._answers.get(ReadRegistrations())
        if isinstance(known, tuple):
            self._answers[ReadRegistrations()] = (*known, made)
        services = self._answers.get(ReadServices())
        for one in services if isinstance(services, tuple) else ():
            if one.id == service:
                self.with_service(replace(one, allow_list=one.allow_list | {made.id}))

    def with_service(self, service: Service) -> None:
        """A service's allow list was changed."""
        known = self._answers.get(ReadServices())
        if isinstance(known, tuple):
            services = tuple(service if one.id == service.id else one for one in known)
            self._answers[ReadServices()] = services

    def with_record(self, zone: ResourceId, name: str, record: RecordSet | None) -> None:
        """A record set was written, or deleted (None)."""
        known = self._answers.get(ReadZone(zone))
        if isinstance(known, Zone):
            records = {key: value for key, value in known.records.items() if key != name}
            if record:
                records[name] = record
            self._answers[ReadZone(zone)] = replace(known, records=MappingProxyType(records))


def _told_by_list(read: Read[Any], answer: ReadResult[Any]) -> dict[Read[Any], Any]:
    if isinstance(read, ListEndpoints) and isinstance(answer, tuple):
        return {ReadEndpoint(endpoint.id): endpoint for endpoint in answer}
    if isinstance(read, ListAddresses) and isinstance(answer, Mapping):
        return {ReadAddresses(interface): addresses for interface, addresses in answer.items()}
    return {}

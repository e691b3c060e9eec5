"""The three systems of one pass in memory: strict, with scheduled calls and injected faults."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from shared.domain.model.errors import Cause, CauseKind, PermanentError, TemporaryError
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Config, Endpoint, NotFound, RecordSet, Registration, Service, Zone
from shared.reconciler.ports import Systems
from tests.histories.guard import Guard
from tests.histories.initial_state import Truth, Universe
from tests.histories.loop import Scheduler
from tests.support.errors import changed, forbidden, locked, refused

# The number of characters of a description that the API stores.
KEPT = 1_000
# Azure's limits on the metadata of a record set.
MAX_PAIRS, MAX_VALUE_LENGTH = 15, 256
SYSTEMS = ("network", "dns", "clickhouse")
# What can show an older state than reads of single objects: the lists, and the responses of the organization.
LISTS = ("endpoints", "registrations", "services", "records")
KINDS = ("throttled", "error", "refused", "lost before", "lost after", "crash before", "crash after")


class Crash(BaseException):
    """The process that made the call has crashed."""


@dataclass
class Fault:
    """A fault of the next `times` calls to a system, after `skip` calls."""

    kind: str
    system: str
    skip: int = 0
    times: int = 1


@dataclass
class Lag:
    """The next `reads` lists of one kind show an older truth than reads of single objects."""

    shown: Truth
    reads: int


@dataclass
class Behavior:
    """The behavior of the systems, and the kinds of faults so far."""

    faults: list[Fault] = field(default_factory=list)
    lags: dict[str, Lag] = field(default_factory=dict)
    empty_list: bool = False
    description: int = KEPT
    refuses_add: bool = False
    answers: bool = True
    manages: bool = True
    locked: frozenset[Scope] = frozenset()
    refused_configs: frozenset[str] = frozenset()
    views_configs: bool = True
    encountered: set[str] = field(default_factory=set)

    def fault(self, system: str) -> str:
        for fault in self.faults:
            if fault.system != system or not fault.times:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            self.encountered.add(fault.kind)
            return fault.kind
        return ""

    def clear(self) -> None:
        self.faults.clear()
        self.lags.clear()
        self.empty_list = False
        self.views_configs = True
        self.locked = frozenset()
        self.refused_configs = frozenset()


@dataclass
class Ports:
    """The three ports of one pass."""

    universe: Universe
    behavior: Behavior
    scheduler: Scheduler
    guard: Guard
    worker: object

    def systems(self) -> Systems:
        return Systems(_Network(self), _Dns(self), _ClickHouse(self))

    @property
    def truth(self) -> Truth:
        return self.universe.truth

    async def call[T](self, system: str, effect: Callable[[], T]) -> T:
        """Wait for the scheduler, then apply the effect, with a fault before or after it."""
        await self.scheduler.wait_for_pick(self.worker)
        match self.behavior.fault(system):
            case "throttled":
                raise TemporaryError("429: slow down", cause=Cause(CauseKind.THROTTLED, retry_after=1.0))
            case "error":
                raise TemporaryError("500: something broke")
            case "refused":
                raise PermanentError("403: not now")
            case "lost before":
                raise TemporaryError("the connection was lost")
            case "lost after":
                with suppress(PermanentError, TemporaryError):
                    effect()
                raise TemporaryError("the connection was lost")
            case "crash before":
                self._crash()
            case "crash after":
                with suppress(PermanentError, TemporaryError):
                    effect()
                self._crash()
        return effect()

    def _crash(self) -> None:
        self.scheduler.kill(self.worker)
        raise Crash

    def shown(self, kind: str, part: Callable[[Truth], object]) -> Truth:
        """Return the truth that this list shows. A lag counts only if this part of the truth has changed."""
        lag = self.behavior.lags.get(kind)
        if lag is None or not lag.reads or part(lag.shown) == part(self.truth):
            return self.truth
        lag.reads -= 1
        self.behavior.encountered.add(f"late {kind}")
        self.guard.show(kind, lag.shown)
        return lag.shown

    def check_readable(self, what: ResourceId | Scope) -> None:
        """Raise the error of ARM if the resource is not readable."""
        if any(scope.covers(what) for scope in self.truth.denied):
            self.behavior.encountered.add("forbidden")
            raise PermanentError(f"403: {what}")

    def check_lock(self, zone: ResourceId) -> None:
        """Raise the error of ARM if a management lock applies."""
        if any(scope.covers(zone) for scope in self.behavior.locked):
            self.behavior.encountered.add("locked")
            raise locked(f"409 ScopeLocked: {zone}")

    def write(self, truth: Truth, *, through_service: bool = False) -> None:
        """Set the new truth, after the guard has checked it. `through_service`: the call registers and allows."""
        if truth != self.truth:
            self.guard.check(self.truth, truth, through_service=through_service)
            self.universe.become(truth)


@dataclass(frozen=True)
class _Network:
    ports: Ports

    async def endpoint(self, endpoint: ResourceId) -> Endpoint | NotFound:
        def read() -> Endpoint | NotFound:
            self.ports.check_readable(endpoint)
            return self.ports.truth.endpoints.get(endpoint, NotFound())

        result = await self.ports.call("network", read)
        self.ports.guard.own_reads[endpoint] = self.ports.truth
        return result

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]:
        def read() -> tuple[Endpoint, ...]:
            self.ports.check_readable(scope)
            known = self.ports.shown("endpoints", lambda truth: truth.endpoints).endpoints.values()
            return tuple(e for e in known if scope.covers(e.id) and self.ports.truth.readable(e.id))

        return await self.ports.call("network", read)

    async def addresses(self, interface: ResourceId) -> tuple[str, ...] | NotFound:
        def read() -> tuple[str, ...] | NotFound:
            self.ports.check_readable(interface)
            return self.ports.truth.interfaces.get(interface, NotFound())

        return await self.ports.call("network", read)

    async def addresses_in(self, scope: Scope) -> Mapping[ResourceId, tuple[str, ...]]:
        def read() -> Mapping[ResourceId, tuple[str, ...]]:
            self.ports.check_readable(scope)
            known = self.ports.shown("endpoints", lambda truth: truth.interfaces).interfaces
            return {n: a for n, a in known.items() if scope.covers(n) and self.ports.truth.readable(n)}

        return await self.ports.call("network", read)


@dataclass(frozen=True)
class _Dns:
    ports: Ports

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        def read() -> tuple[ResourceId, ...]:
            self.ports.check_readable(scope)
            truth = self.ports.truth
            return tuple(z for z in sorted(truth.zones) if scope.covers(z) and truth.readable(z))

        return await self.ports.call("dns", read)

    async def zone(self, zone: ResourceId) -> Zone | NotFound:
        def read() -> Zone | NotFound:
            self.ports.check_readable(zone)
            known = self.ports.truth.zones.get(zone)
            return replace(known, records=self._records(zone)) if known else NotFound()

        return await self.ports.call("dns", read)

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        def write() -> RecordSet:
            self._check_etag(record, replacing)
            self.ports.check_lock(record.zone)
            _check_limits(record.metadata)
            pairs = MappingProxyType(dict(record.metadata))
            written = replace(record, etag=self.ports.universe.next_etag(), metadata=pairs)
            self.ports.write(self.ports.truth.with_record(record.zone, record.name, written))
            return written

        return await self.ports.call("dns", write)

    async def delete(self, record: RecordSet) -> None:
        def write() -> None:
            if record.name in self.ports.truth.zones[record.zone].records:
                self._check_etag(record, record.etag)
                self.ports.check_lock(record.zone)
            self.ports.write(self.ports.truth.with_record(record.zone, record.name, None))

        return await self.ports.call("dns", write)

    async def create_zone(self, zone: ResourceId) -> None:
        def write() -> None:
            self.ports.check_readable(zone)
            if zone in self.ports.truth.zones:
                raise changed("412: the zone exists")
            self.ports.write(self.ports.truth.with_zone(Zone(zone)))

        return await self.ports.call("dns", write)

    async def link(self, zone: ResourceId, network: ResourceId) -> None:
        def write() -> None:
            self.ports.check_readable(zone)
            known = self.ports.truth.zones.values()
            if any(network in z.networks for z in known if z.id.name == zone.name):
                raise PermanentError("409: the network is linked to a zone of that name")
            current = self.ports.truth.zones[zone]
            linked = replace(current, networks=current.networks | {network})
            self.ports.write(self.ports.truth.with_zone(linked))

        return await self.ports.call("dns", write)

    def _records(self, zone: ResourceId) -> Mapping[str, RecordSet]:
        """Return the records that the list of a zone shows. A lag does not hide the zone itself."""

        def records(truth: Truth) -> Mapping[str, RecordSet]:
            return truth.zones[zone].records if zone in truth.zones else MappingProxyType({})

        return records(self.ports.shown("records", records))

    def _check_etag(self, record: RecordSet, etag: str | None) -> None:
        self.ports.check_readable(record.zone)
        known = self.ports.truth.zones[record.zone].records.get(record.name)
        if (known.etag if known else None) != etag:
            self.ports.behavior.encountered.add("written meanwhile")
            raise changed("412: the record set was changed")


@dataclass(frozen=True)
class _ClickHouse:
    """Every write is all or nothing; a write without effect is refused."""

    ports: Ports

    async def registrations(self) -> tuple[Registration, ...]:
        result = await self.ports.call("clickhouse", self._all)
        self.ports.guard.read_registrations(result)
        return result

    async def services(self) -> tuple[Service, ...]:
        def read() -> tuple[Service, ...]:
            if self.ports.behavior.empty_list:
                self.ports.behavior.encountered.add("empty list of services")
                self.ports.guard.disturbed = True
                return ()
            return tuple(self.ports.shown("services", lambda truth: truth.services).services.values())

        return await self.ports.call("clickhouse", read)

    async def config(self, service: str) -> Config | NotFound:
        def read() -> Config | NotFound:
            if service in self.ports.behavior.refused_configs:
                self.ports.behavior.encountered.add("refused config")
                raise refused("400: no Private Link")
            if not self.ports.behavior.views_configs:
                self.ports.behavior.encountered.add("a key without service:view-private-endpoints")
                raise refused("403: no permission", action="service:view-private-endpoints")
            there = service in self.ports.truth.services
            return self.ports.truth.configs[service] if there else NotFound()

        return await self.ports.call("clickhouse", read)

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        def write() -> tuple[Registration, ...] | None:
            if not self.ports.behavior.manages:
                raise forbidden("403: organization:manage")
            _refuse(bool(add) and self.ports.behavior.refuses_add, "privateEndpoints.add is deprecated")
            truth = self.ports.truth
            for one in remove:
                truth = self._deregistered(truth, one)
            for one in add:
                truth = self._registered(truth, one)
            self.ports.write(truth)
            return self._all() if self.ports.behavior.answers else None

        result = await self.ports.call("clickhouse", write)
        self.ports.guard.read_registrations(result or ())
        return result

    async def update_allow_list(self, service: str, add: tuple[str, ...], remove: tuple[str, ...]) -> Service | None:
        def write() -> Service | None:
            truth = self.ports.truth
            _refuse(service not in truth.services, f"service {service} does not exist")
            for one in remove:
                _refuse(one not in truth.services[service].allow_list, f"{one} is not attached")
                truth = truth.without_entry(service, one)
            for one in add:
                truth = self._allowed(truth, service, one)
            self.ports.write(truth)
            return truth.services[service] if self.ports.behavior.answers else None

        return await self.ports.call("clickhouse", write)

    async def register_through(self, service: str, endpoint_id: str, description: str) -> Registration | None:
        def write() -> Registration | None:
            truth = self.ports.truth
            _refuse(service not in truth.services, f"service {service} does not exist")
            entry = Registration(endpoint_id, truth.services[service].region, description)
            truth = self._allowed(self._registered(truth, entry), service, endpoint_id)
            self.ports.write(truth, through_service=True)
            return truth.registrations[endpoint_id, entry.region] if self.ports.behavior.answers else None

        result = await self.ports.call("clickhouse", write)
        self.ports.guard.read_registrations((result,) if result else ())
        return result

    def _all(self) -> tuple[Registration, ...]:
        shown = self.ports.shown("registrations", lambda truth: truth.registrations)
        return tuple(shown.registrations.values())

    def _registered(self, truth: Truth, one: Registration) -> Truth:
        _refuse(bool(truth.registered(one.id)), f"{one.id} is already registered")
        kept = replace(one, description=one.description[: self.ports.behavior.description])
        return truth.with_registration(kept, self.ports.guard.deployment.owner)

    def _deregistered(self, truth: Truth, one: Registration) -> Truth:
        using = [s for s in truth.services.values() if s.region == one.region and one.id in s.allow_list]
        _refuse((one.id, one.region) not in truth.registrations, f"{one.id} is not registered")
        _refuse(bool(using), f"{one.id} is in use")
        return truth.without_registration((one.id, one.region))

    def _allowed(self, truth: Truth, service: str, id_: str) -> Truth:
        known = truth.services[service]
        _refuse(id_ in known.allow_list, f"{id_} is already attached")
        _refuse((id_, known.region) not in truth.registrations, f"{id_} is not registered")
        return truth.with_entry(service, id_, self.ports.guard.deployment.owner)


def _check_limits(pairs: Mapping[str, str]) -> None:
    _refuse(len(pairs) > MAX_PAIRS, "too many pairs of metadata")
    _refuse(any(name[:1].isdigit() for name in pairs), "a name begins with a digit")
    _refuse(any(len(value) > MAX_VALUE_LENGTH for value in pairs.values()), "a value is too long")


def _refuse(refused: bool, why: str) -> None:  # noqa: FBT001 -- the condition is the first argument
    if refused:
        raise PermanentError(f"400: {why}")

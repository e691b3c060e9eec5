"""The three systems in memory. They log every call, fail on request, and are as strict as the real ones may be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from shared.domain.model.errors import PermanentError, PrivateLinkError
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Config, Endpoint, NotFound, RecordSet, Registration, Service, Zone
from shared.reconciler.ports import Systems
from tests.support.errors import changed
from tests.support.worlds import ALIAS, config, interface_addresses, service

WRITES = frozenset(
    {"update_registrations", "update_allow_list", "register_through", "put", "delete", "create_zone", "link"}
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Calls that run concurrently belong to one round."""

    name: str
    about: tuple[str, ...]
    round: int

    def concerns(self, text: str) -> bool:
        return not text or any(text in part for part in self.about)


@dataclass
class Fault:
    """The next `times` calls of that name that concern `about` fail; `done`: after taking effect."""

    name: str
    error: PrivateLinkError
    about: str = ""
    times: int = 1_000
    done: bool = False


@dataclass
class Log:
    """The calls, the faults to raise, and hooks that run before a call."""

    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    """Hooks that run once, just before a call of that name."""
    _under_way: int = 0
    _round: int = 0

    @asynccontextmanager
    async def call(self, name: str, *about: object) -> AsyncIterator[None]:
        self._round += self._under_way == 0
        self._under_way += 1
        call = Call(name, tuple(map(str, about)), self._round)
        self.calls.append(call)
        try:
            await asyncio.sleep(0)
            if hook := self.before.pop(name, None):
                hook()
            fault = self._fault(call)
            if fault and not fault.done:
                raise fault.error
            yield
            if fault:
                raise fault.error
        finally:
            self._under_way -= 1

    def named(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.name in WRITES]

    @property
    def rounds_before_writing(self) -> int:
        """The rounds of reads until the first write, or of all reads if there was none."""
        return min((call.round for call in self.writes), default=self._round + 1) - 1

    def clear(self) -> None:
        self.calls.clear()
        self._round = 0

    def _fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.name == call.name and call.concerns(fault.about):
                fault.times -= 1
                return fault
        return None


@dataclass
class FakeNetwork:
    log: Log
    known: dict[ResourceId, Endpoint] = field(default_factory=dict)
    interfaces: dict[ResourceId, tuple[str, ...]] = field(default_factory=dict)

    def have(self, *endpoints: Endpoint) -> None:
        """Create these endpoints, or replace the ones with the same name."""
        self.known |= {one.id: one for one in endpoints}
        self.interfaces |= interface_addresses(endpoints)

    def lose(self, endpoint: ResourceId) -> None:
        self.known.pop(endpoint, None)

    async def endpoint(self, endpoint: ResourceId) -> Endpoint | NotFound:
        async with self.log.call("endpoint", endpoint):
            return self.known.get(endpoint, NotFound())

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]:
        async with self.log.call("endpoints", scope):
            return tuple(one for one in self.known.values() if scope.covers(one.id))

    async def addresses(self, interface: ResourceId) -> tuple[str, ...] | NotFound:
        async with self.log.call("addresses", interface):
            return self.interfaces.get(interface, NotFound())

    async def addresses_in(self, scope: Scope) -> Mapping[ResourceId, tuple[str, ...]]:
        async with self.log.call("addresses_in", scope):
            return {nic: addresses for nic, addresses in self.interfaces.items() if scope.covers(nic)}


@dataclass
class FakeDns:
    log: Log
    known: dict[ResourceId, Zone] = field(default_factory=dict)
    _written: int = 100

    def have(self, *zones: Zone) -> None:
        self.known |= {one.id: one for one in zones}

    def record(self, zone: ResourceId | None = None) -> RecordSet | None:
        """The wildcard of that zone, or of the only one."""
        return self.known[zone or next(iter(self.known))].records.get("*")

    def set(self, zone: ResourceId, name: str, record: RecordSet | None) -> None:
        records = {key: value for key, value in self.known[zone].records.items() if key != name}
        if record:
            records[name] = record
        self.known[zone] = replace(self.known[zone], records=MappingProxyType(records))

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        async with self.log.call("zones", scope):
            return tuple(one for one in self.known if scope.covers(one))

    async def zone(self, zone: ResourceId) -> Zone | NotFound:
        async with self.log.call("zone", zone):
            return self.known.get(zone, NotFound())

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        async with self.log.call("put", record.zone, *record.addresses):
            known = self.known[record.zone].records.get(record.name)
            if (known.etag if known else None) != replacing:
                raise changed("412: the record set was changed")
            self._written += 1
            written = replace(record, etag=str(self._written), metadata=MappingProxyType(dict(record.metadata)))
            self.set(record.zone, record.name, written)
            return written

    async def delete(self, record: RecordSet) -> None:
        async with self.log.call("delete", record.zone):
            known = self.known[record.zone].records.get(record.name)
            if known and known.etag != record.etag:
                raise changed("412: the record set was changed")
            self.set(record.zone, record.name, None)

    async def create_zone(self, zone: ResourceId) -> None:
        async with self.log.call("create_zone", zone):
            if zone in self.known:
                raise changed("412: there is such a zone")
            self.known[zone] = Zone(zone)

    async def link(self, zone: ResourceId, network: ResourceId) -> None:
        async with self.log.call("link", zone, network):
            known = self.known[zone]
            if network in known.networks:
                raise changed("412: there is such a link")
            self.known[zone] = replace(known, networks=known.networks | {network})


@dataclass
class FakeClickHouse:
    """Every write is all or nothing, `remove` goes before `add`, and what is already so is an error."""

    log: Log
    known: dict[str, Service] = field(default_factory=dict)
    configs: dict[str, Config] = field(default_factory=dict)
    registered: dict[str, Registration] = field(default_factory=dict)
    history: list[dict[str, frozenset[str]]] = field(default_factory=list)
    """The allow lists by service name after each change, the first as they were at the start."""
    refuses_add: bool = False
    answers_writes: bool = True
    kept_of_description: int = 1_000
    rewords: Callable[[str], str] = str
    refused_ids: set[str] = field(default_factory=set)
    hidden: frozenset[str] = frozenset()
    """The registered ids that no response contains yet."""

    def have(self, *services: Service, alias: str = ALIAS) -> None:
        self.known |= {one.id: one for one in services}
        self.configs |= {one.id: config(one.name, alias) for one in services}
        self.history.append(self.allow_lists())

    def have_registered(self, *registrations: Registration) -> None:
        self.registered |= {one.id: one for one in registrations}

    def allow_lists(self) -> dict[str, frozenset[str]]:
        return {one.name: one.allow_list for one in self.known.values()}

    async def registrations(self) -> tuple[Registration, ...]:
        async with self.log.call("registrations"):
            return self._shown()

    async def services(self) -> tuple[Service, ...]:
        async with self.log.call("services"):
            return tuple(self.known.values())

    async def config(self, service: str) -> Config | NotFound:
        async with self.log.call("config", service):
            return self.configs.get(service, NotFound())

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        about = [f"+{one.id}" for one in add] + [f"-{one.id}" for one in remove]
        async with self.log.call("update_registrations", *about):
            if add and self.refuses_add:
                raise PermanentError("400: privateEndpoints.add is deprecated")
            after = dict(self.registered)
            for one in remove:
                self._refuse(one.id not in after, f"{one.id} is not registered")
                self._refuse(self._in_use(one.id), f"{one.id} is in use")
                del after[one.id]
            for one in add:
                self._refuse(one.id in after, f"{one.id} is already registered")
                self._refuse(one.id in self.refused_ids, f"{one.id} is refused")
                after[one.id] = self._kept(one)
            self.registered = after
            return self._shown() if self.answers_writes else None

    async def update_allow_list(self, service: str, add: tuple[str, ...], remove: tuple[str, ...]) -> Service | None:
        about = [f"+{one}" for one in add] + [f"-{one}" for one in remove]
        async with self.log.call("update_allow_list", self.known[service].name, *about):
            allowed = set(self.known[service].allow_list)
            for one in remove:
                self._refuse(one not in allowed, f"{one} is not attached")
                allowed.remove(one)
            for one in add:
                self._refuse(one in allowed, f"{one} is already attached")
                self._refuse(one not in self.registered, f"{one} is not registered")
                allowed.add(one)
            changed = self._set(service, allowed)
            return changed if self.answers_writes else None

    async def register_through(self, service: str, endpoint_id: str, description: str) -> Registration | None:
        async with self.log.call("register_through", self.known[service].name, f"+{endpoint_id}"):
            self._refuse(endpoint_id in self.registered, f"{endpoint_id} is already registered")
            self._refuse(endpoint_id in self.refused_ids, f"{endpoint_id} is refused")
            entry = Registration(endpoint_id, self.known[service].region, description)
            self.registered[endpoint_id] = self._kept(entry)
            self._set(service, self.known[service].allow_list | {endpoint_id})
            return self.registered[endpoint_id] if self.answers_writes else None

    def _shown(self) -> tuple[Registration, ...]:
        return tuple(one for one in self.registered.values() if one.id not in self.hidden)

    def _set(self, service: str, allowed: Iterable[str]) -> Service:
        self.known[service] = replace(self.known[service], allow_list=frozenset(allowed))
        self.history.append(self.allow_lists())
        return self.known[service]

    def _in_use(self, endpoint_id: str) -> bool:
        return any(endpoint_id in one.allow_list for one in self.known.values())

    def _kept(self, entry: Registration) -> Registration:
        return replace(entry, description=self.rewords(entry.description)[: self.kept_of_description])

    @staticmethod
    def _refuse(refused: bool, why: str) -> None:  # noqa: FBT001 -- reads as a sentence
        if refused:
            raise PermanentError(f"400: {why}")


class Cloud:
    """The three fakes over one log."""

    def __init__(self, *endpoints: Endpoint, services: Iterable[Service] = (), zones: Iterable[Zone] = ()) -> None:
        """Without services, there is one, `main`."""
        self.log = Log()
        self.network = FakeNetwork(self.log)
        self.dns = FakeDns(self.log)
        self.clickhouse = FakeClickHouse(self.log)
        self.network.have(*endpoints)
        self.dns.have(*zones)
        self.clickhouse.have(*(tuple(services) or (service("main"),)))

    @property
    def systems(self) -> Systems:
        return Systems(self.network, self.dns, self.clickhouse)

    def fail(self, name: str, error: PrivateLinkError, about: str = "", **how: int) -> None:
        self.log.faults.append(Fault(name, error, about, times=how.get("times", 1_000), done=bool(how.get("done"))))

    def mend(self) -> None:
        self.log.faults.clear()

    def allowed(self, service: str = "main") -> frozenset[str]:
        return self.clickhouse.allow_lists()[service]

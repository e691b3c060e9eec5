"""Histories: whatever may happen to networks, zones, services and passes, in whatever order."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from shared.domain.ids import ResourceId, Scope
from shared.domain.model import RecordSet, Registration
from shared.domain.policy import Policy
from shared.domain.rules import IdKind
from shared.domain.targets import Targets
from shared.memory import Memory
from shared.reconcile import Order, reconcile
from tests.support import model_oracle as oracle
from tests.support.model_guard import Evidence
from tests.support.model_loop import Scheduler
from tests.support.model_ports import KINDS, SYSTEMS, Crash, Fault, Ports, Weather
from tests.support.model_world import (
    DENIABLE,
    E1,
    HAND,
    MARK,
    ONE,
    S1,
    SERVICE_IDS,
    SHARING_TAG,
    SLOTS,
    STRANGE,
    TAG,
    TWO,
    VNETS,
    W1,
    W2,
    WEST,
    ZONE_TAG,
    ZONES,
    Deployment,
    Truth,
    Universe,
    address,
    made,
    zone_name,
)

ENOUGH = 2_000
EVERYTHING = 10**6

slots = st.sampled_from(SLOTS)
services = st.sampled_from(SERVICE_IDS)
by_id = SERVICE_IDS[1]
ambiguous = ["twin", f"twin,{SERVICE_IDS[4]}", "*,twin"]
requests = st.sampled_from(
    [
        "*",
        "",
        "alpha",
        "gamma",
        "alpha,beta",
        "tag:env",
        "tag:env=prod",
        by_id,
        "nobody, alpha",
        "a:b,delta",
        *ambiguous,
    ]
)
tagged_zones = st.sampled_from([None, None, None, *map(str, ZONES), str(ZONES[0]).upper(), "nonsense"])
tags = st.fixed_dictionaries(
    {TAG: st.one_of(requests, requests, requests, st.none()), ZONE_TAG: tagged_zones},
    optional={SHARING_TAG: st.just("shared")},
).map(lambda told: {name: value for name, value in told.items() if value is not None})
aliases = st.sampled_from([W1, W1, W1, W2, W2, E1, STRANGE])
picks = st.lists(st.integers(0, 3), max_size=12)
descriptions = st.sampled_from([1_000, 1_000, 0, 40, 120])


@dataclass
class Process:
    """One worker: its memory, and the pass it is at."""

    memory: Memory = field(default_factory=Memory)
    task: Any = None
    evidence: Evidence | None = None

    @property
    def busy(self) -> bool:
        return self.task is not None and not self.task.done()


@dataclass
class Tally:
    """What all histories met with."""

    histories: int = 0
    passes: int = 0
    met: set[str] = field(default_factory=set)

    def add(self, other: "Tally") -> None:
        self.histories += other.histories
        self.passes += other.passes
        self.met |= other.met


class Histories(RuleBasedStateMachine):
    """One history: rules are steps, and at its end the faults stop and everything is delivered."""

    tally: ClassVar[Tally] = Tally()
    scheduler: ClassVar[Scheduler]

    def __init__(self) -> None:
        super().__init__()
        if "scheduler" not in type(self).__dict__:
            type(self).scheduler = Scheduler()
        self.universe = Universe()
        self.weather = Weather()
        self.deployments = {"one": ONE, "two": TWO}
        self.processes = {"one": [Process(), Process()], "two": [Process()]}
        self.by_audit = True
        self.moved = False
        self.settled = False

    @property
    def truth(self) -> Truth:
        return self.universe.truth

    # The beginning

    @initialize(
        description=descriptions,
        refuses_add=st.sampled_from([False, False, True]),
        answers=st.booleans(),
        kind=st.sampled_from([IdKind.GUID, IdKind.GUID, IdKind.RESOURCE_ID]),
        adopt=st.booleans(),
        service_filter=st.sampled_from([None, None, "tag:env=prod", "alpha,twin"]),
        by_audit=st.booleans(),
    )
    def begin(self, **chosen: Any) -> None:
        self.by_audit = chosen["by_audit"]
        self.weather.description = chosen["description"]
        self.weather.refuses_add = chosen["refuses_add"]
        self.weather.answers = chosen["answers"]
        for owner, deployment in self.deployments.items():
            more = {"id_kind": chosen["kind"], "adopt": chosen["adopt"]}
            self.deployments[owner] = replace(deployment, service_filter=chosen["service_filter"], **more)

    # What people do in Azure

    @rule(slot=slots, alias=aliases, tags=tags, ready=st.sampled_from([True, True, True, False]))
    def create(self, slot: ResourceId, alias: str, tags: dict[str, str], *, ready: bool) -> None:
        """Also: delete it and create it again under the same name."""
        self.moved |= slot in self.truth.incarnations.values()
        number = self.universe.next_number()
        endpoint = made(slot, number, alias, tags)
        ids = dict.fromkeys(oracle.live_ids(endpoint), slot)
        known = replace(self.truth, incarnations={**self.truth.incarnations, **ids})
        known = known.with_endpoint(slot, endpoint)
        self.universe.become(known.with_address(endpoint, (address(number),) if ready else ()))

    @rule(slot=slots)
    def delete(self, slot: ResourceId) -> None:
        self.universe.become(self.truth.with_endpoint(slot, None))

    @rule(slot=slots, tags=tags)
    def retag(self, slot: ResourceId, tags: dict[str, str]) -> None:
        if endpoint := self.truth.endpoints.get(slot):
            self.moved |= tags.get(ZONE_TAG) != endpoint.tags.get(ZONE_TAG)
            changed = replace(endpoint, tags=MappingProxyType(tags))
            self.universe.become(self.truth.with_endpoint(slot, changed))

    @rule(slot=slots)
    def move(self, slot: ResourceId) -> None:
        if endpoint := self.truth.endpoints.get(slot):
            new = (address(self.universe.next_number()),)
            self.universe.become(self.truth.with_address(endpoint, new))

    @rule(network=st.sampled_from(VNETS), to=st.sampled_from([None, *ZONES]))
    def relink(self, network: ResourceId, to: ResourceId | None) -> None:
        self.moved = True
        name = to.name if to else zone_name(WEST)
        truth = self.truth
        for zone in truth.zones.values():
            if zone.id.name == name:
                networks = zone.networks - {network} | ({network} if zone.id == to else frozenset())
                truth = truth.with_zone(replace(zone, networks=networks))
        self.universe.become(truth)

    @rule(
        zone=st.sampled_from(ZONES),
        name=st.sampled_from(["*", "*", "host3"]),
        number=st.integers(1, 9),
        pairs=st.sampled_from([{}, {"made-by": "hand"}]),
    )
    def hand_record(self, zone: ResourceId, name: str, number: int, pairs: dict[str, str]) -> None:
        """A record made by hand, perhaps with the very address that an endpoint has; none is overwritten."""
        if name not in self.truth.zones[zone].records:
            self._put(RecordSet(zone, name, 3600, (address(number),), MappingProxyType(pairs)))

    @rule(zone=st.sampled_from(ZONES), name=st.sampled_from(["*", "host3"]), number=st.integers(1, 99))
    def tamper(self, zone: ResourceId, name: str, number: int) -> None:
        """A record is deleted by hand, or its address is changed and all else left."""
        record = self.truth.zones[zone].records.get(name)
        if record and number > 20:
            self._put(replace(record, addresses=(address(number),), ttl=number))
        elif record and MARK not in record.metadata:
            self.universe.become(self.truth.with_record(zone, name, None))

    def _put(self, record: RecordSet) -> None:
        written = replace(record, etag=self.universe.next_etag())
        self.universe.become(self.truth.with_record(record.zone, record.name, written))

    # What people do at ClickHouse Cloud

    @rule(slot=slots, text=st.sampled_from(["by hand", "by hand", ""]), service=services)
    def hand_register(self, slot: ResourceId, text: str, service: str) -> None:
        endpoint = self.truth.endpoints.get(slot)
        known = self.truth.services.get(service)
        if endpoint is None or known is None or self.truth.registered(endpoint.guid):
            return
        if f".{known.region}." not in endpoint.connections[0].target:
            return
        if not text and (self._at_work() or self._claimed(endpoint.guid)):
            return  # Then nobody could tell it from what an API left of ours.
        entry = Registration(endpoint.guid, known.region, text)
        self.universe.become(self.truth.with_registration(entry, HAND))

    @rule(slot=slots, service=services)
    def hand_allow(self, slot: ResourceId, service: str) -> None:
        endpoint, known = self.truth.endpoints.get(slot), self.truth.services.get(service)
        if endpoint is None or known is None or endpoint.guid in known.allow_list:
            return
        owners = self.deployments
        told = self._at_work() or any(oracle.is_lent(self.truth, o, service, endpoint.guid) for o in owners)
        if (endpoint.guid, known.region) in self.truth.registrations and not told:
            self.universe.become(self.truth.with_entry(service, endpoint.guid, HAND))

    @rule(slot=slots, service=services)
    def hand_disallow(self, slot: ResourceId, service: str) -> None:
        endpoint, known = self.truth.endpoints.get(slot), self.truth.services.get(service)
        if endpoint and known and endpoint.guid in known.allow_list:
            self.universe.become(self.truth.without_entry(service, endpoint.guid))

    @rule(slot=slots)
    def hand_deregister(self, slot: ResourceId) -> None:
        """Someone cleans up an id altogether."""
        endpoint, truth = self.truth.endpoints.get(slot), self.truth
        if endpoint is None:
            return
        for service in truth.listing(endpoint.guid):
            truth = truth.without_entry(service, endpoint.guid)
        for entry in truth.registered(endpoint.guid):
            truth = truth.without_registration((entry.id, entry.region))
        self.universe.become(truth)

    @rule(service=services, env=st.sampled_from([{}, {"env": "prod"}, {"env": "dev"}]))
    def retag_service(self, service: str, env: dict[str, str]) -> None:
        if known := self.truth.services.get(service):
            self.universe.become(self.truth.with_service(replace(known, tags=MappingProxyType(env))))

    @rule(service=services)
    def drop_service(self, service: str) -> None:
        """A service is deleted, and its allow list with it; now and then only."""
        if self.universe.number % 4 or service not in self.truth.services:
            return
        truth = self.truth
        for id_ in truth.services[service].allow_list:
            truth = truth.without_entry(service, id_)
        known = {id_: one for id_, one in truth.services.items() if id_ != service}
        self.universe.become(replace(truth, services=known))

    def _at_work(self) -> bool:
        return any(process.busy for process in self._all_processes())

    def _claimed(self, id_: str) -> bool:
        told = (c for owner in self.deployments for c in oracle.told_claims(self.truth, owner))
        return any(claim.id == id_ for claim in told)

    # What goes wrong

    @rule(denied=st.sets(st.sampled_from(DENIABLE), max_size=2))
    def permissions(self, denied: set[Scope]) -> None:
        self.universe.become(replace(self.truth, denied=frozenset(denied)))

    @rule(
        kind=st.sampled_from(KINDS),
        system=st.sampled_from(SYSTEMS),
        skip=st.integers(0, 6),
        times=st.sampled_from([1, 1, 2, 5]),
    )
    def break_down(self, kind: str, system: str, skip: int, times: int) -> None:
        self.weather.faults.append(Fault(kind, system, skip, times))

    @rule(gone=st.booleans())
    def lose_list(self, *, gone: bool) -> None:
        self.weather.empty_list = gone

    # What the deployments do

    @rule(kind=st.sampled_from(IdKind), service_filter=st.sampled_from([None, "tag:env=prod", "*"]))
    def settings(self, kind: IdKind, service_filter: str | None) -> None:
        """An administrator changes the settings."""
        self._configure(replace(self.deployments["one"], id_kind=kind, service_filter=service_filter))

    @rule(on=st.booleans())
    def make_zones(self, *, on: bool) -> None:
        group = Scope(S1, "rg-zones") if on else None
        self._configure(replace(self.deployments["one"], zone_group=group))

    def _configure(self, deployment: Deployment) -> None:
        """New settings: every process of the deployment is ended, and begins anew with them."""
        self.deployments[deployment.owner] = deployment
        for process in self.processes[deployment.owner]:
            if process.busy:
                self.weather.met.add("restart")
            self.scheduler.kill(process)
            process.memory = Memory()
        self._go(0)

    @rule(owner=st.sampled_from(["one", "one", "two"]), number=st.integers(0, 1))
    def restart(self, owner: str, number: int) -> None:
        process = self._process(owner, number)
        if not process.busy:
            process.memory = Memory()

    @rule(events=st.sets(slots, min_size=1, max_size=3), number=st.integers(0, 1), order=picks)
    def deliver(self, events: set[ResourceId], number: int, order: list[int]) -> None:
        """Events arrive, and their pass runs to its end, beside whatever is under way."""
        self._start(events, number)
        self._go(ENOUGH, order)

    @rule(
        events=st.sets(slots, min_size=1, max_size=3),
        number=st.integers(0, 1),
        calls=st.integers(0, 25),
        order=picks,
    )
    def deliver_partly(self, events: set[ResourceId], number: int, calls: int, order: list[int]) -> None:
        """Events arrive, and their pass gets so far until something else happens."""
        self._start(events, number)
        self._go(calls, order)

    @rule(
        owner=st.sampled_from(["one", "one", "two"]), calls=st.sampled_from([3, 9, 15, ENOUGH]), order=picks
    )
    def audit(self, owner: str, calls: int, order: list[int]) -> None:
        process = self._process(owner, 1)
        if not process.busy:
            self._run(owner, process, Targets(everything=True))
            self._go(calls, order)

    @precondition(lambda self: self._at_work())
    @rule(calls=st.integers(1, 30), order=picks)
    def go_on(self, calls: int, order: list[int]) -> None:
        self._go(calls, order)

    # How passes run

    def _all_processes(self) -> Iterable[Process]:
        return (process for known in self.processes.values() for process in known)

    def _process(self, owner: str, number: int) -> Process:
        known = self.processes[owner]
        return known[number % len(known)]

    def _start(self, events: Iterable[ResourceId], number: int) -> None:
        for owner in self.deployments:
            mine = frozenset(slot for slot in events if self._receives(owner, slot))
            process = self._process(owner, number)
            if mine and not process.busy:
                self._run(owner, process, Targets(mine))

    def _receives(self, owner: str, slot: ResourceId) -> bool:
        return any(scope.subscription == slot.subscription for scope in self.deployments[owner].scopes)

    def _run(self, owner: str, process: Process, targets: Targets) -> None:
        self.tally.passes += 1
        deployment = self.deployments[owner]
        evidence = Evidence(deployment, self.universe.complaints, self.truth)
        self.universe.watchers.append(evidence.watch)
        ports = Ports(self.universe, self.weather, self.scheduler, evidence, process)
        process.evidence = evidence
        process.task = self.scheduler.start(self._pass(ports, deployment, process, targets))

    async def _pass(self, ports: Ports, deployment: Deployment, process: Process, targets: Targets) -> None:
        order = Order(targets, policy=Policy.SYNC, max_removals=EVERYTHING)
        try:
            await reconcile(order, ports.systems(), deployment.rules(), process.memory)
        except Crash:
            process.memory = Memory()
        finally:
            self.universe.watchers.remove(ports.evidence.watch)

    def _go(self, calls: int, order: Iterable[int] = ()) -> None:
        self.scheduler.go(calls, order)
        for process in self._all_processes():
            if process.task is not None and process.task.done():
                task, process.task = process.task, None
                if not task.cancelled():
                    task.result()
        if self.universe.complaints:
            self.settled = True
        assert not self.universe.complaints, "\n".join(self.universe.complaints)

    # The end

    def teardown(self) -> None:
        """The faults stop, everything is delivered, and the world is as it should be."""
        if not self.settled:
            self.settled = True
            self._settle()
            self.tally.histories += 1
        self.tally.met |= self.weather.met

    def _settle(self) -> None:
        self.weather.clear()
        self.universe.become(replace(self.truth, denied=frozenset()))
        self._go(ENOUGH)
        before = self.truth
        # Where an endpoint's zone changed, only an audit looks for what it left in the former one.
        self._deliver_all(by_audit=self.by_audit or self.moved)
        self._deliver_all(by_audit=self.by_audit)
        faults = [
            fault
            for deployment in self.deployments.values()
            for fault in oracle.faults_of(
                oracle.Case(before, self.truth, deployment, self.weather.refuses_add)
            )
        ]
        assert not faults, "\n".join(faults)
        after = self.truth
        self._deliver_all(by_audit=True)
        assert self.truth == after, "a further audit changed something"
        self._deliver_all(by_audit=False)
        assert self.truth == after, "a further event changed something"

    def _deliver_all(self, *, by_audit: bool) -> None:
        every = [SLOTS[:]] if by_audit else [[slot] for slot in SLOTS]
        for events in every:
            for owner in self.deployments:
                mine = frozenset(slot for slot in events if self._receives(owner, slot))
                if mine:
                    targets = Targets(everything=True) if by_audit else Targets(mine)
                    process = self._process(owner, 0)
                    self._run(owner, process, targets)
                    self._go(ENOUGH)

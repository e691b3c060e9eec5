"""Histories: whatever may happen to networks, zones, services and passes, in whatever order."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from shared.domain.model.deployment_config import IdKind
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, RecordSet, Registration
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.policy import Policy
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reconcile import ReconcileRequest, reconcile
from tests.histories import oracle
from tests.histories.guard import Evidence
from tests.histories.loop import Scheduler
from tests.histories.ports import KEPT, KINDS, SYSTEMS, Crash, Fault, Ports, Weather
from tests.histories.world import (
    DENIABLE,
    E1,
    HAND,
    MARK,
    ONE,
    S1,
    S2,
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

# Drawn so that endpoints meet: most of them are in the networks of one zone.
slots = st.sampled_from([SLOTS[n] for n in (0, 0, 0, 1, 1, 1, 2, 3, 3, 4, 5)])
services = st.sampled_from(SERVICE_IDS)
id_kinds = st.sampled_from([IdKind.GUID, IdKind.GUID, IdKind.RESOURCE_ID])
by_id = SERVICE_IDS[1]
plain = ["*", "*", "*", "", "alpha", "gamma", "alpha,beta", "tag:env", "tag:env=prod", by_id]
odd = [
    "nobody, Alpha",
    "Twin",
    "a:b,delta",
    "twin",
    f"twin,{SERVICE_IDS[4]}",
    "*,twin",
    "alpha;beta",
    "beta,tag: env=prod",
]
requests = st.sampled_from([*plain, *plain, *odd, None, None])
tagged_zones = st.sampled_from([*[None] * 10, *map(str, ZONES), str(ZONES[0]).upper(), "nonsense"])
tags = st.fixed_dictionaries(
    {TAG: requests, ZONE_TAG: tagged_zones, SHARING_TAG: st.sampled_from([None, None, "shared"])}
).map(lambda told: {name: value for name, value in told.items() if value is not None})
aliases = st.sampled_from([*[W1] * 6, *[W2] * 3, E1, E1, STRANGE])
picks = st.lists(st.integers(0, 3), max_size=12)
descriptions = st.sampled_from([*[KEPT] * 9, 0, 40, 100])
filters = st.sampled_from([None, None, "tag:env=prod", "*", "ALPHA,twin", "Twin,beta", "mistyped"])
names = st.sampled_from(["*", "*", "host1", "host3"])
zones = st.sampled_from([ZONES[0], ZONES[0], *ZONES])

type Step = tuple[str, dict[str, Any]]


def _step(verb: str, /, **drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(verb), st.fixed_dictionaries(drawn))


states = st.sampled_from(["Deleting", "Deleting", "Updating", "Failed", "Succeeded"])
creation = _step("create", slot=slots, alias=aliases, tags=tags, ready=st.sampled_from([*[True] * 9, False]))
by_azure_users = st.one_of(
    creation,
    creation,
    _step("delete", slot=slots),
    _step("retag", slot=slots, tags=tags),
    _step("retag", slot=slots, tags=tags),
    _step("move", slot=slots),
    _step("strip_tags", slot=st.just(SLOTS[0])),
    _step("hold", slot=slots, state=states),
    _step("hold", slot=slots, state=states),
)
by_hand = st.one_of(
    _step("relink", network=st.sampled_from(VNETS), to=st.sampled_from([None, *ZONES])),
    _step(
        "hand_record",
        zone=zones,
        name=names,
        number=st.integers(1, 6),
        pairs=st.sampled_from([{}, {"made-by": "hand"}]),
    ),
    _step("tamper", zone=zones, name=names, number=st.integers(1, 99)),
    _step("hand_register", slot=slots, text=st.sampled_from(["by hand", "by hand", ""]), kind=id_kinds),
    _step("hand_register", slot=slots, text=st.just("by hand"), kind=id_kinds),
    _step("hand_allow", slot=slots, kind=id_kinds, service=services),
    _step("hand_allow", slot=slots, kind=id_kinds, service=services),
    _step("hand_disallow", slot=slots, kind=id_kinds, service=services),
    _step("hand_deregister", slot=slots, kind=id_kinds),
    _step("hand_describe", slot=slots, kind=id_kinds, text=st.sampled_from(["", "changed by hand"])),
    _step("retag_service", service=services, env=st.sampled_from([{}, {"env": "prod"}, {"env": "dev"}])),
    _step("drop_service", service=services),
)
troubles = st.one_of(
    _step("permissions", denied=st.sets(st.sampled_from(DENIABLE), max_size=2)),
    _step(
        "break_down",
        kind=st.sampled_from(KINDS),
        system=st.sampled_from(SYSTEMS),
        skip=st.integers(0, 6),
        times=st.sampled_from([1, 1, 2, 5]),
    ),
    _step(
        "break_down",
        kind=st.sampled_from(KINDS),
        system=st.just("clickhouse"),
        skip=st.integers(0, 9),
        times=st.just(1),
    ),
    _step("lose_list", gone=st.booleans()),
    _step("lock", scopes=st.sets(st.sampled_from([Scope(S1, "rg-dns"), Scope(S2, "rg-dns")]), max_size=2)),
    _step("refuse_configs", refused=st.sets(services, max_size=2)),
    _step(
        "settings",
        owner=st.sampled_from(["one", "one", "two"]),
        kind=st.sampled_from(IdKind),
        service_filter=filters,
    ),
    _step("make_zones", on=st.booleans()),
    _step("restart", owner=st.sampled_from(["one", "one", "two"]), number=st.integers(0, 1)),
)
# What becomes of an event: lost, begun, worked on for so many calls, or done.
fates = st.sampled_from(["lost", 0, 5, 9, 13, 18, *[ENOUGH] * 5])


@dataclass
class Process:
    """One worker: its memory, and the pass it is at."""

    memory: ProcessCache = field(default_factory=ProcessCache)
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
        manages=st.sampled_from([*[True] * 7, False]),
        answers=st.booleans(),
        kind=id_kinds,
        adopt=st.booleans(),
        service_filters=st.tuples(filters, filters),
        by_audit=st.booleans(),
        first=st.lists(creation, min_size=1, max_size=4),
        events=st.sampled_from(["lost", ENOUGH]),
    )
    def begin(self, **chosen: Any) -> None:
        self.by_audit = chosen["by_audit"]
        self.weather.description = chosen["description"]
        self.weather.refuses_add = chosen["refuses_add"]
        self.weather.manages = chosen["manages"]
        self.weather.met |= set() if chosen["manages"] else {"a key without organization:manage"}
        self.weather.answers = chosen["answers"]
        told = zip(self.deployments.items(), chosen["service_filters"], strict=True)
        for (owner, deployment), service_filter in list(told):
            more = {"id_kind": chosen["kind"], "adopt": chosen["adopt"]}
            self.deployments[owner] = replace(deployment, service_filter=service_filter, **more)
        for step in chosen["first"]:
            self.act(step, number=0, fate=chosen["events"], order=[])

    # The steps

    @rule(step=by_azure_users, number=st.integers(0, 1), fate=fates, order=picks)
    def act(self, step: Step, number: int, fate: str | int, order: list[int]) -> None:
        """Somebody changes an endpoint, and something becomes of the event."""
        self._do(step)
        if isinstance(fate, int):
            self._start([step[1]["slot"]], number)
            self._go(fate, order)

    @rule(step=by_hand)
    def meddle(self, step: Step) -> None:
        self._do(step)

    @rule(step=troubles)
    def trouble(self, step: Step) -> None:
        self._do(step)

    def _do(self, step: Step) -> None:
        name, chosen = step
        getattr(self, f"do_{name}")(**chosen)

    # What people do in Azure

    def do_create(self, slot: ResourceId, alias: str, tags: dict[str, str], *, ready: bool) -> None:
        """Also: delete it and create it again under the same name."""
        self.moved |= slot in self.truth.incarnations.values()
        number = self.universe.next_number()
        endpoint = made(slot, number, alias, tags)
        ids = dict.fromkeys(oracle.live_ids(endpoint), slot)
        known = replace(self.truth, incarnations={**self.truth.incarnations, **ids})
        known = known.with_endpoint(slot, endpoint)
        self.universe.become(known.with_address(endpoint, (address(number),) if ready else ()))

    def do_delete(self, slot: ResourceId) -> None:
        self.universe.become(self.truth.with_endpoint(slot, None))

    def do_retag(self, slot: ResourceId, tags: dict[str, str]) -> None:
        if endpoint := self.truth.endpoints.get(slot):
            self.moved |= tags.get(ZONE_TAG) != endpoint.tags.get(ZONE_TAG)
            changed = replace(endpoint, tags=MappingProxyType(tags))
            self.universe.become(self.truth.with_endpoint(slot, changed))

    def do_strip_tags(self, slot: ResourceId) -> None:
        """A pipeline takes the tags off every endpoint."""
        self.weather.met.add("tags stripped")
        for one in list(self.truth.endpoints):
            self.do_retag(one, {})

    def do_hold(self, slot: ResourceId, state: str) -> None:
        """Azure begins to delete it or to change it, fails, or is done."""
        if endpoint := self.truth.endpoints.get(slot):
            self.weather.met |= {state} - {"Succeeded"}
            self.universe.become(self.truth.with_endpoint(slot, replace(endpoint, state=state)))

    def do_move(self, slot: ResourceId) -> None:
        if endpoint := self.truth.endpoints.get(slot):
            new = (address(self.universe.next_number()),)
            self.universe.become(self.truth.with_address(endpoint, new))

    def do_relink(self, network: ResourceId, to: ResourceId | None) -> None:
        self.moved = True
        name = to.name if to else zone_name(WEST)
        truth = self.truth
        for zone in truth.zones.values():
            if zone.id.name == name:
                networks = zone.networks - {network} | ({network} if zone.id == to else frozenset())
                truth = truth.with_zone(replace(zone, networks=networks))
        self.universe.become(truth)

    def do_hand_record(self, zone: ResourceId, name: str, number: int, pairs: dict[str, str]) -> None:
        """A record made by hand, perhaps with the very address that an endpoint has; none is overwritten."""
        if name not in self.truth.zones[zone].records:
            self._put(RecordSet(zone, name, 3600, (address(number),), MappingProxyType(pairs)))

    def do_tamper(self, zone: ResourceId, name: str, number: int) -> None:
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

    def do_hand_register(self, slot: ResourceId, text: str, kind: IdKind) -> None:
        endpoint = self.truth.endpoints.get(slot)
        if endpoint and not self.truth.registered(_id(endpoint, kind)):
            region = endpoint.connections[0].target.split(".")[2]
            entry = Registration(_id(endpoint, kind), region, text)
            self.universe.become(self.truth.with_registration(entry, HAND))

    def do_hand_allow(self, slot: ResourceId, service: str, kind: IdKind) -> None:
        endpoint, known = self.truth.endpoints.get(slot), self.truth.services.get(service)
        if endpoint is None or known is None or (id_ := _id(endpoint, kind)) in known.allow_list:
            return
        if (id_, known.region) in self.truth.registrations:
            self.universe.become(self.truth.with_entry(service, id_, HAND))

    def do_hand_disallow(self, slot: ResourceId, service: str, kind: IdKind) -> None:
        endpoint, known = self.truth.endpoints.get(slot), self.truth.services.get(service)
        if endpoint and known and (id_ := _id(endpoint, kind)) in known.allow_list:
            self.universe.become(self.truth.without_entry(service, id_))

    def do_hand_deregister(self, slot: ResourceId, kind: IdKind) -> None:
        """Someone cleans up an id altogether."""
        endpoint, truth = self.truth.endpoints.get(slot), self.truth
        if endpoint is None:
            return
        id_ = _id(endpoint, kind)
        for service in truth.listing(id_):
            truth = truth.without_entry(service, id_)
        for entry in truth.registered(id_):
            truth = truth.without_registration((entry.id, entry.region))
        self.universe.become(truth)

    def do_hand_describe(self, slot: ResourceId, text: str, kind: IdKind) -> None:
        """Somebody gives a registration other words."""
        endpoint = self.truth.endpoints.get(slot)
        for entry in self.truth.registered(_id(endpoint, kind)) if endpoint else ():
            author = self.truth.authors["registration", entry.id, entry.region]
            changed = replace(entry, description=text)
            self.universe.become(self.truth.with_registration(changed, author))

    def do_retag_service(self, service: str, env: dict[str, str]) -> None:
        if known := self.truth.services.get(service):
            self.universe.become(self.truth.with_service(replace(known, tags=MappingProxyType(env))))

    def do_drop_service(self, service: str) -> None:
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

    # What goes wrong

    def do_permissions(self, denied: set[Scope]) -> None:
        self.universe.become(replace(self.truth, denied=frozenset(denied)))

    def do_break_down(self, kind: str, system: str, skip: int, times: int) -> None:
        self.weather.faults.append(Fault(kind, system, skip, times))

    def do_lock(self, scopes: set[Scope]) -> None:
        self.weather.locked = frozenset(scopes)

    def do_refuse_configs(self, refused: set[str]) -> None:
        self.weather.refused_configs = frozenset(refused)

    def do_lose_list(self, *, gone: bool) -> None:
        self.weather.empty_list = gone

    # What the deployments do

    def do_settings(self, owner: str, kind: IdKind, service_filter: str | None) -> None:
        """An administrator changes the settings."""
        known = self.deployments[owner]
        self._configure(replace(known, id_kind=kind, service_filter=service_filter))

    def do_make_zones(self, *, on: bool) -> None:
        group = Scope(S1, "rg-zones") if on else None
        self._configure(replace(self.deployments["one"], zone_group=group))

    def _configure(self, deployment: Deployment) -> None:
        """New settings: every process of the deployment is ended, and begins anew with them."""
        self.deployments[deployment.owner] = deployment
        for process in self.processes[deployment.owner]:
            if process.busy:
                self.weather.met.add("restart")
            self.scheduler.kill(process)
            process.memory = ProcessCache()
        self._go(0)

    def do_restart(self, owner: str, number: int) -> None:
        process = self._process(owner, number)
        if not process.busy:
            process.memory = ProcessCache()

    @rule(events=st.sets(slots, min_size=1, max_size=3), number=st.integers(0, 1), fate=fates, order=picks)
    def deliver(self, events: set[ResourceId], number: int, fate: str | int, order: list[int]) -> None:
        """Events arrive late or again, and their pass gets so far until something else happens."""
        self._start(events, number)
        self._go(fate if isinstance(fate, int) else 3, order)

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
        order = ReconcileRequest(targets, policy=Policy.SYNC, max_removals=EVERYTHING)
        try:
            await reconcile(order, ports.systems(), deployment.config(), process.memory)
        except Crash:
            process.memory = ProcessCache()
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
        try:
            if not self.settled:
                self.settled = True
                self._settle()
                self.tally.histories += 1
        finally:
            self._end_all()
        self.tally.met |= self.weather.met

    def _end_all(self) -> None:
        """No pass of a history that failed goes on in the next one."""
        for process in self._all_processes():
            self.scheduler.kill(process)
        self.scheduler.go(0)

    def _settle(self) -> None:
        self.weather.clear()
        self.universe.become(replace(self.truth, denied=frozenset()))
        self._go(ENOUGH)
        for process in self._all_processes():
            process.memory.refused_configs.clear()  # an hour later
        before = self.truth
        # What an endpoint left in a former zone is found by audits alone.
        by_audit = self.by_audit or self.moved
        self._deliver_all(by_audit=by_audit)
        self._deliver_all(by_audit=by_audit)
        faults = [
            fault for owner in self.deployments for fault in oracle.faults_of(self._case(before, owner))
        ]
        assert not faults, "\n".join(faults)
        after = self.truth
        self._deliver_all(by_audit=True)
        assert self.truth == after, "a further audit changed something"
        self._deliver_all(by_audit=False)
        assert self.truth == after, "a further event changed something"

    def _case(self, before: Truth, owner: str) -> oracle.Case:
        return oracle.Case(
            before,
            self.truth,
            self.deployments[owner],
            needs_service=self.weather.refuses_add or not self.weather.manages,
            manages=self.weather.manages,
            forgets=self.weather.description != KEPT,
            others=tuple(one for one in self.deployments.values() if one.owner != owner),
        )

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


def _id(endpoint: Endpoint, kind: IdKind) -> str:
    return endpoint.guid if kind is IdKind.GUID else endpoint.arm_id

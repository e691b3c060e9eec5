"""Histories: random sequences of changes to endpoints, networks, zones, services and passes."""

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
from shared.domain.results.pass_report import Report
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reconcile import ReconcileRequest, reconcile
from tests.histories import oracle
from tests.histories.guard import Guard
from tests.histories.initial_state import (
    DENIABLE,
    E1,
    FOREIGN_ALIAS,
    HAND,
    MARK,
    ONE,
    S1,
    S2,
    SERVICE_IDS,
    SHARING_TAG,
    SLOTS,
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
    guid,
    new_endpoint,
    zone_name,
)
from tests.histories.loop import Scheduler
from tests.histories.ports import KEPT, KINDS, LISTS, SYSTEMS, Behavior, Crash, Fault, Lag, Ports

ENOUGH = 2_000
EVERYTHING = 10**6
UNRELATED = Registration(guid(9_999), WEST, "of no private endpoint in scope")

# Weighted so that endpoints interact: most of them are in networks of the same zone.
slots = st.sampled_from([SLOTS[n] for n in (0, 0, 0, 1, 1, 1, 2, 3, 3, 4, 5)])
services = st.sampled_from(SERVICE_IDS)
id_kinds = st.sampled_from([IdKind.GUID, IdKind.GUID, IdKind.RESOURCE_ID])
by_id = SERVICE_IDS[1]
plain = ["*", "*", "*", "", "alpha", "gamma", "alpha,beta", "tag:env", "tag:env=prod", by_id]
odd = [
    "unknown, Alpha",
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
).map(lambda drawn: {name: value for name, value in drawn.items() if value is not None})
aliases = st.sampled_from([*[W1] * 6, *[W2] * 3, E1, E1, FOREIGN_ALIAS])
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
    _step("recreate", slot=slots),
    _step("delete", slot=slots),
    _step("retag", slot=slots, tags=tags),
    _step("retag", slot=slots, tags=tags),
    _step("change_address", slot=slots),
    _step("strip_tags", slot=st.just(SLOTS[0])),
    _step("set_state", slot=slots, state=states),
    _step("set_state", slot=slots, state=states),
)
manual_changes = st.one_of(
    _step("relink", network=st.sampled_from(VNETS), to=st.sampled_from([None, *ZONES])),
    _step(
        "add_record_manually",
        zone=zones,
        name=names,
        number=st.integers(1, 6),
        pairs=st.sampled_from([{}, {"new_endpoint-by": "hand"}]),
    ),
    _step("change_record_manually", zone=zones, name=names, number=st.integers(1, 99)),
    _step("register_manually", slot=slots, text=st.sampled_from(["by hand", "by hand", ""]), kind=id_kinds),
    _step("register_manually", slot=slots, text=st.just("by hand"), kind=id_kinds),
    _step("allow_manually", slot=slots, kind=id_kinds, service=services),
    _step("allow_manually", slot=slots, kind=id_kinds, service=services),
    _step("disallow_manually", slot=slots, kind=id_kinds, service=services),
    _step("deregister_manually", slot=slots, kind=id_kinds),
    _step("describe_manually", slot=slots, kind=id_kinds, text=st.sampled_from(["", "changed by hand"])),
    _step("retag_service", service=services, env=st.sampled_from([{}, {"env": "prod"}, {"env": "dev"}])),
    _step("delete_service", service=services),
)
problems = st.one_of(
    _step("permissions", denied=st.sets(st.sampled_from(DENIABLE), max_size=2)),
    _step(
        "add_fault",
        kind=st.sampled_from(KINDS),
        system=st.sampled_from(SYSTEMS),
        skip=st.integers(0, 6),
        times=st.sampled_from([1, 1, 2, 5]),
    ),
    _step(
        "add_fault",
        kind=st.sampled_from(KINDS),
        system=st.just("clickhouse"),
        skip=st.integers(0, 9),
        times=st.just(1),
    ),
    _step("empty_service_list", gone=st.booleans()),
    _step("lock", scopes=st.sets(st.sampled_from([Scope(S1, "rg-dns"), Scope(S2, "rg-dns")]), max_size=2)),
    _step("refuse_configs", refused=st.sets(services, max_size=2)),
    _step("permit_configs", permitted=st.booleans()),
    _step("lag", kind=st.sampled_from(LISTS), reads=st.sampled_from([1, 2, 3, 6])),
    _step("lag", kind=st.sampled_from(LISTS), reads=st.sampled_from([1, 2, 3, 6])),
    _step(
        "settings",
        owner=st.sampled_from(["one", "one", "two"]),
        kind=st.sampled_from(IdKind),
        service_filter=filters,
    ),
    _step("create_zones", on=st.booleans()),
    _step("restart", owner=st.sampled_from(["one", "one", "two"]), number=st.integers(0, 1)),
)
# The processing of an event: lost, or a pass with that many calls before the next step.
deliveries = st.sampled_from(["lost", 0, 5, 9, 13, 18, *[ENOUGH] * 5])
late_lists = st.sampled_from([0, 0, 0, 1, 3])


@dataclass
class Process:
    """One worker process: its cache and its current pass."""

    cache: ProcessCache = field(default_factory=ProcessCache)
    task: Any = None
    guard: Guard | None = None

    @property
    def busy(self) -> bool:
        return self.task is not None and not self.task.done()


@dataclass
class Tally:
    """The counts of all histories."""

    histories: int = 0
    passes: int = 0
    encountered: set[str] = field(default_factory=set)

    def add(self, other: "Tally") -> None:
        self.histories += other.histories
        self.passes += other.passes
        self.encountered |= other.encountered


class Histories(RuleBasedStateMachine):
    """One history. Rules are steps; at the end faults stop and all events are delivered."""

    tally: ClassVar[Tally] = Tally()
    scheduler: ClassVar[Scheduler]

    def __init__(self) -> None:
        super().__init__()
        if "scheduler" not in type(self).__dict__:
            type(self).scheduler = Scheduler()
        self.universe = Universe()
        self.behavior = Behavior()
        self.deployments = {"one": ONE, "two": TWO}
        self.processes = {"one": [Process(), Process()], "two": [Process()]}
        self.by_audit = True
        self.moved = False
        self.settled = False

    @property
    def truth(self) -> Truth:
        return self.universe.truth

    # Start

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
        unrelated=st.booleans(),
    )
    def begin(self, **chosen: Any) -> None:
        self.by_audit = chosen["by_audit"]
        self.behavior.description = chosen["description"]
        self.behavior.refuses_add = chosen["refuses_add"]
        self.behavior.manages = chosen["manages"]
        self.behavior.encountered |= set() if chosen["manages"] else {"a key without organization:manage"}
        self.behavior.answers = chosen["answers"]
        if chosen["unrelated"]:
            self.universe.become(self.truth.with_registration(UNRELATED, HAND))
        configured = zip(self.deployments.items(), chosen["service_filters"], strict=True)
        for (owner, deployment), service_filter in list(configured):
            options = {"id_kind": chosen["kind"], "adopt": chosen["adopt"]}
            self.deployments[owner] = replace(deployment, service_filter=service_filter, **options)
        for step in chosen["first"]:
            self.act(step, number=0, delivery=chosen["events"], order=[], late=0)

    # Steps

    @rule(step=by_azure_users, number=st.integers(0, 1), delivery=deliveries, order=picks, late=late_lists)
    def act(self, step: Step, number: int, delivery: str | int, order: list[int], late: int) -> None:
        """Change an endpoint, and process its event. The next `late` lists do not show the change."""
        if late:
            self.do_lag("endpoints", late)
        self._do(step)
        if isinstance(delivery, int):
            self._start([step[1]["slot"]], number)
            self._go(delivery, order)

    @rule(step=manual_changes)
    def change_manually(self, step: Step) -> None:
        self._do(step)

    @rule(step=problems)
    def add_problem(self, step: Step) -> None:
        self._do(step)

    def _do(self, step: Step) -> None:
        name, chosen = step
        getattr(self, f"do_{name}")(**chosen)

    # Changes in Azure

    def do_create(self, slot: ResourceId, alias: str, tags: dict[str, str], *, ready: bool) -> None:
        """Create or recreate an endpoint."""
        self.moved |= slot in self.truth.slot_of_id.values()
        number = self.universe.next_number()
        endpoint = new_endpoint(slot, number, alias, tags)
        ids = dict.fromkeys(oracle.live_ids(endpoint), slot)
        known = replace(self.truth, slot_of_id={**self.truth.slot_of_id, **ids})
        known = known.with_endpoint(slot, endpoint)
        self.universe.become(known.with_address(endpoint, (address(number),) if ready else ()))

    def do_recreate(self, slot: ResourceId) -> None:
        """Recreate an endpoint with the same tags, as a deployment pipeline does."""
        if endpoint := self.truth.endpoints.get(slot):
            self.do_create(slot, endpoint.connections[0].target, dict(endpoint.tags), ready=True)

    def do_delete(self, slot: ResourceId) -> None:
        self.universe.become(self.truth.with_endpoint(slot, None))

    def do_retag(self, slot: ResourceId, tags: dict[str, str]) -> None:
        if endpoint := self.truth.endpoints.get(slot):
            self.moved |= tags.get(ZONE_TAG) != endpoint.tags.get(ZONE_TAG)
            changed = replace(endpoint, tags=MappingProxyType(tags))
            self.universe.become(self.truth.with_endpoint(slot, changed))

    def do_strip_tags(self, slot: ResourceId) -> None:
        """A deployment pipeline removes the tags of every endpoint."""
        self.behavior.encountered.add("tags stripped")
        for one in list(self.truth.endpoints):
            self.do_retag(one, {})

    def do_set_state(self, slot: ResourceId, state: str) -> None:
        """Azure changes the provisioning state."""
        if endpoint := self.truth.endpoints.get(slot):
            self.behavior.encountered |= {state} - {"Succeeded"}
            self.universe.become(self.truth.with_endpoint(slot, replace(endpoint, state=state)))

    def do_change_address(self, slot: ResourceId) -> None:
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

    def do_add_record_manually(self, zone: ResourceId, name: str, number: int, pairs: dict[str, str]) -> None:
        """Create a record manually, possibly with the address of an endpoint, unless it exists."""
        if name not in self.truth.zones[zone].records:
            self._put(RecordSet(zone, name, 3600, (address(number),), MappingProxyType(pairs)))

    def do_change_record_manually(self, zone: ResourceId, name: str, number: int) -> None:
        """Change the address of a record manually, or delete a record without mark."""
        record = self.truth.zones[zone].records.get(name)
        if record and number > 20:
            self._put(replace(record, addresses=(address(number),), ttl=number))
        elif record and MARK not in record.metadata:
            self.universe.become(self.truth.with_record(zone, name, None))

    def _put(self, record: RecordSet) -> None:
        written = replace(record, etag=self.universe.next_etag())
        self.universe.become(self.truth.with_record(record.zone, record.name, written))

    # Changes in ClickHouse Cloud

    def do_register_manually(self, slot: ResourceId, text: str, kind: IdKind) -> None:
        endpoint = self.truth.endpoints.get(slot)
        if endpoint and not self.truth.registered(_id(endpoint, kind)):
            region = endpoint.connections[0].target.split(".")[2]
            entry = Registration(_id(endpoint, kind), region, text)
            self.universe.become(self.truth.with_registration(entry, HAND))

    def do_allow_manually(self, slot: ResourceId, service: str, kind: IdKind) -> None:
        endpoint, known = self.truth.endpoints.get(slot), self.truth.services.get(service)
        if endpoint is None or known is None or (id_ := _id(endpoint, kind)) in known.allow_list:
            return
        if (id_, known.region) in self.truth.registrations:
            self.universe.become(self.truth.with_entry(service, id_, HAND))

    def do_disallow_manually(self, slot: ResourceId, service: str, kind: IdKind) -> None:
        endpoint, known = self.truth.endpoints.get(slot), self.truth.services.get(service)
        if endpoint and known and (id_ := _id(endpoint, kind)) in known.allow_list:
            self.universe.become(self.truth.without_entry(service, id_))

    def do_deregister_manually(self, slot: ResourceId, kind: IdKind) -> None:
        """Remove an id from all allow lists and deregister it, manually."""
        endpoint, truth = self.truth.endpoints.get(slot), self.truth
        if endpoint is None:
            return
        id_ = _id(endpoint, kind)
        for service in truth.listing(id_):
            truth = truth.without_entry(service, id_)
        for entry in truth.registered(id_):
            truth = truth.without_registration((entry.id, entry.region))
        self.universe.become(truth)

    def do_describe_manually(self, slot: ResourceId, text: str, kind: IdKind) -> None:
        """Change the description of a registration manually."""
        endpoint = self.truth.endpoints.get(slot)
        for entry in self.truth.registered(_id(endpoint, kind)) if endpoint else ():
            creator = self.truth.creators["registration", entry.id, entry.region]
            changed = replace(entry, description=text)
            self.universe.become(self.truth.with_registration(changed, creator))

    def do_retag_service(self, service: str, env: dict[str, str]) -> None:
        if known := self.truth.services.get(service):
            self.universe.become(self.truth.with_service(replace(known, tags=MappingProxyType(env))))

    def do_delete_service(self, service: str) -> None:
        """Delete a service with its allow list, in one of four steps."""
        if self.universe.number % 4 or service not in self.truth.services:
            return
        truth = self.truth
        for id_ in truth.services[service].allow_list:
            truth = truth.without_entry(service, id_)
        known = {id_: one for id_, one in truth.services.items() if id_ != service}
        self.universe.become(replace(truth, services=known))

    def _has_running_pass(self) -> bool:
        return any(process.busy for process in self._all_processes())

    # Problems

    def do_permissions(self, denied: set[Scope]) -> None:
        self.universe.become(replace(self.truth, denied=frozenset(denied)))

    def do_add_fault(self, kind: str, system: str, skip: int, times: int) -> None:
        self.behavior.faults.append(Fault(kind, system, skip, times))

    def do_lock(self, scopes: set[Scope]) -> None:
        self.behavior.locked = frozenset(scopes)

    def do_refuse_configs(self, refused: set[str]) -> None:
        self.behavior.refused_configs = frozenset(refused)

    def do_permit_configs(self, *, permitted: bool) -> None:
        """Give or take the key's permission for every private endpoint config."""
        self.behavior.views_configs = permitted

    def do_lag(self, kind: str, reads: int) -> None:
        self.behavior.lags[kind] = Lag(self.truth, reads)

    def do_empty_service_list(self, *, gone: bool) -> None:
        self.behavior.empty_list = gone

    # Deployments

    def do_settings(self, owner: str, kind: IdKind, service_filter: str | None) -> None:
        """Change the settings of a deployment."""
        known = self.deployments[owner]
        self._configure(replace(known, id_kind=kind, service_filter=service_filter))

    def do_create_zones(self, *, on: bool) -> None:
        group = Scope(S1, "rg-zones") if on else None
        self._configure(replace(self.deployments["one"], zone_group=group))

    def _configure(self, deployment: Deployment) -> None:
        """Restart every process of the deployment with new settings."""
        self.deployments[deployment.owner] = deployment
        for process in self.processes[deployment.owner]:
            if process.busy:
                self.behavior.encountered.add("restart")
            self.scheduler.kill(process)
            process.cache = ProcessCache()
        self._go(0)

    def do_restart(self, owner: str, number: int) -> None:
        process = self._process(owner, number)
        if not process.busy:
            process.cache = ProcessCache()

    @rule(
        events=st.sets(slots, min_size=1, max_size=3),
        number=st.integers(0, 1),
        delivery=deliveries,
        order=picks,
    )
    def deliver(self, events: set[ResourceId], number: int, delivery: str | int, order: list[int]) -> None:
        """Deliver events late or again, and run their pass for some calls."""
        self._start(events, number)
        self._go(delivery if isinstance(delivery, int) else 3, order)

    @rule(
        slot=slots, change=st.one_of(by_azure_users, manual_changes), after=st.integers(1, 25), number=st.integers(0, 1)
    )
    def change_during_pass(self, slot: ResourceId, change: Step, after: int, number: int) -> None:
        """Change something after some calls of the pass of an event."""
        self._start([slot], number)
        self._go(after)
        self._do(change)
        self._go(ENOUGH)

    @rule(owner=st.sampled_from(["one", "one", "two"]), calls=st.sampled_from([3, 9, 15, ENOUGH]), order=picks)
    def audit(self, owner: str, calls: int, order: list[int]) -> None:
        process = self._process(owner, 1)
        if not process.busy:
            self._run(owner, process, Targets(everything=True))
            self._go(calls, order)

    @precondition(lambda self: self._has_running_pass())
    @rule(calls=st.integers(1, 30), order=picks)
    def continue_passes(self, calls: int, order: list[int]) -> None:
        self._go(calls, order)

    # Passes

    def _all_processes(self) -> Iterable[Process]:
        return (process for known in self.processes.values() for process in known)

    def _process(self, owner: str, number: int) -> Process:
        known = self.processes[owner]
        return known[number % len(known)]

    def _start(self, events: Iterable[ResourceId], number: int) -> None:
        for owner in self.deployments:
            received = frozenset(slot for slot in events if self._receives(owner, slot))
            process = self._process(owner, number)
            if received and not process.busy:
                self._run(owner, process, Targets(received))

    def _receives(self, owner: str, slot: ResourceId) -> bool:
        return any(scope.subscription == slot.subscription for scope in self.deployments[owner].scopes)

    def _run(self, owner: str, process: Process, targets: Targets) -> None:
        self.tally.passes += 1
        deployment = self.deployments[owner]
        guard = Guard(deployment, self.universe.violations, self.truth)
        self.universe.watchers.append(guard.watch)
        ports = Ports(self.universe, self.behavior, self.scheduler, guard, process)
        process.guard = guard
        process.task = self.scheduler.start(self._pass(ports, deployment, process, targets))

    async def _pass(self, ports: Ports, deployment: Deployment, process: Process, targets: Targets) -> None:
        request = ReconcileRequest(targets, policy=Policy.SYNC, max_removals=EVERYTHING)
        try:
            report = await reconcile(request, ports.systems(), deployment.config(), process.cache)
            self._check_report(report, ports.guard, process.cache, targets)
        except Crash:
            process.cache = ProcessCache()
        finally:
            self.universe.watchers.remove(ports.guard.watch)

    def _check_report(self, report: Report, guard: Guard, cache: ProcessCache, targets: Targets) -> None:
        guard.check_findings(one.object for one in report.plan.findings if one.code == "registration-mark-not-kept")
        if not (report.retryable or report.problems or _some_configs_refused(cache)):
            guard.check_accepted(self._case(guard.truth, guard.deployment), targets.endpoints)

    def _go(self, calls: int, order: Iterable[int] = ()) -> None:
        self.scheduler.go(calls, order)
        for process in self._all_processes():
            if process.task is not None and process.task.done():
                task, process.task = process.task, None
                if not task.cancelled():
                    task.result()
        if self.universe.violations:
            self.settled = True
        assert not self.universe.violations, "\n".join(self.universe.violations)

    # End

    def teardown(self) -> None:
        """Stop the faults, deliver everything, and check the final state."""
        try:
            if not self.settled:
                self.settled = True
                self._settle()
                self.tally.histories += 1
        finally:
            self._end_all()
        self.tally.encountered |= self.behavior.encountered

    def _end_all(self) -> None:
        """Cancel all passes, so that none continues in the next history."""
        for process in self._all_processes():
            self.scheduler.kill(process)
        self.scheduler.go(0)

    def _settle(self) -> None:
        self.behavior.clear()
        self.universe.become(replace(self.truth, denied=frozenset()))
        self._go(ENOUGH)
        for process in self._all_processes():
            process.cache.refused_configs.clear()  # an hour later
        before = self.truth
        # Only audits find records in a previous zone.
        by_audit = self.by_audit or self.moved
        self._deliver_all(by_audit=by_audit)
        self._deliver_all(by_audit=by_audit)
        faults = [fault for owner in self.deployments for fault in self._faults(before, owner)]
        assert not faults, "\n".join(faults)
        after = self.truth
        self._deliver_all(by_audit=True)
        assert self.truth == after, "a further audit changed something"
        self._deliver_all(by_audit=False)
        assert self.truth == after, "a further event changed something"

    def _faults(self, before: Truth, owner: str) -> list[str]:
        return oracle.faults_of(self._case(before, self.deployments[owner]))

    def _case(self, before: Truth, deployment: Deployment) -> oracle.Case:
        return oracle.Case(
            before,
            self.truth,
            deployment,
            needs_service=self.behavior.refuses_add or not self.behavior.manages,
            manages=self.behavior.manages,
            forgets=self.behavior.description != KEPT,
            others=tuple(one for one in self.deployments.values() if one.owner != deployment.owner),
        )

    def _deliver_all(self, *, by_audit: bool) -> None:
        every = [SLOTS[:]] if by_audit else [[slot] for slot in SLOTS]
        for events in every:
            for owner in self.deployments:
                received = frozenset(slot for slot in events if self._receives(owner, slot))
                if received:
                    targets = Targets(everything=True) if by_audit else Targets(received)
                    process = self._process(owner, 0)
                    self._run(owner, process, targets)
                    self._go(ENOUGH)


def _id(endpoint: Endpoint, kind: IdKind) -> str:
    return endpoint.guid if kind is IdKind.GUID else endpoint.arm_id


def _some_configs_refused(cache: ProcessCache) -> bool:
    """Return whether configs are refused for another reason than a permission that is missing for all of them."""
    refused = cache.refused_configs.values()
    return bool(refused) and (bool(cache.configs) or not all(one.cause.action for one in refused))

"""Properties of passes over any state that people and earlier passes may have left."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.changes.clickhouse import Deregister, Disallow
from shared.domain.changes.dns import DeleteRecord, PutRecord
from shared.domain.model.deployment_config import DeploymentConfig, IdKind
from shared.domain.model.errors import PermanentError, PrivateLinkError, TemporaryError
from shared.domain.model.resources import Endpoint, RecordSet, Registration
from shared.domain.ownership.marks import endpoints_in, is_owned_record, parse_registration_mark
from shared.domain.planning.classification import Verdict
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.results.pass_report import Report
from tests.support.errors import changed
from tests.support.fakes import Cloud, Fault
from tests.support.passes import run
from tests.support.worlds import (
    ALIAS,
    OTHER_ALIAS,
    OWNER,
    STRANGE_ALIAS,
    config,
    deployment,
    endpoint,
    foreign,
    foreign_record,
    guid,
    record,
    registered,
    service,
    zone,
    zone_id,
)

NUMBERS = range(1, 5)
TAGS = [None, "", "*", "main", "test,main", "tag:env=prod", "far", "nobody", "tag:"]
MISTAKES = {"nobody", "tag:"}
ZONES = {"vnet": zone_id(), "v2": zone_id("rg-2")}
READS = [
    "endpoint",
    "endpoints",
    "addresses",
    "addresses_in",
    "registrations",
    "services",
    "config",
    "zones",
    "zone",
]
WRITES = ["update_registrations", "update_allow_list", "put", "delete"]


@dataclass(frozen=True)
class Muddle:
    """An initial state; `cloud()` creates it again each time."""

    endpoints: tuple[Endpoint, ...]
    registrations: tuple[Registration, ...]
    lists: tuple[frozenset[str], frozenset[str], frozenset[str]]
    records: tuple[RecordSet, ...]
    linked: frozenset[str]

    def cloud(self) -> Cloud:
        main, test, far = self.lists
        services = [
            service("main", *main, env="prod"),
            service("test", *test),
            service("far", *far, env="prod"),
        ]
        cloud = Cloud(*self.endpoints, services=services)
        cloud.clickhouse.configs[services[2].id] = config("far", OTHER_ALIAS)
        for vnet, at in ZONES.items():
            records = [one for one in self.records if one.zone == at]
            cloud.dns.have(zone(*records, id_=at, vnets={vnet} & self.linked))
        cloud.clickhouse.have_registered(*self.registrations)
        return cloud


NO_LISTS = (frozenset[str](),) * 3


def numbered(n: int, tag: str | None, generation: int, **rest: Any) -> Endpoint:
    return endpoint(n, tag, guid_number=n + generation, **rest)


some_endpoints = st.builds(
    numbered,
    st.sampled_from(NUMBERS),
    st.sampled_from(TAGS),
    generation=st.sampled_from([0, 0, 10, 20]),
    alias=st.sampled_from([ALIAS, ALIAS, OTHER_ALIAS, STRANGE_ALIAS]),
    vnet=st.sampled_from(["vnet", "vnet", "v2"]),
    dns=st.sampled_from([None, None, "shared"]),
)
some_registrations = st.one_of(
    st.builds(registered, st.sampled_from(NUMBERS)),
    st.builds(lambda n: registered(n + 10, by=n), st.sampled_from(NUMBERS)),
    st.builds(lambda n: registered(n, id_=endpoint(n).arm_id), st.sampled_from(NUMBERS)),
    st.builds(foreign, st.sampled_from([guid(n) for n in (*NUMBERS, 99)]), st.sampled_from(["", "by hand"])),
    st.builds(lambda n: foreign(endpoint(n).arm_id), st.sampled_from(NUMBERS)),
    st.builds(registered, st.sampled_from([1, 98]), owner=st.just("other")),
)
ids = [*(guid(n) for n in (*NUMBERS, 11, 12, 99)), *(endpoint(n).arm_id for n in NUMBERS), "anything"]
some_records = st.one_of(
    st.builds(record, st.sampled_from(NUMBERS), zone=st.sampled_from([*ZONES.values()])),
    st.builds(lambda n: record(n, guid_number=n + 10), st.sampled_from(NUMBERS)),
    st.builds(record, st.just(1), zone=st.just(zone_id()), owner=st.just("other")),
    st.builds(foreign_record, zone=st.sampled_from([*ZONES.values()])),
)
muddles = st.builds(
    Muddle,
    st.lists(some_endpoints, max_size=4, unique_by=(lambda one: one.id, lambda one: one.guid)).map(tuple),
    st.lists(some_registrations, max_size=5, unique_by=lambda one: one.id).map(tuple),
    st.tuples(*[st.frozensets(st.sampled_from(ids), max_size=4)] * 3),
    st.lists(some_records, max_size=2, unique_by=lambda one: one.zone).map(tuple),
    st.sampled_from([frozenset(ZONES), frozenset(ZONES), frozenset({"vnet"})]),
)
some_rules = st.builds(
    deployment,
    service_filter=st.sampled_from([None, None, "main,far", ""]),
    id_kind=st.sampled_from(IdKind),
    dns_adopt=st.booleans(),
)
errors = st.sampled_from([TemporaryError("503"), PermanentError("403"), changed("412")])
some_faults = st.builds(
    Fault,
    st.sampled_from(WRITES),
    errors,
    times=st.integers(1, 3),
    done=st.booleans(),
)


def is_foreign(one: Registration) -> bool:
    return parse_registration_mark(one.description, OWNER) is None


def over(cloud: Cloud, by: DeploymentConfig, *, dry_run: bool = False) -> Report:
    return asyncio.run(run(cloud, by=by, dry_run=dry_run))


def state(cloud: Cloud) -> object:
    records = [cloud.dns.known[at].records for at in ZONES.values()]
    return cloud.clickhouse.allow_lists(), cloud.clickhouse.registered, records


def taken(report: Report) -> set[tuple[str, ...]]:
    """What a plan removes: ids from allow lists and the organization, endpoints from records."""
    ids = {(c.verb, c.object, c.id) for c in report.plan.changes if isinstance(c, Disallow | Deregister)}
    changed = [(c.before, c.after) for c in report.plan.changes if isinstance(c, PutRecord) and c.before]
    deleted = [(c.before, None) for c in report.plan.changes if isinstance(c, DeleteRecord)]
    return ids | {
        ("record", f"{before.zone}/{before.name}", str(one))
        for before, after in [*changed, *deleted]
        for one in endpoints_in([before], OWNER) - endpoints_in([after] if after else [], OWNER)
    }


@given(muddles, some_rules)
def test_converges(muddle: Muddle, by: DeploymentConfig) -> None:
    """A second pass plans nothing and writes nothing."""
    cloud = muddle.cloud()
    first = over(cloud, by)
    assert first.problems == ()
    cloud.log.clear()
    second = over(cloud, by)
    assert second.plan.changes == ()
    assert cloud.log.writes == []


@given(muddles, some_rules)
def test_does_what_it_says(muddle: Muddle, by: DeploymentConfig) -> None:
    """A dry run changes nothing, and the next pass starts with exactly the planned changes."""
    cloud = muddle.cloud()
    before = state(cloud)
    planned = over(cloud, by, dry_run=True).plan.changes
    assert state(cloud) == before
    done = [outcome.change for outcome in over(cloud, by).outcomes]
    assert set(done[: len(planned)]) == set(planned)


@given(muddles, some_rules)
def test_foreign_things(muddle: Muddle, by: DeploymentConfig) -> None:
    """Foreign registrations, allow-list entries and records are never changed."""
    cloud = muddle.cloud()
    theirs = {one.id: one for one in muddle.registrations if is_foreign(one)}
    unheard = frozenset({"anything", guid(99)})
    over(cloud, replace(by, dns_adopt=False))
    assert theirs.items() <= cloud.clickhouse.registered.items()
    for before, after in zip(muddle.lists, cloud.clickhouse.allow_lists().values(), strict=True):
        assert before & (theirs.keys() | unheard) <= after
    for one in muddle.records:
        if not is_owned_record(one, OWNER):
            assert cloud.dns.record(one.zone) == one


@given(muddles, some_rules)
def test_just_what_is_asked(muddle: Muddle, by: DeploymentConfig) -> None:
    """A managed endpoint is allowed where its tag asks; a released one leaves nothing of this deployment.

    Where an id stays on a list that SERVICE_FILTER does not let us touch, its registration stays.
    """
    cloud = muddle.cloud()
    report = over(cloud, by)
    lists = cloud.clickhouse.allow_lists()
    known = cloud.clickhouse.registered
    ours = {parse_registration_mark(one.description, OWNER) for one in known.values()}
    blocked = {f.object for f in report.plan.findings if f.code == "registration-blocked"}
    written = [record for at in ZONES.values() if (record := cloud.dns.record(at))]
    permitted = by.permitted(cloud.clickhouse.known.values())
    untouchable = (one for one in cloud.clickhouse.known.values() if one.id not in permitted)
    out_of_reach = {id_ for one in untouchable for id_ in one.allow_list}
    index = PlanningIndex(report.snapshot, by)
    mistaken = {one for one in report.plan.verdicts if index.only_adds(one)}
    for one, verdict in report.plan.verdicts.items():
        if verdict is Verdict.MANAGE:
            found = cloud.network.known[one]
            kinds = (by.id_of(found), by.other_id_of(found))
            usable = [id_ for id_ in kinds if id_ not in known or not is_foreign(known[id_])]
            assert bool(usable) is (str(one) not in blocked)
            assert all(id_ in known for id_ in usable[:1])
            assert all(id_ not in known or id_ in out_of_reach or one in mistaken for id_ in usable[1:])
            assert all({*usable[:1]} <= lists[name] for name in report.plan.hostnames[one])
        if verdict is Verdict.RELEASE:
            assert one not in endpoints_in(written, OWNER)
            kept = {f.object for f in report.plan.findings if f.code == "allow-list-outside-filter"}
            assert one not in ours or str(one) in kept


@given(muddles, some_rules)
def test_no_gap(muddle: Muddle, by: DeploymentConfig) -> None:
    """An endpoint that was allowed and stays allowed has access at every moment, by one id or the other."""
    cloud = muddle.cloud()
    report = over(cloud, by)
    for one in muddle.endpoints:
        known = {one.guid, one.arm_id}
        for name in report.plan.hostnames.get(one.id, ()):
            if known & cloud.clickhouse.history[0][name]:
                assert all(known & lists[name] for lists in cloud.clickhouse.history)


@given(muddles, some_rules, st.sampled_from(READS), st.sampled_from(["", "rg-2", "pe-1", "rg-dns"]), errors)
def test_unreadable(muddle: Muddle, by: DeploymentConfig, read: str, about: str, error: PrivateLinkError) -> None:
    """A failed read never causes a removal that a successful read would not cause."""
    everything = taken(over(muddle.cloud(), by, dry_run=True))
    cloud = muddle.cloud()
    cloud.fail(read, error, about)
    assert taken(over(cloud, by, dry_run=True)) <= everything


@given(muddles, some_rules, st.lists(some_faults, max_size=4))
def test_recovers(muddle: Muddle, by: DeploymentConfig, faults: list[Fault]) -> None:
    """After writes that failed with or without effect, later passes reach the same state."""
    expected = muddle.cloud()
    over(expected, by)
    cloud = muddle.cloud()
    cloud.log.faults = [replace(fault) for fault in faults]
    over(cloud, by)
    cloud.mend()
    over(cloud, by)
    assert cloud.clickhouse.allow_lists() == expected.clickhouse.allow_lists()
    assert cloud.clickhouse.registered == expected.clickhouse.registered
    cloud.log.clear()
    assert over(cloud, by).problems == ()
    assert cloud.log.writes == []


@given(st.lists(muddles, min_size=1, max_size=3), some_rules)
def test_from_world_to_world(muddles_in_turn: list[Muddle], by: DeploymentConfig) -> None:
    """However the endpoints change between passes, nothing stays but what the last ones select.

    An endpoint with a mistake in its tag keeps what it had, so there is none here.
    """
    cloud = Muddle((), (), NO_LISTS, (), frozenset(ZONES)).cloud()
    for muddle in muddles_in_turn:
        for known in list(cloud.network.known):
            cloud.network.lose(known)
        there = [one for one in muddle.endpoints if one.connections[0].target != STRANGE_ALIAS]
        cloud.network.have(*(one for one in there if MISTAKES.isdisjoint(one.tags.values())))
        assert over(cloud, by).problems == ()
    alone = Muddle(tuple(cloud.network.known.values()), (), NO_LISTS, (), frozenset(ZONES)).cloud()
    over(alone, by)
    assert cloud.clickhouse.allow_lists() == alone.clickhouse.allow_lists()
    assert cloud.clickhouse.registered.keys() == alone.clickhouse.registered.keys()

"""The limit for events: how many live endpoints that lost their tag are released within an hour."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model.deployment_config import ZoneChoice
from shared.domain.model.errors import PermanentError, TemporaryError
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.ownership.marks import holders_of, registration_mark
from shared.domain.planning.policy import Policy
from shared.domain.results.pass_report import Report
from shared.reconciler.process_cache import RELEASES_COUNT_SECONDS, ProcessCache
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    OWNER,
    address,
    deployment,
    endpoint,
    guid,
    pe,
    service_id,
    shared_record,
    zone,
)

OVER = "removals-over-limit"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def connected(*numbers: int, dns: str | None = None) -> Cloud:
    """A cloud in which these endpoints are connected."""
    cloud = Cloud(*(endpoint(n, dns=dns) for n in numbers), zones=[zone()])
    report = await run(cloud, *map(pe, numbers))
    assert not report.problems
    cloud.log.clear()
    return cloud


def untag(cloud: Cloud, *numbers: int) -> None:
    cloud.network.have(*(endpoint(n, None) for n in numbers))


async def event(cloud: Cloud, *numbers: int, memory: ProcessCache, limit: int = 20) -> Report:
    report = await run(cloud, *map(pe, numbers), memory=memory, max_removals=limit, by_event=True)
    assert not report.problems, "the events are accepted"
    return report


def over_limit(report: Report, code: str = OVER) -> dict[ResourceId, str]:
    found = {one.object: one.message for one in report.plan.findings if one.code == code}
    return {one: found[str(one)] for one in map(pe, range(100)) if str(one) in found}


def having(cloud: Cloud) -> set[int]:
    """The endpoints that are registered; each of them is allowed as well."""
    registered, allowed = set(cloud.clickhouse.registered), set(cloud.allowed())
    assert registered == allowed, "all or nothing"
    return {int(one[:8]) for one in registered}


async def test_a_burst() -> None:
    """Of 40 endpoints untagged at once, events release the first 20 by id; the others keep everything."""
    numbers = range(10, 50)
    cloud, memory = await connected(*numbers), ProcessCache()
    untag(cloud, *numbers)
    report = await event(cloud, *numbers, memory=memory)
    assert having(cloud) == set(range(30, 50))
    assert set(over_limit(report)) == {pe(n) for n in range(30, 50)}
    (words,) = set(over_limit(report).values())
    assert words == (
        "40 endpoints that lost their tag would be released by events within an hour, the limit is 20:"
        " this one keeps its access, registration and records"
    )
    cloud.log.clear()
    await event(cloud, *numbers, memory=memory)
    assert not cloud.log.writes


async def test_spread_over_passes() -> None:
    """The limit counts all events of an hour, across passes; then it starts again."""
    clock = Clock()
    cloud, memory = await connected(1, 2, 3, 4, 5), ProcessCache(clock=clock)
    for n in (5, 4, 3):
        untag(cloud, n)
        report = await event(cloud, n, memory=memory, limit=2)
        clock.now += 60
    assert having(cloud) == {1, 2, 3}
    assert over_limit(report) == {pe(3): over_limit(report)[pe(3)]}
    assert over_limit(report)[pe(3)].startswith("3 endpoints that lost their tag")
    clock.now += RELEASES_COUNT_SECONDS - 180 + 1
    untag(cloud, 2)
    await event(cloud, 2, 3, memory=memory, limit=2)
    assert having(cloud) == {1, 3}, "the release of 5 is an hour ago, that of 4 is not"
    clock.now += RELEASES_COUNT_SECONDS
    untag(cloud, 1)
    await event(cloud, 1, 3, memory=memory, limit=2)
    assert having(cloud) == set()


async def test_deleted_ones_are_not_counted() -> None:
    """Deleted endpoints (404) are released regardless of the limit and are not counted."""
    cloud, memory = await connected(*range(1, 10)), ProcessCache()
    for n in range(1, 8):
        cloud.network.lose(pe(n))
    untag(cloud, 8, 9)
    report = await event(cloud, *range(1, 10), memory=memory, limit=1)
    assert having(cloud) == {9}
    assert set(over_limit(report)) == {pe(9)}


async def test_untagged_and_tagged_again() -> None:
    """A kept endpoint that is tagged again lost nothing; a released one is connected again and counts once an hour."""
    cloud, memory = await connected(1, 2), ProcessCache()
    untag(cloud, 1, 2)
    await event(cloud, 1, 2, memory=memory, limit=1)
    cloud.network.have(endpoint(1), endpoint(2))
    report = await event(cloud, 1, 2, memory=memory, limit=1)
    assert (having(cloud), over_limit(report)) == ({1, 2}, {})
    untag(cloud, 1)
    report = await event(cloud, 1, memory=memory, limit=1)
    assert (having(cloud), over_limit(report)) == ({2}, {})


@pytest.mark.parametrize("everything", [True, False])
async def test_a_person_goes_on_from_there(*, everything: bool) -> None:
    """What the limit withheld from events, a sync removes, under its own limit for a pass over everything."""
    cloud, memory = await connected(1, 2, 3), ProcessCache()
    untag(cloud, 1, 2, 3)
    await event(cloud, 1, 2, 3, memory=memory, limit=1)
    targets = () if everything else (pe(2), pe(3))
    await run(cloud, *targets, memory=memory, max_removals=2)
    assert having(cloud) == set()


async def test_a_record_that_all_share() -> None:
    """Of the endpoints in one record, the released ones are removed; the kept and the tagged ones stay."""
    cloud, memory = await connected(1, 2, 3, 4, dns="shared"), ProcessCache()
    untag(cloud, 1, 2)
    await event(cloud, 1, 2, memory=memory, limit=1)
    assert having(cloud) == {2, 3, 4}
    found = cloud.dns.record()
    assert found
    assert found.metadata == shared_record(2, 3, 4).metadata
    assert addresses(cloud) == [address(n) for n in (2, 3, 4)]


def addresses(cloud: Cloud) -> list[str]:
    found = cloud.dns.record()
    return list(found.addresses) if found else []


async def test_no_handover_of_what_is_kept() -> None:
    """The record of a kept endpoint is not handed over."""
    cloud, memory = await connected(1, 2), ProcessCache()
    assert addresses(cloud) == [address(1)]
    untag(cloud, 1)
    await event(cloud, 1, 2, memory=memory, limit=0)
    assert (having(cloud), addresses(cloud)) == ({1, 2}, [address(1)])
    await event(cloud, 1, 2, memory=memory, limit=1)
    assert (having(cloud), addresses(cloud)) == ({2}, [address(2)])


async def test_counted_when_done() -> None:
    """A refused release does not count; one with a lost response counts once it is seen to be done."""
    cloud, memory = await connected(1, 2, 3), ProcessCache()
    untag(cloud, 1)
    for call in ("update_allow_list", "put"):
        cloud.fail(call, PermanentError("400"))
    await run(cloud, pe(1), memory=memory, max_removals=1, by_event=True)
    assert memory.recently_released() == set()
    cloud.mend()
    cloud.fail("update_allow_list", TemporaryError("timed out"), times=1, done=True)
    for call in ("update_registrations", "put"):
        cloud.fail(call, PermanentError("400"))
    await run(cloud, pe(1), memory=memory, max_removals=1, by_event=True)
    assert guid(1) not in cloud.allowed()
    assert memory.recently_released() == {pe(1)}
    cloud.mend()
    untag(cloud, 2)
    report = await event(cloud, 1, 2, memory=memory, limit=1)
    assert having(cloud) == {2, 3}, "what was begun of 1 is ended"
    assert set(over_limit(report)) == {pe(2)}


async def test_a_changed_tag_is_no_release() -> None:
    """An endpoint whose tag selects fewer services is neither counted nor limited."""
    cloud, memory = await connected(1), ProcessCache()
    cloud.network.have(endpoint(1, ""))
    report = await event(cloud, 1, memory=memory, limit=0)
    assert (set(cloud.allowed()), over_limit(report)) == (set(), {})


async def test_upsert() -> None:
    """Under EVENT_POLICY=upsert events add but remove nothing, and succeed."""
    cloud, memory = await connected(1, 2), ProcessCache()
    cloud.network.lose(pe(1))
    untag(cloud, 2)
    cloud.network.have(endpoint(3))
    report = await run(cloud, pe(1), pe(2), pe(3), memory=memory, policy=Policy.UPSERT, by_event=True)
    assert not report.problems
    assert having(cloud) == {1, 2, 3}
    assert addresses(cloud) == [address(1)], "the hand-over of a record takes it from somebody"
    drift = {(one.code, one.object) for one in report.plan.findings}
    for n in (1, 2):
        assert {("allow-list-extra", str(pe(n))), ("registration-orphaned", str(pe(n)))} <= drift
    assert ("record-drift", str(pe(3))) in drift
    assert {change.verb for change in report.plan.withheld} == {"disallow", "deregister", "put-record"}
    await run(cloud, memory=memory)
    assert (having(cloud), addresses(cloud)) == ({3}, [address(3)])


async def test_what_was_withheld_is_known() -> None:
    """The plan that keeps an endpoint lists its removals as withheld."""
    cloud, memory = await connected(1), ProcessCache()
    untag(cloud, 1)
    report = await event(cloud, 1, memory=memory, limit=0)
    assert report.plan.changes == ()
    assert {(one.verb, one.object) for one in report.plan.withheld} == {
        ("delete-record", f"{zone().id}/A/*"),
        ("deregister", "organization"),
        ("disallow", f"service {service_id('main')}"),
    }


def having_all(cloud: Cloud, one: Endpoint) -> frozenset[str]:
    """Everything an endpoint has: registrations, allow-list entries and addresses in records."""
    ids = {id_ for id_, entry in cloud.clickhouse.registered.items() if entry.description == mark(one)}
    listed = {f"{name} {id_}" for name, ids_ in cloud.clickhouse.allow_lists().items() for id_ in ids_ & ids}
    records = [record for at in cloud.dns.known.values() for record in at.records.values()]
    places = {
        f"{record.zone} {record.name} {address_}"
        for record in records
        for address_, holder in holders_of(record).items()
        if holder == one.id and address_ in record.addresses
    }
    return frozenset(ids | listed | places)


def mark(one: Endpoint) -> str:
    return registration_mark(OWNER, one.id)


@given(
    st.lists(st.sampled_from([None, "shared"]), min_size=1, max_size=6),
    st.frozensets(st.integers(1, 6), min_size=1),
    st.integers(0, 3),
    st.sampled_from([ZoneChoice.LINKED, ZoneChoice.CENTRAL]),
)
def test_all_or_nothing(shared: list[str | None], stripped: frozenset[int], limit: int, choice: ZoneChoice) -> None:
    """Whichever endpoints lose their tag, at most the limit lose everything, and none loses a part."""
    by = deployment(zone_choice=choice)
    cloud = Cloud(*(endpoint(n, dns=dns) for n, dns in enumerate(shared, 1)), zones=[zone()])
    everyone = {one.id: one for one in cloud.network.known.values()}
    asyncio.run(run(cloud, *everyone, by=by))
    before = {at: having_all(cloud, one) for at, one in everyone.items()}
    untag(cloud, *(n for n in stripped if pe(n) in everyone))
    report = asyncio.run(run(cloud, *everyone, by=by, memory=ProcessCache(), max_removals=limit, by_event=True))
    after = {at: having_all(cloud, one) for at, one in everyone.items()}
    assert not report.problems
    lost = {at for at in everyone if not before[at] <= after[at]}
    assert len(lost) == min(limit, len(everyone.keys() & set(map(pe, stripped))))
    assert lost <= set(map(pe, stripped))
    assert all(after[at] == frozenset() for at in lost)
    assert set(over_limit(report)) == (everyone.keys() & set(map(pe, stripped))) - lost

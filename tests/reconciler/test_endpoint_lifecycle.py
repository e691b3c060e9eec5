"""The life of an endpoint: what passes make of it from its creation to its end."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from shared.domain.model.resources import Endpoint
from shared.domain.ownership.marks import holders_of, registration_mark
from shared.reconciler.process_cache import ProcessCache
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    OWNER,
    TAG,
    address,
    endpoint,
    foreign,
    guid,
    interface,
    pe,
    record,
    registered,
    service,
    zone,
    zone_id,
)


def made(*endpoints: Endpoint) -> Cloud:
    """A cloud with two services and a zone, in which `main` allows endpoint 1 already."""
    services = [service("main", guid(1), env="prod"), service("test", env="test")]
    cloud = Cloud(*endpoints, services=services, zones=[zone(record(1))])
    cloud.clickhouse.have_registered(registered(1))
    return cloud


async def test_created() -> None:
    """A new endpoint is registered with our mark, allowed on what its tag selects, and gets its record."""
    cloud = Cloud(endpoint(1, "main"), services=[service("main"), service("test")], zones=[zone()])
    report = await run(cloud, pe(1))
    assert not report.problems
    assert cloud.clickhouse.registered[guid(1)].description == registration_mark(OWNER, pe(1))
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": frozenset()}
    written = cloud.dns.record()
    assert written
    assert written.addresses == (address(1),)
    assert holders_of(written) == {address(1): pe(1)}


@pytest.mark.parametrize("everything", [False, True])
async def test_second_pass(*, everything: bool) -> None:
    """A second pass makes no write."""
    cloud = Cloud(endpoint(1), endpoint(2, "", vnet="v2"), zones=[zone()])
    await run(cloud)
    cloud.log.clear()
    report = await run(cloud, *([] if everything else [pe(1), pe(2)]))
    assert cloud.log.writes == []
    assert report.plan.changes == ()


async def test_recreated() -> None:
    """A recreated endpoint gets its new id in, its old one out and its record moved, in one pass."""
    cloud = made(endpoint(1, "main", guid_number=9))
    assert not (await run(cloud, pe(1))).problems
    assert cloud.allowed() == {guid(9)}
    assert set(cloud.clickhouse.registered) == {guid(9)}
    written = cloud.dns.record()
    assert written
    assert holders_of(written) == {address(9): pe(1)}
    at = [(call.name, call.round - cloud.log.writes[0].round) for call in cloud.log.writes]
    assert sorted(at, key=lambda one: (one[1], one[0])) == [
        ("put", 0),
        ("update_registrations", 0),
        ("update_allow_list", 1),
        ("update_registrations", 2),
    ]


async def test_address_changed() -> None:
    """A new address alone moves the record and nothing else."""
    cloud = made(endpoint(1, "main"))
    cloud.network.interfaces[interface(1)] = ("10.0.0.77",)
    await run(cloud, pe(1))
    (call,) = cloud.log.writes
    assert (call.name, call.about) == ("put", (str(zone_id()), "10.0.0.77"))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("main", []),
        ("*", [("test", f"+{guid(1)}")]),
        ("tag:env=test", [("main", f"-{guid(1)}"), ("test", f"+{guid(1)}")]),
        ("", [("main", f"-{guid(1)}")]),
    ],
)
async def test_tag_changed(tag: str, expected: list[tuple[str, str]]) -> None:
    """A changed tag changes only the allow lists that it affects."""
    cloud = made(endpoint(1, tag))
    await run(cloud, pe(1))
    assert sorted(call.about for call in cloud.log.writes) == expected
    assert {call.name for call in cloud.log.writes} <= {"update_allow_list"}


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("untagged", [False, True])
async def test_undone(*, untagged: bool, everything: bool) -> None:
    """Of an endpoint that lost its tag or is gone, all goes: from services first, then from the organization."""
    cloud = made(*[endpoint(1, None)] if untagged else [])
    report = await run(cloud, *([] if everything else [pe(1)]))
    assert not report.problems
    assert cloud.allowed() == frozenset()
    assert cloud.clickhouse.registered == {}
    assert cloud.dns.record() is None
    at_clickhouse = [call.name for call in cloud.log.writes if call.name != "delete"]
    assert at_clickhouse == ["update_allow_list", "update_registrations"]


async def test_undone_leaves_others() -> None:
    """Releasing an endpoint does not modify anything foreign."""
    cloud = made(endpoint(5, "theirs"))
    theirs = service("theirs", guid(1), guid(5), guid(6))
    cloud.clickhouse.have(theirs)
    cloud.clickhouse.have_registered(registered(5), foreign(guid(6)), registered(7, owner="other"))
    await run(cloud, pe(1))
    assert cloud.allowed("theirs") == {guid(5), guid(6)}
    assert set(cloud.clickhouse.registered) == {guid(5), guid(6), guid(7)}


async def test_whole_life() -> None:
    """Create, retag, recreate, untag, tag again and delete: after each pass the state matches the tag."""
    cloud = Cloud(services=[service("main"), service("test")], zones=[zone()])
    memory = ProcessCache()
    for one, expected in [
        (endpoint(1, "main"), {"main": {guid(1)}}),
        (endpoint(1, "*"), {"main": {guid(1)}, "test": {guid(1)}}),
        (endpoint(1, "test", guid_number=9), {"test": {guid(9)}}),
        (endpoint(1, None, guid_number=9), {}),
        (endpoint(1, "main", guid_number=9), {"main": {guid(9)}}),
        (None, {}),
    ]:
        cloud.network.have(one) if one else cloud.network.lose(pe(1))
        assert not (await run(cloud, pe(1), memory=memory)).problems
        assert {name: ids for name, ids in cloud.clickhouse.allow_lists().items() if ids} == expected
        assert bool(cloud.clickhouse.registered) == bool(one and TAG in one.tags)
        assert bool(cloud.dns.record()) == bool(one and TAG in one.tags)


async def test_handed_over() -> None:
    """A wildcard is never taken from a live holder; when that is gone, the one who waits gets it."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone()])
    await run(cloud, pe(2))
    report = await run(cloud, pe(1))
    record_there = cloud.dns.record()
    assert record_there
    assert record_there.addresses == (address(2),)
    assert "wildcard-owned-by-other" in {one.code for one in report.plan.findings}
    cloud.network.lose(pe(2))
    await run(cloud, pe(1))
    record_there = cloud.dns.record()
    assert record_there
    assert holders_of(record_there) == {address(1): pe(1)}
    assert cloud.allowed() == {guid(1)}
    assert set(cloud.clickhouse.registered) == {guid(1)}


async def test_adopted_record_keeps_its_metadata() -> None:
    """Foreign metadata on our record set is kept until the record set is deleted."""
    cloud = made(endpoint(1, "main"))
    known = cloud.dns.record()
    assert known
    noted = replace(known, metadata=MappingProxyType({**known.metadata, "note": "hands off"}))
    cloud.dns.set(zone_id(), "*", noted)
    await run(cloud, pe(1))
    assert cloud.log.writes == []
    cloud.network.interfaces[interface(1)] = ("10.0.0.77",)
    await run(cloud, pe(1))
    moved = cloud.dns.record()
    assert moved
    assert moved.metadata["note"] == "hands off"


async def test_plain_endpoint() -> None:
    """An unrelated endpoint costs one read."""
    cloud = Cloud(endpoint(1, None, alias="/subscriptions/1/some-private-link-service"), zones=[zone()])
    await run(cloud, pe(1))
    assert [call.name for call in cloud.log.calls] == ["endpoint"]


async def test_one_call_for_many() -> None:
    """Many endpoints share one call to the organization and one to each service."""
    cloud = Cloud(*(endpoint(n, "*") for n in range(1, 41)), zones=[zone()])
    await run(cloud)
    names = [call.name for call in cloud.log.writes]
    assert sorted(names) == ["put", "update_allow_list", "update_registrations"]
    assert len(cloud.allowed()) == 40

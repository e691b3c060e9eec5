"""Several owners, hands and networks at one endpoint: what each may take back, and what stays."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.ids import ResourceId
from shared.domain.marks import MOST_FORMER, Claim, claims, end_of
from shared.domain.model import RecordSet
from shared.domain.report import Report
from shared.domain.rules import IdKind
from shared.memory import Memory
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    STRANGE_ALIAS,
    address,
    endpoint,
    foreign,
    foreign_record,
    guid,
    interface,
    pe,
    record,
    registered,
    rules,
    service,
    zone,
    zone_id,
)

ONE, TWO = rules(owner="one", service_filter="main"), rules(owner="two", service_filter="test")


def codes(report: Report) -> set[str]:
    return {one.code for one in report.plan.findings}


def witnesses(cloud: Cloud, zone: ResourceId | None = None) -> list[RecordSet]:
    return [one for name, one in cloud.dns.known[zone or zone_id()].records.items() if name != "*"]


def with_two_services(*endpoints: Any, zones: Any = None) -> Cloud:
    return Cloud(
        *endpoints, services=[service("main"), service("test")], zones=[zone()] if zones is None else zones
    )


async def test_two_owners_with_two_filters() -> None:
    """Two deployments that may touch different services serve one endpoint, and never each other's entries."""
    cloud = with_two_services(endpoint(1))
    for by in (ONE, TWO, ONE, TWO):
        assert not (await run(cloud, pe(1), by=by)).problems
        assert cloud.allowed("main") == {guid(1)}
    assert cloud.allowed("test") == {guid(1)}
    cloud.log.clear()
    for by in (ONE, TWO):
        await run(cloud, by=by)
    assert cloud.log.writes == []


@pytest.mark.parametrize("order", [(ONE, TWO), (TWO, ONE)])
@pytest.mark.parametrize("gone", [False, True])
async def test_two_owners_in_the_end(order: tuple[Any, Any], *, gone: bool) -> None:
    """Whoever hears first that the endpoint is gone or untagged, in the end nothing of either is left."""
    cloud = with_two_services(endpoint(1))
    for by in (ONE, TWO):
        await run(cloud, pe(1), by=by)
    cloud.network.lose(pe(1)) if gone else cloud.network.have(endpoint(1, None))
    for by in (*order, *order):
        await run(cloud, pe(1), by=by)
    assert cloud.clickhouse.registered == {}
    assert cloud.allowed("main") == cloud.allowed("test") == frozenset()
    assert cloud.dns.known[zone_id()].records == {}


async def test_a_mistyped_filter() -> None:
    """A filter that permits nothing any more takes nothing away: what it does not cover is told, and left."""
    cloud = with_two_services(endpoint(1))
    await run(cloud, pe(1))
    cloud.log.clear()
    report = await run(cloud, by=rules(service_filter="mian"))
    assert cloud.log.writes == []
    assert "allow-list-outside-filter" in codes(report)


@pytest.mark.parametrize("zones", [[], [zone(vnets=())], [zone(), zone(id_=zone_id("rg-2"))]])
async def test_no_witness(zones: list[Any]) -> None:
    """Under somebody else's registration nothing is allowed that no record could tell to be ours."""
    cloud = Cloud(endpoint(1), zones=zones)
    cloud.clickhouse.have_registered(foreign(guid(1)))
    report = await run(cloud, pe(1))
    assert cloud.log.writes == []
    assert "access-untold" in codes(report)
    assert not report.problems


@pytest.mark.parametrize("holder", [foreign_record(), record(2, owner="other"), record(2)])
async def test_a_witness_beside_a_wildcard(holder: RecordSet) -> None:
    """Where the wildcard is another's, a record that nobody looks up tells what we allowed, and takes it back."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone(holder)])
    cloud.clickhouse.have_registered(foreign(guid(1)))
    assert not (await run(cloud, pe(1))).problems
    assert cloud.allowed() == {guid(1)}
    assert [one.addresses for one in witnesses(cloud)] == [(address(1),)]
    cloud.log.clear()
    await run(cloud, pe(1))
    assert cloud.log.writes == []
    cloud.network.lose(pe(1))
    report = await run(cloud, pe(1))
    assert guid(1) not in cloud.allowed()
    assert witnesses(cloud) == []
    assert set(cloud.clickhouse.registered) >= {guid(1)}
    assert "registration-foreign" in codes(report)


async def test_a_witness_that_gets_the_wildcard() -> None:
    """The record that was there for its metadata alone goes once the wildcard tells the same."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone(record(2))])
    cloud.clickhouse.have_registered(foreign(guid(1)), registered(2))
    await run(cloud, pe(1))
    cloud.network.lose(pe(2))
    cloud.fail("put", TemporaryError("503"), address(1), times=1)
    await run(cloud, pe(2))
    assert len(witnesses(cloud)) == 1
    await run(cloud, pe(1))
    assert witnesses(cloud) == []
    told = cloud.dns.record()
    assert told
    assert told.addresses == (address(1),)
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert cloud.allowed() == frozenset()


async def test_a_registration_made_by_hand_in_that_moment() -> None:
    """Whoever registers the id between our read and our write keeps it, and its description need not say so."""
    cloud = with_two_services(endpoint(1, "main"))
    by_hand = foreign(guid(1), "")
    cloud.log.before["update_registrations"] = lambda: cloud.clickhouse.have_registered(by_hand)
    await run(cloud, pe(1))
    assert cloud.allowed() == {guid(1)}
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert cloud.clickhouse.registered == {guid(1): by_hand}
    assert cloud.allowed() == frozenset()


@pytest.mark.parametrize("by_hand", ["", "my endpoint"])
async def test_a_description_changed_by_hand(by_hand: str) -> None:
    """A description that somebody emptied is made up for by the record; one with words of their own is theirs."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    cloud.clickhouse.have_registered(foreign(guid(1), by_hand))
    cloud.network.lose(pe(1))
    report = await run(cloud, pe(1))
    assert set(cloud.clickhouse.registered) == ({guid(1)} if by_hand else set())
    assert ("registration-foreign" in codes(report)) == bool(by_hand)


async def test_a_description_changed_by_the_api() -> None:
    """Where the API keeps other words than ours, the record tells which, and that the registration is ours."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.rewords = str.swapcase
    assert not (await run(cloud, pe(1))).problems
    cloud.log.clear()
    assert "registration-foreign" not in codes(await run(cloud, pe(1)))
    assert cloud.log.writes == []
    cloud.network.have(endpoint(1, guid_number=9))
    await run(cloud, pe(1))
    assert set(cloud.clickhouse.registered) == cloud.allowed() == {guid(9)}
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert cloud.clickhouse.registered == {}


async def test_dropped_descriptions_and_a_deregistration_that_fails() -> None:
    """Of a recreated endpoint the record tells the former id, too, until that is out."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.kept_of_description = 0
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, guid_number=9))
    cloud.fail("update_registrations", TemporaryError("503"), f"-{guid(1)}", times=1)
    await run(cloud, pe(1))
    assert set(cloud.clickhouse.registered) == {guid(1), guid(9)}
    await run(cloud, pe(1))
    assert set(cloud.clickhouse.registered) == {guid(9)}
    cloud.log.clear()
    await run(cloud, pe(1))
    assert cloud.log.writes == []


async def test_dropped_descriptions_and_another_kind_of_id() -> None:
    """A migration ends with the new kind alone, though no description tells whose the old one was."""
    cloud = with_two_services(endpoint(1))
    cloud.clickhouse.kept_of_description = 0
    await run(cloud, pe(1))
    cloud.fail("update_allow_list", TemporaryError("503"), f"-{guid(1)}", times=1)
    for _ in range(2):
        await run(cloud, pe(1), by=rules(id_kind=IdKind.RESOURCE_ID))
    assert set(cloud.clickhouse.registered) == cloud.allowed() == {endpoint(1).arm_id}


@pytest.mark.parametrize("error", [TemporaryError("503"), PermanentError("403")])
async def test_dropped_descriptions_and_no_record(error: Any) -> None:
    """What nothing would tell to be ours is taken back by the pass that gave it, and not given again till it can be."""
    cloud, memory = Cloud(endpoint(1), zones=[zone()]), Memory()
    cloud.clickhouse.kept_of_description = 0
    cloud.fail("put", error)
    report = await run(cloud, pe(1), memory=memory)
    assert (cloud.clickhouse.registered, cloud.allowed()) == ({}, frozenset())
    assert "access-untold" in codes(report)
    assert report.problems
    cloud.mend()
    assert not (await run(cloud, pe(1), memory=memory)).problems
    assert cloud.allowed() == {guid(1)}


async def test_dropped_descriptions_and_no_zone() -> None:
    """Once it is known that descriptions are not kept, nobody is registered whom no record could tell of."""
    cloud, memory = Cloud(endpoint(1)), Memory()
    cloud.clickhouse.kept_of_description = 0
    assert "access-untold" in codes(await run(cloud, pe(1), memory=memory))
    cloud.log.clear()
    report = await run(cloud, pe(1), memory=memory)
    assert cloud.log.writes == []
    assert {"access-untold", "zone-missing"} <= codes(report)


async def test_a_registration_that_fails_keeps_no_record_from_being_made() -> None:
    """A record does not wait for ever for a registration, and claims none that there is not."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.refused_ids = {guid(1)}
    report = await run(cloud, pe(1))
    told = cloud.dns.record()
    assert told
    assert told.addresses == (address(1),)
    assert guid(1) not in str(told.metadata)
    assert report.problems
    cloud.log.clear()
    await run(cloud, pe(1))
    assert {call.name for call in cloud.log.writes} <= {"update_registrations", "register_through"}
    cloud.clickhouse.refused_ids = set()
    await run(cloud, pe(1))
    told = cloud.dns.record()
    assert told
    assert guid(1) in str(told.metadata)


async def test_a_stranger_of_the_same_name() -> None:
    """An endpoint made again for somebody else's service gets nothing, and its former id goes all the same."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, guid_number=9, alias=STRANGE_ALIAS))
    report = await run(cloud, pe(1))
    assert (cloud.clickhouse.registered, cloud.allowed()) == ({}, frozenset())
    assert "not-a-clickhouse-endpoint" in codes(report)


async def test_registered_by_hand_for_another_region() -> None:
    """A registration for another region that is not ours is told of with what to do about it."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.have_registered(replace(foreign(guid(1)), region="eastus2"))
    assert "registration-elsewhere" in codes(await run(cloud, pe(1)))
    assert cloud.clickhouse.registered[guid(1)].region == "eastus2"


async def test_sharers_with_one_address() -> None:
    """Two that share a record and have the same address, in networks that overlap, do not write for ever."""
    cloud = Cloud(*(endpoint(n, dns="shared") for n in (1, 2)), zones=[zone()])
    cloud.network.interfaces[interface(2)] = (address(1),)
    await run(cloud)
    cloud.log.clear()
    for target in ((), (pe(1),), (pe(2),)):
        await run(cloud, *target)
    assert cloud.log.writes == []
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    told = cloud.dns.record()
    assert told
    assert told.addresses == (address(1),)
    assert "pe-2" in str(told.metadata)


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize(("withdraws", "stays"), [(1, 1), (2, 1)])
async def test_a_sharer_that_withdraws(withdraws: int, stays: int, *, everything: bool) -> None:
    """When one of two does not share any more, the first of them stays, whoever it was and whoever is told."""
    cloud = Cloud(*(endpoint(n, dns="shared") for n in (1, 2)), zones=[zone()])
    await run(cloud)
    cloud.network.have(endpoint(withdraws))
    await run(cloud, *([] if everything else [pe(withdraws)]))
    told = cloud.dns.record()
    assert told
    assert told.addresses == (address(stays),)
    report = await run(cloud, pe(2))
    assert "wildcard-owned-by-other" in codes(report)


async def test_a_sharer_that_withdraws_beside_one_that_cannot_be_read() -> None:
    """Nobody leaves a record on the word of one of two."""
    cloud = Cloud(*(endpoint(n, dns="shared") for n in (1, 2)), zones=[zone()])
    await run(cloud)
    cloud.network.have(endpoint(1))
    cloud.fail("endpoint", PermanentError("403"), "pe-2")
    cloud.log.clear()
    await run(cloud, pe(1))
    assert cloud.log.writes == []


@pytest.mark.parametrize("kept", [0, 1_000])
async def test_another_kind_of_id_under_somebody_elses(kept: int) -> None:
    """What we allowed under a registration made by hand is told of until our own id is in, and then taken back."""
    cloud, by = Cloud(endpoint(1), zones=[zone()]), rules(id_kind=IdKind.RESOURCE_ID)
    cloud.clickhouse.have_registered(foreign(guid(1)))
    await run(cloud, pe(1))
    cloud.clickhouse.kept_of_description = kept
    arm = endpoint(1).arm_id
    cloud.fail("update_allow_list", TemporaryError("503"), f"-{guid(1)}")
    await run(cloud, pe(1), by=by)
    told = cloud.dns.record()
    assert told
    lent = frozenset({end_of(service("main").id)})
    assert claims(told) == {
        address(1): Claim(
            pe(1), guid(1), ours=False, lent=lent, former=frozenset() if kept else frozenset({arm.lower()})
        )
    }
    cloud.mend()
    assert not (await run(cloud, pe(1), by=by)).problems
    assert all({guid(1), arm} & lists["main"] for lists in cloud.clickhouse.history[1:])
    assert set(cloud.clickhouse.registered) == {guid(1), arm}
    assert cloud.allowed() == {arm}
    told = cloud.dns.record()
    assert told
    assert claims(told) == {address(1): Claim(pe(1), str(pe(1)))}
    cloud.network.lose(pe(1))
    await run(cloud, pe(1), by=by)
    assert cloud.clickhouse.registered == {guid(1): foreign(guid(1))}


async def test_words_are_kept_while_it_is_registered_anew() -> None:
    """What the API makes of our words is not forgotten when somebody takes the registration out."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.rewords = str.swapcase
    await run(cloud, pe(1))
    before = cloud.dns.record()
    cloud.clickhouse.registered.clear()
    cloud.clickhouse.have(service("main"))
    cloud.log.clear()
    assert not (await run(cloud, pe(1))).problems
    assert [call.name for call in cloud.log.writes] == ["update_registrations", "update_allow_list"]
    assert cloud.dns.record() == before


@pytest.mark.parametrize("rewords", [str.swapcase, lambda _: ""])
async def test_a_former_id_that_no_service_lists(rewords: Any) -> None:
    """A former id is told of as long as it is registered, whether a service lists it or not."""
    cloud = Cloud(endpoint(1, ""), zones=[zone()])
    cloud.clickhouse.rewords = rewords
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, "", guid_number=9))
    cloud.fail("update_registrations", TemporaryError("503"), f"-{guid(1)}", times=1)
    await run(cloud, pe(1))
    told = cloud.dns.record()
    assert told
    assert [claim.former for claim in claims(told).values()] == [{guid(1)}]
    await run(cloud, pe(1))
    assert set(cloud.clickhouse.registered) == {guid(9)}


async def test_no_more_former_ids_than_metadata_takes() -> None:
    """Of very many former ids that will not go, as many are told as a pair of metadata has room for."""
    cloud = Cloud(endpoint(1, ""), zones=[zone()])
    cloud.clickhouse.kept_of_description = 0
    for number in range(1, MOST_FORMER + 3):
        cloud.network.have(endpoint(1, "", guid_number=number))
        for id_ in list(cloud.clickhouse.registered):
            cloud.fail("update_registrations", TemporaryError("503"), f"-{id_}")
        await run(cloud, pe(1))
    told = cloud.dns.record()
    assert told
    assert [len(claim.former) for claim in claims(told).values()] == [MOST_FORMER]


async def test_a_migration_that_cannot_be_told_of() -> None:
    """Where the new kind of id has to be taken back for want of a record, the old one stays allowed."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.kept_of_description = 0
    await run(cloud, pe(1))
    cloud.fail("put", TemporaryError("503"))
    report = await run(cloud, pe(1), by=rules(id_kind=IdKind.RESOURCE_ID))
    assert "access-untold" in codes(report)
    assert set(cloud.clickhouse.registered) == cloud.allowed() == {guid(1)}
    cloud.mend()
    await run(cloud, pe(1), by=rules(id_kind=IdKind.RESOURCE_ID))
    assert set(cloud.clickhouse.registered) == cloud.allowed() == {endpoint(1).arm_id}


async def test_a_recreated_one_whose_record_fails_once() -> None:
    """A record that failed and is written after all in the same pass tells of the new id, which so keeps its access."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.kept_of_description = 0
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, guid_number=9))
    cloud.clickhouse.history.clear()
    cloud.fail("put", TemporaryError("429"), times=1)
    await run(cloud, pe(1))
    assert all(allowed["main"] for allowed in cloud.clickhouse.history)
    assert set(cloud.clickhouse.registered) == cloud.allowed() == {guid(9)}


async def test_a_zone_that_cannot_be_read_again() -> None:
    """What a pass has written into a zone tells of a new id, though the zone cannot be read any more."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.kept_of_description = 0
    await run(cloud, pe(1))
    cloud.network.have(endpoint(2))
    cloud.log.before["put"] = lambda: cloud.fail("zone", TemporaryError("429"))
    report = await run(cloud, pe(2))
    assert cloud.log.named("zone")[1:], "the zone was to be read again"
    assert "access-untold" not in codes(report)
    assert cloud.allowed() == {guid(1), guid(2)}


async def test_one_that_moves_and_is_registered_through_a_service() -> None:
    """What is registered the second way is told by the new record before the former one goes."""
    former, present = zone_id("rg-former"), zone_id("rg-present")
    cloud = Cloud(endpoint(1), zones=[zone(id_=former), zone(id_=present, vnets=())])
    cloud.clickhouse.kept_of_description = 0
    cloud.clickhouse.refuses_add = True
    await run(cloud, pe(1))
    cloud.clickhouse.have(service("main"))
    cloud.clickhouse.registered.clear()
    (record_, *_) = cloud.dns.known[former].records.values()
    cloud.dns.have(zone(record_, id_=former, vnets=()), zone(id_=present))
    told: list[RecordSet | None] = []
    cloud.log.before["delete"] = lambda: told.append(cloud.dns.record(present))
    await run(cloud)
    (before_it_goes,) = told
    assert before_it_goes
    assert [claim.made_by_us for claim in claims(before_it_goes).values()] == [{guid(1)}]
    assert set(cloud.clickhouse.registered) == cloud.allowed() == {guid(1)}


async def test_somebody_was_first_to_allow() -> None:
    """An entry that somebody made between our read and our write is not claimed, and stays in the end."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.have_registered(foreign(guid(1)))
    cloud.log.before["update_allow_list"] = lambda: cloud.clickhouse.have(service("main", guid(1)))
    await run(cloud, pe(1))
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert cloud.allowed() == {guid(1)}


async def test_a_recreated_one_that_is_refused() -> None:
    """Where the new id is refused and the former will not go, the record tells of the former one."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.rewords = str.swapcase
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, guid_number=9))
    cloud.clickhouse.refused_ids = {guid(9)}
    cloud.fail("update_registrations", TemporaryError("503"), f"-{guid(1)}")
    await run(cloud, pe(1))
    told = cloud.dns.record()
    assert told
    (claim,) = claims(told).values()
    assert claim.id is None
    assert claim.former == {guid(1)}
    assert len(claim.words) == 1
    cloud.mend()
    await run(cloud, pe(1))
    assert cloud.clickhouse.registered == {}


async def test_a_former_id_of_one_that_cannot_be_told_of() -> None:
    """What is left of a former incarnation goes, also where the new one gets nothing for want of a record."""
    cloud, memory = Cloud(endpoint(1), zones=[zone()]), Memory()
    cloud.clickhouse.kept_of_description = 40
    await run(cloud, pe(1), memory=memory)
    cloud.network.have(endpoint(1, guid_number=9, zone_tag="nonsense"))
    report = await run(cloud, memory=memory)
    assert cloud.clickhouse.registered == {}
    assert "access-untold" in codes(report)

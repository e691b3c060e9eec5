"""One endpoint with several owners, manual changes and networks: what each may remove, and what stays."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.model.deployment_config import IdKind
from shared.domain.model.errors import PermanentError, PrivateLinkError, TemporaryError
from shared.domain.model.findings import Severity
from shared.domain.ownership.marks import registration_mark
from shared.domain.results.pass_report import Report
from tests.support.errors import forbidden
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    OWNER,
    STRANGE_ALIAS,
    address,
    deployment,
    endpoint,
    foreign,
    guid,
    interface,
    pe,
    registered,
    service,
    zone,
    zone_id,
)

ONE, TWO = (
    deployment(owner="one", service_filter="main"),
    deployment(owner="two", service_filter="test"),
)
ARM = endpoint(1).arm_id
IDS = {IdKind.GUID: guid(1), IdKind.RESOURCE_ID: ARM}
OTHER = {IdKind.GUID: ARM, IdKind.RESOURCE_ID: guid(1)}
MARK = registration_mark(OWNER, pe(1))

both_ways = pytest.mark.parametrize("refuses_add", [False, True], ids=["patch", "post"])
answered_or_not = pytest.mark.parametrize("answers", [True, False], ids=["answered", "silent"])
both_ends = pytest.mark.parametrize("gone", [False, True], ids=["untagged", "deleted"])


def codes(report: Report) -> set[str]:
    return {one.code for one in report.plan.findings}


def messages(report: Report, code: str) -> list[str]:
    return [one.message for one in report.plan.findings if one.code == code]


def at_clickhouse(cloud: Cloud) -> object:
    """All registrations with their descriptions, and all allow lists."""
    return dict(cloud.clickhouse.registered), cloud.clickhouse.allow_lists()


def writes_at_clickhouse(cloud: Cloud) -> list[tuple[str, ...]]:
    return [(call.name, *call.about) for call in cloud.log.writes if call.name not in {"put", "delete"}]


def end(cloud: Cloud, *, gone: bool) -> None:
    cloud.network.lose(pe(1)) if gone else cloud.network.have(endpoint(1, None))


def with_two_services(*endpoints: Any, zones: Any = None) -> Cloud:
    return Cloud(*endpoints, services=[service("main"), service("test")], zones=[zone()] if zones is None else zones)


@both_ends
@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("kind", IdKind)
async def test_registered_by_somebody_else(kind: IdKind, *, everything: bool, gone: bool) -> None:
    """The endpoint is registered by its other id beside the foreign one; its release restores the previous state."""
    theirs, ours = IDS[kind], OTHER[kind]
    cloud = Cloud(endpoint(1), services=[service("main", theirs), service("test")], zones=[zone()])
    cloud.clickhouse.have_registered(foreign(theirs))
    before = at_clickhouse(cloud)
    targets = [] if everything else [pe(1)]
    report = await run(cloud, *targets, by=deployment(id_kind=kind))
    assert not report.problems
    assert at_clickhouse(cloud) == (
        {theirs: foreign(theirs), ours: registered(1, id_=ours)},
        {"main": {theirs, ours}, "test": {ours}},
    )
    (finding,) = report.plan.findings
    assert (finding.code, finding.severity, finding.object) == (
        "registration-foreign",
        Severity.INFO,
        str(pe(1)),
    )
    assert theirs in finding.message
    assert ours in finding.message
    cloud.log.clear()
    await run(cloud, *targets, by=deployment(id_kind=kind))
    assert cloud.log.writes == []
    end(cloud, gone=gone)
    assert not (await run(cloud, *targets, by=deployment(id_kind=kind))).problems
    assert at_clickhouse(cloud) == before
    assert cloud.dns.record() is None


async def test_a_tag_that_changes_beside_a_foreign_registration() -> None:
    """A changed tag changes the entries of our id alone; those of the foreign id stay, whatever the tag selects."""
    cloud = Cloud(endpoint(1), services=[service("main", guid(1)), service("test")], zones=[zone()])
    cloud.clickhouse.have_registered(foreign(guid(1)))
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, "test"))
    await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": {ARM}}
    cloud.network.have(endpoint(1, ""))
    await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": frozenset()}


async def test_a_foreign_registration_that_goes() -> None:
    """When the foreign registration is removed, the endpoint migrates to the preferred id without losing access."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.have_registered(foreign(guid(1)))
    await run(cloud, pe(1))
    del cloud.clickhouse.registered[guid(1)]
    del cloud.clickhouse.history[:-1]
    assert not (await run(cloud, pe(1))).problems
    assert at_clickhouse(cloud) == ({guid(1): registered(1)}, {"main": {guid(1)}})
    assert all(lists["main"] for lists in cloud.clickhouse.history)


async def test_registered_by_somebody_else_for_another_region() -> None:
    """A foreign registration for another region stays; ours beside it has the region of the services."""
    theirs = replace(foreign(guid(1)), region="eastus2")
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.have_registered(theirs)
    await run(cloud, pe(1))
    assert cloud.clickhouse.registered == {guid(1): theirs, ARM: registered(1, id_=ARM)}


async def test_registered_for_another_cloud() -> None:
    """A registration of the id for another cloud is foreign, whatever its description: it stays, ours is beside it."""
    theirs = replace(registered(1), provider="aws", region="us-east-1")
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.have_registered(theirs)
    report = await run(cloud, pe(1))
    assert codes(report) == {"registration-foreign"}
    assert cloud.clickhouse.registered == {guid(1): theirs, ARM: registered(1, id_=ARM)}
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert cloud.clickhouse.registered == {guid(1): theirs}


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("kind", IdKind)
async def test_both_ids_registered_by_somebody_else(kind: IdKind, *, everything: bool) -> None:
    """Nothing is written at ClickHouse Cloud, an error says why, and the record is written."""
    cloud = Cloud(endpoint(1), services=[service("main", guid(1)), service("test")], zones=[zone()])
    cloud.clickhouse.have_registered(foreign(guid(1)), foreign(ARM, ""))
    report = await run(cloud, *([] if everything else [pe(1)]), by=deployment(id_kind=kind))
    assert [call.name for call in cloud.log.writes] == ["put"]
    (finding,) = report.plan.findings
    assert (finding.code, finding.severity) == ("registration-blocked", Severity.ERROR)
    assert guid(1) in finding.message
    assert ARM in finding.message
    written = cloud.dns.record()
    assert written
    assert written.addresses == (address(1),)


async def test_both_ids_foreign_and_a_former_id() -> None:
    """A former id of ours is removed even if both current ids are foreign."""
    cloud = Cloud(endpoint(1, guid_number=9), services=[service("main", guid(1))], zones=[zone()])
    cloud.clickhouse.have_registered(registered(1), foreign(guid(9)), foreign(ARM))
    assert "registration-blocked" in codes(await run(cloud, pe(1)))
    assert at_clickhouse(cloud) == ({guid(9): foreign(guid(9)), ARM: foreign(ARM)}, {"main": frozenset()})


@both_ends
@pytest.mark.parametrize("order", [(ONE, TWO), (TWO, ONE)], ids=["one-first", "two-first"])
async def test_two_deployments(order: tuple[Any, Any], *, gone: bool) -> None:
    """Two deployments with different filters serve one endpoint with one id each, and each removes its own."""
    cloud = with_two_services(endpoint(1))
    first, second = order
    for by in (first, second, first, second):
        assert not (await run(cloud, pe(1), by=by)).problems
    assert cloud.clickhouse.registered == {
        guid(1): registered(1, owner=first.owner),
        ARM: registered(1, owner=second.owner, id_=ARM),
    }
    names = {"one": "main", "two": "test"}
    assert cloud.clickhouse.allow_lists() == {names[first.owner]: {guid(1)}, names[second.owner]: {ARM}}
    cloud.log.clear()
    for by in order:
        await run(cloud, by=by)
    assert cloud.log.writes == []
    end(cloud, gone=gone)
    for by, left in zip(order, ({ARM}, set()), strict=True):
        await run(cloud, pe(1), by=by)
        assert set(cloud.clickhouse.registered) == left
        assert {id_ for ids in cloud.clickhouse.allow_lists().values() for id_ in ids} == left
    assert cloud.dns.known[zone_id()].records == {}


def kept_as(words: Callable[[str], str], *, refuses_add: bool, answers: bool) -> Cloud:
    """An API that changes descriptions; endpoint 1 is new, and its tag selects two services."""
    cloud = with_two_services(endpoint(1))
    cloud.clickhouse.rewords = words
    cloud.clickhouse.refuses_add = refuses_add
    cloud.clickhouse.answers_writes = answers
    return cloud


CUT = [0, 1, 30, len(MARK) - 1]


@both_ways
@answered_or_not
@pytest.mark.parametrize("kept", CUT)
async def test_a_mark_that_is_not_kept(kept: int, *, refuses_add: bool, answers: bool) -> None:
    """The registration is removed again, nothing else is allowed, and an error says so, in every pass."""
    cloud = kept_as(lambda text: text[:kept], refuses_add=refuses_add, answers=answers)
    if refuses_add:
        at = min(("main", "test"), key=lambda name: service(name).id)
        expected = [
            ("update_registrations", f"+{guid(1)}"),
            ("register_through", at, f"+{guid(1)}"),
            ("update_allow_list", at, f"-{guid(1)}"),
            ("update_registrations", f"-{guid(1)}"),
        ]
    else:
        expected = [("update_registrations", f"+{guid(1)}"), ("update_registrations", f"-{guid(1)}")]
    for records in (1, 0):
        cloud.log.clear()
        report = await run(cloud, pe(1))
        assert writes_at_clickhouse(cloud) == expected
        assert len(cloud.log.named("put")) == records
        assert at_clickhouse(cloud) == ({}, {"main": frozenset(), "test": frozenset()})
        assert not report.problems
        (finding,) = report.plan.findings
        assert (finding.code, finding.severity) == ("registration-mark-not-kept", Severity.ERROR)
        assert "it was deregistered again" in finding.message


@both_ways
@answered_or_not
async def test_a_mark_that_is_not_kept_on_another_service(*, refuses_add: bool, answers: bool) -> None:
    """A registration without our mark that somebody else has allowed on a service stays, with that entry."""
    cloud = kept_as(lambda _: "", refuses_add=refuses_add, answers=answers)
    ours, theirs = sorted(("main", "test"), key=lambda name: service(name).id)
    call = "register_through" if refuses_add else "update_registrations"
    cloud.log.before[call] = lambda: cloud.clickhouse.have(service(theirs, guid(1)))
    report = await run(cloud, pe(1))
    assert not report.problems
    assert at_clickhouse(cloud) == (
        {guid(1): foreign(guid(1), "")},
        {ours: frozenset(), theirs: {guid(1)}},
    )
    assert not any(f"-{guid(1)}" in call.about for call in cloud.log.named("update_registrations"))
    (message,) = messages(report, "registration-mark-not-kept")
    assert "it is still registered" in message


@answered_or_not
async def test_a_description_with_other_words(*, answers: bool) -> None:
    """A registration with a different description is foreign: it stays, and nothing is allowed under it."""
    cloud = kept_as(str.swapcase, refuses_add=False, answers=answers)
    report = await run(cloud, pe(1))
    assert {call[0] for call in writes_at_clickhouse(cloud)} == {"update_registrations"}
    assert not any(part.startswith("-") for call in cloud.log.writes for part in call.about)
    assert cloud.clickhouse.allow_lists() == {"main": frozenset(), "test": frozenset()}
    assert codes(report) == {"registration-blocked"}


async def test_a_mark_that_is_not_kept_and_a_former_id() -> None:
    """The former id of a recreated endpoint is removed even if the mark of the new registration is not kept."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    cloud.clickhouse.kept_of_description = 40
    cloud.network.have(endpoint(1, guid_number=9))
    report = await run(cloud, pe(1))
    assert at_clickhouse(cloud) == ({}, {"main": frozenset()})
    assert "registration-mark-not-kept" in codes(report)


async def test_a_mark_that_is_not_kept_and_a_former_id_that_will_not_go() -> None:
    """A former id that could not be deregistered stays planned, so that the event is retried."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    cloud.clickhouse.kept_of_description = 40
    cloud.network.have(endpoint(1, guid_number=9))
    cloud.fail("update_registrations", TemporaryError("503"), f"-{guid(1)}", times=1)
    report = await run(cloud, pe(1))
    assert at_clickhouse(cloud) == ({guid(1): registered(1)}, {"main": frozenset()})
    assert report.retryable


async def test_a_migration_whose_mark_is_not_kept() -> None:
    """If the mark of the new kind of id is not kept, the former kind keeps its registration and access."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    before = at_clickhouse(cloud)
    cloud.clickhouse.kept_of_description = 40
    report = await run(cloud, pe(1), by=deployment(id_kind=IdKind.RESOURCE_ID))
    assert at_clickhouse(cloud) == before
    assert "registration-mark-not-kept" in codes(report)


@both_ways
@answered_or_not
@pytest.mark.parametrize("kept", [1_000, 30, 0])
@pytest.mark.parametrize("words", ["", "my endpoint", MARK[:30]])
async def test_a_registration_made_by_hand_in_that_moment(
    words: str, kept: int, *, refuses_add: bool, answers: bool
) -> None:
    """A registration that appears between our read and our write stays, whatever its description."""
    cloud = kept_as(lambda text: text[:kept], refuses_add=refuses_add, answers=answers)
    call = "register_through" if refuses_add else "update_registrations"
    by_hand = foreign(guid(1), words)
    cloud.log.before[call] = lambda: cloud.clickhouse.have_registered(by_hand)
    report = await run(cloud, pe(1))
    ours = {ARM} if kept == 1_000 else set()
    assert cloud.clickhouse.registered == {guid(1): by_hand, **{id_: registered(1, id_=id_) for id_ in ours}}
    assert cloud.allowed("main") == cloud.allowed("test") == ours
    assert codes(report) == {"registration-foreign" if ours else "registration-mark-not-kept"}
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert at_clickhouse(cloud) == ({guid(1): by_hand}, {"main": frozenset(), "test": frozenset()})


@both_ends
@pytest.mark.parametrize("by_hand", ["", "my endpoint", MARK[:-1], f"{MARK} mine"])
async def test_a_description_changed_by_hand(by_hand: str, *, gone: bool) -> None:
    """A registration whose description is no longer our mark is foreign: it stays, with its entries."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    cloud.clickhouse.have_registered(foreign(guid(1), by_hand))
    before = at_clickhouse(cloud)
    end(cloud, gone=gone)
    await run(cloud, pe(1))
    assert at_clickhouse(cloud) == before
    assert cloud.dns.record() is None


ERRORS: list[PrivateLinkError] = [TemporaryError("503"), forbidden("403"), PermanentError("400")]


@pytest.mark.parametrize("error", ERRORS, ids=["temporary", "forbidden", "permanent"])
@both_ways
async def test_the_record_does_not_wait_for_the_registration(error: PrivateLinkError, *, refuses_add: bool) -> None:
    """The record is written in the first stage, even if the registration fails."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.fail("update_registrations", PermanentError("400") if refuses_add else error)
    cloud.fail("register_through", error)
    report = await run(cloud, pe(1))
    first = [call.name for call in cloud.log.writes if call.round == cloud.log.writes[0].round]
    assert sorted(first) == ["put", "update_registrations"]
    written = cloud.dns.record()
    assert written
    assert written.addresses == (address(1),)
    assert (cloud.clickhouse.registered, cloud.allowed()) == ({}, frozenset())
    assert report.problems


@pytest.mark.parametrize("error", ERRORS, ids=["temporary", "forbidden", "permanent"])
@pytest.mark.parametrize("read", ["registrations", "services"])
@both_ends
async def test_the_record_goes_while_clickhouse_cannot_be_read(
    read: str, error: PrivateLinkError, *, gone: bool
) -> None:
    """The record is removed with its endpoint; registration and entries stay until they can be read again."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    before = at_clickhouse(cloud)
    end(cloud, gone=gone)
    cloud.fail(read, error)
    report = await run(cloud, pe(1))
    assert cloud.dns.record() is None
    assert at_clickhouse(cloud) == before
    assert str(error) in report.problems
    cloud.mend()
    assert not (await run(cloud, pe(1))).problems
    assert at_clickhouse(cloud) == ({}, {"main": frozenset()})


async def test_a_mistyped_filter() -> None:
    """A narrower SERVICE_FILTER removes nothing: entries outside it are reported and kept."""
    cloud = with_two_services(endpoint(1))
    await run(cloud, pe(1))
    cloud.log.clear()
    report = await run(cloud, by=deployment(service_filter="mian"))
    assert cloud.log.writes == []
    assert "allow-list-outside-filter" in codes(report)


@both_ends
async def test_an_entry_that_a_filter_keeps(*, gone: bool) -> None:
    """If SERVICE_FILTER keeps an untagged endpoint's entry, its registration stays; a deleted one loses everything."""
    cloud = with_two_services(endpoint(1))
    await run(cloud, pe(1))
    end(cloud, gone=gone)
    report = await run(cloud, pe(1), by=deployment(service_filter="main"))
    assert cloud.allowed("main") == frozenset()
    left = set() if gone else {guid(1)}
    assert set(cloud.clickhouse.registered) == left
    assert cloud.allowed("test") == left
    assert codes(report) == (set() if gone else {"allow-list-outside-filter"})
    assert not report.problems


async def test_a_recreated_one_that_is_refused() -> None:
    """A former id is removed even if the new one is refused."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, guid_number=9))
    cloud.clickhouse.refused_ids = {guid(9)}
    await run(cloud, pe(1))
    assert at_clickhouse(cloud) == ({}, {"main": frozenset()})


@pytest.mark.parametrize("tag", ["", "*"])
async def test_a_former_id_that_will_not_go(tag: str) -> None:
    """A former id that could not be deregistered is removed by the next pass, whether a service lists it or not."""
    cloud = Cloud(endpoint(1, tag), zones=[zone()])
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, tag, guid_number=9))
    cloud.fail("update_registrations", TemporaryError("503"), f"-{guid(1)}", times=1)
    await run(cloud, pe(1))
    assert set(cloud.clickhouse.registered) == {guid(1), guid(9)}
    await run(cloud, pe(1))
    assert set(cloud.clickhouse.registered) == {guid(9)}


async def test_a_stranger_of_the_same_name() -> None:
    """An endpoint recreated for a foreign service gets nothing, and its former id is removed."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, guid_number=9, alias=STRANGE_ALIAS))
    report = await run(cloud, pe(1))
    assert (cloud.clickhouse.registered, cloud.allowed()) == ({}, frozenset())
    assert "not-a-clickhouse-endpoint" in codes(report)


async def test_sharers_with_one_address() -> None:
    """Two endpoints that share a record and have the same address do not cause endless writes."""
    cloud = Cloud(*(endpoint(n, dns="shared") for n in (1, 2)), zones=[zone()])
    cloud.network.interfaces[interface(2)] = (address(1),)
    await run(cloud)
    cloud.log.clear()
    for target in ((), (pe(1),), (pe(2),)):
        await run(cloud, *target)
    assert cloud.log.writes == []
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    record = cloud.dns.record()
    assert record
    assert record.addresses == (address(1),)
    assert "pe-2" in str(record.metadata)


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize(("withdraws", "stays"), [(1, 1), (2, 1)])
async def test_a_sharer_that_withdraws(withdraws: int, stays: int, *, everything: bool) -> None:
    """When one of two endpoints stops sharing, the first by id stays, whichever of them the event names."""
    cloud = Cloud(*(endpoint(n, dns="shared") for n in (1, 2)), zones=[zone()])
    await run(cloud)
    cloud.network.have(endpoint(withdraws))
    await run(cloud, *([] if everything else [pe(withdraws)]))
    record = cloud.dns.record()
    assert record
    assert record.addresses == (address(stays),)
    report = await run(cloud, pe(2))
    assert "wildcard-owned-by-other" in codes(report)


async def test_a_sharer_that_withdraws_beside_one_that_cannot_be_read() -> None:
    """An endpoint is not removed from a shared record because of the other one alone."""
    cloud = Cloud(*(endpoint(n, dns="shared") for n in (1, 2)), zones=[zone()])
    await run(cloud)
    cloud.network.have(endpoint(1))
    cloud.fail("endpoint", PermanentError("403"), "pe-2")
    cloud.log.clear()
    await run(cloud, pe(1))
    assert cloud.log.writes == []


async def test_a_key_that_may_not_manage_the_organization() -> None:
    """Without organization:manage an endpoint is registered through a service; what stays registered is reported.

    The allow lists are cleared, and the event is not retried for the registration.
    """
    refused = forbidden("403: organization:manage")
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.fail("update_registrations", refused)
    report = await run(cloud, pe(1))
    assert (report.problems, report.retryable) == ((), False)
    assert cloud.allowed() == set(cloud.clickhouse.registered) == {guid(1)}
    cloud.network.lose(pe(1))
    report = await run(cloud, pe(1))
    assert (report.problems, report.retryable) == ((), False)
    assert [(one.code, one.object) for one in report.plan.findings] == [("registration-left", str(pe(1)))]
    assert (cloud.allowed(), set(cloud.clickhouse.registered)) == (frozenset(), {guid(1)})
    cloud.mend()
    await run(cloud)
    assert cloud.clickhouse.registered == {}

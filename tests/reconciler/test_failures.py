"""Passes over systems that fail, refuse, lose changes or are changed by others."""

from dataclasses import replace

import pytest

from shared.domain.changes.outcome import OutcomeStatus
from shared.domain.model.deployment_config import IdKind
from shared.domain.model.errors import Cause, CauseKind, PermanentError, PrivateLinkError, TemporaryError
from shared.domain.ownership.marks import holders_of
from shared.domain.planning.policy import Policy
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reconcile import ROUNDS
from tests.support.errors import changed, forbidden, is_retryable
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    REGION,
    address,
    deployment,
    endpoint,
    foreign,
    foreign_record,
    guid,
    pe,
    record,
    registered,
    service,
    zone,
    zone_id,
)

ERRORS: list[PrivateLinkError] = [
    TemporaryError("503: try later"),
    forbidden("403: not you"),
    PermanentError("400: not so"),
]
ARM = endpoint(1).arm_id
all_errors = pytest.mark.parametrize("error", ERRORS, ids=["temporary", "forbidden", "permanent"])


def three_services(*ids: str) -> Cloud:
    services = [service(name, *ids) for name in ("main", "test", "last")]
    return Cloud(endpoint(1), services=services, zones=[zone()])


def codes(report: object) -> set[str]:
    return {finding.code for finding in getattr(report, "plan").findings}  # noqa: B009


@all_errors
async def test_one_service_fails(error: PrivateLinkError) -> None:
    """A service that cannot be changed does not keep the others, nor the record, from being done."""
    cloud = three_services()
    cloud.fail("update_allow_list", error, "test")
    report = await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": frozenset(), "last": {guid(1)}}
    assert cloud.dns.record()
    assert report.retryable is is_retryable(error)
    (problem,) = report.problems
    assert str(error) in problem
    cloud.mend()
    assert not (await run(cloud, pe(1))).problems
    assert cloud.allowed("test") == {guid(1)}


@pytest.mark.parametrize("error", [ERRORS[0], ERRORS[-1]], ids=["temporary", "permanent"])
async def test_register_fails(error: PrivateLinkError) -> None:
    """An id that could not be registered is not allowed; other ids in the pass are."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone()])
    cloud.clickhouse.refused_ids = {guid(1)}
    if isinstance(error, TemporaryError):
        cloud.fail("update_registrations", error)
    report = await run(cloud)
    assert cloud.allowed() == (frozenset() if isinstance(error, TemporaryError) else {guid(2)})
    assert report.problems
    assert report.retryable is isinstance(error, TemporaryError)


async def test_register_forbidden() -> None:
    """A forbidden call is made once, not again in halves; dependent changes are skipped."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone()])
    cloud.fail("update_registrations", forbidden("401: not you"))
    cloud.fail("register_through", forbidden("401: not you"))
    report = await run(cloud)
    assert len(cloud.log.named("update_registrations")) == 1
    assert cloud.allowed() == frozenset()
    assert (report.retryable, report.forbidden) == (True, True)
    cloud.mend()
    assert not (await run(cloud)).problems
    assert cloud.allowed() == {guid(1), guid(2)}


@all_errors
async def test_deregister_waits(error: PrivateLinkError) -> None:
    """A registration stays while its id is still on an allow list; the record does not depend on that."""
    cloud = three_services(guid(1))
    cloud.network.lose(pe(1))
    cloud.clickhouse.have_registered(registered(1))
    cloud.dns.have(zone(record(1)))
    cloud.fail("update_allow_list", error, "test")
    report = await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"main": frozenset(), "test": {guid(1)}, "last": frozenset()}
    assert set(cloud.clickhouse.registered) == {guid(1)}
    assert cloud.dns.record() is None
    assert {o.status for o in report.outcomes} == {
        OutcomeStatus.DONE,
        OutcomeStatus.FAILED,
        OutcomeStatus.SKIPPED,
    }
    assert report.retryable is is_retryable(error)
    cloud.mend()
    assert not (await run(cloud, pe(1))).problems
    assert cloud.clickhouse.registered == {}
    assert cloud.dns.record() is None


async def test_already_off() -> None:
    """An id that somebody else removed from an allow list is not a failure; the same pass continues."""
    cloud = Cloud(services=[service("main", guid(1))], zones=[zone(record(1))])
    cloud.clickhouse.have_registered(registered(1))
    cloud.log.before["update_allow_list"] = lambda: cloud.clickhouse.have(service("main"))
    report = await run(cloud, pe(1))
    assert not report.problems
    assert cloud.clickhouse.registered == {}
    assert cloud.dns.record() is None


async def test_already_registered() -> None:
    """If somebody else registers the id first, the pass registers the other kind of id beside it."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.log.before["update_registrations"] = lambda: cloud.clickhouse.have_registered(foreign(guid(1)))
    report = await run(cloud, pe(1))
    assert not report.problems
    assert cloud.allowed() == {ARM}
    assert "registration-foreign" in codes(report)


@pytest.mark.parametrize("tells", [True, False])
async def test_add_refused(*, tells: bool) -> None:
    """Where the organization's `add` is refused, each endpoint is registered through a service, in the same pass."""
    cloud = Cloud(endpoint(1), endpoint(2), services=[service("main"), service("test")], zones=[zone()])
    cloud.clickhouse.refuses_add = True
    cloud.clickhouse.answers_writes = tells
    memory = ProcessCache()
    report = await run(cloud, memory=memory)
    assert not report.problems
    assert cloud.clickhouse.allow_lists() == {name: {guid(1), guid(2)} for name in ("main", "test")}
    assert cloud.clickhouse.registered[guid(1)] == replace(registered(1), region=REGION)
    assert memory.add_refused
    cloud.network.have(endpoint(3))
    cloud.log.clear()
    await run(cloud, memory=memory)
    assert "+" + guid(3) not in [part for call in cloud.log.named("update_registrations") for part in call.about]


async def test_add_taken_again() -> None:
    """A process with a cached refusal of `add` tries it again when registration through a service is refused."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.fail("register_through", PermanentError("404: no such path"))
    assert not (await run(cloud, pe(1), memory=ProcessCache(add_refused=True))).problems
    assert cloud.allowed() == {guid(1)}


async def test_one_refused_id() -> None:
    """One invalid id does not affect the other ids of the same call."""
    cloud = Cloud(*(endpoint(n) for n in range(1, 9)), zones=[zone()])
    cloud.clickhouse.refused_ids = {guid(3)}
    report = await run(cloud)
    served = {guid(n) for n in range(1, 9)} - {guid(3)}
    assert set(cloud.clickhouse.registered) == served
    assert cloud.allowed() == served
    assert len(report.problems) == 2
    assert all(guid(3) in problem for problem in report.problems)


async def test_service_deleted_meanwhile() -> None:
    """A service that is deleted between the read and the write costs one call, however many ids it was to allow."""
    cloud = Cloud(*(endpoint(n) for n in range(1, 9)), services=[service("main"), service("test")], zones=[zone()])
    gone = PermanentError("404: no such service", cause=Cause(CauseKind.NOT_FOUND, status=404))
    cloud.fail("update_allow_list", gone, "test")
    await run(cloud)
    assert [call.about[0] for call in cloud.log.named("update_allow_list")].count("test") == 1
    assert cloud.allowed() == {guid(n) for n in range(1, 9)}


async def test_id_in_another_letter_case() -> None:
    """An id is allowed as it was registered, although ARM spells it in another letter case meanwhile."""
    by = deployment(id_kind=IdKind.RESOURCE_ID)
    cloud = Cloud(endpoint(1, "main"), services=[service("main"), service("test")], zones=[zone()])
    await run(cloud, pe(1), by=by)
    cloud.network.have(replace(endpoint(1), arm_id=ARM.lower()))
    assert not (await run(cloud, pe(1), by=by)).problems
    assert cloud.clickhouse.allow_lists() == {"main": {ARM}, "test": {ARM}}
    cloud.network.lose(pe(1))
    await run(cloud, pe(1), by=by)
    assert cloud.clickhouse.registered == {}


async def test_silent_api() -> None:
    """If a response lacks the result, the state is read again, before access is given and at the end."""
    cloud = three_services()
    cloud.clickhouse.answers_writes = False
    report = await run(cloud, pe(1))
    assert not report.problems
    assert len(cloud.log.named("services")) == 3


@pytest.mark.parametrize("answers", [True, False])
async def test_registered_but_not_shown_yet(*, answers: bool) -> None:
    """Nothing is allowed in any round while no response has the new registration; the event is retried."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.answers_writes = answers
    cloud.clickhouse.hidden = frozenset({guid(1)})
    report = await run(cloud, pe(1))
    assert cloud.log.named("update_allow_list") == []
    assert report.retryable
    cloud.clickhouse.hidden = frozenset()
    assert not (await run(cloud, pe(1))).problems
    assert cloud.allowed() == {guid(1)}


async def test_done_though_failed() -> None:
    """A call that took effect but whose response was lost is not a failure: the state is read again."""
    cloud = three_services()
    lost = TemporaryError("the connection was lost")
    for name in ("update_registrations", "update_allow_list", "put"):
        cloud.fail(name, lost, times=1, done=1)
    report = await run(cloud, pe(1))
    assert not report.problems
    assert cloud.clickhouse.allow_lists() == {name: {guid(1)} for name in ("main", "test", "last")}


async def test_record_changed_meanwhile() -> None:
    """A record that somebody else changed first is read and planned again in the same pass."""
    cloud = Cloud(endpoint(1), zones=[zone(record(1, guid_number=9))])
    cloud.fail("put", changed("412"), times=1)
    report = await run(cloud, pe(1))
    assert not report.problems
    assert len(cloud.log.named("put")) == 2
    written = cloud.dns.record()
    assert written
    assert written.addresses == (address(1),)


async def test_foreign_record_meanwhile() -> None:
    """A record that somebody else created first is foreign: it is read again and not modified."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.log.before["put"] = lambda: cloud.dns.set(zone_id(), "*", foreign_record())
    report = await run(cloud, pe(1))
    assert cloud.dns.record() == foreign_record()
    assert not report.problems
    assert "wildcard-foreign" in codes(report)


async def test_deletion_of_changed_record() -> None:
    """A record that changed before its deletion is deleted only if it is still unused."""
    cloud = Cloud(zones=[zone(record(1))])
    cloud.log.before["delete"] = lambda: cloud.dns.set(zone_id(), "*", foreign_record())
    assert not (await run(cloud, pe(1))).problems
    assert cloud.dns.record() == foreign_record()


async def test_always_changed() -> None:
    """A record that somebody else keeps changing is left, and the pass reports it as retryable."""
    cloud = Cloud(endpoint(1), zones=[zone(record(1, guid_number=9))])
    cloud.fail("put", changed("412"))
    report = await run(cloud, pe(1))
    assert len(cloud.log.named("put")) == ROUNDS
    assert report.retryable
    assert len(report.problems) == 1


async def test_last_round_counts() -> None:
    """A change of the last round is reported as done."""
    cloud = Cloud(endpoint(1), zones=[zone(record(1, guid_number=9))])
    cloud.fail("put", changed("412"), times=ROUNDS - 1)
    report = await run(cloud, pe(1))
    written = cloud.dns.record()
    assert written
    assert written.addresses == (address(1),)
    assert not report.problems


async def test_deleted_meanwhile() -> None:
    """An endpoint that is deleted during the writes is released in the same pass."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.log.before["update_allow_list"] = lambda: cloud.network.lose(pe(1))
    report = await run(cloud, pe(1))
    assert not report.problems
    assert cloud.allowed() == frozenset()
    assert cloud.clickhouse.registered == {}
    assert cloud.dns.record() is None


async def test_recreated_meanwhile() -> None:
    """An endpoint that is recreated during the writes ends with its new id and address."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.log.before["update_allow_list"] = lambda: cloud.network.have(endpoint(1, guid_number=9))
    report = await run(cloud)
    assert not report.problems
    assert not report.plan.findings
    assert cloud.allowed() == {guid(9)}
    written = cloud.dns.record()
    assert written
    assert holders_of(written) == {address(9): pe(1)}


async def test_recreated_meanwhile_and_not_registered() -> None:
    """If the new id of an endpoint recreated during the writes could not be registered, the event is retried."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.log.before["update_allow_list"] = lambda: cloud.network.have(endpoint(1, guid_number=9))
    cloud.fail("update_registrations", TemporaryError("503"), guid(9))
    report = await run(cloud, pe(1))
    assert cloud.clickhouse.registered == {}
    assert report.retryable
    assert codes(report) == set()


async def test_did_not_last() -> None:
    """A change that was accepted without effect is reported, and not repeated in the pass."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    cloud.clickhouse.answers_writes = False
    cloud.log.before["services"] = lambda: None
    original = cloud.clickhouse.have

    def undo() -> None:
        original(service("main"))
        cloud.log.before["services"] = undo

    cloud.log.before["services"] = undo
    report = await run(cloud, pe(1))
    assert len(cloud.log.named("update_allow_list")) == 1
    assert ["not present on re-read" in problem for problem in report.problems] == [True]
    assert report.retryable


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize(("old", "new"), [(IdKind.GUID, IdKind.RESOURCE_ID), (IdKind.RESOURCE_ID, IdKind.GUID)])
async def test_id_kind_switched(old: IdKind, new: IdKind, *, refused: bool) -> None:
    """A change of ENDPOINT_ID_KIND migrates every allow list, and at every moment one id is allowed."""
    services = [service("main"), service("test")]
    cloud = Cloud(endpoint(1), services=services, zones=[zone()])
    await run(cloud, pe(1), by=deployment(id_kind=old))
    del cloud.clickhouse.history[:-1]
    if refused:
        cloud.fail("update_allow_list", PermanentError("400"), "test", times=1)
    ids = {IdKind.GUID: guid(1), IdKind.RESOURCE_ID: ARM}
    by = deployment(id_kind=new)
    report = await run(cloud, pe(1), by=by)
    assert bool(report.problems) is refused
    await run(cloud, pe(1), by=by)
    assert cloud.clickhouse.allow_lists() == {"main": {ids[new]}, "test": {ids[new]}}
    assert set(cloud.clickhouse.registered) == {ids[new]}
    assert len(cloud.clickhouse.history) >= 4
    assert all(ids_at for lists in cloud.clickhouse.history for ids_at in lists.values())


async def test_dry_run() -> None:
    """A dry run plans the same changes as a pass and writes nothing."""
    cloud = Cloud(endpoint(1), zones=[zone()])
    dry = await run(cloud, pe(1), dry_run=True)
    assert cloud.log.writes == []
    assert dry.outcomes == ()
    assert not dry.problems
    wet = await run(cloud, pe(1))
    assert {outcome.change for outcome in wet.outcomes} == set(dry.plan.changes)


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [(Policy.REPORT, {guid(2)}), (Policy.UPSERT, {guid(1), guid(2)}), (Policy.SYNC, {guid(1)})],
)
async def test_policy(policy: Policy, allowed: set[str]) -> None:
    """A pass applies what its policy permits and reports the rest as findings."""
    cloud = Cloud(endpoint(1), services=[service("main", guid(2))], zones=[zone()])
    cloud.clickhouse.have_registered(registered(2))
    report = await run(cloud, policy=policy)
    assert cloud.allowed() == allowed
    assert not report.problems
    assert ("registration-orphaned" in codes(report)) is (policy is not Policy.SYNC)


@pytest.mark.parametrize(("limit", "left"), [(2, 3), (3, 0)])
async def test_max_removals(limit: int, left: int) -> None:
    """A pass over everything that would release more than MAX_REMOVALS endpoints removes nothing but still adds."""
    cloud = Cloud(endpoint(9), services=[service("main", guid(1), guid(2), guid(3))], zones=[zone(record(1))])
    cloud.clickhouse.have_registered(registered(1), registered(2), registered(3))
    report = await run(cloud, max_removals=limit)
    assert len(cloud.allowed() - {guid(9)}) == left
    assert guid(9) in cloud.allowed()
    assert ("removals-over-limit" in codes(report)) is bool(left)


async def test_limit_is_for_everything() -> None:
    """MAX_REMOVALS does not apply to a pass over named endpoints."""
    cloud = Cloud(services=[service("main", guid(1))], zones=[zone()])
    cloud.clickhouse.have_registered(registered(1))
    await run(cloud, pe(1), max_removals=0)
    assert cloud.allowed() == frozenset()


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


def settled() -> Cloud:
    """Endpoint 1 connected, 2 deleted, 3 untagged."""
    cloud = Cloud(
        endpoint(1),
        endpoint(3, None),
        services=[service("main", guid(1), guid(2), guid(3)), service("test", guid(1))],
        zones=[zone(record(1)), zone(record(2, zone=zone_id("rg-2")), id_=zone_id("rg-2"), vnets=["v2"])],
    )
    cloud.clickhouse.have_registered(registered(1), registered(2), registered(3))
    return cloud


@all_errors
@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("read", READS)
async def test_unreadable(read: str, error: PrivateLinkError, *, everything: bool) -> None:
    """Whatever cannot be read, nothing is taken from an endpoint that lives and asks."""
    cloud = settled()
    cloud.fail(read, error)
    report = await run(cloud, *([] if everything else [pe(1), pe(2), pe(3)]))
    assert guid(1) in cloud.allowed("main") & cloud.allowed("test")
    assert guid(1) in cloud.clickhouse.registered
    assert cloud.dns.record(zone_id()) == record(1)
    if cloud.log.named(read):
        assert str(error) in report.problems
        assert report.retryable is is_retryable(error)
    cloud.mend()
    assert not (await run(cloud)).problems
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": {guid(1)}}


@all_errors
@pytest.mark.parametrize(
    ("read", "written"), [("endpoint", []), ("registrations", ["delete"]), ("services", ["delete"])]
)
async def test_no_removal_without_evidence(read: str, written: list[str], error: PrivateLinkError) -> None:
    """Without the endpoints nothing is written; without registrations or services, nothing at ClickHouse Cloud."""
    cloud = settled()
    cloud.fail(read, error)
    await run(cloud, pe(1), pe(2), pe(3))
    assert [call.name for call in cloud.log.writes] == written


async def test_no_services() -> None:
    """With an empty service list nothing is removed at ClickHouse Cloud."""
    cloud = settled()
    cloud.clickhouse.known.clear()
    report = await run(cloud)
    assert [call.name for call in cloud.log.writes] == ["delete"]
    assert "unreadable" in codes(report)


async def test_forbidden_scope() -> None:
    """If a list fails, its endpoints are read one by one."""
    cloud = settled()
    cloud.fail("endpoints", PermanentError("403"))
    await run(cloud)
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": {guid(1)}}


async def test_unreadable_zone() -> None:
    """A zone that cannot be read keeps its records; the other zones are reconciled."""
    cloud = settled()
    cloud.fail("zone", PermanentError("403"), "rg-2")
    report = await run(cloud)
    assert cloud.dns.record(zone_id("rg-2")) == record(2, zone=zone_id("rg-2"))
    assert "403" in report.problems
    assert not report.retryable

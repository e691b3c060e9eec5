"""Endpoints that Azure is still creating, changing or deleting."""

from dataclasses import replace

import pytest

from shared.domain.model.deployment_config import IdKind
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.ownership.marks import holders_of
from shared.domain.planning.policy import Policy
from shared.domain.results.pass_report import Report
from shared.domain.results.report_shares import split_report
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    address,
    deployment,
    endpoint,
    foreign,
    guid,
    pe,
    record,
    registered,
    service,
    shared_record,
    zone,
)

ARM_ID = endpoint(1).arm_id


def held(state: str, n: int = 1, tag: str | None = "*") -> Endpoint:
    return replace(endpoint(n, tag), state=state)


def connected(*endpoints: Endpoint) -> Cloud:
    """A cloud in which endpoint 1 is connected."""
    cloud = Cloud(*endpoints, services=[service("main", guid(1))], zones=[zone(record(1))])
    cloud.clickhouse.have_registered(registered(1))
    return cloud


def codes(report: Report) -> list[tuple[str, str]]:
    return [(one.code, one.object) for one in report.plan.findings]


IN_PROGRESS = [("endpoint-in-progress", str(pe(1)))]
targets = pytest.mark.parametrize("targets", [(), (pe(1),)], ids=["audit", "event"])


@targets
@pytest.mark.parametrize("tag", ["*", None])
async def test_deleting(tag: str | None, targets: tuple[ResourceId, ...]) -> None:
    """Nothing changes for an endpoint in Deleting, tagged or not; its event is retried."""
    for cloud in (connected(held("Deleting", tag=tag)), Cloud(held("Deleting", tag=tag), zones=[zone()])):
        report = await run(cloud, *targets)
        assert cloud.log.writes == []
        assert codes(report) == IN_PROGRESS
        assert report.retryable
        assert not report.problems


async def test_an_event_of_a_deleting_endpoint_costs_one_read() -> None:
    """Only the endpoint itself is read while it is Deleting or Failed."""
    for state in ("Deleting", "Failed"):
        cloud = connected(held(state))
        await run(cloud, pe(1))
        assert [call.name for call in cloud.log.calls] == ["endpoint"]


async def test_deleted_at_last() -> None:
    """Once the endpoint is deleted, the retried event removes everything it had."""
    cloud = connected(held("Deleting"))
    assert (await run(cloud, pe(1))).retryable
    cloud.network.lose(pe(1))
    report = await run(cloud, pe(1))
    assert not report.retryable
    assert (cloud.allowed(), cloud.clickhouse.registered, cloud.dns.record()) == (frozenset(), {}, None)


@targets
async def test_failed(targets: tuple[ResourceId, ...]) -> None:
    """A failed endpoint gets no access and no record, and keeps what it has; its event is accepted."""
    for cloud in (connected(held("Failed")), Cloud(held("Failed"), zones=[zone()])):
        report = await run(cloud, *targets)
        assert cloud.log.writes == []
        assert codes(report) == [("endpoint-failed", str(pe(1)))]
        assert not report.retryable


async def test_failed_and_untagged() -> None:
    """A failed endpoint that is untagged is released."""
    cloud = connected(held("Failed", tag=None))
    await run(cloud, pe(1))
    assert (cloud.allowed(), cloud.clickhouse.registered, cloud.dns.record()) == (frozenset(), {}, None)


@pytest.mark.parametrize("state", ["Updating", "Unheard", ""])
async def test_updating(state: str) -> None:
    """An endpoint in any other state is connected, and its event is retried until Azure has finished."""
    cloud = Cloud(held(state), zones=[zone()])
    report = await run(cloud, pe(1))
    assert cloud.allowed() == {guid(1)}
    assert cloud.dns.record()
    assert codes(report) == IN_PROGRESS
    assert report.retryable
    assert report.plan.in_progress == {str(pe(1))}
    cloud.network.have(held("Succeeded"))
    cloud.log.clear()
    assert not (await run(cloud, pe(1))).retryable
    assert cloud.log.writes == []


async def test_updating_and_untagged() -> None:
    """An untagged endpoint is released while Azure changes it, and the event is accepted."""
    cloud = connected(held("Updating", tag=None))
    report = await run(cloud, pe(1))
    assert cloud.allowed() == frozenset()
    assert not report.retryable


async def test_somebody_elses_endpoint_in_progress() -> None:
    """The event of an endpoint outside this deployment is accepted, whatever its state."""
    theirs = endpoint(1, None, alias="/subscriptions/1/a-private-link-service")
    for state in ("Deleting", "Updating", "Failed"):
        report = await run(Cloud(replace(theirs, state=state)), pe(1))
        assert not report.plan.findings
        assert not report.retryable


@pytest.mark.parametrize("bare", [{"interfaces": ()}, {"lost": True}, {"unaddressed": True}])
async def test_no_address_yet(bare: dict[str, object]) -> None:
    """Without interface or address the endpoint gets access, and the event is retried for the record."""
    one = endpoint(1)
    cloud = Cloud(replace(one, interfaces=()) if "interfaces" in bare else one, zones=[zone()])
    if "lost" in bare:
        cloud.network.interfaces.clear()
    if "unaddressed" in bare:
        cloud.network.interfaces = dict.fromkeys(one.interfaces, ())
    report = await run(cloud, pe(1))
    assert cloud.allowed() == {guid(1)}
    assert cloud.dns.record() is None
    assert codes(report) == IN_PROGRESS
    assert report.retryable
    cloud.network.have(one)
    assert not (await run(cloud, pe(1))).retryable
    assert cloud.dns.record()


async def test_no_guid_yet() -> None:
    """Without GUID the record is written, and the event is retried for the access."""
    cloud = Cloud(replace(endpoint(1), guid=""), zones=[zone()])
    cloud.network.interfaces = dict.fromkeys(endpoint(1).interfaces, (address(1),))
    report = await run(cloud, pe(1))
    assert (cloud.allowed(), cloud.clickhouse.registered) == (frozenset(), {})
    assert cloud.dns.record()
    assert codes(report) == IN_PROGRESS
    assert report.retryable
    cloud.network.have(endpoint(1))
    assert not (await run(cloud, pe(1))).retryable
    assert cloud.allowed() == {guid(1)}


async def test_no_guid_yet_by_arm_id() -> None:
    """By its ARM Resource ID an endpoint is registered before it has a GUID."""
    cloud = Cloud(replace(endpoint(1), guid=""), zones=[zone()])
    report = await run(cloud, pe(1), by=deployment(id_kind=IdKind.RESOURCE_ID))
    assert cloud.allowed() == {ARM_ID}
    assert report.retryable


async def test_no_guid_yet_and_the_arm_id_is_foreign() -> None:
    """A foreign registration of the ARM id blocks nothing permanently while the GUID is missing."""
    cloud = Cloud(replace(endpoint(1), guid=""), zones=[zone()])
    cloud.clickhouse.have_registered(foreign(ARM_ID))
    report = await run(cloud, pe(1), by=deployment(id_kind=IdKind.RESOURCE_ID))
    assert cloud.log.named("update_registrations") == []
    assert codes(report) == IN_PROGRESS


async def test_a_registration_stays_while_the_guid_is_missing() -> None:
    """No id counts as a former one while the GUID of the endpoint is unknown."""
    cloud = connected(replace(endpoint(1), guid="", state="Updating"))
    await run(cloud, pe(1))
    await run(cloud)
    assert cloud.allowed() == {guid(1)}
    assert set(cloud.clickhouse.registered) == {guid(1)}


async def test_not_connected_yet() -> None:
    """An endpoint without a connection yet is not foreign: its event is retried."""
    cloud = connected(replace(endpoint(1), connections=(), state="Updating"))
    report = await run(cloud, pe(1))
    assert cloud.log.writes == []
    assert codes(report) == IN_PROGRESS
    assert report.retryable


async def test_a_deleting_endpoint_still_holds_its_record() -> None:
    """Its record is handed over only when the endpoint is deleted, in the same pass."""
    cloud = connected(held("Deleting"), endpoint(2))
    report = await run(cloud, pe(2))
    assert codes(report) == [("wildcard-owned-by-other", str(pe(2)))]
    assert not report.retryable
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    written = cloud.dns.record()
    assert written
    assert holders_of(written) == {address(2): pe(2)}


@pytest.mark.parametrize("state", ["Deleting", "Failed"])
async def test_a_shared_record_keeps_the_address(state: str) -> None:
    """In a shared record the address of an endpoint in Deleting or Failed stays."""
    shared = [replace(endpoint(n, dns="shared"), state=state if n == 1 else "Succeeded") for n in (1, 2)]
    cloud = Cloud(*shared, zones=[zone(shared_record(1, 2))])
    await run(cloud)
    written = cloud.dns.record()
    assert written
    assert written.addresses == (address(1), address(2))


async def test_an_audit_that_only_reports() -> None:
    """An audit reports an incomplete endpoint as in progress, without drift and without failing."""
    cloud = Cloud(replace(endpoint(1), guid="", interfaces=(), state="Updating"), zones=[zone()])
    report = await run(cloud, policy=Policy.REPORT)
    assert codes(report) == IN_PROGRESS
    assert not report.problems


async def test_a_neighbour_in_progress_does_not_bring_an_event_back() -> None:
    """An event is accepted although an endpoint that waits for the freed record has no address yet."""
    waiting = replace(held("Updating", 2), interfaces=())
    cloud = connected(waiting)
    cloud.clickhouse.have_registered(registered(2))
    report = await run(cloud, pe(1))
    assert cloud.dns.record() is None
    assert codes(report) == [("endpoint-in-progress", str(pe(2)))]
    assert not split_report(report, frozenset({pe(1)}))[pe(1)].retryable
    assert split_report(report, frozenset({pe(1), pe(2)}))[pe(2)].retryable

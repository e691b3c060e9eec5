"""Errors that histories have found, each as a small world."""

import asyncio
from dataclasses import replace

import pytest

from shared.domain.changes.dns import DeleteRecord, PutRecord
from shared.domain.model.deployment_config import IdKind
from shared.domain.model.resources import Endpoint, ReadFailed
from shared.domain.model.snapshot import ReadConfig
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.plans import plan_of
from tests.support.worlds import (
    OTHER_ALIAS,
    REGION,
    deployment,
    endpoint,
    foreign,
    foreign_record,
    guid,
    pe,
    record,
    registered,
    service,
    snapshot,
    zone,
)

EAST_ALIAS = OTHER_ALIAS.replace(REGION, "eastus2")


def test_no_records_for_single_hosts_beside_a_foreign_wildcard() -> None:
    """The target of a foreign wildcard is unknown, so no endpoint gets a record for a single host beside it.

    An audit created such a record for the second endpoint, and its next event deleted it.
    """
    state = snapshot(
        endpoint(1),
        endpoint(2, alias=OTHER_ALIAS),
        services=[service("main"), service("other")],
        elsewhere={"other": OTHER_ALIAS},
        registrations=[registered(1), registered(2)],
        zones=[zone(foreign_record())],
    )
    assert not [change for change in plan_of(state).changes if isinstance(change, PutRecord)]


def test_arm_id_is_registered_again_for_another_region() -> None:
    """A recreated endpoint keeps its ARM id, and can connect to a service of another region: it is registered again."""
    by_arm_id = endpoint(1)
    cloud = Cloud(by_arm_id, services=[service("main")], zones=[zone()])
    previous = replace(registered(1, id_=by_arm_id.arm_id), region="eastus2")
    cloud.clickhouse.have_registered(previous)
    asyncio.run(run(cloud, pe(1), by=deployment(id_kind=IdKind.RESOURCE_ID)))
    assert [one.region for one in cloud.clickhouse.registered.values()] == [REGION]
    assert cloud.allowed() == {by_arm_id.arm_id}


def test_denied_service_with_unknown_tags_keeps_no_record() -> None:
    """A selector with an unknown result keeps only records of services that SERVICE_FILTER can permit.

    If the config of a denied service was not read, a record that no tag selects stayed forever.
    """
    stale = replace(record(2), name="other")
    unknown = replace(service("second"), tags=None)
    state = snapshot(
        endpoint(1),
        endpoint(2, "tag:env=prod", alias=OTHER_ALIAS),
        services=[service("main", env="prod"), service("other"), unknown],
        elsewhere={"other": OTHER_ALIAS},
        registrations=[registered(1), registered(2)],
        zones=[zone(record(1), stale)],
        also={ReadConfig(unknown.id): ReadFailed("503", temporary=True)},
    )
    plan = plan_of(state, deployment(service_filter="main,other"))
    assert [change.before.name for change in plan.changes if isinstance(change, DeleteRecord)] == ["other"]


@pytest.mark.parametrize(
    ("kind", "foreign_guid", "recreated"),
    [
        (IdKind.GUID, True, endpoint(1, guid_number=9)),
        (IdKind.RESOURCE_ID, False, replace(endpoint(1, alias=EAST_ALIAS), guid=guid(9))),
    ],
)
def test_recreated_during_the_pass_with_the_same_arm_id(
    kind: IdKind, recreated: Endpoint, *, foreign_guid: bool
) -> None:
    """An ARM id that a pass registers, and deregisters because the endpoint was recreated, has not lost its mark.

    Its new id is preferred, or its Private Link service is in another region. The pass reported
    registration-mark-not-kept, and planned nothing more for the endpoint.
    """
    cloud = Cloud(endpoint(1), services=[service("main")], zones=[zone()])
    cloud.clickhouse.have(replace(service("east"), region="eastus2"), alias=EAST_ALIAS)
    if foreign_guid:
        cloud.clickhouse.have_registered(foreign(guid(1)))
    cloud.log.before["update_allow_list"] = lambda: cloud.network.have(recreated)
    report = asyncio.run(run(cloud, pe(1), by=deployment(id_kind=kind)))
    expected = guid(9) if kind is IdKind.GUID else endpoint(1).arm_id
    assert "registration-mark-not-kept" not in {finding.code for finding in report.plan.findings}
    assert not report.retryable
    assert expected in cloud.clickhouse.registered
    assert expected in cloud.allowed("main" if kind is IdKind.GUID else "east")

"""What histories have found to be wrong, each told once more as a small world."""

import asyncio
from dataclasses import replace

from shared.domain.changes import DeleteRecord, PutRecord
from shared.domain.model.deployment_config import IdKind
from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import ReadConfig
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.plans import plan_of
from tests.support.worlds import (
    OTHER_ALIAS,
    REGION,
    deployment,
    endpoint,
    foreign_record,
    pe,
    record,
    registered,
    service,
    snapshot,
    zone,
)


def test_beside_a_foreign_wildcard_nobody_gets_a_record_for_not_being_the_first() -> None:
    """Where a wildcard that is not ours leads nobody knows, so that no other endpoint is told from it.

    An audit used to make a record of its own for the second endpoint, and its next event to delete it.
    """
    seen = snapshot(
        endpoint(1),
        endpoint(2, alias=OTHER_ALIAS),
        services=[service("main"), service("other")],
        elsewhere={"other": OTHER_ALIAS},
        registrations=[registered(1), registered(2)],
        zones=[zone(foreign_record())],
    )
    assert not [change for change in plan_of(seen).changes if isinstance(change, PutRecord)]


def test_an_arm_id_registered_for_the_region_of_its_former_service_is_registered_anew() -> None:
    """A recreated endpoint keeps its ARM id but may lead to another region, where the id is not known yet."""
    by_arm_id = endpoint(1)
    cloud = Cloud(by_arm_id, services=[service("main")], zones=[zone()])
    former = replace(registered(1, id_=by_arm_id.arm_id), region="eastus2")
    cloud.clickhouse.have_registered(former)
    asyncio.run(run(cloud, pe(1), by=deployment(id_kind=IdKind.RESOURCE_ID)))
    assert [one.region for one in cloud.clickhouse.registered.values()] == [REGION]
    assert cloud.allowed() == {by_arm_id.arm_id}


def test_a_service_that_is_not_permitted_holds_no_record_by_tags_that_are_not_known() -> None:
    """A selector that may match holds only records of services that SERVICE_FILTER may permit.

    If the config of one that is not permitted was not read, a record that no tag selects stayed forever.
    """
    left = replace(record(2), name="other")
    unknown = replace(service("second"), tags=None)
    seen = snapshot(
        endpoint(1),
        endpoint(2, "tag:env=prod", alias=OTHER_ALIAS),
        services=[service("main", env="prod"), service("other"), unknown],
        elsewhere={"other": OTHER_ALIAS},
        registrations=[registered(1), registered(2)],
        zones=[zone(record(1), left)],
        also={ReadConfig(unknown.id): ReadFailed("503", temporary=True)},
    )
    plan = plan_of(seen, deployment(service_filter="main,other"))
    assert [change.before.name for change in plan.changes if isinstance(change, DeleteRecord)] == ["other"]

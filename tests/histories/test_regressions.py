"""What histories have found to be wrong, each told once more as a small world."""

import asyncio
from dataclasses import replace

from shared.domain.changes import DeleteRecord, PutRecord
from shared.domain.model.deployment_config import IdKind
from shared.domain.model.resources import ReadFailed, Service
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
    service_id,
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


def test_a_service_that_is_not_permitted_holds_no_record_by_a_name_it_shares() -> None:
    """What an ambiguous name may mean holds only records of services that SERVICE_FILTER lets us give.

    Where the config of one that is not permitted was not read, a record that nobody asked for stayed for ever.
    """
    left = replace(record(2), name="other")
    permitted = service("twin", env="prod")
    other_twin = Service(service_id("second"), "twin", "azure", REGION)
    seen = snapshot(
        endpoint(1),
        endpoint(2, "twin", alias=OTHER_ALIAS),
        services=[service("main", env="prod"), service("other", env="prod"), permitted, other_twin],
        elsewhere={"other": OTHER_ALIAS},
        registrations=[registered(1), registered(2)],
        zones=[zone(record(1), left)],
        also={ReadConfig(other_twin.id): ReadFailed("503", temporary=True)},
    )
    plan = plan_of(seen, deployment(service_filter="tag:env=prod"))
    assert [change.before.name for change in plan.changes if isinstance(change, DeleteRecord)] == ["other"]

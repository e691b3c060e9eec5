"""What histories have found to be wrong, each told once more as a small world."""

import asyncio
from dataclasses import replace

from shared.domain.changes import PutRecord
from shared.domain.rules import IdKind
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.plans import plan_of
from tests.support.worlds import (
    OTHER_ALIAS,
    REGION,
    endpoint,
    foreign_record,
    pe,
    registered,
    rules,
    service,
    world,
    zone,
)


def test_beside_a_foreign_wildcard_nobody_gets_a_record_for_not_being_the_first() -> None:
    """Where a wildcard that is not ours leads nobody knows, so that no other endpoint is told from it.

    An audit used to make a record of its own for the second endpoint, and its next event to delete it.
    """
    seen = world(
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
    asyncio.run(run(cloud, pe(1), by=rules(id_kind=IdKind.RESOURCE_ID)))
    assert [one.region for one in cloud.clickhouse.registered.values()] == [REGION]
    assert cloud.allowed() == {by_arm_id.arm_id}

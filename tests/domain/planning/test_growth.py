"""How the work of a decision grows with the world: as the number of endpoints does, whatever they need."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.model.deployment_config import DeploymentConfig, IdKind
from shared.domain.model.ids import Scope
from shared.domain.model.resources import Endpoint, Zone
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.reading import needs
from shared.domain.reading.zones import Hints
from shared.domain.results.pass_report import Report
from tests.support.audits import audit
from tests.support.plans import plan_of
from tests.support.work_count import CountedStr, work_of
from tests.support.worlds import (
    SUBSCRIPTION,
    deployment,
    endpoint,
    foreign,
    guid,
    pe,
    record,
    registered,
    service,
    snapshot,
    zone,
    zone_id,
)

FEW, TIMES = 40, 4
MOST = 4.3
"""Times the work for TIMES as many: a little is for sorting."""
PER_NETWORK = 4

EVERYTHING = Targets(everything=True)
BY_ARM_ID = deployment(id_kind=IdKind.RESOURCE_ID)
MAKING_ZONES = deployment(zone_group=Scope(SUBSCRIPTION, "rg-dns"))

type Make = Callable[[int], Snapshot]


def endpoints(count: int, **parts: Any) -> list[Endpoint]:
    return [endpoint(n, vnet=f"vnet-{n // PER_NETWORK}", **parts) for n in range(count)]


def zones(count: int, *, held: bool = True) -> Iterator[Zone]:
    """A zone for each network, held by its first endpoint."""
    for first in range(0, count, PER_NETWORK):
        at = zone_id(f"rg-{first}")
        records = [record(first, zone=at)] if held else []
        yield zone(*records, id_=at, vnets=(f"vnet-{first // PER_NETWORK}",))


def registered_as(ids: list[CountedStr]) -> dict[str, Any]:
    """The endpoints' registrations under these ids, which are on the list of the service as well."""
    made = [replace(registered(n), id=id_) for n, id_ in enumerate(ids)]
    return {"registrations": made, "services": [service("main", *ids)]}


def guids(count: int) -> list[CountedStr]:
    return [CountedStr(guid(n)) for n in range(count)]


def arm_ids(count: int) -> list[CountedStr]:
    return [CountedStr(one.arm_id) for one in endpoints(count)]


def as_it_should_be(count: int) -> Snapshot:
    return snapshot(*endpoints(count), **registered_as(guids(count)), zones=zones(count))


def all_new(count: int) -> Snapshot:
    return snapshot(*endpoints(count), zones=zones(count, held=False))


def without_zones(count: int) -> Snapshot:
    return snapshot(*endpoints(count))


def all_gone(count: int) -> Snapshot:
    absent = [pe(n) for n in range(count)]
    return snapshot(*absent, **registered_as(arm_ids(count)), zones=zones(count))


def untagged(count: int) -> Snapshot:
    return snapshot(*endpoints(count, tag=None), **registered_as(guids(count)), zones=zones(count))


def by_somebody_else(count: int) -> Snapshot:
    made = [foreign(id_) for id_ in guids(count)]
    return snapshot(*endpoints(count), registrations=made, zones=zones(count, held=False))


def recreated(count: int) -> Snapshot:
    there = [replace(one, guid=guid(n + count)) for n, one in enumerate(endpoints(count))]
    return snapshot(*there, **registered_as(guids(count)), zones=zones(count))


CASES: dict[str, tuple[Make, DeploymentConfig]] = {
    "all is as it should be": (as_it_should_be, deployment()),
    "all is to be made": (all_new, deployment()),
    "there is no zone": (without_zones, deployment()),
    "zones are to be made": (without_zones, MAKING_ZONES),
    "all are gone": (all_gone, BY_ARM_ID),
    "all have lost the tag": (untagged, deployment()),
    "all were recreated": (recreated, deployment()),
    "all have to get another kind of id": (as_it_should_be, BY_ARM_ID),
    "all were registered by somebody else": (by_somebody_else, deployment()),
}


@pytest.mark.parametrize(("make", "by"), CASES.values(), ids=CASES)
def test_the_work_grows_as_the_endpoints_do(make: Make, by: DeploymentConfig) -> None:
    """Four times as many endpoints are four times the work: to decide what to read, to plan, and to report."""
    few, many = (_work(make(count), by) for count in (FEW, FEW * TIMES))
    grown = {step: many[step] / few[step] for step in few}
    assert not {step: times for step, times in grown.items() if times > MOST}


def _work(seen: Snapshot, by: DeploymentConfig) -> dict[str, int]:
    report = Report(seen, plan_of(seen, by), dry_run=True)
    before = audit(report, by=by)
    return {
        "needs": work_of(lambda: needs(seen, EVERYTHING, by, Hints())),
        "plan": work_of(lambda: plan_of(seen, by)),
        "audit": work_of(lambda: audit(report, before, by=by)),
    }

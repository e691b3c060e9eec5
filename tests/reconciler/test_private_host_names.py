"""Services with any private host name: the zone is the name after its first label."""

from dataclasses import replace

import pytest

from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Config, RecordSet, is_clickhouse_zone
from shared.reconciler.process_cache import ProcessCache
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    ALIAS,
    REGION,
    address,
    endpoint,
    guid,
    pe,
    record,
    registered,
    service,
    service_id,
    zone,
    zone_id,
)

BYOC = zone_id(name=f"privatelink.abc123.{REGION}.azure.clickhouse-byoc.com")
INTERNAL = zone_id(name="databases.example.internal")
STORAGE = zone_id(name="privatelink.blob.core.windows.net")
REGIONAL = zone_id(name=f"privatelink.{REGION}.azmk8s.io")
zones = pytest.mark.parametrize("at", [BYOC, INTERNAL], ids=["byoc", "any name"])


def cloud_of(at: ResourceId, *records: RecordSet, present: bool = True) -> Cloud:
    """A cloud with one service in that zone, and with zones of other services."""
    others = [zone(id_=STORAGE), zone(id_=REGIONAL), zone()]
    cloud = Cloud(*[endpoint(1)] if present else [], zones=[zone(*records, id_=at), *others])
    cloud.clickhouse.configs = {service_id("main"): Config(ALIAS, f"main.{at.name}")}
    return cloud


def read(cloud: Cloud) -> set[str]:
    """The names of the zones that were read."""
    return {call.about[0].rpartition("/")[2] for call in cloud.log.named("zone")}


@zones
@pytest.mark.parametrize("everything", [False, True], ids=["event", "audit"])
async def test_created(at: ResourceId, *, everything: bool) -> None:
    """A cold process writes an endpoint's record into the zone of its service's host name only."""
    cloud = cloud_of(at)
    report = await run(cloud, *([] if everything else [pe(1)]))
    assert not report.problems
    assert report.plan.findings == ()
    written = cloud.dns.record(at)
    assert written
    assert written.addresses == (address(1),)
    assert cloud.dns.record(zone_id()) is None
    assert cloud.allowed() == {guid(1)}
    assert not read(cloud) & {STORAGE.name, REGIONAL.name}


@pytest.mark.parametrize("everything", [False, True], ids=["event", "audit"])
async def test_deleted(*, everything: bool) -> None:
    """A cold process removes everything of a deleted BYOC endpoint without reading unrelated zones."""
    cloud = cloud_of(BYOC, record(1, zone=BYOC), present=False)
    cloud.clickhouse.known = {service_id("main"): service("main", guid(1))}
    cloud.clickhouse.have_registered(registered(1))
    report = await run(cloud, *([] if everything else [pe(1)]))
    assert not report.problems
    assert cloud.dns.record(BYOC) is None
    assert (cloud.allowed(), cloud.clickhouse.registered) == (frozenset(), {})
    assert not read(cloud) & {STORAGE.name, REGIONAL.name}


@zones
async def test_a_life_in_one_process(at: ResourceId) -> None:
    """An endpoint that is created and deleted twice leaves nothing, whatever the zone name."""
    cloud, memory = cloud_of(at), ProcessCache()
    for _ in range(2):
        cloud.network.have(endpoint(1))
        assert not (await run(cloud, pe(1), memory=memory)).problems
        assert cloud.dns.record(at)
        cloud.network.lose(pe(1))
        assert not (await run(cloud, pe(1), memory=memory)).problems
        assert cloud.dns.record(at) is None


async def test_a_byoc_endpoint_takes_no_more_round_trips() -> None:
    """An endpoint of a BYOC service needs as many rounds of reads as any other, cold and warm."""
    for at in (zone_id(), BYOC):
        cloud, memory = cloud_of(at), ProcessCache()
        await run(cloud, pe(1), memory=memory)
        assert cloud.log.rounds_before_writing == 3
        cloud.network.have(endpoint(1, guid_number=2))
        cloud.log.clear()
        await run(cloud, pe(1), memory=memory)
        assert cloud.log.rounds_before_writing == 2


async def test_tagged_zone() -> None:
    """A BYOC zone named by the tag is used, and its record is deleted with the endpoint."""
    cloud = cloud_of(BYOC)
    cloud.dns.have(zone(id_=BYOC, vnets=()))
    cloud.network.have(endpoint(1, zone_tag=str(BYOC)))
    await run(cloud, pe(1))
    assert cloud.dns.record(BYOC)
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert cloud.dns.record(BYOC) is None


@zones
async def test_a_record_that_is_left_is_handed_over(at: ResourceId) -> None:
    """An endpoint that waits for a record is found by the region of its registration, whatever the zone name."""
    cloud = cloud_of(at, record(1, zone=at))
    cloud.network.have(endpoint(2))
    cloud.clickhouse.known = {service_id("main"): service("main", guid(1), guid(2))}
    cloud.clickhouse.have_registered(registered(1), registered(2))
    memory = ProcessCache()
    await run(cloud, pe(1), pe(2), memory=memory)
    cloud.network.lose(pe(1))
    await run(cloud, pe(1), memory=memory)
    written = cloud.dns.record(at)
    assert written
    assert written.addresses == (address(2),)


async def test_another_zone_of_the_region() -> None:
    """A linked zone of the region is not used if the service's host name is in another zone."""
    cloud = cloud_of(BYOC)
    cloud.dns.have(replace(cloud.dns.known[BYOC], networks=frozenset()))
    report = await run(cloud, pe(1))
    assert [one.code for one in report.plan.findings] == ["zone-not-linked"]
    assert cloud.dns.record(zone_id()) is None


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("westus3.privatelink.azure.clickhouse.cloud", True),
        ("privatelink.abc123.westus3.azure.clickhouse-byoc.com", True),
        ("privatelink.azure.clickhouse.cloud", True),
        ("privatelink.blob.core.windows.net", False),
        ("privatelink.westus3.azmk8s.io", False),
        ("clickhouse.privatelink.example.com", False),
        ("westus3.azure.clickhouse.cloud", False),
        ("notprivatelink.azure.clickhouse.cloud", False),
        ("privatelink.notclickhouse.com", False),
    ],
)
def test_names_of_zones(name: str, *, ours: bool) -> None:
    """A zone is a ClickHouse zone if a label is `privatelink` and a later label begins with `clickhouse`."""
    assert is_clickhouse_zone(name) is ours

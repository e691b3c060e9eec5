"""Central zones: hub and spoke, where a resolver in the hub answers for all networks."""

from dataclasses import replace

import pytest

from shared.domain.model.deployment_config import ZoneChoice
from shared.domain.model.errors import PermanentError
from shared.domain.model.findings import Severity
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.results.pass_report import Report
from shared.reconciler.process_cache import ProcessCache
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    OTHER_ALIAS,
    SCOPE,
    SUBSCRIPTION,
    address,
    deployment,
    endpoint,
    guid,
    pe,
    registered,
    service,
    zone,
    zone_id,
)

HUB = zone_id("rg-dns")
OTHER = zone_id("rg-other")
CENTRAL = deployment(zone_choice=ZoneChoice.CENTRAL)
MAKING = deployment(zone_choice=ZoneChoice.CENTRAL, zone_group=Scope(SUBSCRIPTION, "rg-zones"))


def hub(*more: str) -> Cloud:
    """Endpoints 1 and 2 in spokes of their own, and a zone that only the hub is linked to."""
    spokes = [endpoint(n, vnet=f"spoke-{n}") for n in (1, 2)]
    services = [service(name) for name in ("main", *more)]
    return Cloud(*spokes, services=services, zones=[zone(id_=HUB, vnets=("hub",))])


def addresses(cloud: Cloud, at: ResourceId = HUB) -> tuple[str, ...]:
    found = cloud.dns.record(at)
    return found.addresses if found else ()


def told(report: Report) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in report.plan.findings]


async def test_linked_to_the_hub_only() -> None:
    """A spoke's address goes into the central zone without a tag; no network is linked."""
    cloud = hub()
    report = await run(cloud, pe(1), by=CENTRAL)
    assert (addresses(cloud), told(report), report.problems) == ((address(1),), [], ())
    assert cloud.dns.known[HUB] == replace(
        zone(id_=HUB, vnets=("hub",)), records=cloud.dns.known[HUB].records
    )
    assert [code for code, _ in told(await run(hub(), pe(1)))] == ["zone-not-linked"]


@pytest.mark.parametrize("warm", [False, True])
async def test_one_record_for_all(*, warm: bool) -> None:
    """Whoever has the record, the others reach the same services through it: an info, and no error on each spoke."""
    cloud, memory = hub(), ProcessCache() if warm else None
    for n in (1, 2):
        report = await run(cloud, pe(n), by=CENTRAL, memory=memory)
    (finding,) = report.plan.findings
    assert (finding.code, finding.severity) == ("wildcard-served-by-other", Severity.INFO)
    assert finding.message.endswith(f"is held by {pe(1)}, through which clients reach the same services")
    assert addresses(cloud) == (address(1),)
    assert cloud.allowed() == {guid(1), guid(2)}
    assert {one.severity for one in (await run(cloud, by=CENTRAL)).plan.findings} == {Severity.INFO}


async def test_both_in_one_pass() -> None:
    """Of two that come together the first by id has the record."""
    cloud = hub()
    report = await run(cloud, pe(1), pe(2), by=CENTRAL)
    assert [code for code, _ in told(report)] == ["wildcard-served-by-other"]
    assert addresses(cloud) == (address(1),)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("how", ["deleted", "untagged"])
async def test_handed_over(how: str, *, warm: bool) -> None:
    """When the endpoint that has the record goes, the same pass hands it over to another spoke's."""
    cloud, memory = hub(), ProcessCache() if warm else None
    for n in (1, 2):
        await run(cloud, pe(n), by=CENTRAL, memory=memory)
    if how == "deleted":
        cloud.network.lose(pe(1))
    else:
        cloud.network.have(endpoint(1, None, vnet="spoke-1"))
    report = await run(cloud, pe(1), by=CENTRAL, memory=memory)
    assert addresses(cloud) == (address(2),)
    assert cloud.allowed() == {guid(2)}
    assert (told(report), report.problems) == ([], ())


async def test_strangers_do_not_wait() -> None:
    """An endpoint of somebody else's service is no heir of a record, and is not told of in another's pass."""
    strange = "somebody.5c1f1c52-9f7c-4c0b-8a3e-5b6c0d3f9f11.westus3.azure.privatelinkservice"
    cloud = hub()
    await run(cloud, pe(1), by=CENTRAL)
    cloud.network.have(endpoint(3, alias=strange))
    cloud.network.lose(pe(1))
    cloud.clickhouse.have_registered(registered(3))
    await run(cloud, pe(1), by=CENTRAL)
    assert addresses(cloud) == ()


@pytest.mark.parametrize(
    ("tag", "state", "missing"),
    [
        ("main", "Approved", "other"),
        ("", "Approved", "main, other"),
        ("main", "Pending", "other"),
        ("*", "Disconnected", "main, other"),
        ("*", "Rejected", "main, other"),
    ],
)
async def test_not_served(tag: str, state: str, missing: str) -> None:
    """Where the record's endpoint is not let in everywhere, what does not work is told, as a warning."""
    cloud = hub("other")
    await run(cloud, pe(1), by=CENTRAL)
    cloud.network.have(endpoint(1, tag, vnet="spoke-1", status=state))
    report = await run(cloud, pe(2), by=CENTRAL)
    ((code, words),) = told(report)
    assert code == "wildcard-owned-by-other"
    assert words.endswith(f"is held by {pe(1)}, through which clients do not reach {missing}")


async def test_untagged_holder_serves_nobody() -> None:
    """An endpoint without our tag that still has the record serves nobody."""
    cloud = hub()
    await run(cloud, pe(1), by=CENTRAL)
    cloud.network.have(endpoint(1, None, vnet="spoke-1"))
    report = await run(cloud, pe(2), by=CENTRAL)
    assert [code for code, _ in told(report)] == ["wildcard-owned-by-other"]


async def test_another_private_link_service() -> None:
    """Services behind another Private Link service have names of their own, each held by one endpoint."""
    cloud = hub()
    cloud.clickhouse.have(service("apart"), alias=OTHER_ALIAS)
    cloud.network.have(*(endpoint(n, alias=OTHER_ALIAS, vnet=f"spoke-{n}") for n in (3, 4)))
    for n in (1, 3, 4):
        report = await run(cloud, pe(n), by=CENTRAL)
    assert cloud.dns.known[HUB].records["apart"].addresses == (address(3),)
    messages = dict(told(report))
    assert "the record apart" in messages["wildcard-served-by-other"]
    assert "the record *" in messages["wildcard-owned-by-other"]


async def test_several_of_the_name() -> None:
    """Of several zones of the name none is chosen; with the tag one is."""
    cloud = hub()
    cloud.dns.have(zone(id_=OTHER, vnets=()))
    report = await run(cloud, pe(1), by=CENTRAL)
    assert told(report) == [
        ("zone-ambiguous", f"DNS_ZONE_SCOPES has several zones named {HUB.name}: {HUB}, {OTHER}")
    ]
    cloud.network.have(endpoint(1, zone_tag=str(OTHER)))
    assert told(await run(cloud, pe(1), by=CENTRAL)) == []
    assert (addresses(cloud), addresses(cloud, OTHER)) == ((), (address(1),))


async def test_none_of_the_name() -> None:
    """Without a zone of the name nothing is written, and nothing is made unless there is a group for it."""
    cloud = Cloud(endpoint(1))
    assert [code for code, _ in told(await run(cloud, pe(1), by=CENTRAL))] == ["zone-missing"]
    assert not (await run(cloud, pe(1), by=MAKING)).problems
    made = zone_id("rg-zones")
    assert (addresses(cloud, made), cloud.dns.known[made].networks) == ((address(1),), frozenset())
    assert "link" not in {call.name for call in cloud.log.writes}


async def test_a_scope_that_cannot_be_read() -> None:
    """Where one more zone of the name may exist unseen, no zone is chosen."""
    other = Scope(SUBSCRIPTION, "rg-other")
    both = deployment(zone_choice=ZoneChoice.CENTRAL, dns_scopes=(Scope(SUBSCRIPTION, "rg-dns"), other))
    cloud, memory = hub(), ProcessCache()
    cloud.fail("zones", PermanentError("403"), str(other))
    for _ in range(2):
        report = await run(cloud, pe(1), by=both, memory=memory)
        assert "unreadable" in dict(told(report))
        assert addresses(cloud) == ()
    assert memory.listed == frozenset()


async def test_listed_once() -> None:
    """Zones are listed once for a process; the zone of the name is then read at once, until it is gone."""
    cloud, memory = hub(), ProcessCache()
    await run(cloud, pe(1), by=CENTRAL, memory=memory)
    assert [call.about for call in cloud.log.named("zones")] == [(str(SCOPE),)]
    cloud.log.clear()
    await run(cloud, pe(2), by=CENTRAL, memory=memory)
    assert not cloud.log.named("zones")
    del cloud.dns.known[HUB]
    cloud.dns.have(zone(id_=OTHER, vnets=("hub",)))
    await run(cloud, pe(2), by=CENTRAL, memory=memory)
    assert addresses(cloud, OTHER) == (address(2),)

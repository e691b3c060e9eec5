"""Central zones: hub and spoke, where a resolver in the hub serves all networks."""

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
    """Endpoints 1 and 2 in separate spokes, and a zone that is linked to the hub only."""
    spokes = [endpoint(n, vnet=f"spoke-{n}") for n in (1, 2)]
    services = [service(name) for name in ("main", *more)]
    return Cloud(*spokes, services=services, zones=[zone(id_=HUB, vnets=("hub",))])


def addresses(cloud: Cloud, at: ResourceId = HUB) -> tuple[str, ...]:
    found = cloud.dns.record(at)
    return found.addresses if found else ()


def findings(report: Report) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in report.plan.findings]


async def test_linked_to_the_hub_only() -> None:
    """The central zone gets a spoke's address without a zone tag; no network is linked."""
    cloud = hub()
    report = await run(cloud, pe(1), by=CENTRAL)
    assert (addresses(cloud), findings(report), report.problems) == ((address(1),), [], ())
    assert cloud.dns.known[HUB] == replace(zone(id_=HUB, vnets=("hub",)), records=cloud.dns.known[HUB].records)
    assert [code for code, _ in findings(await run(hub(), pe(1)))] == ["zone-not-linked"]


@pytest.mark.parametrize("warm", [False, True])
async def test_one_record_for_all(*, warm: bool) -> None:
    """The other spokes reach the same services through the endpoint in the record: an info, not an error."""
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
    """Of two endpoints in one pass, the first by id gets the record."""
    cloud = hub()
    report = await run(cloud, pe(1), pe(2), by=CENTRAL)
    assert [code for code, _ in findings(report)] == ["wildcard-served-by-other"]
    assert addresses(cloud) == (address(1),)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("how", ["deleted", "untagged"])
async def test_handed_over(how: str, *, warm: bool) -> None:
    """When the endpoint in the record is deleted, the same pass writes another spoke's endpoint."""
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
    assert (findings(report), report.problems) == ([], ())


async def test_strangers_do_not_wait() -> None:
    """A freed record does not go to an endpoint of a foreign service, and the pass does not report that endpoint."""
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
    """If the record's endpoint lacks access to a service, a warning names that service."""
    cloud = hub("other")
    await run(cloud, pe(1), by=CENTRAL)
    cloud.network.have(endpoint(1, tag, vnet="spoke-1", status=state))
    report = await run(cloud, pe(2), by=CENTRAL)
    ((code, words),) = findings(report)
    assert code == "wildcard-owned-by-other"
    assert words.endswith(f"is held by {pe(1)}, through which clients do not reach {missing}")


async def test_untagged_holder_serves_nobody() -> None:
    """An untagged endpoint that still has the record serves no other endpoint."""
    cloud = hub()
    await run(cloud, pe(1), by=CENTRAL)
    cloud.network.have(endpoint(1, None, vnet="spoke-1"))
    report = await run(cloud, pe(2), by=CENTRAL)
    assert [code for code, _ in findings(report)] == ["wildcard-owned-by-other"]


async def test_another_private_link_service() -> None:
    """Services behind another Private Link service get their own names, each held by one endpoint.

    That the wildcard leads to the first Private Link service is then no problem.
    """
    cloud = hub()
    cloud.clickhouse.have(service("apart"), alias=OTHER_ALIAS)
    cloud.network.have(*(endpoint(n, alias=OTHER_ALIAS, vnet=f"spoke-{n}") for n in (3, 4)))
    for n in (1, 3, 4):
        report = await run(cloud, pe(n), by=CENTRAL)
    assert cloud.dns.known[HUB].records["apart"].addresses == (address(3),)
    assert [code for code, _ in findings(report)] == ["wildcard-served-by-other"]
    assert "the record apart" in dict(findings(report))["wildcard-served-by-other"]


async def test_several_of_the_name() -> None:
    """With several zones of that name, only the zone tag selects one."""
    cloud = hub()
    cloud.dns.have(zone(id_=OTHER, vnets=()))
    report = await run(cloud, pe(1), by=CENTRAL)
    assert findings(report) == [
        ("zone-ambiguous", f"DNS_ZONE_SCOPES has several zones named {HUB.name}: {HUB}, {OTHER}")
    ]
    cloud.network.have(endpoint(1, zone_tag=str(OTHER)))
    assert findings(await run(cloud, pe(1), by=CENTRAL)) == []
    assert (addresses(cloud), addresses(cloud, OTHER)) == ((), (address(1),))


async def test_none_of_the_name() -> None:
    """Without a zone of that name nothing is written, and a zone is created only in DNS_ZONE_RESOURCE_GROUP."""
    cloud = Cloud(endpoint(1))
    assert [code for code, _ in findings(await run(cloud, pe(1), by=CENTRAL))] == ["zone-missing"]
    assert not (await run(cloud, pe(1), by=MAKING)).problems
    made = zone_id("rg-zones")
    assert (addresses(cloud, made), cloud.dns.known[made].networks) == ((address(1),), frozenset())
    assert "link" not in {call.name for call in cloud.log.writes}


async def test_a_scope_that_cannot_be_read() -> None:
    """If zones cannot be listed completely, no zone is selected."""
    other = Scope(SUBSCRIPTION, "rg-other")
    both = deployment(zone_choice=ZoneChoice.CENTRAL, dns_scopes=(Scope(SUBSCRIPTION, "rg-dns"), other))
    cloud, memory = hub(), ProcessCache()
    cloud.fail("zones", PermanentError("403"), str(other))
    for _ in range(2):
        report = await run(cloud, pe(1), by=both, memory=memory)
        assert "unreadable" in dict(findings(report))
        assert addresses(cloud) == ()
    assert memory.hints.listed == frozenset()


async def test_listed_once() -> None:
    """A process lists zones once and then reads the known zone directly, until it is deleted."""
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

"""Zones that change: created for one network, left by an endpoint, shared by several."""

from typing import Any

import pytest

from shared.domain.model.ids import ResourceId, Scope
from shared.domain.results.pass_report import Report
from shared.reconciler.process_cache import ProcessCache
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    OTHER_ALIAS,
    SUBSCRIPTION,
    address,
    deployment,
    endpoint,
    foreign_record,
    network,
    pe,
    record,
    registered,
    service,
    zone,
    zone_id,
)

GROUP = zone_id("rg-zones")
MAKES_ZONES = deployment(zone_group=Scope(SUBSCRIPTION, "rg-zones"))
OLD, NEW = zone_id("rg-dns"), zone_id("rg-new")


def messages(report: Report, code: str) -> list[str]:
    return [one.message for one in report.plan.findings if one.code == code]


def addresses(cloud: Cloud, at: ResourceId) -> tuple[str, ...]:
    found = cloud.dns.record(at)
    return found.addresses if found else ()


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_second_network(*, at_once: bool) -> None:
    """A zone created for one network is not linked to another, which may not reach its addresses."""
    cloud = Cloud(endpoint(1), endpoint(2, vnet="v2"))
    for targets in [(pe(1), pe(2))] if at_once else [(pe(1),), (pe(2),), (pe(1), pe(2))]:
        report = await run(cloud, *targets, by=MAKES_ZONES)
    assert cloud.dns.known[GROUP].networks == {network()}
    assert addresses(cloud, GROUP) == (address(1),)
    (words,) = messages(report, "zone-not-linked")
    assert f"{network('v2')} is not linked to it: " in words
    assert not report.problems


@pytest.mark.parametrize(
    ("here", "linked"),
    [
        (zone(id_=GROUP, vnets=()), True),
        (zone(id_=GROUP, vnets=("v9",)), True),
        (zone(record(2, zone=GROUP), id_=GROUP, vnets=()), True),
        (zone(record(3, zone=GROUP), id_=GROUP, vnets=("v9",)), False),
        (zone(record(7, zone=GROUP), id_=GROUP, vnets=()), True),
        (zone(record(2, zone=GROUP, owner="other"), id_=GROUP, vnets=()), False),
        (zone(foreign_record(zone=GROUP), id_=GROUP, vnets=()), False),
    ],
    ids=["empty", "another's but empty", "same network", "other network", "gone", "other owner", "by hand"],
)
async def test_linked_where_its_records_lead_here(here: Any, *, linked: bool) -> None:
    """A zone in DNS_ZONE_RESOURCE_GROUP is linked only if all its addresses are in that network."""
    cloud = Cloud(endpoint(1), endpoint(2), endpoint(3, vnet="v9"), zones=[here])
    cloud.clickhouse.have_registered(*(registered(n) for n in (2, 3)))
    report = await run(cloud, pe(1), by=MAKES_ZONES)
    assert (network() in cloud.dns.known[GROUP].networks) is linked
    assert bool(messages(report, "zone-not-linked")) is not linked


async def test_linked_where_both_share() -> None:
    """Two endpoints that share a record also share its zone."""
    cloud = Cloud(endpoint(1, dns="shared"), endpoint(2, vnet="v2", dns="shared"))
    for n in (1, 2):
        assert not (await run(cloud, pe(n), by=MAKES_ZONES)).problems
    assert addresses(cloud, GROUP) == (address(1), address(2))


async def test_moved_by_its_tag() -> None:
    """An endpoint that gets a zone tag is removed from its previous zone by the next event, in a cold process too."""
    for memory in (None, ProcessCache()):
        cloud = Cloud(endpoint(1), zones=[zone(id_=OLD), zone(id_=NEW, vnets=())])
        await run(cloud, pe(1), memory=memory)
        cloud.network.have(endpoint(1, zone_tag=str(NEW)))
        assert not (await run(cloud, pe(1), memory=memory)).problems
        assert (addresses(cloud, OLD), addresses(cloud, NEW)) == ((), (address(1),))


async def test_moved_by_its_tag_and_back() -> None:
    """A record that an endpoint leaves in an unlinked zone is removed by the next audit."""
    cloud, memory = (
        Cloud(endpoint(1, zone_tag=str(NEW)), zones=[zone(id_=OLD), zone(id_=NEW, vnets=())]),
        ProcessCache(),
    )
    await run(cloud, pe(1), memory=memory)
    cloud.network.have(endpoint(1))
    await run(cloud, pe(1), memory=memory)
    assert addresses(cloud, OLD) == (address(1),)
    await run(cloud, memory=memory)
    assert (addresses(cloud, OLD), addresses(cloud, NEW)) == ((address(1),), ())


async def test_moved_by_its_link() -> None:
    """When its network was linked to another zone, the next audit removes its record from the former one."""
    cloud, memory = (
        Cloud(endpoint(1), endpoint(2), zones=[zone(id_=OLD), zone(id_=NEW, vnets=())]),
        ProcessCache(),
    )
    await run(cloud, pe(1), memory=memory)
    cloud.dns.have(zone(*cloud.dns.known[OLD].records.values(), id_=OLD, vnets=()), zone(id_=NEW))
    await run(cloud, pe(2), memory=memory)
    assert (addresses(cloud, OLD), addresses(cloud, NEW)) == ((address(1),), (address(2),))
    await run(cloud, memory=memory)
    assert (addresses(cloud, OLD), addresses(cloud, NEW)) == ((), (address(2),))


async def handed_over(cloud: Cloud, *, memory: ProcessCache | None) -> None:
    """The event of endpoint 1 alone leaves the record of OLD to 2, and writes nothing if it comes again."""
    memory = memory or ProcessCache()
    assert not (await run(cloud, pe(1), memory=memory)).problems
    assert addresses(cloud, OLD) == (address(2),)
    cloud.log.clear()
    await run(cloud, pe(1), memory=memory)
    assert not cloud.log.writes


@pytest.mark.parametrize("warm", [False, True])
async def test_whoever_waits_gets_what_one_leaves_that_moves_by_its_tag(*, warm: bool) -> None:
    """When an endpoint's tag names another zone, the same pass hands its record over to a waiting endpoint."""
    cloud, memory = (
        Cloud(endpoint(1), endpoint(2), zones=[zone(id_=OLD), zone(id_=NEW, vnets=())]),
        ProcessCache(),
    )
    for one in (pe(1), pe(2)):
        await run(cloud, one, memory=memory)
    cloud.network.have(endpoint(1, zone_tag=str(NEW)))
    await handed_over(cloud, memory=memory if warm else None)
    assert addresses(cloud, NEW) == (address(1),)


@pytest.mark.parametrize("warm", [False, True])
async def test_whoever_waits_gets_what_one_leaves_whose_network_moves(*, warm: bool) -> None:
    """When a network is linked to another zone, endpoints of other networks get its record in the old zone."""
    old = zone(id_=OLD, vnets=("vnet", "v2"))
    cloud, memory = (
        Cloud(endpoint(1), endpoint(2, vnet="v2"), zones=[old, zone(id_=NEW, vnets=())]),
        ProcessCache(),
    )
    for one in (pe(1), pe(2)):
        await run(cloud, one, memory=memory)
    cloud.dns.have(zone(*cloud.dns.known[OLD].records.values(), id_=OLD, vnets=("v2",)), zone(id_=NEW))
    await handed_over(cloud, memory=memory if warm else None)
    assert addresses(cloud, NEW) == (address(1),)


async def test_whoever_consented_before_joins_when_the_other_does() -> None:
    """An endpoint that starts to share is written together with those that shared before, in the same pass."""
    cloud = Cloud(endpoint(1), endpoint(2, dns="shared"), zones=[zone(id_=OLD)])
    for one in (pe(1), pe(2)):
        await run(cloud, one)
    assert addresses(cloud, OLD) == (address(1),)
    cloud.network.have(endpoint(1, dns="shared"))
    await run(cloud, pe(1))
    assert addresses(cloud, OLD) == (address(1), address(2))


def behind_two(*, first: str = "*") -> Cloud:
    """Endpoint 3 holds the wildcard; 1, 2 and the service `apart` use another Private Link service."""
    others = [endpoint(1, first, alias=OTHER_ALIAS), endpoint(2, alias=OTHER_ALIAS)]
    cloud = Cloud(endpoint(3), *others, services=[service("main")], zones=[zone(id_=OLD)])
    cloud.clickhouse.have(service("apart"), service("other"), alias=OTHER_ALIAS)
    return cloud


async def test_whoever_waits_gets_the_name_of_a_service_that_one_does_not_ask_for_any_more() -> None:
    """The record of a service's own name is handed over when the tag of its holder changes."""
    cloud = behind_two()
    for one in (pe(3), pe(1), pe(2)):
        await run(cloud, one)
    assert cloud.dns.known[OLD].records["apart"].addresses == (address(1),)
    cloud.network.have(endpoint(1, "other", alias=OTHER_ALIAS))
    await run(cloud, pe(1))
    assert cloud.dns.known[OLD].records["apart"].addresses == (address(2),)
    assert cloud.dns.known[OLD].records["other"].addresses == (address(1),)


async def test_whoever_a_wildcard_led_gets_names_when_it_leads_elsewhere() -> None:
    """When the wildcard's endpoint is recreated on another Private Link service, the others get their own names."""
    cloud = Cloud(endpoint(1), endpoint(2), services=[service("main")], zones=[zone(id_=OLD)])
    cloud.clickhouse.have(service("apart"), alias=OTHER_ALIAS)
    for one in (pe(1), pe(2)):
        await run(cloud, one)
    cloud.network.have(endpoint(1, guid_number=9, alias=OTHER_ALIAS))
    await run(cloud, pe(1))
    found = {name: one.addresses for name, one in cloud.dns.known[OLD].records.items()}
    assert found == {"*": (address(9),), "main": (address(2),)}

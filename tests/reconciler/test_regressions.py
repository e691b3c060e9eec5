"""Defects found by review, each as the history that showed it."""

from dataclasses import replace

import pytest

from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId
from shared.domain.ownership.marks import registration_mark
from shared.domain.planning.policy import Policy
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import OWNER, endpoint, foreign_record, guid, pe, registered, service, zone

OTHER_ALIAS = "production-westus3-1-0.5c1f1c52-9f7c-4c0b-8a3e-5b6c0d3f9f11.westus3.azure.privatelinkservice"


def two_private_links(*more: object) -> Cloud:
    """Endpoint 1 serves `a`; endpoint 2 serves `b` behind another Private Link service."""
    ends = [endpoint(1, "a"), endpoint(2, "*", alias=OTHER_ALIAS)]
    cloud = Cloud(*ends, services=[service("a")], zones=[zone()])
    cloud.clickhouse.have(service("b"), *more, alias=OTHER_ALIAS)  # type: ignore[arg-type]
    return cloud


async def test_nobody_is_undone_on_the_word_of_a_list_read_for_something_else() -> None:
    """A deletion that frees a record releases only its own endpoint, however many others have lost their tag."""
    cloud = Cloud(*[endpoint(n) for n in range(1, 31)], zones=[zone()])
    await run(cloud)
    for n in range(2, 31):
        cloud.network.have(endpoint(n, None))
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    assert cloud.allowed() == {guid(n) for n in range(2, 31)}


@pytest.mark.parametrize("cut", range(1, 6))
async def test_a_cut_description_names_nobody_else(cut: int) -> None:
    """The event of pe-1 removes nothing of pe-12, although pe-12's description was cut."""
    cloud = Cloud(endpoint(12), services=[service("main", guid(12))], zones=[zone()])
    kept = registration_mark(OWNER, pe(12))[:-cut]
    cloud.clickhouse.have_registered(replace(registered(12), description=kept))
    await run(cloud, pe(1))
    assert cloud.log.writes == []


@pytest.mark.parametrize("target", [[], [pe(1), pe(2)]])
async def test_a_mark_that_a_live_endpoint_contradicts_does_not_count(target: list[ResourceId]) -> None:
    """A mark for a deleted endpoint on the id of a live one removes nothing of the live one."""
    cloud = Cloud(endpoint(2), zones=[zone()])
    await run(cloud, pe(2))
    cloud.clickhouse.registered[guid(2)] = registered(2, by=1)
    await run(cloud, *target)
    assert cloud.allowed() == {guid(2), endpoint(2).arm_id}
    assert cloud.clickhouse.registered[guid(2)] == registered(2, by=1)


async def test_a_record_is_not_deleted_while_who_waits_for_it_cannot_be_read() -> None:
    """A hand-over that could not be decided is completed by the next delivery."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone()])
    await run(cloud, pe(1))
    await run(cloud, pe(2))
    cloud.network.lose(pe(1))
    cloud.fail("endpoint", TemporaryError("503"), "pe-2")
    assert (await run(cloud, pe(1))).retryable
    cloud.mend()
    await run(cloud, pe(1))
    record = cloud.dns.record()
    assert record
    assert record.addresses == ("10.0.0.2",)


async def test_a_service_s_record_stays_while_its_config_cannot_be_read() -> None:
    """A cold process that cannot read a config deletes no record because of it."""
    cloud = two_private_links(service("b2"))
    await run(cloud, pe(1))
    await run(cloud, pe(2))
    names = set(cloud.dns.known[zone().id].records)
    cloud.fail("config", TemporaryError("503"), service("b").id)
    await run(cloud, pe(2))
    assert set(cloud.dns.known[zone().id].records) == names


@pytest.mark.parametrize("how", [{"max_removals": 0}, {"policy": Policy.UPSERT}])
async def test_without_removals_nobody_is_taken_out_of_a_record(how: dict[str, object]) -> None:
    """A hand-over is a removal: if removals are not permitted, the record stays."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone()])
    await run(cloud, pe(1))
    await run(cloud, pe(2))
    cloud.network.lose(pe(1))
    await run(cloud, **how)  # type: ignore[arg-type]
    record = cloud.dns.record()
    assert record
    assert record.addresses == ("10.0.0.1",)
    await run(cloud)
    assert cloud.allowed() == {guid(2)}


async def test_a_foreign_wildcard_makes_no_record_flap() -> None:
    """With a foreign wildcard, a pass over everything and an event have the same result."""
    cloud = Cloud(
        endpoint(1, "a"),
        endpoint(2, "b", alias=OTHER_ALIAS),
        services=[service("a")],
        zones=[zone(foreign_record())],
    )
    cloud.clickhouse.have(service("b"), alias=OTHER_ALIAS)
    await run(cloud)
    before = cloud.dns.known[zone().id].records
    await run(cloud, pe(2))
    assert cloud.dns.known[zone().id].records == before


async def test_a_cold_process_finds_out_where_the_wildcard_leads() -> None:
    """The config with the holder's alias is read, although the tag selects another service."""
    cloud = Cloud(endpoint(1, "a"), services=[service("a")], zones=[zone()])
    cloud.clickhouse.have(service("b"), alias=OTHER_ALIAS)
    await run(cloud, pe(1))
    cloud.network.have(endpoint(2, "b", alias=OTHER_ALIAS))
    await run(cloud, pe(2))
    assert len(cloud.dns.known[zone().id].records) == 2


@pytest.mark.parametrize("description", ["", "made by hand"])
async def test_one_that_waits_without_our_mark_gets_the_record(description: str) -> None:
    """A hand-over also finds a waiting endpoint whose registration does not name it."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone()])
    await run(cloud, pe(1))
    await run(cloud, pe(2))
    cloud.clickhouse.have_registered(replace(registered(2), description=description))
    cloud.network.lose(pe(1))
    await run(cloud, pe(1))
    record = cloud.dns.record()
    assert record
    assert record.addresses == ("10.0.0.2",)

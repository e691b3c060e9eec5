"""What a pass reads, and in how many rounds: the table of `needs`."""

from dataclasses import replace
from unittest.mock import ANY

import pytest

from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.policy import Policy
from shared.domain.reading.endpoints import FEW, MANY
from shared.domain.reading.zones import Hints
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reconcile import ReconcileRequest, reconcile
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    OTHER_ALIAS,
    STRANGE_ALIAS,
    SUBSCRIPTION,
    config,
    deployment,
    endpoint,
    foreign,
    guid,
    network,
    pe,
    record,
    registered,
    service,
    service_id,
    zone,
    zone_id,
)


def many_services(*names: str) -> Cloud:
    """Endpoint 1 selects `main` among these."""
    return Cloud(endpoint(1, "main"), services=[service(name) for name in ("main", *names)], zones=[zone()])


def reads(cloud: Cloud) -> dict[int, list[str]]:
    """The names of the reads in each round up to the first write."""
    until = min((call.round for call in cloud.log.writes), default=1_000)
    before = [call for call in cloud.log.calls if call.round < until]
    rounds = sorted({call.round for call in before})
    return {one: sorted(call.name for call in before if call.round == one) for one in rounds}


async def test_cold() -> None:
    """A process with an empty cache needs three rounds of reads before it writes."""
    cloud = many_services("test")
    await run(cloud, pe(1))
    assert reads(cloud) == {
        1: ["endpoint"],
        2: ["addresses", "registrations", "services", "zones"],
        3: ["config", "zone"],
    }


async def test_warm() -> None:
    """With cached configs and links it needs two rounds, and reads only what concerns the endpoint."""
    cloud = many_services("test")
    memory = ProcessCache()
    await run(cloud, pe(1), memory=memory)
    cloud.network.have(endpoint(1, "main", guid_number=9))
    cloud.log.clear()
    await run(cloud, pe(1), memory=memory)
    assert reads(cloud) == {1: ["endpoint"], 2: ["addresses", "registrations", "services", "zone"]}


async def test_after_writing() -> None:
    """After writing, only the endpoint is read again; the responses contain the rest."""
    cloud = many_services()
    await run(cloud, pe(1))
    last = max(call.round for call in cloud.log.writes)
    assert [call.name for call in cloud.log.calls if call.round > last] == ["endpoint"]


@pytest.mark.parametrize("one", [pe(1), pe(2)], ids=["gone", "never there"])
async def test_gone(one: ResourceId) -> None:
    """For a deleted endpoint every zone is read, in three rounds."""
    cloud = Cloud(endpoint(3), zones=[zone(), zone(id_=zone_id("rg-2"))])
    await run(cloud, one)
    assert cloud.log.rounds_before_writing == 3
    assert len(cloud.log.named("zone")) == 2
    assert cloud.log.named("addresses") == []


async def test_stale_memory() -> None:
    """A removed link costs one more round."""
    cloud = many_services()
    memory = ProcessCache(hints=Hints({network(): frozenset({zone_id("rg-old")})}))
    report = await run(cloud, pe(1), memory=memory)
    assert not report.problems
    assert cloud.dns.record(zone_id())


async def test_holder() -> None:
    """If the record is held by an endpoint that was not read, it is read in a fourth round."""
    cloud = Cloud(endpoint(1), endpoint(2), zones=[zone(record(2))])
    await run(cloud, pe(1))
    assert reads(cloud)[4] == ["endpoint"]
    assert cloud.log.rounds_before_writing == 4


async def test_only_selected_configs() -> None:
    """Only the configs of selected services are read, however many services there are."""
    cloud = many_services(*(f"other-{n}" for n in range(30)))
    await run(cloud, pe(1))
    assert [call.about for call in cloud.log.named("config")] == [(service_id("main"),)]


@pytest.mark.parametrize("alias", [OTHER_ALIAS, STRANGE_ALIAS])
async def test_search_for_the_alias(alias: str) -> None:
    """If the selected services do not have the alias, the configs of its region are read, then all."""
    cloud = Cloud(endpoint(1, "main", alias=alias), zones=[zone()])
    cloud.clickhouse.have(service("main"), service("near"))
    far = service("far")
    cloud.clickhouse.have(far, service("aws", provider="aws"))
    cloud.clickhouse.configs[far.id] = config("far", OTHER_ALIAS)
    await run(cloud, pe(1))
    asked = sorted(call.about for call in cloud.log.named("config"))
    assert asked == sorted((service_id(name),) for name in ("main", "near", "far"))


async def test_untagged_zone_tag() -> None:
    """A zone named in the tag is read together with the list of zones, which may contain the previous one."""
    cloud = Cloud(endpoint(1, zone_tag=str(zone_id())), zones=[zone(vnets=())])
    await run(cloud, pe(1))
    assert cloud.dns.record()
    assert [call.round for call in cloud.log.named("zone")] == [2]
    assert [call.round for call in cloud.log.named("zones")] == [2]


@pytest.mark.parametrize("text", ["nonsense", str(zone_id()).replace("11111111", "99999999")])
async def test_unusable_zone_tag(text: str) -> None:
    """A zone out of scope is not read."""
    cloud = Cloud(endpoint(1, zone_tag=text))
    report = await run(cloud, pe(1))
    assert cloud.log.named("zone") == []
    assert [one.code for one in report.plan.findings] == ["zone-not-usable"]


async def test_everything() -> None:
    """A pass over everything reads lists, and single objects only if no list contained them."""
    cloud = Cloud(*(endpoint(n) for n in range(1, 21)), zones=[zone(record(1))])
    cloud.clickhouse.have_registered(registered(1), registered(99), foreign(guid(98)))
    await run(cloud, dry_run=True)
    names = [call.name for call in cloud.log.calls]
    assert names.count("endpoints") == names.count("addresses_in") == names.count("services") == 1
    assert [call.about for call in cloud.log.named("endpoint")] == [(str(pe(99)),)]
    assert cloud.log.named("addresses") == []
    assert cloud.log.rounds_before_writing <= 4


async def test_many() -> None:
    """For many endpoints in a scope, the lists of endpoints and interfaces replace single reads."""
    cloud = Cloud(*(endpoint(n) for n in range(MANY + 1)), zones=[zone()])
    await run(cloud, *(pe(n) for n in range(MANY + 1)))
    first, after = cloud.log.named("endpoints")
    assert first.round == 1
    assert after.round > max(call.round for call in cloud.log.writes)
    assert len(cloud.log.named("addresses_in")) == 1
    assert cloud.log.named("endpoint") == cloud.log.named("addresses") == []


async def test_few() -> None:
    """Up to the number of reads that ARM restores per second, endpoints are read one by one: lists may be long."""
    cloud = Cloud(*(endpoint(n) for n in range(MANY)), zones=[zone()])
    await run(cloud, *(pe(n) for n in range(MANY)))
    assert len(cloud.log.named("endpoint")) == 2 * MANY
    assert cloud.log.named("endpoints") == cloud.log.named("addresses_in") == []


async def test_list_that_breaks_off() -> None:
    """An incomplete list confirms nothing: each endpoint is read by itself, and none is released."""
    there, gone = range(1, MANY + 1), MANY + 1
    cloud = Cloud(*(endpoint(n) for n in there), zones=[zone()])
    cloud.clickhouse.have_registered(*(registered(n) for n in (*there, gone)))
    cloud.fail("endpoints", TemporaryError("it broke off"))
    await run(cloud, *(pe(n) for n in (*there, gone)))
    assert set(cloud.clickhouse.registered) == {guid(n) for n in there}


async def test_absence_is_read_by_itself() -> None:
    """An endpoint missing from a list is read by itself once; a later list confirms that it is still missing."""
    gone = range(1, MANY + 2)
    cloud = Cloud(zones=[zone()])
    cloud.clickhouse.have_registered(*(registered(n) for n in gone))
    report = await run(cloud, *(pe(n) for n in gone))
    assert not report.problems
    assert cloud.clickhouse.registered == {}
    assert len(cloud.log.named("endpoint")) == len(gone)
    assert len(cloud.log.named("endpoints")) == 2


@pytest.mark.parametrize("gone", [1, MANY + 1])
async def test_a_list_lags_behind_single_reads(gone: int) -> None:
    """Endpoints whose own read returned 404 stay deleted although a list still contains them."""
    count = MANY + 10
    services = [service("main", *(guid(n) for n in range(count)))]
    cloud = Cloud(*(endpoint(n) for n in range(count)), services=services, zones=[zone(record(0))])
    cloud.clickhouse.have_registered(*(registered(n) for n in range(count)))
    before, deleted = tuple(cloud.network.known.values()), [pe(n) for n in range(gone)]
    for one in deleted:
        cloud.network.lose(one)
    known = {one: NotFound() for one in deleted}

    async def endpoints(scope: Scope) -> tuple[Endpoint, ...]:
        async with cloud.log.call("endpoints", scope):
            return before

    cloud.network.endpoints = endpoints  # type: ignore[method-assign]
    request = ReconcileRequest(Targets(frozenset(deleted)), by_event=True)
    report = await reconcile(request, cloud.systems, deployment(), ProcessCache(), known)
    assert cloud.log.named("endpoints")
    assert not report.problems
    assert cloud.allowed() == {guid(n) for n in range(gone, count)}
    assert set(cloud.clickhouse.registered) == {guid(n) for n in range(gone, count)}
    assert cloud.dns.record() == replace(record(gone), etag=ANY)


async def test_back_again() -> None:
    """One of many deleted endpoints that is recreated meanwhile is found in the list and connected."""
    gone = range(1, MANY + 2)
    cloud = Cloud(zones=[zone()])
    cloud.clickhouse.have_registered(*(registered(n) for n in gone))
    cloud.log.before["update_registrations"] = lambda: cloud.network.have(endpoint(3, guid_number=77))
    await run(cloud, *(pe(n) for n in gone))
    assert set(cloud.clickhouse.registered) == {guid(77)}


async def test_configs_beyond_the_time() -> None:
    """A pass over everything reports what it had no time to read, and the next one reads just that."""
    names = [f"s{n}" for n in range(4)]
    cloud = Cloud(endpoint(1, "*"), services=[service(name) for name in names], zones=[zone()])
    memory = ProcessCache()
    late = TemporaryError("its turn under the rate limit would come in 200 s, 144 s are left")
    cloud.fail("config", late, service_id("s3"))
    report = await run(cloud, memory=memory, policy=Policy.SYNC)
    assert any("would come in 200 s" in problem for problem in report.problems)
    assert cloud.allowed("s0") == {guid(1)}
    cloud.mend()
    cloud.log.clear()
    report = await run(cloud, memory=memory)
    assert not report.problems
    assert [call.about for call in cloud.log.named("config")] == [(service_id("s3"),)]
    assert cloud.allowed("s3") == {guid(1)}


async def test_many_configs() -> None:
    """Other reads are made in the same round as configs, however many configs there are."""
    names = [f"s{n}" for n in range(FEW + 1)]
    cloud = Cloud(endpoint(1, "*"), services=[service(name) for name in names], zones=[zone()])
    await run(cloud, pe(1))
    assert reads(cloud)[3] == [*["config"] * len(names), "zone"]


async def test_waiting() -> None:
    """When a record becomes free, the endpoints that may wait for it are read: one by one if few, else by list."""
    for number, listed in [(3, False), (12, True)]:
        cloud = Cloud(*(endpoint(n) for n in range(2, number)), zones=[zone(record(1))])
        cloud.clickhouse.have_registered(*(registered(n) for n in range(1, number)))
        await run(cloud, pe(1))
        assert bool(cloud.log.named("endpoints")) is listed
        written = cloud.dns.record()
        assert written
        assert written.addresses != ("10.0.0.1",)


async def test_zone_made_and_linked() -> None:
    """With DNS_ZONE_RESOURCE_GROUP a missing zone is created, linked and filled in one pass."""
    cloud = Cloud(endpoint(1))
    by = deployment(zone_group=Scope(SUBSCRIPTION, "rg-dns"))
    report = await run(cloud, pe(1), by=by)
    assert not report.problems
    assert cloud.dns.known[zone_id()].networks == {network()}
    assert cloud.dns.record()
    cloud.log.clear()
    await run(cloud, pe(1), by=by)
    assert cloud.log.writes == []

"""What an audit did not get round to is what the next one begins with."""

from shared.domain.errors import TemporaryError
from shared.domain.left import left_of, name_of, name_of_change
from shared.domain.world import (
    ListAddresses,
    ListEndpoints,
    ListZones,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
)
from shared.memory import Memory
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    SCOPE,
    endpoint,
    interface,
    pe,
    registered,
    service,
    service_id,
    zone,
    zone_id,
)

NAMES = [f"service-{letter}" for letter in "abcdef"]
OUT_OF_TIME = TemporaryError("no answer before the pass's deadline")


def cloud() -> Cloud:
    """An endpoint that asks for six services, and is registered."""
    there = Cloud(endpoint(1), services=[service(name) for name in NAMES], zones=[zone()])
    there.clickhouse.registered = {registered(1).id: registered(1)}
    return there


def asked(there: Cloud, call: str) -> list[str]:
    return [one.about[0] for one in there.log.named(call)]


async def test_reads_that_were_left_come_first() -> None:
    """The configs that could not be read last time are asked for before all others."""
    there = cloud()
    late = [service_id(name) for name in NAMES[4:]]
    for one in late:
        there.fail("config", OUT_OF_TIME, about=one)
    left = left_of(await run(there))
    assert set(left) >= {name_of(ReadConfig(one)) for one in late}
    there.mend()
    there.log.clear()
    await run(there, memory=Memory(first=frozenset(left)))
    assert sorted(asked(there, "config")[:2]) == sorted(late)
    assert len(asked(there, "config")) == len(NAMES)


async def test_changes_that_were_left_come_first() -> None:
    """The changes that could not be made last time are made before all others of their stage."""
    there = cloud()
    there.fail("update_allow_list", OUT_OF_TIME, about="service-f")
    report = await run(there)
    left = left_of(report)
    assert left == tuple(name_of_change(change) for change in report.plan.changes)
    again = cloud()
    await run(again, memory=Memory(first=frozenset(left)))
    assert asked(again, "update_allow_list")[0] == "service-f"
    plain = cloud()
    await run(plain)
    assert asked(plain, "update_allow_list")[0] != "service-f"


async def test_nothing_is_left() -> None:
    """A pass that got round to everything leaves nothing."""
    assert left_of(await run(cloud())) == ()


def test_every_read_has_a_name() -> None:
    """No two reads that may be left have the same name."""
    reads = [
        ListEndpoints(SCOPE),
        ListAddresses(SCOPE),
        ListZones(SCOPE),
        ReadEndpoint(pe(1)),
        ReadAddresses(interface(1)),
        ReadZone(zone_id()),
        ReadConfig("s"),
        ReadServices(),
        ReadRegistrations(),
    ]
    assert len({name_of(read) for read in reads}) == len(reads)

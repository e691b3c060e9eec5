"""What an audit did not finish."""

from shared.domain.model.errors import TemporaryError
from shared.domain.model.snapshot import (
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
from shared.domain.results.unfinished_work import left_of, name_of, name_of_change
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
OUT_OF_TIME = TemporaryError("no response before the deadline of the pass")


def cloud() -> Cloud:
    """A registered endpoint whose tag selects six services."""
    there = Cloud(endpoint(1), services=[service(name) for name in NAMES], zones=[zone()])
    there.clickhouse.registered = {registered(1).id: registered(1)}
    return there


async def test_what_could_not_be_read_or_done_in_time_is_left() -> None:
    """The report names the reads and changes that another attempt may complete."""
    there = cloud()
    there.fail("config", OUT_OF_TIME, about=service_id(NAMES[5]))
    assert name_of(ReadConfig(service_id(NAMES[5]))) in left_of(await run(there))
    there = cloud()
    there.fail("update_allow_list", OUT_OF_TIME, about="service-f")
    report = await run(there)
    assert left_of(report) == tuple(name_of_change(change) for change in report.plan.changes)


async def test_nothing_is_left() -> None:
    """A complete pass leaves nothing unfinished."""
    assert left_of(await run(cloud())) == ()


def test_every_read_has_a_name() -> None:
    """No two unfinished reads have the same name."""
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

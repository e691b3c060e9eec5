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
from shared.domain.results.unfinished_work import read_name, unfinished_work
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
TIMED_OUT = TemporaryError("no answer before the pass's deadline")


def cloud() -> Cloud:
    """A registered endpoint that requests six services."""
    cloud = Cloud(endpoint(1), services=[service(name) for name in NAMES], zones=[zone()])
    cloud.clickhouse.registered = {registered(1).id: registered(1)}
    return cloud


async def test_unfinished_reads_and_changes() -> None:
    """The report names the reads and changes that timed out."""
    unread = cloud()
    unread.fail("config", TIMED_OUT, about=service_id(NAMES[5]))
    assert read_name(ReadConfig(service_id(NAMES[5]))) in unfinished_work(await run(unread))
    unchanged = cloud()
    unchanged.fail("update_allow_list", TIMED_OUT, about="service-f")
    report = await run(unchanged)
    (change,) = report.plan.changes
    assert unfinished_work(report) == (f"{change.verb} {change.summary()}",)


async def test_nothing_unfinished() -> None:
    """A pass that read and changed everything has no unfinished work."""
    assert unfinished_work(await run(cloud())) == ()


def test_read_names() -> None:
    """No two reads have the same name."""
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
    assert len({read_name(read) for read in reads}) == len(reads)

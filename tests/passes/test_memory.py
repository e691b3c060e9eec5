"""What a process remembers changes the order of its reads, and nothing else."""

from dataclasses import replace

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.model import Service
from shared.domain.world import ReadConfig
from shared.memory import REFUSED_FOR, Memory
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import endpoint, guid, pe, service, service_id, zone

NAMES = ["a", "b", "c", "d"]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def asked(cloud: Cloud) -> list[str]:
    """The services whose configs were asked for since the log was cleared, in order."""
    names = {service_id(name): name for name in NAMES}
    told = [names[call.about[0]] for call in cloud.log.named("config")]
    cloud.log.clear()
    return told


def in_order() -> list[Service]:
    return sorted((service(name) for name in NAMES), key=lambda one: one.id)


async def test_refused_configs_come_last() -> None:
    """A config that was refused for good takes nobody's turn, and of several each comes first in its turn."""
    clock = Clock()
    cloud, memory = Cloud(endpoint(1), services=in_order(), zones=[zone()]), Memory(clock=clock)
    one, two, three, four = (told.name for told in in_order())
    cloud.fail("config", PermanentError("403"), service_id(one))
    cloud.fail("config", TemporaryError("429"), service_id(four))
    await run(cloud, pe(1), memory=memory)
    assert asked(cloud) == [one, two, three, four]
    cloud.mend()
    cloud.fail("config", PermanentError("403"))
    clock.now += 1
    await run(cloud, pe(1), memory=memory)
    assert asked(cloud) == [four, one]
    clock.now += 1
    memory.configs.clear()
    memory.refused = {read: at for read, at in memory.refused.items() if read != ReadConfig(service_id(four))}
    await run(cloud, pe(1), memory=memory)
    assert asked(cloud) == [two, three, four, one]
    cloud.mend()
    await run(cloud, pe(1), memory=memory)
    assert cloud.allowed(one) == cloud.allowed(four) == {guid(1)}
    assert memory.refused == {}


async def test_the_one_refused_longest_ago_comes_first() -> None:
    """Of those that were refused, the one that waits longest is asked first."""
    clock = Clock()
    cloud, memory = Cloud(endpoint(1), services=in_order(), zones=[zone()]), Memory(clock=clock)
    names = [told.name for told in in_order()]
    for at, name in enumerate(reversed(names)):
        memory.refused[ReadConfig(service_id(name))] = clock.now + at
    cloud.fail("config", PermanentError("403"))
    await run(cloud, pe(1), memory=memory)
    assert asked(cloud) == names[::-1]


async def test_a_refusal_is_forgotten_after_an_hour() -> None:
    """An hour later the config has its old place again."""
    clock = Clock()
    cloud, memory = Cloud(endpoint(1), services=in_order(), zones=[zone()]), Memory(clock=clock)
    order = [one.name for one in in_order()]
    cloud.fail("config", PermanentError("403"), service_id(order[0]))
    await run(cloud, pe(1), memory=memory)
    clock.now += REFUSED_FOR + 1
    cloud.log.clear()
    cloud.mend()
    cloud.fail("config", TemporaryError("429"))
    memory.configs.clear()
    await run(cloud, pe(1), memory=memory)
    memory.configs.clear()
    asked(cloud)
    await run(cloud, pe(1), memory=memory)
    assert asked(cloud) == order


async def test_a_refusal_in_time_is_none() -> None:
    """What the rate limit alone kept from being read keeps its place."""
    cloud, memory = Cloud(endpoint(1), services=in_order(), zones=[zone()]), Memory()
    cloud.fail("config", TemporaryError("429"))
    await run(cloud, pe(1), memory=memory)
    assert memory.refused == {}


async def test_untold_tags() -> None:
    """A service whose tags the API has not told is neither let in nor shut out by a selector over tags."""
    untold = replace(service("main", guid(1)), tags=None)
    cloud = Cloud(
        endpoint(1, "tag:env"), services=[untold, replace(service("test"), tags=None)], zones=[zone()]
    )
    report = await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": frozenset()}
    words = [one.message for one in report.plan.findings if one.code == "unreadable"]
    assert words == ["the tags of service main were not told", "the tags of service test were not told"]
    assert "service-not-found" not in {one.code for one in report.plan.findings}

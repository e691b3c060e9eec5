"""The process cache changes which reads are made, and nothing else."""

from dataclasses import replace

import pytest

from shared.domain.model.errors import Cause, CauseKind, PermanentError, PrivateLinkError, TemporaryError
from shared.domain.model.resources import Service
from shared.reconciler.process_cache import REFUSED_SECONDS, ProcessCache
from tests.support.errors import refused
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import endpoint, guid, pe, registered, service, service_id, zone

NAMES = ["a", "b", "c", "d"]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def configs_read(cloud: Cloud) -> list[str]:
    """The services whose configs were read since the log was cleared, in order."""
    names = {service_id(name): name for name in NAMES}
    read = [names[call.about[0]] for call in cloud.log.named("config")]
    cloud.log.clear()
    return read


def in_order() -> list[Service]:
    return sorted((service(name) for name in NAMES), key=lambda one: one.id)


REFUSED = refused("400: not available in this plan")


async def test_a_refused_config_concerns_its_service_alone() -> None:
    """A service whose config is refused is reported once, gets nothing, and the event is not retried."""
    one, *others = (known.name for known in in_order())
    cloud = Cloud(endpoint(1), endpoint(2), services=in_order(), zones=[zone()])
    cloud.fail("config", REFUSED, service_id(one))
    report = await run(cloud, pe(1), pe(2))
    assert not report.problems
    assert not report.retryable
    assert [f.object for f in report.plan.findings if f.code == "service-without-private-link"] == [service_id(one)]
    assert cloud.allowed(one) == frozenset()
    assert all(cloud.allowed(name) == {guid(1), guid(2)} for name in others)


async def test_a_refused_config_keeps_what_its_service_lists() -> None:
    """Our entry on a service whose config is now refused is neither removed nor added."""
    services = [service("a", guid(1)), service("b")]
    cloud = Cloud(endpoint(1), services=services, zones=[zone()])
    cloud.clickhouse.have_registered(registered(1))
    cloud.fail("config", REFUSED, service_id("a"))
    await run(cloud, pe(1))
    assert cloud.allowed("a") == cloud.allowed("b") == {guid(1)}


async def test_every_config_is_refused() -> None:
    """If every config is refused, whose Private Link services are the organization's is unknown: nothing is removed.

    For want of a permission, the event is retried.
    """
    cloud = Cloud(endpoint(1, guid_number=9), services=[service("a", guid(1)), service("b")], zones=[zone()])
    cloud.clickhouse.have_registered(registered(1))
    denied = Cause(CauseKind.REFUSED, "service:view-private-endpoints", status=403)
    for error, retried in ((REFUSED, False), (PermanentError("403", cause=denied), True)):
        cloud.log.faults.clear()
        cloud.fail("config", error)
        report = await run(cloud, pe(1))
        assert cloud.log.writes == []
        assert {finding.code for finding in report.plan.findings} == {"unreadable"}
        assert report.retryable is report.forbidden is bool(report.problems) is retried
    assert "service:view-private-endpoints" in report.plan.findings[0].remedy


async def test_a_refused_config_is_asked_for_again_after_an_hour() -> None:
    """A refused config is not read again within an hour."""
    clock = Clock()
    cloud, memory = Cloud(endpoint(1), services=in_order(), zones=[zone()]), ProcessCache(clock=clock)
    one = in_order()[0].name
    cloud.fail("config", REFUSED, service_id(one))
    await run(cloud, pe(1), memory=memory)
    configs_read(cloud)
    clock.now += REFUSED_SECONDS - 1
    report = await run(cloud, pe(1), memory=memory)
    assert configs_read(cloud) == []
    assert "service-without-private-link" in {finding.code for finding in report.plan.findings}
    cloud.mend()
    clock.now += 2
    await run(cloud, pe(1), memory=memory)
    assert configs_read(cloud) == [one]
    assert cloud.allowed(one) == {guid(1)}


@pytest.mark.parametrize("error", [TemporaryError("429"), PermanentError("misshapen")])
async def test_other_failures_are_no_refusal(error: PrivateLinkError) -> None:
    """A config that failed for another reason is read again by the next pass."""
    cloud, memory = Cloud(endpoint(1), services=in_order(), zones=[zone()]), ProcessCache()
    cloud.fail("config", error)
    await run(cloud, pe(1), memory=memory)
    configs_read(cloud)
    await run(cloud, pe(1), memory=memory)
    assert sorted(configs_read(cloud)) == NAMES


async def test_untold_tags() -> None:
    """A service with unknown tags is neither allowed nor disallowed by a tag selector."""
    untold = replace(service("main", guid(1)), tags=None)
    cloud = Cloud(endpoint(1, "tag:env"), services=[untold, replace(service("test"), tags=None)], zones=[zone()])
    report = await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"main": {guid(1)}, "test": frozenset()}
    words = [one.message for one in report.plan.findings if one.code == "unreadable"]
    assert words == [f"the tags of service {name} are not in the API's response" for name in ("main", "test")]
    assert "service-not-found" not in {one.code for one in report.plan.findings}

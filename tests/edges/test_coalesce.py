import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from shared.coalesce import Coalescer
from shared.domain.errors import TemporaryError
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.plan import Plan
from shared.domain.report import Report
from shared.domain.verdicts import Verdict
from shared.domain.world import World
from tests.support.edges import endpoint

A, B, C = map(endpoint, "abc")


@dataclass
class Passes:
    """Passes that end when they are told to, with a report on what they were about."""

    begun: list[frozenset[ResourceId]] = field(default_factory=list)
    ends: list[asyncio.Future[None]] = field(default_factory=list)

    async def run(self, endpoints: frozenset[ResourceId]) -> Report:
        self.begun.append(endpoints)
        self.ends.append(asyncio.get_running_loop().create_future())
        await self.ends[-1]
        return report_on(endpoints)

    async def until(self, true: Callable[[], bool]) -> None:
        """Let everything run until it is true, within bounds."""
        for _ in range(100):
            if true():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came true")

    async def until_begun(self, number: int) -> None:
        await self.until(lambda: len(self.begun) == number)


def report_on(endpoints: frozenset[ResourceId]) -> Report:
    findings = tuple(Finding("no-private-ip", str(one), "x") for one in sorted(endpoints))
    return Report(World(), Plan(findings=findings, verdicts=dict.fromkeys(endpoints, Verdict.CONNECT)))


@pytest.fixture
def passes() -> Passes:
    return Passes()


@pytest.fixture
def coalescer(passes: Passes) -> Coalescer:
    return Coalescer(passes.run)


async def test_lone_request(passes: Passes, coalescer: Coalescer) -> None:
    """A lone request starts at once, and another after it starts at once as well."""
    for number in (1, 2):
        waiter = asyncio.create_task(coalescer.report_on(A))
        await passes.until_begun(number)
        passes.ends[-1].set_result(None)
        assert A in (await waiter).plan.verdicts
    assert passes.begun == [{A}, {A}]


async def test_sharing(passes: Passes, coalescer: Coalescer) -> None:
    """What arrives during a pass shares the next one: two passes for a hundred requests, one for itself."""
    first = asyncio.create_task(coalescer.report_on(A))
    await passes.until_begun(1)
    names = [endpoint(f"pe{number}") for number in range(33)] * 3
    others = [asyncio.create_task(coalescer.report_on(one)) for one in names]
    await asyncio.sleep(0)
    assert len(passes.begun) == 1
    passes.ends[0].set_result(None)
    await first
    await passes.until_begun(2)
    assert not any(other.done() for other in others)
    passes.ends[1].set_result(None)
    await asyncio.gather(*others)
    assert passes.begun == [{A}, set(names)]


async def test_began_after_the_call(passes: Passes, coalescer: Coalescer) -> None:
    """A request for an endpoint whose pass is running gets a pass of its own: that one may have read too early."""
    first = asyncio.create_task(coalescer.report_on(A))
    await passes.until_begun(1)
    again = asyncio.create_task(coalescer.report_on(A))
    await asyncio.sleep(0)
    passes.ends[0].set_result(None)
    await first
    assert not again.done()
    await passes.until_begun(2)
    passes.ends[1].set_result(None)
    await again


async def test_own_report_only(passes: Passes, coalescer: Coalescer) -> None:
    """Each waiter is told of its own endpoint only."""
    blocker = asyncio.create_task(coalescer.report_on(C))
    await passes.until_begun(1)
    waiters = {one: asyncio.create_task(coalescer.report_on(one)) for one in (A, B)}
    await asyncio.sleep(0)
    passes.ends[0].set_result(None)
    await passes.until_begun(2)
    passes.ends[1].set_result(None)
    await blocker
    for one, waiter in waiters.items():
        report = await waiter
        assert set(report.plan.verdicts) == {one}
        assert [finding.object for finding in report.plan.findings] == [str(one)]


async def test_failing_pass(passes: Passes, coalescer: Coalescer) -> None:
    """A pass that fails fails those that shared it, and nobody else."""
    failing = asyncio.create_task(coalescer.report_on(A))
    await passes.until_begun(1)
    later = [asyncio.create_task(coalescer.report_on(one)) for one in (B, C)]
    await asyncio.sleep(0)
    passes.ends[0].set_exception(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await failing
    await passes.until_begun(2)
    passes.ends[1].set_result(None)
    assert [set((await waiter).plan.verdicts) for waiter in later] == [{B}, {C}]


async def test_cancelled_waiter(passes: Passes, coalescer: Coalescer) -> None:
    """A waiter that is cancelled takes neither the pass nor the other waiters with it."""
    first = asyncio.create_task(coalescer.report_on(A))
    await passes.until_begun(1)
    second, third = (asyncio.create_task(coalescer.report_on(one)) for one in (B, C))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    passes.ends[0].set_result(None)
    await passes.until_begun(2)
    passes.ends[1].set_result(None)
    assert C in (await third).plan.verdicts


async def test_failure_that_nobody_waits_for(
    passes: Passes, coalescer: Coalescer, caplog: pytest.LogCaptureFixture
) -> None:
    """A pass that fails when all its waiters are gone does not stop the next, and is no event-loop error."""
    gone = asyncio.create_task(coalescer.report_on(A))
    await passes.until_begun(1)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    waiter = asyncio.create_task(coalescer.report_on(B))
    await asyncio.sleep(0)
    passes.ends[0].set_exception(RuntimeError("broken"))
    await passes.until_begun(2)
    passes.ends[1].set_result(None)
    await waiter
    assert caplog.text == ""


async def test_pass_that_is_cancelled(passes: Passes, coalescer: Coalescer) -> None:
    """A pass that is cancelled from within leaves nobody waiting for ever, and the next request runs."""
    broken = asyncio.create_task(coalescer.report_on(A))
    await passes.until_begun(1)
    behind = asyncio.create_task(coalescer.report_on(B))
    await asyncio.sleep(0)
    passes.ends[0].cancel()
    await passes.until(broken.done)
    with pytest.raises(TemporaryError, match="broken off"):
        await broken
    await passes.until_begun(2)
    passes.ends[1].set_result(None)
    assert B in (await behind).plan.verdicts

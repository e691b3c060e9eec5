import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest

from shared.coalesce import Coalescer
from shared.company import LINGER, Company
from shared.domain.errors import TemporaryError
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.model import Absent
from shared.domain.needs.endpoints import MANY
from shared.domain.plan import Plan
from shared.domain.report import Report
from shared.domain.shares import Shares
from shared.domain.verdicts import Verdict
from shared.domain.world import Read, ReadEndpoint, ReadRegistrations, ReadServices, World
from shared.look import Looked
from tests.support.edges import endpoint

A, B, C = map(endpoint, "abc")
NOT_OURS = endpoint("not-ours")


@dataclass
class Works:
    """Looks that end at once, and passes that end when they are told to, with a report on what they were about.

    `joining`: a pass asks for company before it ends. `crowded`: calls must wait for the rate limit.
    """

    looks: list[frozenset[ResourceId]] = field(default_factory=list)
    begun: list[set[ResourceId]] = field(default_factory=list)
    ends: list[asyncio.Future[None]] = field(default_factory=list)
    joining: bool = False
    crowded: bool = False
    look_ends: asyncio.Future[None] | None = None

    async def look(self, endpoints: frozenset[ResourceId]) -> Looked:
        self.looks.append(endpoints)
        if self.look_ends:
            await self.look_ends
        others = endpoints & {NOT_OURS}
        ours = dict.fromkeys(endpoints - others, Absent())
        return Looked(Shares(report_on(others), others), MappingProxyType(ours))

    async def run(self, company: Company) -> Report:
        about = set(company.first)
        self.begun.append(about)
        self.ends.append(asyncio.get_running_loop().create_future())
        await self.ends[-1]
        if self.joining:
            about |= (await company.before_writing([])).keys()
        return report_on(about)

    async def until(self, true: Callable[[], bool]) -> None:
        """Let everything run until it is true, within bounds."""
        for _ in range(100):
            if true():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came true")

    async def until_begun(self, number: int) -> None:
        await self.until(lambda: len(self.begun) == number)


def report_on(endpoints: set[ResourceId] | frozenset[ResourceId]) -> Report:
    findings = tuple(Finding("no-private-ip", str(one), "x") for one in sorted(endpoints))
    return Report(World(), Plan(findings=findings, verdicts=dict.fromkeys(endpoints, Verdict.CONNECT)))


@pytest.fixture
def works() -> Works:
    return Works()


@pytest.fixture
def coalescer(works: Works) -> Coalescer:
    return Coalescer(works.look, works.run, lambda _: works.crowded)


async def test_lone_request(works: Works, coalescer: Coalescer) -> None:
    """A lone request is looked at and starts its pass at once, and another after it as well."""
    for number in (1, 2):
        waiter = asyncio.create_task(coalescer.report_on(A))
        await works.until_begun(number)
        works.ends[-1].set_result(None)
        assert A in (await waiter).plan.verdicts
    assert works.begun == [{A}, {A}]


async def test_sharing(works: Works, coalescer: Coalescer) -> None:
    """What arrives during a pass shares the next one: two passes for a hundred requests, one for itself."""
    first = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(1)
    names = [endpoint(f"pe{number}") for number in range(33)] * 3
    others = [asyncio.create_task(coalescer.report_on(one)) for one in names]
    await works.until(lambda: len(works.looks) == 2)
    assert len(works.begun) == 1
    works.ends[0].set_result(None)
    await first
    await works.until_begun(2)
    assert not any(other.done() for other in others)
    works.ends[1].set_result(None)
    await asyncio.gather(*others)
    assert works.begun == [{A}, set(names)]
    assert works.looks == [{A}, set(names)]


async def test_looked_at_after_the_call(works: Works, coalescer: Coalescer) -> None:
    """A request for an endpoint that is being looked at has it looked at again: that look may have been too early."""
    works.look_ends = asyncio.get_running_loop().create_future()
    waiters = [asyncio.create_task(coalescer.report_on(A))]
    await works.until(lambda: len(works.looks) == 1)
    waiters.append(asyncio.create_task(coalescer.report_on(A)))
    await asyncio.sleep(0)
    works.look_ends.set_result(None)

    def all_done() -> bool:
        for end in works.ends:
            if not end.done():
                end.set_result(None)
        return all(waiter.done() for waiter in waiters)

    await works.until(all_done)
    assert works.looks == [{A}, {A}]


async def test_not_ours(works: Works, coalescer: Coalescer) -> None:
    """An endpoint that is none of ours is done with after the look, while passes of others run."""
    ours = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(1)
    assert set((await coalescer.report_on(NOT_OURS)).plan.verdicts) == {NOT_OURS}
    assert not ours.done()
    works.ends[0].set_result(None)
    await ours
    assert works.begun == [{A}]


async def test_joining(works: Works, coalescer: Coalescer) -> None:
    """Before calls that must wait anyway, a running pass takes along who has come: one pass for all."""
    works.joining = works.crowded = True
    waiters = [asyncio.create_task(coalescer.report_on(A))]
    await works.until_begun(1)
    waiters += [asyncio.create_task(coalescer.report_on(one)) for one in (B, C, A)]
    await works.until(lambda: len(works.looks) == 2)
    works.ends[0].set_result(None)
    reports = await asyncio.gather(*waiters)
    assert [set(one.plan.verdicts) for one in reports] == [{A}, {B}, {C}, {A}]
    assert works.begun == [{A}]


async def test_joining_twice() -> None:
    """A stream of requests keeps no pass from its work: it takes others along before reading and before writing."""
    company = Company({}, lambda: {A: Absent()}, lambda: False, lambda _: True)
    assert await company.before_reading([ReadServices()]) == {A: Absent()}
    assert await company.before_reading([ReadServices()]) == {}
    assert await company.before_writing([]) == {A: Absent()}
    assert await company.before_writing([]) == {}
    assert await company.before_reading([ReadServices()]) == {}


async def test_nobody_joins_to_read_once_writing_was_about_to_begin() -> None:
    """Who could not join before the writes waits for the next pass, also where reads are made again."""
    company = Company({}, lambda: {A: Absent()}, lambda: False, lambda _: True)
    assert await company.before_writing([]) == {A: Absent()}
    assert await company.before_reading([ReadServices()]) == {}


@pytest.mark.parametrize(
    ("reads", "free", "join"),
    [
        ([ReadServices()], 0, True),
        ([ReadServices(), ReadRegistrations()], 1, False),
        ([ReadEndpoint(A)], 0, False),
        ([ReadEndpoint(endpoint(f"pe{number}")) for number in range(MANY + 1)], 9, True),
    ],
)
async def test_who_joins_before_reads(reads: list[Read[Any]], free: int, *, join: bool) -> None:
    """Others join before reads that are many, and where not one call to ClickHouse can go out: nothing is held up."""
    company = Company({}, lambda: {A: Absent()}, lambda: False, lambda calls: calls > free)
    assert bool(await company.before_reading(reads)) is join


async def test_nobody_waits_where_calls_can_be_made() -> None:
    """Where calls need not wait for the rate limit, no pass waits for company."""
    company = Company({}, lambda: {A: Absent()}, lambda: True, lambda _: False)
    assert await company.before_writing([]) == {}
    assert await company.before_reading([ReadServices()]) == {}


async def test_waiting_for_company_ends() -> None:
    """A pass waits for others while they keep coming, and for a few seconds at most."""
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    company = Company({}, lambda: {A: Absent()}, lambda: True, lambda _: True, sleep)
    assert await company.before_reading([ReadServices()]) == {A: Absent()}
    assert sum(naps) == pytest.approx(LINGER)


async def test_own_report_only(works: Works, coalescer: Coalescer) -> None:
    """Each waiter is told of its own endpoint only."""
    blocker = asyncio.create_task(coalescer.report_on(C))
    await works.until_begun(1)
    waiters = {one: asyncio.create_task(coalescer.report_on(one)) for one in (A, B)}
    await works.until(lambda: len(works.looks) == 2)
    works.ends[0].set_result(None)
    await works.until_begun(2)
    works.ends[1].set_result(None)
    await blocker
    for one, waiter in waiters.items():
        report = await waiter
        assert set(report.plan.verdicts) == {one}
        assert [finding.object for finding in report.plan.findings] == [str(one)]


async def test_failing_pass(works: Works, coalescer: Coalescer) -> None:
    """A pass that fails fails those that shared it, and nobody else."""
    failing = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(1)
    later = [asyncio.create_task(coalescer.report_on(one)) for one in (B, C)]
    await works.until(lambda: len(works.looks) == 2)
    works.ends[0].set_exception(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await failing
    await works.until_begun(2)
    works.ends[1].set_result(None)
    assert [set((await waiter).plan.verdicts) for waiter in later] == [{B}, {C}]


async def test_failing_for_all_who_joined(works: Works, coalescer: Coalescer) -> None:
    """Who has joined a pass that is broken off is told so too, and is left waiting by nobody."""
    works.joining = works.crowded = True
    waiters = [asyncio.create_task(coalescer.report_on(A))]
    await works.until_begun(1)
    waiters.append(asyncio.create_task(coalescer.report_on(B)))
    await works.until(lambda: len(works.looks) == 2)
    works.ends[0].set_exception(RuntimeError("broken"))
    told = await asyncio.gather(waiters[0], return_exceptions=True)
    assert isinstance(told[0], RuntimeError)
    await works.until_begun(2)
    works.ends[1].set_result(None)
    assert B in (await waiters[1]).plan.verdicts


async def test_cancelled_waiter(works: Works, coalescer: Coalescer) -> None:
    """A waiter that is cancelled takes neither the pass nor the other waiters with it."""
    first = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(1)
    second, third = (asyncio.create_task(coalescer.report_on(one)) for one in (B, C))
    await works.until(lambda: len(works.looks) == 2)
    first.cancel()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    works.ends[0].set_result(None)
    await works.until_begun(2)
    works.ends[1].set_result(None)
    assert C in (await third).plan.verdicts


async def test_all_have_given_up(works: Works, coalescer: Coalescer) -> None:
    """No pass is made for requests that have all given up before it began."""
    first, second = (asyncio.create_task(coalescer.report_on(one)) for one in (A, B))
    await works.until_begun(1)
    third = asyncio.create_task(coalescer.report_on(C))
    await works.until(lambda: len(works.looks) == 2)
    for _ in range(20):  # until it has been looked at, and waits for the next pass
        await asyncio.sleep(0)
    third.cancel()
    await asyncio.gather(third, return_exceptions=True)
    works.ends[0].set_result(None)
    await asyncio.gather(first, second)
    last = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(2)
    works.ends[1].set_result(None)
    await last
    assert works.begun == [{A, B}, {A}]


async def test_failure_that_nobody_waits_for(
    works: Works, coalescer: Coalescer, caplog: pytest.LogCaptureFixture
) -> None:
    """A pass that fails when all its waiters are gone does not stop the next, and is no event-loop error."""
    gone = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(1)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    waiter = asyncio.create_task(coalescer.report_on(B))
    await works.until(lambda: len(works.looks) == 2)
    works.ends[0].set_exception(RuntimeError("broken"))
    await works.until_begun(2)
    works.ends[1].set_result(None)
    await waiter
    assert caplog.text == ""


async def test_process_that_ends(works: Works, coalescer: Coalescer) -> None:
    """When the process ends amid a pass, its waiter is told that it was broken off, and the end is not held up."""
    before = asyncio.all_tasks()
    waiter = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(1)
    (runner,) = asyncio.all_tasks() - before - {waiter}
    runner.cancel()
    with pytest.raises(TemporaryError, match="broken off"):
        await waiter
    with pytest.raises(asyncio.CancelledError):
        await runner


async def test_pass_that_is_cancelled(works: Works, coalescer: Coalescer) -> None:
    """A pass that is cancelled from within leaves nobody waiting for ever, and the next request runs."""
    broken = asyncio.create_task(coalescer.report_on(A))
    await works.until_begun(1)
    behind = asyncio.create_task(coalescer.report_on(B))
    await works.until(lambda: len(works.looks) == 2)
    works.ends[0].cancel()
    await works.until(broken.done)
    with pytest.raises(TemporaryError, match="broken off"):
        await broken
    await works.until_begun(2)
    works.ends[1].set_result(None)
    assert B in (await behind).plan.verdicts

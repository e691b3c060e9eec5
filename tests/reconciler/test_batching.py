"""Which events share a pass, in virtual time; passes and reads are counted."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.classification import Verdict
from shared.domain.planning.plan import Plan
from shared.domain.results.pass_report import Report
from shared.reconciler.batching import MAX_GATHER_SECONDS, Batching
from tests.support import virtual_time
from tests.support.real_clients import endpoint

A, B, C = map(endpoint, "abc")
NOT_OURS = endpoint("not-ours")
READ_SECONDS, PASS_SECONDS = 0.05, 10.0


@dataclass
class Works:
    """Reads as slow as a call, and passes as slow as under the rate limit."""

    reads: list[set[ResourceId]] = field(default_factory=list)
    passes: list[set[ResourceId]] = field(default_factory=list)
    running: asyncio.Task[Any] | None = None
    fails: set[ResourceId] = field(default_factory=set)
    """A pass with one of these endpoints fails."""
    read_seconds: float = READ_SECONDS
    moments: list[float] = field(default_factory=list)

    async def first_read(
        self, endpoints: Mapping[ResourceId, None]
    ) -> Mapping[ResourceId, Report | Endpoint | NotFound]:
        self.reads.append(set(endpoints))
        await asyncio.sleep(self.read_seconds)
        return {one: report_on(one) if one == NOT_OURS else NotFound() for one in endpoints}

    async def run_pass(self, known: Mapping[ResourceId, Endpoint | NotFound]) -> Mapping[ResourceId, Report]:
        endpoints = set(known)
        self.passes.append(endpoints)
        self.moments.append(now())
        self.running = asyncio.current_task()
        await asyncio.sleep(PASS_SECONDS)
        if endpoints & self.fails:
            raise RuntimeError("broken")
        return {one: report_on(one) for one in endpoints}


@dataclass
class Stage:
    works: Works
    batching: Batching

    def event(self, one: ResourceId) -> asyncio.Task[Report]:
        return asyncio.create_task(self.batching.reconcile(one))

    async def until_running(self) -> None:
        """Wait until the pass over the events so far has started."""
        await asyncio.sleep(2 * READ_SECONDS)


def stage() -> Stage:
    works = Works()
    return Stage(works, Batching(works.first_read, works.run_pass))


def report_on(one: ResourceId) -> Report:
    return Report(Snapshot(), Plan(verdicts={one: Verdict.MANAGE}))


def endpoints_of(report: Report) -> set[ResourceId]:
    return set(report.plan.verdicts)


def now() -> float:
    return asyncio.get_running_loop().time()


def run(scenario: Coroutine[Any, Any, None]) -> None:
    virtual_time.run(scenario)


def test_a_lone_event_waits_for_its_read_only() -> None:
    """The pass of a single event starts as soon as its endpoint is read."""

    async def scenario() -> None:
        on = stage()
        began = now()
        assert endpoints_of(await on.event(A)) == {A}
        assert on.works.moments == [pytest.approx(began + READ_SECONDS)]

    run(scenario())


def test_events_of_one_burst_share_one_pass() -> None:
    """A burst over a second is one pass, and each endpoint is read once."""

    async def scenario() -> None:
        on = stage()
        names = [endpoint(f"pe{number}") for number in range(40)]
        waiters = []
        for one in names:
            waiters.append(on.event(one))
            await asyncio.sleep(READ_SECONDS / 2)
        assert [endpoints_of(await waiter) for waiter in waiters] == [{one} for one in names]
        assert on.works.passes == [set(names)]
        assert sum(map(len, on.works.reads)) == len(names)

    run(scenario())


def test_a_pass_waits_for_reads_that_are_under_way() -> None:
    """A pass includes events that have arrived and whose endpoints are still being read."""

    async def scenario() -> None:
        on = stage()
        on.works.read_seconds = 4 * READ_SECONDS
        waiters = [on.event(A)]
        await asyncio.sleep(READ_SECONDS)
        waiters.append(on.event(B))
        await asyncio.gather(*waiters)
        assert on.works.reads == [{A}, {B}]
        assert on.works.passes == [{A, B}]

    run(scenario())


def test_a_stream_of_events_holds_no_pass_up_for_long() -> None:
    """A continuous stream of events does not delay a pass beyond the limit."""

    async def scenario() -> None:
        on = stage()
        began, first = now(), on.event(A)
        for _ in range(round(4 * MAX_GATHER_SECONDS / READ_SECONDS)):
            on.event(NOT_OURS)
            await asyncio.sleep(READ_SECONDS / 2)
        assert endpoints_of(await first) == {A}
        assert on.works.moments[0] - began <= 2 * READ_SECONDS + MAX_GATHER_SECONDS

    run(scenario())


def test_what_arrives_during_a_pass_shares_the_next_one() -> None:
    """200 events during two passes need three passes: one for the first event, two for the rest."""

    async def scenario() -> None:
        on = stage()
        names = [endpoint(f"pe{number}") for number in range(200)]
        waiters = []
        for one in names:
            waiters.append(on.event(one))
            await asyncio.sleep(2 * PASS_SECONDS / len(names))
        reports = await asyncio.gather(*waiters)
        assert [endpoints_of(report) for report in reports] == [{one} for one in names]
        assert len(on.works.passes) == 3
        assert sum(map(len, on.works.passes)) == len(names)
        assert all(later - earlier >= PASS_SECONDS for earlier, later in pairwise(on.works.moments))

    run(scenario())


def test_an_endpoint_is_read_after_its_event() -> None:
    """An event that arrives while its endpoint is being read causes another read."""

    async def scenario() -> None:
        on = stage()
        waiters = [on.event(A)]
        await asyncio.sleep(READ_SECONDS / 2)
        waiters.append(on.event(A))
        await asyncio.gather(*waiters)
        assert on.works.reads == [{A}, {A}]
        assert on.works.passes == [{A}]

    run(scenario())


def test_an_event_during_its_endpoints_pass_gets_another_pass() -> None:
    """An event during a pass over its endpoint leads to another pass."""

    async def scenario() -> None:
        on = stage()
        waiters = [on.event(A)]
        await on.until_running()
        waiters.append(on.event(A))
        await asyncio.gather(*waiters)
        assert on.works.passes == [{A}, {A}]

    run(scenario())


def test_an_event_that_is_not_ours_waits_for_no_pass() -> None:
    """An unrelated endpoint is answered after its read, even while a slow pass runs."""

    async def scenario() -> None:
        on = stage()
        ours = on.event(A)
        await on.until_running()
        began = now()
        assert endpoints_of(await on.event(NOT_OURS)) == {NOT_OURS}
        assert now() - began == pytest.approx(READ_SECONDS)
        await ours
        assert on.works.passes == [{A}]

    run(scenario())


def test_a_pass_that_fails_fails_those_who_shared_it_and_nobody_else() -> None:
    """Every event of a failed pass gets its error; the events of the next pass get their reports."""

    async def scenario() -> None:
        on = stage()
        on.works.fails = {A}
        failing = [on.event(A), on.event(B)]
        await on.until_running()
        later = on.event(C)
        for waiter in failing:
            with pytest.raises(RuntimeError, match="broken"):
                await waiter
        assert endpoints_of(await later) == {C}
        assert on.works.passes == [{A, B}, {C}]

    run(scenario())


@pytest.mark.parametrize("before", [True, False])
def test_a_waiter_that_gives_up_takes_nobody_with_it(*, before: bool) -> None:
    """Cancelling one event, before or during its pass, does not affect the others."""

    async def scenario() -> None:
        on = stage()
        leaver, other = on.event(A), on.event(B)
        await asyncio.sleep(READ_SECONDS / 2 if before else 2 * READ_SECONDS)
        leaver.cancel()
        assert endpoints_of(await other) == {B}
        assert leaver.cancelled()

    run(scenario())


def test_a_batch_that_nobody_waits_for_is_not_run() -> None:
    """If all events are cancelled before their pass starts, it does not run; the next pass does."""

    async def scenario() -> None:
        on = stage()
        first = on.event(A)
        await on.until_running()
        gone = on.event(B)
        await on.until_running()
        gone.cancel()
        await first
        await on.until_running()
        assert endpoints_of(await on.event(C)) == {C}
        assert on.works.passes == [{A}, {C}]

    run(scenario())


def test_a_pass_goes_on_when_all_its_waiters_have_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """A running pass continues without waiting events, and its failure is not reported by the event loop."""

    async def scenario() -> None:
        on = stage()
        on.works.fails = {A}
        gone = on.event(A)
        await on.until_running()
        gone.cancel()
        assert endpoints_of(await on.event(B)) == {B}
        assert on.works.passes == [{A}, {B}]
        assert on.works.moments[1] - on.works.moments[0] >= PASS_SECONDS

    run(scenario())
    assert caplog.text == ""


def test_a_pass_that_is_cancelled_leaves_nobody_waiting() -> None:
    """When a pass is cancelled, its events get TemporaryError, so that Event Grid retries them."""

    async def scenario() -> None:
        on = stage()
        waiter = on.event(A)
        await on.until_running()
        behind = on.event(B)
        await asyncio.sleep(READ_SECONDS)
        assert on.works.running is not None
        on.works.running.cancel()
        with pytest.raises(TemporaryError, match="cancelled"):
            await waiter
        assert endpoints_of(await behind) == {B}

    run(scenario())

"""What is tried again, how often, and for how long."""

import asyncio
import time

import pytest

from shared.adapters.http_errors import seconds
from shared.adapters.retry import ATTEMPTS, Budget, Deadline, within
from shared.domain.model.errors import Cause, CauseKind, ChangedError, PermanentError, TemporaryError
from shared.telemetry.log import MAX_RETRY_LINES, log_retry
from shared.telemetry.pass_context import pass_context
from simulator.client import RunningSimulator
from tests.support.log_lines import Lines
from tests.support.real_clients import SCOPE, Adapters, adapters_for, wildcard

TEMPORARY = [408, 429, 500, 502, 503, 504]


def waiting(kind: CauseKind, seconds: float) -> TemporaryError:
    """An error whose response asks to wait that long."""
    return TemporaryError("x", cause=Cause(kind, retry_after=seconds))


@pytest.mark.parametrize("status", TEMPORARY)
@pytest.mark.parametrize("name", ["zones", "services", "update_registrations", "put new"])
async def test_outage(sim: RunningSimulator, adapters: Adapters, name: str, status: int) -> None:
    """A call that fails for a moment is made again, and its caller learns nothing of it."""
    sim.fault(status=status)
    await adapters.calls()[name]()
    assert len(sim.requests()) == 2


@pytest.mark.parametrize("system", ["arm", "dns", "clickhouse"])
@pytest.mark.parametrize("drop", ["before", "after"])
async def test_dropped_read(sim: RunningSimulator, adapters: Adapters, system: str, drop: str) -> None:
    """A read whose connection breaks is made again."""
    name = {"arm": "endpoints", "dns": "zones", "clickhouse": "services"}[system]
    sim.fault(match={"system": system}, drop=drop)
    await adapters.calls()[name]()
    assert len(sim.requests(system)) == 2


async def test_dropped_write(sim: RunningSimulator, adapters: Adapters) -> None:
    """A write whose answer was lost is found to be there already: it is decided anew, and not done twice."""
    sim.fault(match={"method": "PUT"}, drop="after")
    with pytest.raises(ChangedError):
        await adapters.dns.put(wildcard("10.0.1.9"), None)
    assert [request["status"] for request in sim.requests("dns")] == [None, 412]


async def test_lasting_outage(sim: RunningSimulator) -> None:
    """A system that stays down is a TemporaryError before the deadline, after several calls with pauses."""
    sim.fault(status=503, count=None)
    async with adapters_for(sim.url, 0.6) as adapters:
        began = time.monotonic()
        with pytest.raises(TemporaryError, match="503"):
            await adapters.clickhouse.services()
        assert time.monotonic() - began < 0.6
    assert 2 <= len(sim.requests()) <= ATTEMPTS


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
async def test_clickhouse_asks_to_wait(sim: RunningSimulator, adapters: Adapters, header: str) -> None:
    """The seconds that ClickHouse Cloud asks for pass before the next call."""
    sim.fault(status=429, headers={header: "1"})
    await adapters.clickhouse.services()
    first, second = sim.requests()
    assert second["start"] - first["end"] >= 1


async def test_arm_asks_to_wait(sim: RunningSimulator, adapters: Adapters) -> None:
    """The seconds that ARM asks for pass before the next call."""
    sim.fault(status=429, headers={"Retry-After": "1"})
    await adapters.dns.zones(SCOPE)
    first, second = sim.requests()
    assert second["start"] - first["end"] >= 1


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("services", {"X-RateLimit-Reset": "60"}),
        ("services", {"Retry-After": "60", "X-RateLimit-Reset": "1"}),
        ("services", {"Retry-After": "1", "X-RateLimit-Reset": "60"}),
        ("zones", {"Retry-After": "60"}),
    ],
)
async def test_asked_to_wait_too_long(
    sim: RunningSimulator, adapters: Adapters, name: str, headers: dict[str, str]
) -> None:
    """A wait that would last beyond the deadline is not begun: the error is raised at once, with the wait."""
    sim.fault(status=429, headers=headers, count=None)
    began = time.monotonic()
    with pytest.raises(TemporaryError, match="429") as caught:
        await adapters.calls()[name]()
    assert time.monotonic() - began < 2
    assert caught.value.cause == Cause(CauseKind.THROTTLED, retry_after=60)
    assert len(sim.requests()) == 1


@pytest.mark.parametrize("name", ["zones", "services", "update_registrations", "put"])
async def test_slow_answer(sim: RunningSimulator, name: str) -> None:
    """An answer that does not come is waited for until the deadline, and no longer."""
    sim.fault(delay_ms=3_000, count=None)
    async with adapters_for(sim.url, 0.3) as adapters:
        began = time.monotonic()
        with pytest.raises(TemporaryError, match="no response before the deadline of the pass"):
            await adapters.calls()[name]()
        assert 0.25 < time.monotonic() - began < 2


async def test_slow_answer_after_a_failure(sim: RunningSimulator) -> None:
    """If the deadline ends a further attempt, the error is that of the attempt before: it says why the call failed."""
    sim.fault(status=503)
    sim.fault(delay_ms=3_000, count=None)
    async with adapters_for(sim.url, 1) as adapters:
        with pytest.raises(TemporaryError, match="503"):
            await adapters.calls()["services"]()
    assert [request["status"] for request in sim.requests()] == [503, None]


async def test_over_before_it_began(sim: RunningSimulator) -> None:
    """When the time is over nothing more is sent."""
    async with adapters_for(sim.url, 0) as adapters:
        for name in ("zones", "services", "put", "update_registrations"):
            with pytest.raises(TemporaryError):
                await adapters.calls()[name]()
    assert sim.requests() == []


async def test_reads_leave_time_for_writes() -> None:
    """Reads end before writes do, so that what was decided can still be done."""
    budget = Budget.of(100)
    assert 50 < budget.for_reads().left() < budget.for_writes().left() - 20 <= 80


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (waiting(CauseKind.SERVER_ERROR, 100), 1),
        (waiting(CauseKind.SERVER_ERROR, -5), ATTEMPTS),
        (ChangedError("x"), 1),
        (PermanentError("x"), 1),
        (KeyError("x"), 1),
    ],
    ids=repr,
)
async def test_what_is_tried_again(error: Exception, calls: int) -> None:
    """Only TemporaryErrors are tried again, and a change by others is not: it wants another decision."""
    made = 0

    async def call() -> None:
        nonlocal made
        made += 1
        raise error

    with pytest.raises(type(error)) as caught:
        await within(Deadline.after(20), "it", call)
    assert caught.value is error
    assert made == calls


async def test_throttling_is_no_try() -> None:
    """A call that was refused for there being too many is made again as long as there is time."""
    left = ATTEMPTS

    async def call() -> str:
        nonlocal left
        left -= 1
        if left >= 0:
            raise waiting(CauseKind.THROTTLED, 0.01)
        return "done"

    assert await within(Deadline.after(20), "it", call) == "done"


async def test_reading_again_what_was_written() -> None:
    """Once something is written, reads may last as long as the pass."""
    budget = Budget.of(100)
    assert budget.for_reads() < budget.for_writes() == budget.for_reads() == budget.for_one_read()


async def test_one_read_of_a_long_pass() -> None:
    """One read that gets no answer does not hold up a pass for all the time it has."""
    budget = Budget.of(100, each=5)
    assert 4 < budget.for_one_read().left() <= 5
    assert budget.for_reads().left() > 50
    assert Budget.of(1, each=5).for_one_read().left() <= 1


async def test_cancelling() -> None:
    """Cancelling a call that waits for its next try ends it."""

    async def call() -> None:
        raise waiting(CauseKind.SERVER_ERROR, 5)

    task = asyncio.create_task(within(Deadline.after(20), "it", call))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("soon", None),
        ("²", None),
        ("Wed, 21 Oct 2037 07:28:00 GMT", None),
    ],
)
def test_seconds(text: str | None, told: float | None) -> None:
    """Seconds in a header are taken if they are a number, and never fail otherwise."""
    assert seconds(text) == told


def test_only_so_many_retries_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """A pass that tries again and again counts every retry, and tells of the first only."""
    with pass_context("sync") as under_way:
        for _ in range(MAX_RETRY_LINES + 5):
            log_retry(TemporaryError("503"), 0.1)
    assert under_way.retries == MAX_RETRY_LINES + 5
    assert len(Lines(caplog).of("retry")) == MAX_RETRY_LINES

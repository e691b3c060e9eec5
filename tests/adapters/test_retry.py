"""Retries: which errors, how often, and for how long."""

import asyncio
import time

import pytest

from shared.adapters.http_errors import seconds
from shared.adapters.retry import ATTEMPTS, Budget, Deadline, within
from shared.domain.model.errors import Cause, CauseKind, PermanentError, System, TemporaryError
from shared.telemetry.log import MAX_RETRY_LINES, log_retry, pass_context
from simulator.client import RunningSimulator
from tests.support.errors import changed, raises
from tests.support.log_lines import Lines
from tests.support.real_clients import SCOPE, Adapters, adapters_for, wildcard

TEMPORARY = [408, 429, 500, 502, 503, 504]


def retry_after(kind: CauseKind, seconds: float) -> TemporaryError:
    """Return an error whose response requests this delay."""
    return TemporaryError("x", cause=Cause(kind, retry_after=seconds))


@pytest.mark.parametrize("status", TEMPORARY)
@pytest.mark.parametrize("name", ["zones", "services", "update_registrations", "put new"])
async def test_outage(sim: RunningSimulator, adapters: Adapters, name: str, status: int) -> None:
    """A call that fails once with a temporary error is retried, and succeeds."""
    sim.fault(status=status)
    await adapters.calls()[name]()
    assert len(sim.requests()) == 2


@pytest.mark.parametrize("system", ["arm", "dns", "clickhouse"])
@pytest.mark.parametrize("drop", ["before", "after"])
async def test_dropped_read(sim: RunningSimulator, adapters: Adapters, system: str, drop: str) -> None:
    """A read whose connection is dropped is retried."""
    name = {"arm": "endpoints", "dns": "zones", "clickhouse": "services"}[system]
    sim.fault(match={"system": system}, drop=drop)
    await adapters.calls()[name]()
    assert len(sim.requests(system)) == 2


async def test_dropped_write(sim: RunningSimulator, adapters: Adapters) -> None:
    """A write whose response is lost is not repeated: its retry fails with the cause CHANGED."""
    sim.fault(match={"method": "PUT"}, drop="after")
    with raises(CauseKind.CHANGED):
        await adapters.dns.put(wildcard("10.0.1.9"), None)
    assert [request["status"] for request in sim.requests("dns")] == [None, 412]


async def test_lasting_outage(sim: RunningSimulator) -> None:
    """A lasting outage is a TemporaryError before the deadline, after several attempts."""
    sim.fault(status=503, count=None)
    async with adapters_for(sim.url, 0.6) as adapters:
        start = time.monotonic()
        with pytest.raises(TemporaryError, match="503"):
            await adapters.clickhouse.services()
        assert time.monotonic() - start < 0.6
    assert 2 <= len(sim.requests()) <= ATTEMPTS


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
async def test_delay_of_clickhouse(sim: RunningSimulator, adapters: Adapters, header: str) -> None:
    """The next attempt waits for the delay that ClickHouse Cloud requests."""
    sim.fault(status=429, headers={header: "1"})
    await adapters.clickhouse.services()
    first, second = sim.requests()
    assert second["start"] - first["end"] >= 1


async def test_delay_of_arm(sim: RunningSimulator, adapters: Adapters) -> None:
    """The next attempt waits for the delay that ARM requests."""
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
async def test_delay_beyond_the_deadline(
    sim: RunningSimulator, adapters: Adapters, name: str, headers: dict[str, str]
) -> None:
    """A delay beyond the deadline raises the error immediately, with the delay."""
    sim.fault(status=429, headers=headers, count=None)
    start = time.monotonic()
    with pytest.raises(TemporaryError, match="429") as raised:
        await adapters.calls()[name]()
    assert time.monotonic() - start < 2
    assert raised.value.cause == Cause(CauseKind.THROTTLED, retry_after=60, status=429)
    assert len(sim.requests()) == 1


@pytest.mark.parametrize("name", ["zones", "services", "update_registrations", "put"])
async def test_slow_response(sim: RunningSimulator, name: str) -> None:
    """A call waits for its response until the deadline, and no longer."""
    sim.fault(delay_ms=3_000, count=None)
    async with adapters_for(sim.url, 0.3) as adapters:
        start = time.monotonic()
        with pytest.raises(TemporaryError, match="no response before the deadline of the pass"):
            await adapters.calls()[name]()
        assert 0.25 < time.monotonic() - start < 2


async def test_slow_response_after_a_failure(sim: RunningSimulator) -> None:
    """If the deadline ends a retry, the error is that of the previous attempt."""
    sim.fault(status=503)
    sim.fault(delay_ms=3_000, count=None)
    async with adapters_for(sim.url, 1) as adapters:
        with pytest.raises(TemporaryError, match="503"):
            await adapters.calls()["services"]()
    assert [request["status"] for request in sim.requests()] == [503, None]


async def test_expired_deadline(sim: RunningSimulator) -> None:
    """After the deadline no request is sent."""
    async with adapters_for(sim.url, 0) as adapters:
        for name in ("zones", "services", "put", "update_registrations"):
            with pytest.raises(TemporaryError):
                await adapters.calls()[name]()
    assert sim.requests() == []


async def test_reads_leave_time_for_writes() -> None:
    """The deadline of reads is before that of writes, so that the plan can be applied."""
    budget = Budget.of(100)
    assert 50 < budget.for_reads().left() < budget.for_writes().left() - 20 <= 80


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (retry_after(CauseKind.SERVER_ERROR, 100), 1),
        (retry_after(CauseKind.SERVER_ERROR, -5), ATTEMPTS),
        (changed("x"), 1),
        (PermanentError("x"), 1),
        (KeyError("x"), 1),
    ],
    ids=repr,
)
async def test_retried_errors(error: Exception, calls: int) -> None:
    """Only TemporaryErrors are retried. One with the cause CHANGED is not: it requires a new plan."""
    attempts = 0

    async def call() -> None:
        nonlocal attempts
        attempts += 1
        raise error

    with pytest.raises(type(error)) as raised:
        await within(Deadline.after(20), System.AZURE, "it", call)
    assert raised.value is error
    assert attempts == calls


async def test_throttling_is_retried_until_the_deadline() -> None:
    """A call that was refused for there being too many is attempts again as long as there is time."""
    remaining = ATTEMPTS

    async def call() -> str:
        nonlocal remaining
        remaining -= 1
        if remaining >= 0:
            raise retry_after(CauseKind.THROTTLED, 0.01)
        return "done"

    assert await within(Deadline.after(20), System.AZURE, "it", call) == "done"


async def test_reads_after_writes() -> None:
    """After the first write, reads have the deadline of the pass."""
    budget = Budget.of(100)
    assert budget.for_reads() < budget.for_writes() == budget.for_reads() == budget.for_one_read()


async def test_one_read_of_a_long_pass() -> None:
    """One read has a shorter deadline than the pass."""
    budget = Budget.of(100, each=5)
    assert 4 < budget.for_one_read().left() <= 5
    assert budget.for_reads().left() > 50
    assert Budget.of(1, each=5).for_one_read().left() <= 1


async def test_cancelling() -> None:
    """A call can be cancelled while it waits for its next attempt."""

    async def call() -> None:
        raise retry_after(CauseKind.SERVER_ERROR, 5)

    task = asyncio.create_task(within(Deadline.after(20), System.AZURE, "it", call))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("text", "expected"),
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
def test_seconds(text: str | None, expected: float | None) -> None:
    """A delay in a header is parsed if it is a finite number; other values are ignored."""
    assert seconds(text) == expected


def test_retry_log_lines_are_limited(caplog: pytest.LogCaptureFixture) -> None:
    """A pass counts every retry, and logs only the first ones."""
    with pass_context("sync") as progress:
        for _ in range(MAX_RETRY_LINES + 5):
            log_retry(System.AZURE, TemporaryError("503"), 0.1)
    assert progress.retries == MAX_RETRY_LINES + 5
    assert len(Lines(caplog).of("retry")) == MAX_RETRY_LINES

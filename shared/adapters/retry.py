"""Retries of calls that failed temporarily: bounded by count and deadline, with the delay that the server asks for.

A call that was throttled with a delay does not count as an attempt.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count

import stamina

from shared.domain.model.errors import Cause, CauseKind, System, TemporaryError
from shared.telemetry.log import log_retry

ATTEMPTS = 6
FIRST_WAIT = 0.2
READS_SHARE = 0.6


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """The remaining seconds, at least 0."""
        return max(0.0, self.at - time.monotonic())


@dataclass(slots=True)
class Budget:
    """The time of a pass.

    Before the first write, reads end early enough for the writes that they lead to. Afterwards they may last as
    long as writes, because changed objects are read again. `each`: the most seconds for one read.
    """

    _reads: Deadline
    _writes: Deadline
    each: float = math.inf
    _wrote: bool = False

    @classmethod
    def of(cls, seconds: float, each: float = math.inf) -> "Budget":
        return cls(Deadline.after(seconds * READS_SHARE), Deadline.after(seconds), each)

    def for_reads(self) -> Deadline:
        """The deadline of all reads."""
        return self._writes if self._wrote else self._reads

    def for_one_read(self) -> Deadline:
        """The deadline of a read that begins now."""
        return min(self.for_reads(), Deadline.after(self.each))

    def for_writes(self) -> Deadline:
        """The deadline of a write that begins now."""
        self._wrote = True
        return self._writes


async def within[T](deadline: Deadline, system: System, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """The result of `call`, retried after each TemporaryError while there is time.

    Raises the error of the last attempt that got a response, or TemporaryError naming `what` if none did before
    the deadline.
    """
    failed: TemporaryError | None = None
    async for attempt in stamina.retry_context(on=_backoff(deadline, system), attempts=None, timeout=None):
        with attempt:
            try:
                async with asyncio.timeout(deadline.left()):
                    return await call()
            except TimeoutError as error:
                late = f"{what}: no response before the deadline of the pass"
                raise failed or TemporaryError(late, cause=Cause(CauseKind.TIMED_OUT)) from error
            except TemporaryError as error:
                failed = error
                raise
    raise AssertionError("the last attempt returns or raises")


def _backoff(deadline: Deadline, system: System) -> Callable[[Exception], bool | float]:
    attempts = count(1)

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, TemporaryError) or error.cause.kind is CauseKind.CHANGED:
            return False
        asked = error.cause.retry_after or 0
        if error.cause.kind is CauseKind.THROTTLED and asked > 0:
            delay = max(FIRST_WAIT, asked)
        elif (failed := next(attempts)) < ATTEMPTS:
            usual: float = FIRST_WAIT * 2 ** (failed - 1) * random.uniform(0.5, 1)  # noqa: S311 -- jitter, no secret
            delay = max(usual, asked)
        else:
            return False
        if delay >= deadline.left():
            return False
        log_retry(system, error, delay)
        return delay

    return wait

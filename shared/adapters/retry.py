"""Try again what may go through later: a few times, obeying the server, never past the deadline.

A call that is refused for there being too many, with a time when to come again, is not counted as a try.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count

import stamina

from shared.domain.model.errors import Cause, CauseKind, ChangedError, TemporaryError
from shared.telemetry.log import tell_retry

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
        """The seconds left, never less than 0."""
        return max(0.0, self.at - time.monotonic())


@dataclass(slots=True)
class Budget:
    """The time a pass has.

    Until something is written, reads end before writes, so that what was decided can still be done;
    afterwards they may last as long, for what was written is read again. `each`: the seconds that one
    read may take at most, however much time the pass has, so that one does not hold up all others.
    """

    _reads: Deadline
    _writes: Deadline
    each: float = math.inf
    _wrote: bool = False

    @classmethod
    def of(cls, seconds: float, each: float = math.inf) -> "Budget":
        return cls(Deadline.after(seconds * READS_SHARE), Deadline.after(seconds), each)

    def for_reads(self) -> Deadline:
        """Until when reads may last."""
        return self._writes if self._wrote else self._reads

    def for_one_read(self) -> Deadline:
        """Until when a read may last that begins now."""
        return min(self.for_reads(), Deadline.after(self.each))

    def for_writes(self) -> Deadline:
        """Until when a write may last, which begins now."""
        self._wrote = True
        return self._writes


async def within[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """The result of `call`, tried again after each TemporaryError that leaves time to.

    Raises the error of the last attempt that got a response, or TemporaryError naming `what` if none did before
    the deadline.
    """
    failed: TemporaryError | None = None
    async for attempt in stamina.retry_context(on=_backoff(deadline), attempts=None, timeout=None):
        with attempt:
            try:
                async with asyncio.timeout(deadline.left()):
                    return await call()
            except TimeoutError as error:
                late = f"{what}: no answer before the pass's deadline"
                raise failed or TemporaryError(late, cause=Cause(CauseKind.TIMED_OUT)) from error
            except TemporaryError as error:
                failed = error
                raise
    raise AssertionError("the last attempt returns or raises")


def _backoff(deadline: Deadline) -> Callable[[Exception], bool | float]:
    tries = count(1)

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, TemporaryError) or isinstance(error, ChangedError):
            return False
        asked = error.cause.retry_after or 0
        if error.cause.kind is CauseKind.THROTTLED and asked > 0:
            delay = max(FIRST_WAIT, asked)
        elif (made := next(tries)) < ATTEMPTS:
            usual: float = FIRST_WAIT * 2 ** (made - 1) * random.uniform(0.5, 1)  # noqa: S311 -- jitter, no secret
            delay = max(usual, asked)
        else:
            return False
        if delay >= deadline.left():
            return False
        tell_retry(error, delay)
        return delay

    return wait

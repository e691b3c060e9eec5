"""Try again what may go through later: a few times, obeying the server, never past the deadline."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count

import stamina

from shared.domain.errors import ChangedError, TemporaryError

ATTEMPTS = 6
FIRST_WAIT = 0.2
READS_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """The seconds left, never less than 0."""
        return max(0.0, self.at - time.monotonic())


@dataclass(frozen=True, slots=True)
class Budget:
    """The time a pass has. Reads end before writes, so that what was decided can still be done."""

    reads: Deadline
    writes: Deadline

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        return cls(Deadline.after(seconds * READS_SHARE), Deadline.after(seconds))


async def within[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """The result of `call`, tried again after each TemporaryError that leaves time to.

    Raises what the last try raised, or TemporaryError naming `what` if the deadline cut it off.
    """
    async for attempt in stamina.retry_context(on=_backoff(deadline), attempts=ATTEMPTS, timeout=None):
        with attempt:
            try:
                async with asyncio.timeout(deadline.left()):
                    return await call()
            except TimeoutError as error:
                raise TemporaryError(f"{what}: no answer before the pass's deadline") from error
    raise AssertionError("the last attempt returns or raises")


def seconds(text: str | None) -> float | None:
    """The seconds that a header asks us to wait; None for none, and for a date, which nobody here sends."""
    try:
        asked = float(text) if text else math.nan
    except ValueError:
        return None
    return asked if math.isfinite(asked) else None


def _backoff(deadline: Deadline) -> Callable[[Exception], bool | float]:
    tries = count()

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, TemporaryError) or isinstance(error, ChangedError):
            return False
        usual = FIRST_WAIT * 2 ** next(tries) * random.uniform(0.5, 1)  # noqa: S311 -- jitter, no secret
        delay = max(usual, error.retry_after or 0)
        return delay if delay < deadline.left() else False

    return wait

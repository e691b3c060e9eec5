"""The rate limit of an API key."""

import math
from collections import defaultdict, deque
from collections.abc import Callable


class RateLimit:
    """A sliding window per key: at most `count` requests in `seconds`. Refused requests do not count."""

    def __init__(self, count: int, seconds: float, clock: Callable[[], float]) -> None:
        self._count, self._seconds, self._clock = count, seconds, clock
        self._admitted: dict[str, deque[float]] = defaultdict(deque)

    def refuse(self, key: str) -> int | None:
        """Return None if the request is admitted (and counted), else the whole seconds to wait."""
        now, admitted = self._clock(), self._admitted[key]
        while admitted and admitted[0] <= now - self._seconds:
            admitted.popleft()
        if len(admitted) < self._count:
            admitted.append(now)
            return None
        return max(1, math.ceil(admitted[0] + self._seconds - now))


def parse_limit(text: str, clock: Callable[[], float]) -> RateLimit | None:
    """Parse `10/10` into a limit of ten requests in ten seconds, `off` into None.

    Raises:
        ValueError: the text is not a rate limit.
    """
    if text == "off":
        return None
    count, slash, seconds = text.partition("/")
    if not slash or int(count) < 1 or float(seconds) <= 0:
        raise ValueError(f"the rate limit must be 'off' or COUNT/SECONDS, not '{text}'")
    return RateLimit(int(count), float(seconds), clock)

"""The rate limit of an API key."""

import math
from collections import defaultdict, deque
from collections.abc import Callable


class RateLimit:
    """At most `count` requests in any span of `seconds`, for each key: the strictest reading of the rule.

    A refused request does not count.
    """

    def __init__(self, count: int, seconds: float, clock: Callable[[], float]) -> None:
        self._count, self._seconds, self._clock = count, seconds, clock
        self._admitted: dict[str, deque[float]] = defaultdict(deque)

    def refuse(self, key: str) -> int | None:
        """None where the request may pass (it then counts), else the whole seconds until one may."""
        now, admitted = self._clock(), self._admitted[key]
        while admitted and admitted[0] <= now - self._seconds:
            admitted.popleft()
        if len(admitted) < self._count:
            admitted.append(now)
            return None
        return max(1, math.ceil(admitted[0] + self._seconds - now))


def parse_limit(text: str, clock: Callable[[], float]) -> RateLimit | None:
    """`10/10` as a limit of ten requests in ten seconds, `off` as none.

    Raises:
        ValueError: the text is neither.
    """
    if text == "off":
        return None
    count, slash, seconds = text.partition("/")
    if not slash or int(count) < 1 or float(seconds) <= 0:
        raise ValueError(f"a rate limit is 'off' or COUNT/SECONDS, not '{text}'")
    return RateLimit(int(count), float(seconds), clock)

"""Every state the story claims is held against the simulator; the first that is not so ends the story."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from demo.show import Show

_PAUSE = 0.02


class UnexpectedStateError(Exception):
    """A state that did not come about in time."""

    def __init__(self, what: str, expected: object, found: object) -> None:
        super().__init__(what)
        self.what, self.expected, self.found = what, expected, found


@dataclass
class Checks:
    """`seconds` is how long a state is waited for."""

    show: Show
    seconds: float
    passed: int = 0

    def expect(self, what: str, expected: object, find: Callable[[], object], told: object = None) -> None:
        """Wait until `find` gives what is expected, and show that (or what is `told` of it)."""
        deadline = time.monotonic() + self.seconds
        while (found := find()) != expected:
            if time.monotonic() >= deadline:
                raise UnexpectedStateError(what, expected, found)
            time.sleep(_PAUSE)
        self.passed += 1
        self.show.checked(what, expected if told is None else told)

    def wait_for[T](self, what: str, find: Callable[[], T | None], seconds: float | None = None) -> T:
        """What `find` gives as soon as it gives something."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while (found := find()) is None:
            if time.monotonic() >= deadline:
                raise UnexpectedStateError(what, "to be there", "nothing")
            time.sleep(_PAUSE)
        return found

"""Checks of the simulator's state. The first unexpected state ends the demo."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from demo.show import Show

_PAUSE = 0.02


class UnexpectedStateError(Exception):
    """The expected state was not reached in time."""

    def __init__(self, what: str, expected: object, found: object) -> None:
        super().__init__(what)
        self.what, self.expected, self.found = what, expected, found


@dataclass
class Checks:
    """`seconds`: how long to wait for a state."""

    show: Show
    seconds: float
    passed: int = 0

    def expect(self, what: str, expected: object, find: Callable[[], object], shown: object = None) -> None:
        """Wait until `find` returns what is expected, and print `shown`, or else what was expected."""
        deadline = time.monotonic() + self.seconds
        while (found := find()) != expected:
            if time.monotonic() >= deadline:
                raise UnexpectedStateError(what, expected, found)
            time.sleep(_PAUSE)
        self.passed += 1
        self.show.checked(what, expected if shown is None else shown)

    def wait_for[T](self, what: str, find: Callable[[], T | None], seconds: float | None = None) -> T:
        """The first result of `find` that is not None."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while (found := find()) is None:
            if time.monotonic() >= deadline:
                raise UnexpectedStateError(what, "to be there", "nothing")
            time.sleep(_PAUSE)
        return found

"""How much work a function does, as a count that is the same on every machine."""

import sys
from collections.abc import Callable
from typing import Any


class Heard(str):
    """A text whose hashing is seen: without that, C walks through a mapping of texts unnoticed."""

    __slots__ = ()

    def __hash__(self) -> int:
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    def lower(self) -> "Heard":
        return Heard(super().lower())


def work_of(run: Callable[[], object]) -> int:
    """How many functions are called, Python's and C's, while it runs."""
    calls = 0

    def note(_frame: Any, event: str, _about: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls

"""Measures the work of a function as a number of calls, which is the same on every machine."""

import sys
from collections.abc import Callable
from typing import Any


class CountedStr(str):
    """A string with a Python hash function, so that lookups in mappings are counted."""

    __slots__ = ()

    def __hash__(self) -> int:
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    def lower(self) -> "CountedStr":
        return CountedStr(super().lower())


def work_of(run: Callable[[], object]) -> int:
    """Return the number of Python and C calls while `run` executes."""
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(previous)
    return calls

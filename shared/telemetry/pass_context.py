"""The pass that is under way: its name in the log, and what it has cost so far.

Whoever makes a call counts it here without being handed anything: a pass and all tasks it starts share a
context of their own (contextvars), and what is done outside of any pass is not counted.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import uuid4

from shared.domain.results.pass_report import Calls


@dataclass
class Passing:
    """One pass. `door`: event, sync, audit or cli. `retries`: calls that had to be made again."""

    door: str
    id: str = field(default_factory=lambda: uuid4().hex)
    sent: Counter[str] = field(default_factory=Counter)
    retries: int = 0

    @property
    def calls(self) -> Calls:
        """The HTTP requests sent so far, retries and pages of lists included."""
        return Calls(self.sent["clickhouse"], self.sent["azure_network"], self.sent["azure_dns"])


_CURRENT: ContextVar[Passing | None] = ContextVar("passing", default=None)


def current() -> Passing | None:
    return _CURRENT.get()


@contextmanager
def passing(door: str) -> Iterator[Passing]:
    """A pass, from here to the end of the block; within another one, that one."""
    if outer := _CURRENT.get():
        yield outer
        return
    under_way = Passing(door)
    token = _CURRENT.set(under_way)
    try:
        yield under_way
    finally:
        _CURRENT.reset(token)


def count_call(system: str) -> None:
    """A request goes out to that system: clickhouse, azure_network or azure_dns."""
    if under_way := _CURRENT.get():
        under_way.sent[system] += 1

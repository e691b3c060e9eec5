"""The running pass: its id and trigger in the log, and the calls it has made.

It is a context variable, so adapters count a call without a parameter. Calls outside a pass are not counted.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import uuid4

from shared.domain.model.errors import CauseKind
from shared.domain.results.pass_report import Calls


@dataclass
class PassContext:
    """`trigger`: event, sync, audit or cli. `retries`: calls that were repeated.

    `store_failures`: why the report store failed, as far as it is in the log.
    """

    trigger: str
    id: str = field(default_factory=lambda: uuid4().hex)
    sent: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    store_failures: set[CauseKind] = field(default_factory=set)

    @property
    def calls(self) -> Calls:
        """The HTTP requests sent so far, including retries and pages of lists."""
        return Calls(self.sent["clickhouse"], self.sent["azure_network"], self.sent["azure_dns"])


_CURRENT: ContextVar[PassContext | None] = ContextVar("pass_context", default=None)


def current_pass() -> PassContext | None:
    return _CURRENT.get()


@contextmanager
def pass_context(trigger: str) -> Iterator[PassContext]:
    """The context of a pass until the end of the block; within another pass, that pass's context."""
    if outer := _CURRENT.get():
        yield outer
        return
    context = PassContext(trigger)
    token = _CURRENT.set(context)
    try:
        yield context
    finally:
        _CURRENT.reset(token)


def count_call(system: str) -> None:
    """Count a request to that system: clickhouse, azure_network or azure_dns."""
    if context := _CURRENT.get():
        context.sent[system] += 1

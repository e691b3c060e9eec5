"""What the changes of this pass, and of earlier ones in this process, have shown about the ClickHouse API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain.changes import Register


@dataclass(frozen=True, slots=True)
class PassResults:
    """`add_refused`: the API refused the organization's deprecated `add`; register through a service.

    Of this pass, by registered id in lower case: `registered` are the registrations that the API accepted,
    `deregistered` the ids among them that were deregistered again.
    """

    add_refused: bool = False
    registered: Mapping[str, Register] = field(default_factory=lambda: MappingProxyType({}))
    deregistered: frozenset[str] = frozenset()


NO_RESULTS = PassResults()

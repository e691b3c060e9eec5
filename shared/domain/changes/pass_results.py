"""What the changes of this pass, and of earlier ones in this process, have shown about the systems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain.changes import Register
from shared.domain.model.ids import ResourceId


@dataclass(frozen=True, slots=True)
class PassResults:
    """`add_refused`: the API refused the organization's deprecated `add`; register through a service.

    Of this pass, by registered id in lower case: `registered` are the registrations that the API accepted,
    `deregistered` the ids among them that were deregistered again, `deregistrations_refused` the ids that the key
    may not deregister. Also of this pass: `locked_zones` are those
    in which a management lock refused a write, `names_taken` the zones and names of record sets that were refused
    because a record of another type has the name.
    """

    add_refused: bool = False
    registered: Mapping[str, Register] = field(default_factory=lambda: MappingProxyType({}))
    deregistered: frozenset[str] = frozenset()
    deregistrations_refused: frozenset[str] = frozenset()
    locked_zones: frozenset[ResourceId] = frozenset()
    names_taken: frozenset[tuple[ResourceId, str]] = frozenset()


NO_RESULTS = PassResults()

"""What this pass, and earlier ones in this process, have learned about the systems by their changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain.changes import Register
from shared.domain.model.ids import ResourceId


@dataclass(frozen=True, slots=True)
class PassResults:
    """`add_refused`: the API refuses the organization's deprecated `add`, so register through a service.

    Of this pass only, with ids in lower case: `registered`, the registrations that the API accepted; `unmarked`, those
    of them that were removed again because their description was not stored; `deregistrations_refused`, the ids that
    the key may not deregister; `locked_zones`, where a management lock refused a write; `names_taken`, the zone and
    name of each record set that was refused because a record of another type has the name.
    """

    add_refused: bool = False
    registered: Mapping[str, Register] = field(default_factory=lambda: MappingProxyType({}))
    unmarked: frozenset[str] = frozenset()
    deregistrations_refused: frozenset[str] = frozenset()
    locked_zones: frozenset[ResourceId] = frozenset()
    names_taken: frozenset[tuple[ResourceId, str]] = frozenset()


NO_RESULTS = PassResults()

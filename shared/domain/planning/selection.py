"""What an endpoint's tag selects among the organization's services; computed by `service_index`."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.model.resources import NO_PAIRS, Connection, Endpoint
from shared.domain.model.selectors import Selectors


@dataclass(frozen=True, slots=True)
class SelectorMatches:
    """What the selectors of a tag match, as service ids.

    `permitted`: matched, and permitted by SERVICE_FILTER. `explicit`: matched by another selector than `*`.
    `uncertain`: matched only by an ambiguous name, or not known well enough to match or permit it.
    `ambiguous` and `unmatched` are selectors.
    """

    selectors: Selectors
    permitted: frozenset[str]
    explicit: frozenset[str]
    uncertain: frozenset[str]
    ambiguous: tuple[str, ...]
    unmatched: tuple[str, ...]

    @property
    def has_mistake(self) -> bool:
        return bool(self.selectors.faults or self.ambiguous or self.unmatched)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a tag selects for an endpoint that is connected to a Private Link service, as service ids.

    `granted`: to be allowed. `undecided`: not changed, because something could not be read or is ambiguous.
    `denied`: explicitly selected, but not permitted by SERVICE_FILTER. `other_private_link`: explicitly selected,
    but behind another Private Link service. `without_private_link`: selected, but ClickHouse Cloud refuses its
    private endpoint config; not changed. `only_adds`: the tag has a mistake, so that nothing is removed.

    `hostnames`: those of the granted services, by service name. `labels`: the first label of each of them.
    `undecided_labels`: those of the undecided services that SERVICE_FILTER may permit; None if some are not known,
    or any name may be that of a service that the tag should select, because it has a mistake.
    """

    granted: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    other_private_link: frozenset[str] = frozenset()
    without_private_link: frozenset[str] = frozenset()
    only_adds: bool = False
    hostnames: Mapping[str, str] = NO_PAIRS
    labels: frozenset[str] = frozenset()
    undecided_labels: frozenset[str] | None = frozenset()

    @property
    def retained(self) -> frozenset[str]:
        """The services whose allow lists retain the endpoint's entry."""
        return self.granted | self.undecided | self.without_private_link


@dataclass(frozen=True, slots=True)
class DesiredAccess:
    """An endpoint, its connection to a Private Link service of the organization, and the services it selects."""

    endpoint: Endpoint
    connection: Connection
    selection: Selection

    @property
    def alias(self) -> str:
        return self.connection.target.lower()

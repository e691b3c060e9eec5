"""From a report to the scenes of its regions. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain.audit.report_model import (
    AuditedConnection,
    AuditedEndpoint,
    AuditedRecord,
    AuditedService,
    AuditedZone,
)
from shared.domain.model.text import counted
from shared.status_page.folding import fold_nodes, places
from shared.status_page.index import Index, worst
from shared.status_page.nodes import (
    endpoint_key,
    link_key,
    link_node,
    network_key,
    network_node,
    record_key,
    service_node,
    stranger_node,
    zone_node,
)
from shared.status_page.scene import Column, Node, Scene, Tie, TieKind

FEW_ENDPOINTS = 24
"""A region with more is drawn with less of each kind."""


@dataclass(frozen=True, slots=True)
class Most:
    """How many boxes in a column, and rows in a box; those beyond that are told as a number."""

    nodes: int
    rows: int


GENEROUS, FRUGAL, SPARE = Most(nodes=8, rows=6), Most(nodes=5, rows=3), Most(nodes=2, rows=2)
"""For a region with few endpoints, for one with many, and for that one on a narrow screen."""


def scenes(index: Index, many: Most = FRUGAL) -> tuple[Scene, ...]:
    """One scene for each region, by name; what is in none comes last. `many`: how much of a large region."""
    homes = _homes(index.report.endpoints)
    parts: defaultdict[str, _Parts] = defaultdict(lambda: _Parts([], [], []))
    for one in index.report.endpoints:
        parts[homes[one.id]].endpoints.append(one)
    for service in index.report.services:
        parts[service.region].services.append(service)
    for zone in index.report.zones:
        parts[zone.name.partition(".")[0]].zones.append(zone)
    regions = sorted(parts, key=lambda region: (not region, region))
    return tuple(_Region(index, region, parts[region], many).scene() for region in regions)


def _homes(endpoints: tuple[AuditedEndpoint, ...]) -> dict[str, str]:
    """The region in which each endpoint is drawn, by endpoint id.

    One that reaches none of the organization's Private Link services is drawn beside its neighbours in
    its network, so that it is found where people look for it.
    """
    neighbours: dict[str, str] = {}
    for one in endpoints:
        if one.region and one.network:
            neighbours.setdefault(one.network.lower(), one.region)
    return {one.id: one.region or neighbours.get(one.network.lower(), "") for one in endpoints}


@dataclass(frozen=True, slots=True)
class _Parts:
    endpoints: list[AuditedEndpoint]
    services: list[AuditedService]
    zones: list[AuditedZone]


@dataclass(frozen=True)
class _Region:
    index: Index
    region: str
    parts: _Parts
    many: Most

    def scene(self) -> Scene:
        columns = {
            Column.ZONES: fold_nodes(list(self._zones()), self._most.nodes, "zones"),
            Column.NETWORKS: fold_nodes(list(self._networks()), self._most.nodes, "networks"),
            Column.LINKS: fold_nodes(list(self._links()), self._most.nodes, "Private Link services"),
            Column.SERVICES: fold_nodes(list(self._services()), self._most.nodes, "services"),
        }
        shown = places(node for nodes in columns.values() for node in nodes)
        parts: tuple[list[AuditedEndpoint] | list[AuditedService] | list[AuditedZone], ...]
        parts = (self.parts.endpoints, self.parts.services, self.parts.zones)
        return Scene(
            region=self.region,
            health=worst(one.health for part in parts for one in part),
            columns=columns,
            ties=_between(self._ties(), shown),
            summary=self._summary(),
        )

    @property
    def _most(self) -> Most:
        return GENEROUS if len(self.parts.endpoints) <= FEW_ENDPOINTS else self.many

    def _summary(self) -> str:
        parts = self.parts
        numbers = ((parts.endpoints, "endpoint"), (parts.services, "service"), (parts.zones, "zone"))
        return " · ".join(counted(len(things), noun) for things, noun in numbers if things)

    @cached_property
    def _by_network(self) -> Mapping[str, tuple[str, list[AuditedEndpoint]]]:
        """The region's networks, also those that are only linked to one of its zones, with their ids as told."""
        found: dict[str, tuple[str, list[AuditedEndpoint]]] = {}
        for one in sorted(
            self.parts.endpoints,
            key=lambda one: (not one.alias, one.alias.lower(), one.network.lower(), one.id),
        ):
            found.setdefault(one.network.lower(), (one.network, []))[1].append(one)
        for network in (network for zone in self.parts.zones for network in zone.networks):
            found.setdefault(network.lower(), (network, []))
        return found

    def _networks(self) -> Iterator[Node]:
        return (
            network_node(name, inside, self.index, self._most.rows)
            for name, inside in self._by_network.values()
        )

    def _zones(self) -> Iterator[Node]:
        return (zone_node(one, self._users(one), self.index, self._most.rows) for one in self.parts.zones)

    def _users(self, zone: AuditedZone) -> list[AuditedEndpoint]:
        """Those with a record in the zone, and those in its networks that have none anywhere."""
        inside = [one for network in zone.networks for one in self._by_network[network.lower()][1]]
        return [one for one in inside if not one.zone] + self._by_zone[zone.id.lower()]

    @cached_property
    def _by_zone(self) -> Mapping[str, list[AuditedEndpoint]]:
        found: defaultdict[str, list[AuditedEndpoint]] = defaultdict(list)
        for one in self.parts.endpoints:
            found[one.zone.lower()].append(one)
        return found

    def _links(self) -> Iterator[Node]:
        ends, services = self.parts.endpoints, self.parts.services
        aliases = [*(one.alias for one in services), *(one.alias for one in ends)]
        ours = {alias.lower(): alias for alias in aliases if alias}
        strange = {c.target.lower(): c.target for one in ends for c in _strange(one)}
        yield from (link_node(alias, self.region) for _, alias in sorted(ours.items()))
        yield from (stranger_node(target) for _, target in sorted(strange.items()))

    def _services(self) -> Iterator[Node]:
        ordered = sorted(self.parts.services, key=lambda one: (not one.alias, one.alias.lower(), one.name))
        return (service_node(one, self.index) for one in ordered)

    def _ties(self) -> Iterator[Tie]:
        for one in self.parts.endpoints:
            for c in _strange(one):
                yield Tie(endpoint_key(one), link_key(c.target), TieKind.FOREIGN_SERVICE)
            if one.alias:
                yield Tie(endpoint_key(one), link_key(one.alias), _state(one))
        for service in self.parts.services:
            if service.alias:
                yield Tie(link_key(service.alias), f"service {service.id.lower()}", TieKind.BEHIND)
        for zone in self.parts.zones:
            yield from self._ties_of(zone)

    def _ties_of(self, zone: AuditedZone) -> Iterator[Tie]:
        for network in zone.networks:
            yield Tie(f"zone {zone.id.lower()}", network_key(network), TieKind.LINKED)
            for one in self._by_network[network.lower()][1]:
                for record in zone.records:
                    if kind := _telling(record, one):
                        yield Tie(record_key(zone, record), endpoint_key(one), kind)


def _telling(record: AuditedRecord, one: AuditedEndpoint) -> TieKind | None:
    if set(record.addresses) & set(one.addresses):
        return TieKind.TELLS
    return TieKind.DRIFT if record.ours and one.id in record.endpoints else None


def _strange(one: AuditedEndpoint) -> tuple[AuditedConnection, ...]:
    return one.connections if one.verdict == "foreign-service" else ()


def _state(one: AuditedEndpoint) -> TieKind:
    status = next((c.status.lower() for c in one.connections if c.target.lower() == one.alias.lower()), "")
    return TieKind(status) if status in ("approved", "pending", "rejected", "disconnected") else TieKind.OTHER


def _between(ties: Iterable[Tie], shown: Mapping[str, str]) -> tuple[Tie, ...]:
    """The ties between what is shown: those of what is folded away lead to what stands for it."""
    moved = (
        Tie(shown[one.left], shown[one.right], one.kind)
        for one in ties
        if {one.left, one.right} <= shown.keys()
    )
    return tuple(sorted(set(moved)))

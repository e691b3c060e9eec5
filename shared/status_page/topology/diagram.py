"""Builds the topology diagrams from a report. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from shared.domain.audit.report_model import (
    AuditedConnection,
    AuditedEndpoint,
    AuditedRecord,
    AuditedService,
    AuditedZone,
)
from shared.domain.model.text import counted
from shared.status_page.index import Index, worst
from shared.status_page.topology.model import Column, Diagram, Edge, EdgeKind, Node, fold
from shared.status_page.topology.nodes import (
    connection_kind,
    endpoint_key,
    foreign_link_node,
    link_key,
    link_node,
    network_key,
    network_node,
    record_key,
    service_key,
    service_node,
    zone_key,
    zone_node,
)

FEW_ENDPOINTS = 24
"""A region with more shows fewer nodes of each kind."""
LIMITS, SMALL_REGION_LIMITS = (5, 3), (8, 6)
"""The nodes in a column and the rows in a node. One more stands for the rest."""


def diagrams(index: Index) -> tuple[Diagram, ...]:
    """One diagram for each region, by name; what has no region comes last."""
    homes = _homes(index.report.endpoints)
    regions: defaultdict[str, _Region] = defaultdict(lambda: _Region(index))
    for one in index.report.endpoints:
        regions[homes[one.id]].endpoints.append(one)
    for service in index.report.services:
        regions[service.region].services.append(service)
    for zone in index.report.zones:
        regions[zone.name.partition(".")[0]].zones.append(zone)
    names = sorted(regions, key=lambda region: (not region, region))
    return tuple(regions[name].diagram(name) for name in names)


def _homes(endpoints: tuple[AuditedEndpoint, ...]) -> dict[str, str]:
    """The region of each endpoint. An endpoint without one takes that of another endpoint in its network."""
    neighbours: dict[str, str] = {}
    for one in endpoints:
        if one.region and one.network:
            neighbours.setdefault(one.network.lower(), one.region)
    return {one.id: one.region or neighbours.get(one.network.lower(), "") for one in endpoints}


@dataclass(frozen=True)
class _Region:
    index: Index
    endpoints: list[AuditedEndpoint] = field(default_factory=list)
    services: list[AuditedService] = field(default_factory=list)
    zones: list[AuditedZone] = field(default_factory=list)

    def diagram(self, region: str) -> Diagram:
        nodes, _ = self._limits
        columns = {
            Column.ZONES: fold(self._zone_nodes(), nodes, "zones"),
            Column.NETWORKS: fold(self._network_nodes(), nodes, "networks"),
            Column.LINKS: fold([*self._link_nodes(region)], nodes, "Private Link services"),
            Column.SERVICES: fold(self._service_nodes(), nodes, "services"),
        }
        counts = ((self.endpoints, "endpoint"), (self.services, "service"), (self.zones, "zone"))
        healths = [one.health for items, _ in counts for one in items]
        summary = " · ".join(counted(len(items), noun) for items, noun in counts if items)
        return Diagram(region, worst(healths), columns, self._edges_between(columns), summary)

    @property
    def _limits(self) -> tuple[int, int]:
        return SMALL_REGION_LIMITS if len(self.endpoints) <= FEW_ENDPOINTS else LIMITS

    @cached_property
    def _networks(self) -> Mapping[str, tuple[str, list[AuditedEndpoint]]]:
        """The id and endpoints of each network, by its id in lower case; also of networks that are only linked."""
        networks: dict[str, tuple[str, list[AuditedEndpoint]]] = {}
        ordered = sorted(
            self.endpoints, key=lambda one: (not one.alias, one.alias.lower(), one.network, one.id)
        )
        for one in ordered:
            networks.setdefault(one.network.lower(), (one.network, []))[1].append(one)
        for network in (network for zone in self.zones for network in zone.networks):
            networks.setdefault(network.lower(), (network, []))
        return networks

    def _network_nodes(self) -> list[Node]:
        _, rows = self._limits
        return [
            network_node(network, inside, self.index, rows) for network, inside in self._networks.values()
        ]

    def _zone_nodes(self) -> list[Node]:
        _, rows = self._limits
        order = {network: place for place, network in enumerate(self._networks)}
        zones = sorted(self.zones, key=lambda one: min([order[n.lower()] for n in one.networks], default=-1))
        return [zone_node(one, self._users(one), self.index, rows) for one in zones]

    def _users(self, zone: AuditedZone) -> list[AuditedEndpoint]:
        """The endpoints with a record in the zone, and those in its networks that have no record."""
        inside = [one for network in zone.networks for one in self._networks[network.lower()][1]]
        return [one for one in inside if not one.zone] + self._by_zone[zone.id.lower()]

    @cached_property
    def _by_zone(self) -> Mapping[str, list[AuditedEndpoint]]:
        by_zone: defaultdict[str, list[AuditedEndpoint]] = defaultdict(list)
        for one in self.endpoints:
            by_zone[one.zone.lower()].append(one)
        return by_zone

    def _link_nodes(self, region: str) -> Iterator[Node]:
        aliases = {alias.lower(): alias for alias in self._aliases() if alias}
        foreign = {c.target.lower(): c.target for one in self.endpoints for c in _foreign(one)}
        yield from (link_node(aliases[key], region) for key in sorted(aliases))
        yield from (foreign_link_node(foreign[key]) for key in sorted(foreign))

    def _aliases(self) -> Iterator[str]:
        yield from (one.alias for one in self.services)
        yield from (one.alias for one in self.endpoints)

    def _service_nodes(self) -> list[Node]:
        ordered = sorted(self.services, key=lambda one: (not one.alias, one.alias.lower(), one.name))
        return [service_node(one, self.index) for one in ordered]

    def _edges(self) -> Iterator[Edge]:
        for one in self.endpoints:
            for c in _foreign(one):
                yield Edge(endpoint_key(one), link_key(c.target), EdgeKind.FOREIGN)
            if one.alias:
                yield Edge(endpoint_key(one), link_key(one.alias), connection_kind(one))
        for service in self.services:
            if service.alias:
                yield Edge(link_key(service.alias), service_key(service), EdgeKind.SERVES)
        for zone in self.zones:
            yield from self._zone_edges(zone)

    def _zone_edges(self, zone: AuditedZone) -> Iterator[Edge]:
        for network in zone.networks:
            yield Edge(zone_key(zone), network_key(network), EdgeKind.LINKED)
            for one in self._networks[network.lower()][1]:
                for record in zone.records:
                    if kind := _record_kind(record, one):
                        yield Edge(record_key(zone, record), endpoint_key(one), kind)

    def _edges_between(self, columns: Mapping[Column, tuple[Node, ...]]) -> tuple[Edge, ...]:
        """The edges between the nodes that are shown. Those of a folded node lead to the node that stands for it."""
        shown: dict[str, str] = {}
        for node in (node for nodes in columns.values() for node in nodes):
            for one in (node, *node.rows):
                shown |= dict.fromkeys((one.key, *one.folded), one.key)
        moved = {
            Edge(shown[one.left], shown[one.right], one.kind)
            for one in self._edges()
            if {one.left, one.right} <= shown.keys()
        }
        return tuple(sorted(moved))


def _record_kind(record: AuditedRecord, one: AuditedEndpoint) -> EdgeKind | None:
    if set(record.addresses) & set(one.addresses):
        return EdgeKind.RESOLVES
    return EdgeKind.DRIFT if record.ours and one.id in record.endpoints else None


def _foreign(one: AuditedEndpoint) -> tuple[AuditedConnection, ...]:
    return one.connections if one.verdict == "foreign-service" else ()

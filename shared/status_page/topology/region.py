"""Builds the topology diagram of one region. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from shared.domain.audit.report_model import (
    AuditedEndpoint,
    AuditedFinding,
    AuditedRecord,
    AuditedService,
    AuditedZone,
    Health,
)
from shared.domain.model.resources import Connection
from shared.domain.model.text import counted
from shared.status_page.index import Index
from shared.status_page.tables import network_title
from shared.status_page.topology import nodes
from shared.status_page.topology.model import Column, Diagram, Edge, EdgeKind, Node, fold

FEW_ENDPOINTS = 24
"""A region with more shows fewer nodes of each kind."""
LIMITS, SMALL_REGION_LIMITS = (5, 3), (8, 6)
"""The nodes in a column and the rows in a node. One more stands for the rest."""


@dataclass(frozen=True)
class Region:
    index: Index
    endpoints: list[AuditedEndpoint] = field(default_factory=list)
    services: list[AuditedService] = field(default_factory=list)
    zones: list[AuditedZone] = field(default_factory=list)
    unreadable: list[AuditedFinding] = field(default_factory=list)

    def diagram(self, title: str) -> Diagram:
        most, _ = self._limits
        columns = {
            Column.ZONES: fold([*self._zone_nodes()], most, "zones"),
            Column.NETWORKS: fold([*self._network_nodes()], most, "networks"),
            Column.LINKS: fold([*self._link_nodes(title)], most, "Private Link services"),
            Column.SERVICES: fold([*self._service_nodes()], most, "services"),
        }
        counts = ((self.endpoints, "endpoint"), (self.services, "service"), (self.zones, "zone"))
        states = [one.health for items, _ in counts for one in items]
        states += [Health.UNKNOWN for _ in self.unreadable]
        summary = " · ".join(counted(len(items), noun) for items, noun in counts if items)
        return Diagram(title, Health.worst(states), columns, self._edges_between(columns), summary)

    @property
    def _limits(self) -> tuple[int, int]:
        return SMALL_REGION_LIMITS if len(self.endpoints) <= FEW_ENDPOINTS else LIMITS

    @cached_property
    def _networks(self) -> Mapping[str, tuple[str, list[AuditedEndpoint]]]:
        """The id and endpoints of each network, by its id in lower case, the worst first; also of those only linked."""
        networks: dict[str, tuple[str, list[AuditedEndpoint]]] = {}
        ordered = sorted(self.endpoints, key=lambda one: (not one.alias, one.alias.lower(), one.network, one.id))
        for one in ordered:
            container = one.network or network_title(one)
            networks.setdefault(container.lower(), (container, []))[1].append(one)
        for network in (network for zone in self.zones for network in zone.networks):
            networks.setdefault(network.lower(), (network, []))
        ranks = {key: Health.worst(one.health for one in inside).rank for key, (_, inside) in networks.items()}
        return {key: networks[key] for key in sorted(networks, key=ranks.__getitem__)}

    def _network_nodes(self) -> Iterator[Node]:
        _, rows = self._limits
        for network, inside in self._networks.values():
            yield nodes.network_node(network, inside, self.index, rows)
        yield from (nodes.unreadable_node(one) for one in self.unreadable)

    def _zone_nodes(self) -> Iterator[Node]:
        _, rows = self._limits
        order = {network: place for place, network in enumerate(self._networks)}
        zones = sorted(self.zones, key=lambda one: min([order[n.lower()] for n in one.networks], default=-1))
        without_record = {zone.id for zone, _ in self._missing_records}
        for one in zones:
            missing = one.id in without_record
            yield nodes.zone_node(one, self._users(one), self.index, rows, record_missing=missing)
        names = {name for name, _ in self._zones_needed("zone-missing")}
        yield from (nodes.missing_zone_node(name) for name in sorted(names))

    def _users(self, zone: AuditedZone) -> list[AuditedEndpoint]:
        """The endpoints with a record in the zone, and those in its networks that have no record."""
        return [
            one
            for one in self.endpoints
            if one.zone.lower() == zone.id.lower() or (not one.zone and one.network in zone.networks)
        ]

    def _link_nodes(self, region: str) -> Iterator[Node]:
        aliases = {one.alias.lower(): one.alias for one in self.services if one.alias}
        aliases |= {one.alias.lower(): one.alias for one in self.endpoints if one.alias}
        foreign = {c.target.lower(): c.target for one in self.endpoints for c in _foreign(one)}
        yield from (nodes.link_node(aliases[key], region) for key in sorted(aliases))
        yield from (nodes.link_node(foreign[key], "foreign", Health.NOT_MANAGED) for key in sorted(foreign))

    def _service_nodes(self) -> Iterator[Node]:
        ordered = sorted(self.services, key=lambda one: (not one.alias, one.alias.lower(), one.name))
        return (nodes.service_node(one, self.index) for one in ordered)

    def _with_finding(self, code: str) -> Iterator[AuditedEndpoint]:
        return (one for one in self.endpoints if any(f.code == code for f in self.index.alerts(one.id)))

    @cached_property
    def _missing_records(self) -> list[tuple[AuditedZone, AuditedEndpoint]]:
        """The endpoints without a record, each with the zone that should have it: the linked one, or the only one."""
        missing = []
        for one in self._with_finding("record-drift"):
            zones = [zone for zone in self.zones if one.network in zone.networks] or self.zones
            if not one.zone and len(zones) == 1 and not any(_record_kind(r, one) for r in zones[0].records):
                missing.append((zones[0], one))
        return missing

    def _zones_needed(self, code: str) -> list[tuple[str, AuditedEndpoint]]:
        """The endpoints with this finding, each with the name of the zone that it needs."""
        names = {one.alias: one.hostname.partition(".")[2] for one in self.services if one.hostname}
        return [(names[one.alias], one) for one in self._with_finding(code) if one.alias in names]

    def _edges(self) -> Iterator[Edge]:
        for one in self.endpoints:
            for c in _foreign(one):
                yield Edge(nodes.key("endpoint", one.id), nodes.key("link", c.target), EdgeKind.FOREIGN)
            if one.alias:
                yield Edge(nodes.key("endpoint", one.id), nodes.key("link", one.alias), nodes.connection_kind(one))
        for service in self.services:
            if service.alias:
                yield Edge(nodes.key("link", service.alias), nodes.key("service", service.id), EdgeKind.SERVES)
        for zone in self.zones:
            for network in zone.networks:
                yield Edge(nodes.key("zone", zone.id), nodes.key("network", network), EdgeKind.LINKED)
            for record in zone.records:
                yield from self._record_edges(zone, record)
        yield from self._missing_edges()

    def _record_edges(self, zone: AuditedZone, record: AuditedRecord) -> Iterator[Edge]:
        for one in self.endpoints:
            kind = _record_kind(record, one)
            if kind and (one.network in zone.networks or one.id in record.endpoints):
                yield Edge(nodes.key("record", zone.id, record.name), nodes.key("endpoint", one.id), kind)

    def _missing_edges(self) -> Iterator[Edge]:
        for zone, one in self._missing_records:
            yield Edge(nodes.key("missing record", zone.id), nodes.key("endpoint", one.id), EdgeKind.MISSING)
        for name, one in self._zones_needed("zone-missing"):
            yield Edge(nodes.key("missing zone", name), nodes.key("network", one.network), EdgeKind.MISSING)
        for name, one in self._zones_needed("zone-not-linked"):
            for zone in (zone for zone in self.zones if zone.name == name):
                yield Edge(nodes.key("zone", zone.id), nodes.key("network", one.network), EdgeKind.MISSING)

    def _edges_between(self, columns: Mapping[Column, tuple[Node, ...]]) -> tuple[Edge, ...]:
        """The edges between the nodes that are shown. Those of a folded node lead to the node that stands for it."""
        shown: dict[str, str] = {}
        for node in (node for column in columns.values() for node in column):
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


def _foreign(one: AuditedEndpoint) -> tuple[Connection, ...]:
    return one.connections if one.verdict == "foreign-service" else ()

"""The nodes of a topology diagram: a network with its endpoints, a zone with its records, and so on. Pure."""

from collections.abc import Iterable, Sequence

from shared.domain.audit.report_model import (
    AuditedEndpoint,
    AuditedFinding,
    AuditedRecord,
    AuditedService,
    AuditedZone,
    Health,
)
from shared.domain.model.resources import ZONE_SUFFIX
from shared.status_page.formatting import resource_group, resource_name, short_alias
from shared.status_page.index import WORDS, Index, alerts, worst
from shared.status_page.tables import allow_list_summary
from shared.status_page.topology.model import EdgeKind, Node, Note, fold

RECORD_CODES = frozenset({"record-drift", "wildcard-foreign", "wildcard-owned-by-other"})
"""Findings about an endpoint that are shown at its record, too."""
_STATE_NOTES = {
    EdgeKind.PENDING: Note("Pending", "warning"),
    EdgeKind.REJECTED: Note("Rejected", "error"),
    EdgeKind.DISCONNECTED: Note("Disconnected", "error"),
    EdgeKind.OTHER: Note("unknown state", "warning"),
}


def endpoint_key(one: AuditedEndpoint) -> str:
    return f"endpoint {one.id.lower()}"


def link_key(alias: str) -> str:
    return f"link {alias.lower()}"


def network_key(network: str) -> str:
    return f"network {network.lower()}"


def record_key(zone: AuditedZone, record: AuditedRecord) -> str:
    return f"record {zone.id.lower()} {record.name.lower()}"


def service_key(one: AuditedService) -> str:
    return f"service {one.id.lower()}"


def zone_key(one: AuditedZone) -> str:
    return f"zone {one.id.lower()}"


def network_node(network: str, endpoints: Sequence[AuditedEndpoint], index: Index, most: int) -> Node:
    """A virtual network and the endpoints in it."""
    rows = fold([_endpoint_row(one, index) for one in endpoints], most)
    return Node(
        key=network_key(network),
        title=resource_name(network) or "unknown network",
        aside=resource_group(network),
        health=worst(one.health for one in endpoints) if endpoints else None,
        full=network,
        rows=rows or (Node(f"none {network}", "no private endpoint"),),
    )


def _endpoint_row(one: AuditedEndpoint, index: Index) -> Node:
    codes = _notes(index.alerts(one.id))
    state = _STATE_NOTES.get(connection_kind(one)) if one.alias else None
    repeated = state and any(state.text.lower() in note.text for note in codes)
    states = ", ".join(c.status for c in one.connections) or "no connection"
    findings = [f"{f.code}: {f.message}" for f in index.about(one.id)]
    return Node(
        key=endpoint_key(one),
        title=resource_name(one.id),
        aside=_addresses(one.addresses) or "no address",
        health=one.health,
        notes=(state, *codes) if state and not repeated else codes,
        anchor=index.anchor(one.id),
        full="; ".join([" ".join(one.addresses) or "no address", states, WORDS[one.health], *findings]),
    )


def connection_kind(one: AuditedEndpoint) -> EdgeKind:
    """The state of the connection to the endpoint's Private Link service."""
    status = next((c.status.lower() for c in one.connections if c.target.lower() == one.alias.lower()), "")
    return (
        EdgeKind(status) if status in ("approved", "pending", "rejected", "disconnected") else EdgeKind.OTHER
    )


def link_node(alias: str, region: str) -> Node:
    """A Private Link service of the organization."""
    return Node(link_key(alias), short_alias(alias), region, full=alias)


def foreign_link_node(target: str) -> Node:
    """A connection target that is not a Private Link service of the organization."""
    return Node(link_key(target), short_alias(target), "foreign", Health.LEFT_ALONE, full=target)


def service_node(one: AuditedService, index: Index) -> Node:
    """A ClickHouse service and the length of its allow list."""
    return Node(
        key=service_key(one),
        title=one.name,
        aside=f"{one.state} · {allow_list_summary(one)}",
        health=one.health,
        notes=_notes(index.alerts(one.id)),
        anchor=index.anchor(one.id),
        full=f"{one.name}; {one.id}; {one.state}; {WORDS[one.health]}; {one.hostname or 'unknown host name'}",
    )


def zone_node(one: AuditedZone, users: Iterable[AuditedEndpoint], index: Index, most: int) -> Node:
    """A private DNS zone and its records. `users`: the endpoints that need its wildcard record."""
    ids = [user.id for user in users]
    rows = [_record_row(one, record, ids, index) for record in one.records]
    return Node(
        key=zone_key(one),
        title=one.name.replace(ZONE_SUFFIX, ".privatelink…"),
        aside=resource_group(one.id),
        health=one.health,
        notes=_notes(index.alerts(one.id)),
        full=one.id,
        rows=fold(rows, most) or (Node(f"none {one.id.lower()}", "no record"),),
    )


def _record_row(zone: AuditedZone, one: AuditedRecord, users: list[str], index: Index) -> Node:
    endpoints = dict.fromkeys([*one.endpoints, *(users if one.name == "*" else ())])
    notes = _notes(f for user in endpoints for f in index.about(user) if f.code in RECORD_CODES)
    owner = "managed" if one.ours else "foreign"
    health = Health.WELL if one.ours else Health.LEFT_ALONE
    return Node(
        key=record_key(zone, one),
        title=one.name,
        aside=_addresses(one.addresses),
        health=Health.WRONG if any(note.severity == "error" for note in notes) else health,
        notes=notes,
        full=f"{one.name}.{zone.name} A {' '.join(one.addresses)}; TTL {one.ttl}; {owner}",
    )


def _notes(findings: Iterable[AuditedFinding]) -> tuple[Note, ...]:
    return tuple(Note(one.code, one.severity) for one in alerts(findings))


def _addresses(addresses: tuple[str, ...]) -> str:
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    return f"{addresses[0]}{more}" if addresses else ""

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
from shared.status_page.formatting import brief, resource_group, resource_name, short_alias
from shared.status_page.index import Index, alerts
from shared.status_page.tables import allow_list_summary
from shared.status_page.topology.model import EdgeKind, Node, Note, fold

RECORD_CODES = frozenset({"record-drift", "wildcard-foreign", "wildcard-owned-by-other"})
"""Findings about an endpoint that are shown at its record, too."""
_STATE_NOTES = {
    EdgeKind.PENDING: Note("Pending", "waiting"),
    EdgeKind.REJECTED: Note("Rejected", "error"),
    EdgeKind.DISCONNECTED: Note("Disconnected", "error"),
    EdgeKind.OTHER: Note("unknown state", "unknown"),
}


def key(kind: str, *ids: str) -> str:
    """The key of a node, such as `record <zone> *`."""
    return " ".join((kind, *ids)).lower()


def network_node(network: str, endpoints: Sequence[AuditedEndpoint], index: Index, most: int) -> Node:
    """A virtual network and the endpoints in it. Deleted and unreadable endpoints have no network, but a title."""
    known = network.startswith("/")
    rows = fold([_endpoint_row(one, index) for one in endpoints], most)
    return Node(
        key=key("network", network),
        title=resource_name(network),
        aside=resource_group(network),
        state=Health.worst(one.health for one in endpoints) if endpoints else None,
        missing=not known,
        full=network,
        rows=rows or (Node(key("none", network), "no private endpoint"),),
    )


def _endpoint_row(one: AuditedEndpoint, index: Index) -> Node:
    codes = _notes(index.alerts(one.id))
    state = _STATE_NOTES.get(connection_kind(one)) if one.alias else None
    repeated = state and any(state.text.lower() in note.text for note in codes)
    states = ", ".join(c.status for c in one.connections) or "no connection"
    findings = [f"{f.code}: {f.message}" for f in index.about(one.id)]
    address = _addresses(one.addresses) or ("deleted" if one.deleted else "no address")
    return Node(
        key=key("endpoint", one.id),
        title=resource_name(one.id),
        aside=address,
        state=one.health,
        missing=one.deleted,
        notes=(state, *codes) if state and not repeated else codes,
        anchor=index.anchor(one.id),
        full="; ".join([" ".join(one.addresses) or address, states, one.health, *findings]),
    )


def connection_kind(one: AuditedEndpoint) -> EdgeKind:
    """The state of the connection to the endpoint's Private Link service."""
    status = next((c.status.lower() for c in one.connections if c.target.lower() == one.alias.lower()), "")
    return EdgeKind(status) if status in ("approved", "pending", "rejected", "disconnected") else EdgeKind.OTHER


def link_node(target: str, region: str, state: Health | None = None) -> Node:
    """A Private Link service of the organization, or the target of a foreign connection."""
    return Node(key("link", target), short_alias(target), region, state, full=target)


def service_node(one: AuditedService, index: Index) -> Node:
    """A ClickHouse service and the length of its allow list."""
    return Node(
        key=key("service", one.id),
        title=one.name,
        aside=f"{one.state} · {allow_list_summary(one)}",
        state=one.health,
        notes=_notes(index.alerts(one.id)),
        anchor=index.anchor(one.id),
        full=f"{one.name}; {one.id}; {one.state}; {one.health}; {one.hostname or 'unknown host name'}",
    )


def zone_node(
    one: AuditedZone, users: Iterable[AuditedEndpoint], index: Index, most: int, *, record_missing: bool
) -> Node:
    """A private DNS zone and its records. `users`: the endpoints that need its wildcard record."""
    ids = [user.id for user in users]
    rows = [_record_row(one, record, ids, index) for record in one.records]
    if record_missing:
        note = Note("record-drift", "error")
        rows.append(Node(key("missing record", one.id), "*", "missing", Health.ERROR, (note,), missing=True))
    state = one.health
    return Node(
        key=key("zone", one.id),
        title=_short_zone(one.name),
        aside=resource_group(one.id),
        state=state,
        notes=_notes(index.alerts(one.id)),
        full=one.id,
        rows=fold(rows, most)
        or (Node(key("none", one.id), "no record" if state is not Health.UNKNOWN else "not readable"),),
    )


def missing_zone_node(name: str) -> Node:
    """A private DNS zone that does not exist and should."""
    return Node(key("missing zone", name), _short_zone(name), "zone missing", Health.ERROR, full=name, missing=True)


def _short_zone(name: str) -> str:
    return name.replace(ZONE_SUFFIX, ".privatelink…")


def unreadable_node(one: AuditedFinding) -> Node:
    """Something that this audit could not read and that has no other node, such as the endpoints of a scope."""
    title = brief(one.object)
    notes, full = _notes([one]), one.message
    return Node(key("unreadable", one.object), title, "not readable", Health.UNKNOWN, notes, full=full, missing=True)


def _record_row(zone: AuditedZone, one: AuditedRecord, users: list[str], index: Index) -> Node:
    endpoints = dict.fromkeys([*one.endpoints, *(users if one.name == "*" else ())])
    notes = _notes(f for user in endpoints for f in index.about(user) if f.code in RECORD_CODES)
    owner = "managed" if one.ours else "foreign"
    state = Health.HEALTHY if one.ours else Health.NOT_MANAGED
    return Node(
        key=key("record", zone.id, one.name),
        title=one.name,
        aside=_addresses(one.addresses),
        state=Health.ERROR if any(note.severity == "error" for note in notes) else state,
        notes=notes,
        full=f"{one.name}.{zone.name} A {' '.join(one.addresses)}; TTL {one.ttl}; {owner}",
    )


def _notes(findings: Iterable[AuditedFinding]) -> tuple[Note, ...]:
    return tuple(Note(one.code, one.severity) for one in alerts(findings))


def _addresses(addresses: tuple[str, ...]) -> str:
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    return f"{addresses[0]}{more}" if addresses else ""

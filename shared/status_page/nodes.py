"""The boxes of the drawing: a network with its endpoints, a zone with its records, and so on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.domain.audit.report_model import (
    AuditedEndpoint,
    AuditedFinding,
    AuditedRecord,
    AuditedService,
    AuditedZone,
    Health,
)
from shared.domain.model.resources import ZONE_SUFFIX
from shared.status_page.folding import WORDS, fold_rows
from shared.status_page.index import Index, worst
from shared.status_page.scene import Node, Note, Row
from shared.status_page.wording import clipped, group_of, name_of, short_alias

RECORD_CODES = frozenset({"record-drift", "wildcard-foreign", "wildcard-owned-by-other"})
"""The findings about an endpoint that speak of its record."""
_SHORT_SUFFIX = ".privatelink…"


def endpoint_key(one: AuditedEndpoint) -> str:
    return f"endpoint {one.id.lower()}"


def link_key(alias: str) -> str:
    return f"link {alias.lower()}"


def network_key(network: str) -> str:
    return f"network {network.lower()}"


def record_key(zone: AuditedZone, record: AuditedRecord) -> str:
    return f"record {zone.id.lower()} {record.name.lower()}"


def network_node(network: str, inside: Sequence[AuditedEndpoint], index: Index, most: int) -> Node:
    """A virtual network and the endpoints in it, `most` of them one by one."""
    rows = fold_rows([_endpoint_row(one, index) for one in inside], most)
    return Node(
        key=network_key(network),
        title=name_of(network) or "network not known",
        aside=group_of(network),
        health=worst(one.health for one in inside) if inside else None,
        rows=rows or (Row(f"none {network}", "no private endpoint"),),
        full=network,
    )


def _endpoint_row(one: AuditedEndpoint, index: Index) -> Row:
    found = index.about(one.id)
    state = ", ".join(c.status for c in one.connections) or "no connection"
    told = [" ".join(one.addresses) or "no address", state, WORDS[one.health]]
    return Row(
        key=endpoint_key(one),
        text=name_of(one.id),
        aside=_first_and_more(one.addresses) or "no address",
        health=one.health,
        notes=notes(found),
        anchor=index.anchors[one.id.lower()],
        full="; ".join([*told, *(f"{f.code}: {f.message}" for f in found)]),
    )


def link_node(alias: str, region: str) -> Node:
    """A Private Link service of the organization."""
    return Node(link_key(alias), short_alias(alias), region, full=alias)


def stranger_node(target: str) -> Node:
    """Something that an endpoint is connected to, and that no service of the organization is behind."""
    return Node(link_key(target), short_alias(target), "a stranger's", Health.LEFT_ALONE, full=target)


def service_node(one: AuditedService, index: Index) -> Node:
    """A ClickHouse service and how long its allow list is."""
    ours = sum(entry.ours for entry in one.allow_list)
    foreign = len(one.allow_list) - ours
    return Node(
        key=f"service {one.id.lower()}",
        title=one.name,
        aside=f"{one.state} · {ours} ours" + (f", {foreign} foreign" if foreign else ""),
        health=one.health,
        notes=notes(index.about(one.id)),
        anchor=index.anchors[one.id.lower()],
        full=f"{one.name}; {one.id}; {one.state}; {WORDS[one.health]}; {one.hostname or 'host name not known'}",
    )


def zone_node(one: AuditedZone, users: Iterable[AuditedEndpoint], index: Index, most: int) -> Node:
    """A private DNS zone and its records; `users` are the endpoints whose wildcard it should hold."""
    using = [user.id for user in users]
    rows = [_record_row(one, record, using, index) for record in one.records]
    return Node(
        key=f"zone {one.id.lower()}",
        title=one.name.replace(ZONE_SUFFIX, _SHORT_SUFFIX),
        aside=group_of(one.id),
        health=one.health,
        rows=fold_rows(rows, most) or (Row(f"none {one.id.lower()}", "no record"),),
        notes=notes(index.about(one.id)),
        full=one.id,
    )


def _record_row(zone: AuditedZone, one: AuditedRecord, using: list[str], index: Index) -> Row:
    concerned = {*one.endpoints, *(using if one.name == "*" else ())}
    found = [f for user in concerned for f in index.about(user) if f.code in RECORD_CODES]
    whose = "ours" if one.ours else "not ours"
    well = Row(
        key=record_key(zone, one),
        text=one.name,
        aside=_first_and_more(one.addresses),
        health=Health.WELL if one.ours else Health.LEFT_ALONE,
        full=f"{one.name}.{zone.name} A {' '.join(one.addresses)}; TTL {one.ttl}; {whose}",
    )
    told = replace(well, notes=notes(found))
    return replace(told, health=Health.WRONG) if any(f.severity == "error" for f in found) else told


def notes(findings: Iterable[AuditedFinding]) -> tuple[Note, ...]:
    """Each code once; what is merely worth knowing stays in the table."""
    once = {one.code: Note(one.code, one.severity) for one in findings if one.severity != "info"}
    return tuple(once.values())


def _first_and_more(addresses: tuple[str, ...]) -> str:
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    return f"{clipped(addresses[0], 15)}{more}" if addresses else ""

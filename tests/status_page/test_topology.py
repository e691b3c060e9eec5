"""The topology diagrams: their nodes and edges, and where the edges run."""

import re
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.audit.report_model import AuditedEndpoint, AuditedRecord, AuditReport, Health
from shared.status_page.index import Index
from shared.status_page.tables import connection_state
from shared.status_page.topology import Column, Diagram, diagrams, layout
from shared.status_page.topology.diagram import DELETED, NO_REGION, NOT_READABLE
from shared.status_page.topology.layout import HEADING, LEFT_AND_WIDTH
from shared.status_page.topology.model import Edge, EdgeKind, Node
from shared.status_page.topology.region import LIMITS
from tests.support.sample_reports import all_well, endpoint, finding, hostile, large, troubled

REPORTS = {"well": all_well(), "troubled": troubled(), "large": large(300, 60, 3), "hostile": hostile()}
CURVE = re.compile(r"M(\S+) (\S+)C\S+ \S+ \S+ \S+ (\S+) ([^M\s]+)")


def diagram_of(report: AuditReport, region: str) -> Diagram:
    return next(one for one in diagrams(Index(report)) if one.title == region)


def rows_of(diagram: Diagram, column: Column) -> dict[str, Node]:
    return {row.title: row for node in diagram.columns[column] for row in node.rows}


def edge_kinds(diagram: Diagram, name: str) -> set[EdgeKind]:
    """The kinds of the edges of the nodes whose key ends so."""
    return {one.kind for one in diagram.edges if one.left.endswith(name) or one.right.endswith(name)}


def notes(node: Node) -> list[str]:
    return [note.text for note in node.notes]


def test_a_diagram_for_each_region() -> None:
    """Regions are sorted by their state, the worst first, then by name."""
    shown = [(one.title, one.state) for one in diagrams(Index(troubled()))]
    assert shown[:2] == [("northeurope", Health.ERROR), ("westus3", Health.ERROR)]
    assert {title for title, _ in shown[2:]} <= {DELETED, NO_REGION, NOT_READABLE}
    states = [state for _, state in shown]
    assert states == sorted(states, key=lambda state: state.rank)
    one_problem = large(100, 20, 10)
    later = replace(one_problem.endpoints[37], health=Health.ERROR)
    endpoints = (*(replace(one, health=Health.HEALTHY) for one in one_problem.endpoints[:37]), later)
    first = diagrams(Index(replace(one_problem, endpoints=endpoints, findings=())))[0]
    assert (first.title, first.state) == (later.region, Health.ERROR)


def test_a_small_region_is_complete() -> None:
    """Every endpoint, network, Private Link service, service, zone and record is shown once."""
    diagram = diagram_of(all_well(), "westus3")
    columns = {column: [node.title for node in nodes] for column, nodes in diagram.columns.items()}
    assert columns[Column.NETWORKS] == ["vnet-app", "vnet-data"]
    assert columns[Column.LINKS] == ["production-westus3-0-0"]
    assert columns[Column.SERVICES] == ["analytics", "billing", "events"]
    assert len(columns[Column.ZONES]) == 2
    endpoints = rows_of(diagram, Column.NETWORKS)
    assert len(endpoints) == 4
    assert endpoints["pe-clickhouse-app"].aside == "10.10.4.7"
    assert diagram.columns[Column.SERVICES][2].aside == "running · 2 ids, 1 foreign"
    assert {edge.kind for edge in diagram.edges} == {
        EdgeKind.APPROVED,
        EdgeKind.SERVES,
        EdgeKind.LINKED,
        EdgeKind.RESOLVES,
    }


@pytest.mark.parametrize(
    ("name", "kind", "texts"),
    [
        ("pe-clickhouse-app", EdgeKind.APPROVED, []),
        ("pe-clickhouse-jobs", EdgeKind.PENDING, ["Pending"]),
        ("pe-clickhouse-notebooks", EdgeKind.REJECTED, ["endpoint-rejected", "allow-list-missing"]),
        ("pe-unknown-vendor", EdgeKind.FOREIGN, ["not-a-clickhouse-endpoint"]),
        ("pe-clickhouse-etl", EdgeKind.DRIFT, ["record-drift"]),
    ],
)
def test_faults_are_shown_at_their_endpoint(name: str, kind: EdgeKind, texts: list[str]) -> None:
    """A fault has an edge of its own kind, and a note: the finding's code, or the connection state without one."""
    diagram = diagram_of(troubled(), "westus3")
    assert kind in edge_kinds(diagram, name)
    assert notes(rows_of(diagram, Column.NETWORKS)[name]) == texts


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        ("Disconnected", EdgeKind.DISCONNECTED, "Disconnected"),
        ("Rejected", EdgeKind.REJECTED, "Rejected"),
        ("Fancy", EdgeKind.OTHER, "unknown state"),
    ],
)
def test_connection_states(status: str, kind: EdgeKind, text: str) -> None:
    """A connection state without a finding is a note. A state that Azure does not document is unknown."""
    report = all_well()
    first = report.endpoints[0]
    changed = replace(first, connections=(replace(first.connections[0], status=status),))
    diagram = diagram_of(replace(report, endpoints=(changed, *report.endpoints[1:])), "westus3")
    assert kind in edge_kinds(diagram, "pe-clickhouse-app")
    assert notes(rows_of(diagram, Column.NETWORKS)["pe-clickhouse-app"]) == [text]


def test_findings_about_records() -> None:
    """A finding about an endpoint's record is shown at the record, too."""
    records = [row for node in diagram_of(troubled(), "westus3").columns[Column.ZONES] for row in node.rows]
    assert [notes(row) for row in records] == [[], ["record-drift"]]
    assert [row.state for row in records] == [Health.HEALTHY, Health.ERROR]


def test_foreign_records() -> None:
    """A foreign record is not managed, and an error only if it blocks an endpoint's record."""
    rows = rows_of(diagram_of(troubled(), "northeurope"), Column.ZONES)
    assert {title: row.state for title, row in rows.items()} == {
        "*": Health.ERROR,
        "grafana": Health.NOT_MANAGED,
    }


def test_a_record_that_blocks_another_endpoint() -> None:
    """A record of one endpoint that blocks another in its network is healthy and has the code as a note."""
    report = all_well()
    app, jobs, *rest = report.endpoints
    blocked = replace(jobs, zone="", health=Health.ERROR)
    findings = (finding("wildcard-owned-by-other", jobs.id, "the record * belongs to another endpoint"),)
    diagram = diagram_of(replace(report, endpoints=(app, blocked, *rest), findings=findings), "westus3")
    record = diagram.columns[Column.ZONES][0].rows[0]
    assert (record.state, notes(record)) == (Health.HEALTHY, ["wildcard-owned-by-other"])


def test_empty_zones_and_networks() -> None:
    """A zone without records and a network without endpoints say so."""
    report = all_well()
    empty = replace(report, endpoints=(), zones=(replace(report.zones[0], records=()),))
    diagram = diagram_of(empty, "westus3")
    assert [*rows_of(diagram, Column.ZONES)] == ["no record"]
    assert [*rows_of(diagram, Column.NETWORKS)] == ["no private endpoint"]


def test_a_shared_record() -> None:
    """A record with the addresses of two endpoints has an edge to each."""
    report = all_well()
    first, second = report.endpoints[:2]
    record = AuditedRecord("*", 300, (*first.addresses, *second.addresses), ours=True)
    shared = replace(report, zones=(replace(report.zones[0], records=(record,)), *report.zones[1:]))
    diagram = diagram_of(shared, "westus3")
    assert EdgeKind.RESOLVES in edge_kinds(diagram, "pe-clickhouse-app")
    assert EdgeKind.RESOLVES in edge_kinds(diagram, "pe-clickhouse-jobs")
    assert diagram.columns[Column.ZONES][0].rows[0].aside == "10.10.4.7 +1"


def test_an_endpoint_without_a_region() -> None:
    """An endpoint without a Private Link service of the organization is shown with its network."""
    lost = replace(endpoint("pe-lost", "vnet-app", "westus3", "10.1.1.1"), region="", alias="", zone="")
    diagram = diagram_of(replace(all_well(), endpoints=(*all_well().endpoints, lost)), "westus3")
    assert "pe-lost" in rows_of(diagram, Column.NETWORKS)


def test_large_regions_are_folded() -> None:
    """A large region shows its worst nodes, and one node for the others. Every edge ends at a shown node."""
    diagram = diagram_of(large(300, 60, 3), "region00")
    networks = diagram.columns[Column.NETWORKS]
    nodes, rows = LIMITS
    assert len(networks) == nodes + 1
    assert (networks[-1].title, networks[-1].aside) == ("15 more networks", "15 healthy")
    assert [one.state for one in networks].count(Health.ERROR) == 2
    assert all(len(one.rows) == rows + 1 for one in networks[:-1])
    assert networks[0].rows[-1].title == "2 more"
    shown = {one.key for of in diagram.columns.values() for node in of for one in (node, *node.rows)}
    assert {key for edge in diagram.edges for key in (edge.left, edge.right)} <= shown
    assert {edge.kind for edge in diagram.edges if edge.left == networks[-1].key} == {EdgeKind.APPROVED}


def test_a_diagram_does_not_grow_with_its_endpoints() -> None:
    """Ten times the endpoints add no nodes beyond the limits."""
    nodes, rows = LIMITS
    for diagram in diagrams(Index(large(3000, 60, 3))):
        shown = [node for of in diagram.columns.values() for node in of]
        assert len(shown) <= 4 * (nodes + 1)
        assert all(len(node.rows) <= rows + 1 for node in shown)


def with_finding(code: str, **changes: Any) -> AuditReport:
    """The healthy report, in which the first endpoint has a finding, its health, and these changes."""
    report = all_well()
    about = finding(code, report.endpoints[0].id, "message")
    first = replace(report.endpoints[0], health=about.health, **changes)
    return replace(report, endpoints=(first, *report.endpoints[1:]), findings=(about,))


@pytest.mark.parametrize("health", [Health.ERROR, Health.WARNING, Health.UNKNOWN, Health.WAITING, Health.NOT_MANAGED])
def test_the_health_of_nodes(health: Health) -> None:
    """Each node has the health of its object, and a network and a region the worst in them."""
    report = all_well()
    changed = replace(
        report,
        endpoints=(replace(report.endpoints[0], health=health), *report.endpoints[1:]),
        services=(report.services[0], replace(report.services[1], health=health)),
        zones=(replace(report.zones[0], health=health), *report.zones[1:]),
    )
    diagram = diagram_of(changed, "westus3")
    assert rows_of(diagram, Column.NETWORKS)["pe-clickhouse-app"].state is health
    worst = Health.HEALTHY if health is Health.NOT_MANAGED else health
    assert (diagram.state, diagram.columns[Column.NETWORKS][0].state) == (worst, worst)
    assert {node.state for node in diagram.columns[Column.ZONES]} == {health, Health.HEALTHY}
    assert {node.title: node.state for node in diagram.columns[Column.SERVICES]}["billing"] is health


def test_a_missing_record() -> None:
    """A record that does not exist and should is a missing row of its zone, with an edge to its endpoint."""
    report = with_finding("record-drift", zone="")
    zone = replace(report.zones[0], health=Health.ERROR, records=())
    diagram = diagram_of(replace(report, zones=(zone, *report.zones[1:])), "westus3")
    row = rows_of(diagram, Column.ZONES)["*"]
    missing = next(row for node in diagram.columns[Column.ZONES] for row in node.rows if row.missing)
    assert (missing.aside, missing.state, notes(missing)) == ("missing", Health.ERROR, ["record-drift"])
    assert row.title == "*"
    assert [edge for edge in diagram.edges if edge.kind is EdgeKind.MISSING] == [
        Edge(missing.key, f"endpoint {report.endpoints[0].id.lower()}", EdgeKind.MISSING)
    ]


def test_a_record_that_exists_is_not_missing() -> None:
    """A record with a wrong address is drift."""
    report = with_finding("record-drift")
    record = replace(report.zones[0].records[0], addresses=("10.9.9.9",))
    diagram = diagram_of(
        replace(report, zones=(replace(report.zones[0], records=(record,)), *report.zones[1:])), "westus3"
    )
    assert EdgeKind.DRIFT in edge_kinds(diagram, "pe-clickhouse-app")
    assert not any(edge.kind is EdgeKind.MISSING for edge in diagram.edges)


def test_a_missing_link() -> None:
    """A VNet link that does not exist and should is a missing edge, from the zone that the endpoint needs."""
    report = with_finding("zone-not-linked", zone="")
    zone = replace(report.zones[0], networks=(), records=())
    other = replace(zone, id=zone.id.replace("westus3", "a.westus3"), name=f"a.{zone.name}")
    diagram = diagram_of(replace(report, zones=(other, zone)), "westus3")
    network = f"network {report.endpoints[0].network.lower()}"
    missing = [edge for edge in diagram.edges if edge.kind is EdgeKind.MISSING]
    assert missing == [Edge(f"zone {zone.id.lower()}", network, EdgeKind.MISSING)]


def test_a_missing_zone() -> None:
    """A zone that does not exist and should is a missing node with an edge to the network."""
    report = replace(with_finding("zone-missing", zone=""), zones=())
    diagram = diagram_of(report, "westus3")
    node = diagram.columns[Column.ZONES][0]
    assert (node.full, node.aside, node.missing) == (
        "westus3.privatelink.azure.clickhouse.cloud",
        "zone missing",
        True,
    )
    assert [edge.right for edge in diagram.edges if edge.left == node.key] == [
        f"network {report.endpoints[0].network.lower()}"
    ]


def test_what_could_not_be_read() -> None:
    """Unreadable endpoints and scopes have a diagram of their own, are unknown, and never healthy."""
    gone = {
        "guid": "",
        "network": "",
        "alias": "",
        "region": "",
        "zone": "",
        "addresses": (),
        "connections": (),
    }
    report = with_finding("unreadable", verdict="unknown", **gone)
    scope = finding("unreadable", "private endpoints of /subscriptions/s/resourceGroups/rg-other", "403")
    diagram = diagram_of(replace(report, findings=(*report.findings, scope)), NOT_READABLE)
    shown = {node.title: (node.state, node.missing) for node in diagram.columns[Column.NETWORKS]}
    assert shown == {
        "rg-network: not readable": (Health.UNKNOWN, True),
        "private endpoints of rg-other": (Health.UNKNOWN, True),
    }
    assert diagram.state is Health.UNKNOWN


def test_an_unreadable_zone() -> None:
    """A zone that could not be read is unknown, in its region, and does not claim to have no records."""
    report = all_well()
    unread = replace(report.zones[0], health=Health.UNKNOWN, networks=(), records=())
    diagram = diagram_of(replace(report, zones=(unread, *report.zones[1:])), "westus3")
    node = diagram.columns[Column.ZONES][0]
    assert (node.state, [row.title for row in node.rows]) == (Health.UNKNOWN, ["not readable"])


def test_deleted_and_untagged_endpoints() -> None:
    """An endpoint that Azure does not have is deleted. One that exists without the tag is untagged."""
    report = all_well()
    untagged = replace(report.endpoints[0], verdict="release", health=Health.NOT_MANAGED)
    deleted = AuditedEndpoint(report.endpoints[1].id, "release", Health.NOT_MANAGED)
    assert connection_state(untagged) == "untagged"
    assert connection_state(deleted) == "deleted"
    diagram = diagram_of(replace(report, endpoints=(untagged, deleted)), DELETED)
    node = diagram.columns[Column.NETWORKS][0]
    assert node.title == "Deleted endpoints"
    assert [(row.title, row.aside, row.missing) for row in node.rows] == [("pe-clickhouse-jobs", "deleted", True)]


@pytest.mark.parametrize("label", ["x", None], ids=["config known", "config unknown"])
def test_a_zone_of_another_suffix(label: str | None) -> None:
    """A zone is in the region of the services whose host names it has, or of the region that its name contains."""
    report = all_well()
    name = "privatelink.abc.westus3.azure.clickhouse-byoc.com"
    hostname = f"{label}.{name}" if label else ""
    zone, service = replace(report.zones[0], name=name), replace(report.services[0], hostname=hostname)
    titles = [one.title for one in diagrams(Index(replace(report, zones=(zone,), services=(service,))))]
    assert name.partition(".")[0] not in titles


def test_a_central_zone() -> None:
    """A record of a zone that is linked to the hub only has an edge to its endpoint in a spoke."""
    report = all_well()
    zone = replace(report.zones[0], networks=("/subscriptions/s/resourceGroups/rg/hub",))
    diagram = diagram_of(replace(report, zones=(zone,)), "westus3")
    assert EdgeKind.RESOLVES in edge_kinds(diagram, "pe-clickhouse-app")


@pytest.mark.parametrize("name", REPORTS)
def test_edges_join_columns(name: str) -> None:
    """Every edge runs from the right side of a column to the left side of a later one, within the diagram."""
    starts = {left + wide for left, wide in LEFT_AND_WIDTH.values()}
    ends = {left for left, _ in LEFT_AND_WIDTH.values()}
    for diagram in diagrams(Index(REPORTS[name])):
        placed = layout(diagram)
        curves = [curve for path in placed.paths.values() for curve in CURVE.findall(path)]
        assert len(curves) == len(diagram.edges)
        for x1, y1, x2, y2 in (map(float, curve) for curve in curves):
            assert x1 in starts
            assert x2 in ends
            assert x1 < x2
            assert HEADING < min(y1, y2) <= max(y1, y2) < placed.height


def test_an_empty_report_has_no_diagram() -> None:
    """A report without endpoints, services and zones has no diagram."""
    assert diagrams(Index(replace(all_well(), endpoints=(), services=(), zones=()))) == ()

"""What the drawing shows, and where."""

from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from shared.domain.audit.report_model import AuditedRecord, AuditReport, Health
from shared.status_page.boxes import Box
from shared.status_page.drawing import LEFT_AND_WIDTH, WIDTH, Picture, picture
from shared.status_page.index import Index
from shared.status_page.scene import Column, Node, Scene, TieKind
from shared.status_page.topology import FRUGAL, scenes
from shared.status_page.wording import width
from tests.support.sample_reports import all_well, endpoint, finding, hostile, large, troubled

WORLDS = {"well": all_well(), "troubled": troubled(), "large": large(300, 60, 3), "hostile": hostile()}


def scene_of(report: AuditReport, region: str) -> Scene:
    return next(scene for scene in scenes(Index(report)) if scene.region == region)


def node(scene: Scene, column: Column, title: str) -> Node:
    return next(one for one in scene.columns[column] if one.title == title)


def kinds(scene: Scene, name: str) -> set[TieKind]:
    """The kinds of the ties that touch what has this at the end of its key."""
    return {tie.kind for tie in scene.ties if tie.left.endswith(name) or tie.right.endswith(name)}


def pictures() -> list[tuple[str, Picture]]:
    return [(name, picture(scene)) for name, report in WORLDS.items() for scene in scenes(Index(report))]


def test_a_scene_for_each_region() -> None:
    """Regions come by name; what is in none comes last."""
    assert [scene.region for scene in scenes(Index(troubled()))] == ["northeurope", "westus3", ""]


def test_all_that_there_is() -> None:
    """Every endpoint, network, Private Link service, service, zone and record of a small world is drawn once."""
    scene = scene_of(all_well(), "westus3")
    assert [one.title for one in scene.columns[Column.NETWORKS]] == ["vnet-app", "vnet-data"]
    rows = [(row.text, row.aside) for one in scene.columns[Column.NETWORKS] for row in one.rows]
    assert ("pe-clickhouse-app", "10.10.4.7") in rows
    assert len(rows) == 4
    assert [one.title for one in scene.columns[Column.LINKS]] == ["production-westus3-0-0"]
    assert [one.title for one in scene.columns[Column.SERVICES]] == ["analytics", "billing", "events"]
    assert [one.aside for one in scene.columns[Column.SERVICES]][2] == "running · 1 ours, 1 foreign"
    assert [row.text for one in scene.columns[Column.ZONES] for row in one.rows] == ["*", "*"]
    assert {tie.kind for tie in scene.ties} == {
        TieKind.APPROVED,
        TieKind.BEHIND,
        TieKind.LINKED,
        TieKind.TELLS,
    }


@pytest.mark.parametrize(
    ("name", "kind", "label"),
    [
        ("pe-clickhouse-jobs", TieKind.PENDING, "Pending"),
        ("pe-clickhouse-notebooks", TieKind.REJECTED, "Rejected"),
        ("pe-unknown-vendor", TieKind.FOREIGN_SERVICE, "foreign service"),
        ("pe-clickhouse-etl", TieKind.DRIFT, "drift"),
    ],
)
def test_what_is_wrong_is_marked_where_it_is(name: str, kind: TieKind, label: str) -> None:
    """A connection that is not as it should be is a tie of its own kind, told in words."""
    scene = scene_of(troubled(), "westus3")
    assert kind in kinds(scene, name)
    assert label in {wire.label for wire in picture(scene).wires if wire.kind is kind}


def test_disconnected_and_unheard_of_states() -> None:
    """A state that nobody knows is told as such."""
    well = all_well()
    for status, kind in (("Disconnected", TieKind.DISCONNECTED), ("Fancy", TieKind.OTHER)):
        first = well.endpoints[0]
        changed = replace(first, connections=(replace(first.connections[0], status=status),))
        scene = scene_of(replace(well, endpoints=(changed, *well.endpoints[1:])), "westus3")
        assert kind in kinds(scene, "pe-clickhouse-app")


def test_codes_stand_at_their_object() -> None:
    """The codes of findings stand at the endpoint they are about, and those about its record at the record."""
    scene = scene_of(troubled(), "westus3")
    rows = {row.text: row for row in node(scene, Column.NETWORKS, "vnet-data").rows}
    assert [note.code for note in rows["pe-clickhouse-notebooks"].notes] == [
        "endpoint-rejected",
        "allow-list-missing",
    ]
    records = [row for one in scene.columns[Column.ZONES] for row in one.rows]
    assert [[note.code for note in row.notes] for row in records] == [[], ["record-drift"]]
    assert [row.health for row in records] == [Health.WELL, Health.WRONG]


def test_records_of_others_are_left_alone() -> None:
    """A record that is not ours is neither well nor wrong, unless it stands in the way of one that should be."""
    zone = scene_of(troubled(), "northeurope").columns[Column.ZONES][0]
    assert [(row.text, row.health) for row in zone.rows] == [
        ("*", Health.WRONG),
        ("grafana", Health.LEFT_ALONE),
    ]


def test_who_gets_no_record_is_told_at_the_one_in_the_way() -> None:
    """A wildcard that stands for another endpoint is well, and says that somebody in its network waits for it."""
    well = all_well()
    app, jobs, *rest = well.endpoints
    waiting = replace(jobs, zone="", health=Health.WRONG)
    found = (finding("wildcard-owned-by-other", jobs.id, "the record * stands for another"),)
    scene = scene_of(replace(well, endpoints=(app, waiting, *rest), findings=found), "westus3")
    record = scene.columns[Column.ZONES][0].rows[0]
    assert (record.health, [note.code for note in record.notes]) == (Health.WELL, ["wildcard-owned-by-other"])


def test_a_zone_without_a_record() -> None:
    """Says so, as does a network without an endpoint."""
    well = all_well()
    empty = replace(well, endpoints=(), zones=(replace(well.zones[0], records=()),))
    scene = scene_of(empty, "westus3")
    assert [row.text for row in scene.columns[Column.ZONES][0].rows] == ["no record"]
    assert [row.text for row in scene.columns[Column.NETWORKS][0].rows] == ["no private endpoint"]


def test_several_addresses() -> None:
    """A shared wildcard tells each endpoint whose address it has."""
    well = all_well()
    first, second = well.endpoints[:2]
    record = AuditedRecord("*", 300, (*first.addresses, *second.addresses), ours=True)
    shared = replace(well, zones=(replace(well.zones[0], records=(record,)), *well.zones[1:]))
    scene = scene_of(shared, "westus3")
    assert {TieKind.TELLS} <= kinds(scene, "pe-clickhouse-app") & kinds(scene, "pe-clickhouse-jobs")
    assert scene.columns[Column.ZONES][0].rows[0].aside == "10.10.4.7 +1"


def test_neighbours() -> None:
    """An endpoint that reaches nothing of the organization is drawn with its neighbours in its network."""
    lost = replace(endpoint("pe-lost", "vnet-app", "westus3", "10.1.1.1"), region="", alias="", zone="")
    scene = scene_of(replace(all_well(), endpoints=(*all_well().endpoints, lost)), "westus3")
    assert "pe-lost" in [row.text for row in node(scene, Column.NETWORKS, "vnet-app").rows]


def test_the_many_are_folded() -> None:
    """Of many the worst are drawn, the rest is told as a number; and no tie leads into nothing."""
    scene = scene_of(large(300, 60, 3), "region00")
    networks = scene.columns[Column.NETWORKS]
    assert len(networks) == FRUGAL.nodes + 1
    assert networks[-1].title == "15 more networks"
    assert networks[-1].aside == "15 well"
    assert [one.health for one in networks].count(Health.WRONG) == 2
    assert all(len(one.rows) == FRUGAL.rows + 1 for one in networks[:-1])
    assert networks[0].rows[-1].text == "2 more"
    keys = {one.key for nodes in scene.columns.values() for one in nodes}
    keys |= {row.key for nodes in scene.columns.values() for one in nodes for row in one.rows}
    assert {key for tie in scene.ties for key in (tie.left, tie.right)} <= keys
    assert {tie.kind for tie in scene.ties if tie.left == networks[-1].key} == {TieKind.APPROVED}


def test_a_picture_grows_with_its_regions_not_with_its_endpoints() -> None:
    """Ten times the endpoints make no more boxes, rows and ties than the limits allow."""
    for scene in scenes(Index(large(3000, 60, 3))):
        drawn = picture(scene)
        assert len(drawn.boxes) <= 4 * (FRUGAL.nodes + 1)
        assert sum(len(box.rows) for box in drawn.boxes) <= 2 * (FRUGAL.nodes + 1) * (FRUGAL.rows + 1)


def test_nothing_lies_on_anything_else() -> None:
    """Boxes stand in their columns, within the picture, and do not overlap; rows stand in their boxes, in order."""
    for name, drawn in pictures():
        for one, other in combinations(drawn.boxes, 2):
            apart = one.x != other.x or one.y + one.height < other.y or other.y + other.height < one.y
            assert apart, (name, one.title, other.title)
        for box in drawn.boxes:
            assert 0 <= box.x <= box.x + box.width <= WIDTH
            assert 0 < box.y < box.y + box.height <= drawn.height
            heights = [box.y, *(row.y for row in box.rows), box.y + box.height]
            assert all(above < below for above, below in pairwise(heights)), (name, box.title)


def test_text_fits_its_box() -> None:
    """No text is wider than its box, whatever things are named."""
    for name, drawn in pictures():
        for box in drawn.boxes:
            assert widest(box) <= box.width, (name, box.title)


def widest(box: Box) -> float:
    """The room that the widest of a box's lines takes, by a monospaced font's columns."""
    title = box.text_x - box.x + 7.4 * width(box.title)
    aside = box.text_x - box.x + 6.8 * width(box.aside)
    rows = [37 + 7.4 * (width(row.text) + 1 + width(row.row.aside)) for row in box.rows]
    return max(title, aside, *rows) if rows else max(title, aside)


def test_wires_join_their_ends() -> None:
    """Every wire begins and ends at the edge of a box."""
    edges = {edge for left, wide in LEFT_AND_WIDTH.values() for edge in (left, left + wide)}
    for _, drawn in pictures():
        for wire in drawn.wires:
            start = float(wire.path[1:].split()[0])
            end = float(wire.path.split()[-2])
            assert start in edges
            assert end in edges
            assert start < end


def test_an_empty_world_has_nothing_to_draw() -> None:
    """A report without anything has no scene."""
    assert scenes(Index(replace(all_well(), endpoints=(), services=(), zones=()))) == ()

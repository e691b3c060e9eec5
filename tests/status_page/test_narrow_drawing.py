"""The drawing for a narrow screen: what stands where, and what is told in words instead of on a wire."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from shared.domain.audit.report_model import AuditReport
from shared.status_page.drawing import Picture, picture
from shared.status_page.index import Index
from shared.status_page.narrow_drawing import LEFT, RIGHT, WIDTH, stacked
from shared.status_page.scene import Column, Scene, TieKind
from shared.status_page.topology import scenes
from shared.status_page.wording import width
from tests.support.sample_reports import all_well, hostile, large, troubled

WORLDS = {"well": all_well(), "troubled": troubled(), "large": large(300, 60, 3), "hostile": hostile()}
NUMBER = re.compile(r"-?[0-9.]+")


def drawn(report: AuditReport) -> list[tuple[Scene, Picture]]:
    return [(scene, stacked(scene)) for scene in scenes(Index(report))]


def rows_of(report: AuditReport, region: str) -> dict[str, list[str]]:
    """The codes and words under each row of a region, by the row's text."""
    one = next(one for scene, one in drawn(report) if scene.region == region)
    return {row.row.text: [note.code for note in row.row.notes] for box in one.boxes for row in box.rows}


@pytest.mark.parametrize("snapshot", WORLDS)
def test_the_same_is_drawn_as_on_a_wide_screen(snapshot: str) -> None:
    """Every box, row and tie of the wide drawing is in the narrow one, under the same headings."""
    for scene, narrow in drawn(WORLDS[snapshot]):
        wide = picture(scene)
        for one, other in zip(sorted(narrow.boxes, key=_key), sorted(wide.boxes, key=_key), strict=True):
            assert [key for key, _ in one.ends] == [key for key, _ in other.ends]
        assert sorted(wire.kind for wire in narrow.wires) == sorted(wire.kind for wire in wide.wires)
        assert [one.text for one in narrow.headings] == [one.text for one in wide.headings]


def _key(box: object) -> str:
    return str(box.node.key)  # type: ignore[attr-defined]


@pytest.mark.parametrize("snapshot", WORLDS)
def test_all_stands_below_each_other(snapshot: str) -> None:
    """Boxes and headings follow each other from above to below, within the picture and in the columns' order."""
    for scene, one in drawn(WORLDS[snapshot]):
        for above, below in pairwise(one.boxes):
            assert above.y + above.height < below.y
        assert {(box.x, box.width) for box in one.boxes} == {(LEFT, RIGHT - LEFT)}
        assert 0 < LEFT < RIGHT < WIDTH == one.width
        assert one.boxes[-1].y + one.boxes[-1].height <= one.height
        keys = [node.key for column in Column for node in scene.columns[column]]
        assert [box.node.key for box in one.boxes] == keys
        firsts = {scene.columns[column][0].key for column in Column if scene.columns[column]}
        tops = [box.y for box in one.boxes if box.node.key in firsts]
        assert all(0 < top - heading.y < 20 for top, heading in zip(tops, one.headings, strict=True))


@pytest.mark.parametrize("snapshot", WORLDS)
def test_text_fits(snapshot: str) -> None:
    """No text is wider than its box, whatever things are named."""
    for _, one in drawn(WORLDS[snapshot]):
        for box in one.boxes:
            assert box.text_x + 7.4 * width(box.title) <= RIGHT
            assert box.text_x + 6.8 * width(box.aside) <= RIGHT
            for row in box.rows:
                assert LEFT + 37 + 7.4 * (width(row.text) + 1 + width(row.row.aside)) <= RIGHT


@pytest.mark.parametrize("snapshot", WORLDS)
def test_wires_run_beside_the_boxes(snapshot: str) -> None:
    """Every wire begins and ends at what it ties, and stays between the boxes and the edge of the picture."""
    for scene, one in drawn(WORLDS[snapshot]):
        heights = {key: y for box in one.boxes for key, y in box.ends}
        found = set()
        for wire in one.wires:
            # Out, round the corner, down, round the corner, and back to where it came from.
            x1, y1, inner, _, _, across, _, straight, _, down, *_, x2 = map(float, NUMBER.findall(wire.path))
            assert x1 == x2
            assert x1 in (LEFT, RIGHT)
            side = (0, LEFT) if x1 == LEFT else (RIGHT, WIDTH)
            assert all(side[0] <= x <= side[1] for x in (inner, inner + across))
            found.add((y1, straight + down, wire.kind))
        told = {(heights[tie.left], heights[tie.right], tie.kind) for tie in scene.ties}
        assert len(found) == len(told)
        assert all(any(_near(a, b) for b in told) for a in found)


def _near(one: tuple[float, float, TieKind], other: tuple[float, float, TieKind]) -> bool:
    """Whether they are the same but for how many digits are written down."""
    return one[2] == other[2] and all(abs(a - b) < 0.01 for a, b in zip(one[:2], other[:2], strict=True))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pe-clickhouse-app", []),
        ("pe-clickhouse-jobs", ["Pending"]),
        ("pe-clickhouse-notebooks", ["endpoint-rejected", "allow-list-missing"]),
        ("pe-unknown-vendor", ["not-a-clickhouse-endpoint"]),
    ],
)
def test_what_is_wrong_is_told_where_it_is(name: str, told: list[str]) -> None:
    """The state of a connection stands in words under its endpoint, unless a code or the other box says it."""
    assert rows_of(troubled(), "westus3")[name] == told


def test_a_drift_that_no_finding_tells() -> None:
    """A record that tells a wrong address says so itself, if its finding is not there."""
    assert rows_of(replace(troubled(), findings=()), "westus3")["*"] == ["drift"]

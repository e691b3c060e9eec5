"""Where everything in the drawing of a region stands on a narrow screen: its columns below each other. Pure.

Ties run beside the boxes there, where no words have room: what `drawing` writes on a wire is told in its row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shared.domain.audit.report_model import Health
from shared.status_page.boxes import Box, place
from shared.status_page.drawing import LABELS, Heading, Picture, Wire
from shared.status_page.scene import Column, Node, Note, Scene, Tie, TieKind

WIDTH = 324
"""With the frame of the page, the screen of a phone: a unit is a pixel there."""
LEFT, RIGHT = 22, 302
"""The edges of every box; ties run beside them."""
_HEADING, _BELOW_HEADING, _GAP, _BELOW_COLUMN = 16, 25, 12, 16
_NEAREST, _LANE, _ROUND = 5, 5, 4
"""How near lanes come to the boxes, how far they are apart at most, and how round they turn."""
_SEVERITIES = {Health.WRONG: "error"}


def stacked(scene: Scene) -> Picture:
    """A scene, placed in one column."""
    headings: list[Heading] = []
    boxes: list[Box] = []
    y = 0.0
    for column in Column:
        if nodes := scene.columns[column]:
            headings.append(Heading(LEFT, y + _HEADING, column.value))
            y += _BELOW_HEADING
            for node in _told(nodes, scene.ties):
                boxes.append(place(node, LEFT, y, RIGHT - LEFT))
                y += boxes[-1].height + _GAP
            y += _BELOW_COLUMN - _GAP
    wires = _wires(scene.ties, frozenset(node.key for node in scene.columns[Column.LINKS]), boxes)
    return Picture(
        width=WIDTH,
        height=y - _BELOW_COLUMN + 2,
        headings=tuple(headings),
        boxes=tuple(boxes),
        wires=tuple(sorted(wires, key=lambda wire: wire.kind in LABELS)),
    )


def _told(nodes: Iterable[Node], ties: Iterable[Tie]) -> Iterable[Node]:
    """The boxes, with what is wrong with their ties in words, where no code says it already."""
    labels: defaultdict[str, dict[str, Note]] = defaultdict(dict)
    for tie in ties:
        # The box of a stranger says so itself.
        if tie.kind in LABELS and tie.kind is not TieKind.FOREIGN_SERVICE:
            label, health = LABELS[tie.kind]
            labels[tie.left][label] = Note(label, _SEVERITIES.get(health, "warning"))
    for node in nodes:
        rows = tuple(replace(row, notes=_with(labels[row.key], row.notes)) for row in node.rows)
        yield replace(node, rows=rows, notes=_with(labels[node.key], node.notes))


def _with(labels: Mapping[str, Note], notes: tuple[Note, ...]) -> tuple[Note, ...]:
    codes = " ".join(note.code for note in notes)
    return *(note for label, note in labels.items() if label.lower() not in codes), *notes


def _wires(ties: Sequence[Tie], links: frozenset[str], boxes: Iterable[Box]) -> Iterable[Wire]:
    """Those to a Private Link service run to the right of the boxes, all others to the left."""
    heights = {key: y for box in boxes for key, y in box.ends}
    to_links = [(tie, tie.right) for tie in ties if tie.right in links]
    others = [(tie, tie.left) for tie in ties if tie.right not in links]
    for edge, outward, beside in ((RIGHT, 1, to_links), (LEFT, -1, others)):
        # Those that share an end share a lane.
        lanes = {end: place for place, end in enumerate(dict.fromkeys(end for _, end in beside), 1)}
        step = min(_LANE, (LEFT - _NEAREST) / max(1, len(lanes)))
        for tie, end in beside:
            lane = round(edge + outward * (_NEAREST + step * lanes[end]), 1)
            yield Wire(_path(edge, lane, heights[tie.left], heights[tie.right], outward * _ROUND), tie.kind)


def _path(edge: float, lane: float, y1: float, y2: float, corner: float) -> str:
    """Out to the lane, down along it, and back, round the corners."""
    inner, down = lane - corner, abs(corner)
    turn, back = f"q{corner:g} 0 {corner:g} {down:g}", f"q0 {down:g} {-corner:g} {down:g}"
    return f"M{edge:g} {y1:g}H{inner:g}{turn}V{y2 - down:g}{back}H{edge:g}"

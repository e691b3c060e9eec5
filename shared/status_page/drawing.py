"""Where everything in the drawing of a region stands, in SVG's units. Pure: the template only writes it down."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from shared.domain.audit.report_model import Health
from shared.status_page.boxes import HEAD, Box, place
from shared.status_page.scene import Column, Node, Scene, Tie, TieKind

WIDTH = 1240
LEFT_AND_WIDTH = {
    Column.ZONES: (0, 236),
    Column.NETWORKS: (306, 322),
    Column.LINKS: (740, 220),
    Column.SERVICES: (1004, 236),
}
_TOP, _GAP, _HEADING = 38, 16, 16
LABELS = {
    TieKind.PENDING: ("Pending", Health.WAITING),
    TieKind.REJECTED: ("Rejected", Health.WRONG),
    TieKind.DISCONNECTED: ("Disconnected", Health.WRONG),
    TieKind.OTHER: ("state not known", Health.UNKNOWN),
    TieKind.FOREIGN_SERVICE: ("foreign service", Health.WRONG),
    TieKind.DRIFT: ("drift", Health.WRONG),
}


@dataclass(frozen=True, slots=True)
class Wire:
    """`path`: SVG's. `label` at (`x`, `y`) tells in words what is not as it should be; `health` likewise."""

    path: str
    kind: TieKind
    label: str = ""
    health: Health | None = None
    x: float = 0
    y: float = 0


@dataclass(frozen=True, slots=True)
class Heading:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: float
    headings: tuple[Heading, ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]

    @property
    def lines(self) -> Mapping[TieKind, str]:
        """All wires of a kind as one path, which is half as long; the kinds in the order in which they are drawn."""
        paths: dict[TieKind, str] = {}
        for wire in self.wires:
            paths[wire.kind] = paths.get(wire.kind, "") + wire.path
        return paths


def picture(scene: Scene) -> Picture:
    """A scene, placed."""
    boxes = _columns(scene)
    left, right = _ends(boxes)
    wires = [_wire(tie, right[tie.left], left[tie.right]) for tie in scene.ties]
    return Picture(
        width=WIDTH,
        height=max((box.y + box.height for box in boxes), default=_TOP) + 2,
        headings=tuple(Heading(LEFT_AND_WIDTH[c][0], _HEADING, c.value) for c in Column if scene.columns[c]),
        boxes=boxes,
        # What is wrong is drawn over what is not.
        wires=tuple(sorted(wires, key=lambda wire: bool(wire.label))),
    )


def _columns(scene: Scene) -> tuple[Box, ...]:
    """Networks and services stand in the middle of the height; zones and links beside what they are tied to."""
    inner = {c: _stack(c, scene.columns[c], _TOP) for c in (Column.NETWORKS, Column.SERVICES)}
    lowest = max((boxes[-1].y + boxes[-1].height for boxes in inner.values() if boxes), default=_TOP)
    for column, boxes in inner.items():
        if boxes:
            down = (lowest - boxes[-1].y - boxes[-1].height) / 2
            inner[column] = _stack(column, scene.columns[column], _TOP + down)
    fixed = tuple(box for boxes in inner.values() for box in boxes)
    beside = [_beside(c, scene.columns[c], scene.ties, fixed) for c in (Column.ZONES, Column.LINKS)]
    return (*beside[0], *inner[Column.NETWORKS], *beside[1], *inner[Column.SERVICES])


def _stack(column: Column, nodes: Sequence[Node], top: float) -> tuple[Box, ...]:
    return _placed(column, nodes, lambda _: top)


def _placed(column: Column, nodes: Sequence[Node], wanted: Callable[[Node], float]) -> tuple[Box, ...]:
    """The boxes of a column, each where it is wanted, or as far below as those above it need."""
    x, wide = LEFT_AND_WIDTH[column]
    boxes: list[Box] = []
    free = float(_TOP)
    for node in nodes:
        box = place(node, x, max(free, wanted(node)), wide)
        boxes.append(box)
        free = box.y + box.height + _GAP
    return tuple(boxes)


def _beside(
    column: Column, nodes: Sequence[Node], ties: Iterable[Tie], fixed: Sequence[Box]
) -> tuple[Box, ...]:
    """Boxes at the mean height of what they are tied to, from above to below."""
    heights = _ends(fixed)[0]
    partners: defaultdict[str, list[float]] = defaultdict(list)
    for tie in ties:
        for key, other in ((tie.left, tie.right), (tie.right, tie.left)):
            if other in heights:
                partners[key].append(heights[other][1])

    def wanted(node: Node) -> float:
        tied = [y for key in (node.key, *(row.key for row in node.rows)) for y in partners[key]]
        return fmean(tied) - HEAD / 2 if tied else _TOP

    return _placed(column, sorted(nodes, key=wanted), wanted)


type _Ends = Mapping[str, tuple[float, float]]


def _ends(boxes: Iterable[Box]) -> tuple[_Ends, _Ends]:
    """Where ties reach each box and row: on its left side, and on its right side."""
    left: dict[str, tuple[float, float]] = {}
    right: dict[str, tuple[float, float]] = {}
    for box in boxes:
        for key, y in box.ends:
            left[key], right[key] = (box.x, y), (box.x + box.width, y)
    return left, right


def _wire(tie: Tie, start: tuple[float, float], end: tuple[float, float]) -> Wire:
    (x1, y1), (x2, y2) = start, end
    bend = (x1 + x2) / 2
    path = f"M{x1:g} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x2:g} {y2:g}"
    if tie.kind not in LABELS:
        return Wire(path, tie.kind)
    label, health = LABELS[tie.kind]
    # Near the end on the left, where wires have not met yet; the curve is still almost level there.
    return Wire(path, tie.kind, label, health, x1 + 9, y1 + 0.04 * (y2 - y1))

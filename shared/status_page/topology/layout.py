"""Where the edges of a diagram run. Pure.

The browser places the nodes by `style.css`, which uses the same sizes: columns of these relative widths, lines of
these heights, and the free height of a column spread evenly around its nodes. A browser test compares the two.
On a narrow screen the columns are stacked and the edges hidden: the notes of each row say what they would show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.status_page.topology.model import Column, Diagram, EdgeKind, Node

WIDTH = 1240
LEFT_AND_WIDTH = {
    Column.ZONES: (0, 236),
    Column.NETWORKS: (306, 322),
    Column.LINKS: (740, 220),
    Column.SERVICES: (1004, 236),
}
HEADING, HEAD, LINE, ROW, FOOT, GAP = 30, 34, 17, 27, 6, 16
"""A column's heading; a node's title, its further lines, its rows, and the room below them; between nodes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`paths`: the edges of each kind as one SVG path."""

    height: float
    paths: Mapping[EdgeKind, str]


def layout(diagram: Diagram) -> Layout:
    """The edges of a diagram, as SVG paths."""
    height = HEADING + max(_stacked_height(nodes) for nodes in diagram.columns.values())
    columns: dict[str, Column] = {}
    middles: dict[str, float] = {}
    for column, nodes in diagram.columns.items():
        placed = dict(_middles(nodes, height))
        middles |= placed
        columns |= dict.fromkeys(placed, column)
    paths = dict.fromkeys(EdgeKind, "")
    for edge in diagram.edges:
        left, wide = LEFT_AND_WIDTH[columns[edge.left]]
        start, end = left + wide, LEFT_AND_WIDTH[columns[edge.right]][0]
        paths[edge.kind] += _curve(start, middles[edge.left], end, middles[edge.right])
    return Layout(height, {kind: path for kind, path in paths.items() if path})


def _stacked_height(nodes: Sequence[Node]) -> float:
    return sum(map(_height, nodes)) + GAP * max(0, len(nodes) - 1)


def _height(node: Node) -> float:
    rows = sum(ROW + LINE * bool(row.notes) for row in node.rows)
    return _head_height(node) + rows + FOOT * bool(node.rows)


def _head_height(node: Node) -> float:
    return HEAD + LINE * (bool(node.aside) + bool(node.notes))


def _middles(nodes: Sequence[Node], height: float) -> Iterator[tuple[str, float]]:
    """The y of each node's title and of each of its rows, by key."""
    margin = (height - HEADING - _stacked_height(nodes)) / max(1, len(nodes)) / 2
    top = float(HEADING)
    for node in nodes:
        top += margin
        yield node.key, top + HEAD / 2
        y = top + _head_height(node)
        for row in node.rows:
            yield row.key, y + ROW / 2
            y += ROW + LINE * bool(row.notes)
        top += _height(node) + margin + GAP


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    bend = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x2:g} {y2:g}"

"""One box of the drawing: a head of one or two lines, then its rows, in SVG's units. Pure.

A line of findings' codes follows what it is about. Text is clipped to what fits, by counting the columns
of a monospaced font.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.status_page.scene import Node, Note, Row
from shared.status_page.wording import clipped, width

HEAD, _ASIDE, _NOTES, _ROW, _FOOT = 34, 17, 17, 27, 6
_PAD, _TEXT_AT, _PLAIN_AT = 13, 37, 14
_COLUMN_WIDTH, _SMALL_COLUMN_WIDTH = 7.4, 6.8
"""Of a monospaced font of 12 and of 11 units, at most."""


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """`y`: of its middle line; `notes_y`: of the codes under it."""

    row: Row
    y: float
    text: str
    notes_y: float
    notes: tuple[Note, ...]
    more_notes: int


@dataclass(frozen=True, slots=True)
class Box:
    node: Node
    x: float
    y: float
    width: float
    height: float
    text_x: float
    title: str
    aside: str
    aside_y: float
    notes: tuple[Note, ...]
    more_notes: int
    notes_y: float
    rows_y: float
    rows: tuple[PlacedRow, ...]

    @property
    def ends(self) -> tuple[tuple[str, float], ...]:
        """At which height the ties of the box itself, and of its rows, begin and end: by key."""
        return (self.node.key, self.y + HEAD / 2 + 1), *((placed.row.key, placed.y) for placed in self.rows)


def place(node: Node, x: float, y: float, wide: float) -> Box:
    """The box of a node, its corner at that place, and that wide."""
    text_at = _TEXT_AT if node.health else _PLAIN_AT
    title_room = int((wide - text_at - _PAD) / _COLUMN_WIDTH)
    room = int((wide - _TEXT_AT - _PAD) / _COLUMN_WIDTH)
    small_room = int((wide - text_at - _PAD) / _SMALL_COLUMN_WIDTH)
    aside_y = y + HEAD + (_ASIDE - 12 if node.aside else -_ASIDE + 5)
    notes_y = aside_y + _NOTES
    head = HEAD + (_ASIDE if node.aside else 0) + (_NOTES if node.notes else 0)
    rows = tuple(_rows(node.rows, y + head, room))
    foot = _FOOT if rows else 0
    return Box(
        node=node,
        x=x,
        y=y,
        width=wide,
        height=head + sum(map(_height, node.rows)) + foot,
        text_x=x + text_at,
        title=clipped(node.title, title_room),
        aside=clipped(node.aside, small_room),
        aside_y=aside_y,
        notes=_fitting(node.notes, room),
        more_notes=len(node.notes) - len(_fitting(node.notes, room)),
        notes_y=notes_y,
        rows_y=y + head,
        rows=rows,
    )


def _rows(rows: Iterable[Row], y: float, room: int) -> Iterable[PlacedRow]:
    for row in rows:
        aside = width(row.aside)
        notes = _fitting(row.notes, room)
        middle = y + _ROW / 2 + 3
        text = clipped(row.text, max(6, room - aside - 1))
        yield PlacedRow(row, middle, text, middle + 20, notes, len(row.notes) - len(notes))
        y += _height(row)


def _height(row: Row) -> float:
    return _ROW + (_NOTES if row.notes else 0)


def _fitting(notes: Sequence[Note], room: int) -> tuple[Note, ...]:
    """The codes that fit into a line with room for `+1` after them; one at least."""
    taken = 3
    fitting: list[Note] = []
    for note in notes:
        taken += width(note.code) + 1
        if fitting and taken > room:
            break
        fitting.append(note)
    return tuple(fitting)

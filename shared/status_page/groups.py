"""Rows of a table under headings, where they are many. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

UNGROUPED = 40
"""So many rows are one table."""
MOST_ROWS = 2000
"""So many rows of a kind, so that the page stays one that a browser likes; the JSON has them all."""


@dataclass(frozen=True, slots=True)
class Group[R]:
    """Rows under one heading, or further groups; without a title, all there are.

    `full`: what the title is short for. `sign`: the glyph of the worst in it. `summary`: all of it in
    a few words. `unfolded`: whether it is shown so.
    """

    title: str
    full: str
    aside: str
    sign: str
    summary: str
    rows: tuple[R, ...] = ()
    groups: "tuple[Group[R], ...]" = ()
    unfolded: bool = False


def by[R](rows: Iterable[R], key: Callable[[R], str]) -> Iterable[tuple[str, Sequence[R]]]:
    """The rows with the same key together, in the order in which the keys come."""
    found: defaultdict[str, list[R]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found.items()


def one_table[R](rows: Sequence[R]) -> tuple[Group[R], ...]:
    """All the rows as they are."""
    return (Group("", "", "", "", "", tuple(rows), unfolded=True),) if rows else ()

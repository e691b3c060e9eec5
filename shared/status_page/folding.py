"""Keeping a drawing small: of many things alike the worst are shown, and the rest told as a number."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from shared.domain.audit.report_model import Health
from shared.status_page.index import BADNESS, badness, worst
from shared.status_page.scene import Node, Row

WORDS = {
    Health.WELL: "well",
    Health.WAITING: "waiting",
    Health.WRONG: "wrong",
    Health.UNKNOWN: "not known",
    Health.LEFT_ALONE: "left alone",
}


def fold_rows(rows: Sequence[Row], most: int) -> tuple[Row, ...]:
    """The worst `most` rows in the order they came in, and one row for the others."""
    kept, others = _parted([(row.health, place) for place, row in enumerate(rows)], most)
    if not others:
        return tuple(rows)
    away = [rows[place] for place in others]
    more = Row(
        key=f"more {away[0].key}",
        text=f"{len(away)} more",
        aside=tally(one.health for one in away),
        health=worst(one.health for one in away if one.health),
        stands_for=tuple(row.key for row in away),
    )
    return (*(rows[place] for place in kept), more)


def fold_nodes(nodes: Sequence[Node], most: int, plural: str) -> tuple[Node, ...]:
    """The same for boxes; `plural` is what they are."""
    kept, others = _parted([(node.health, place) for place, node in enumerate(nodes)], most)
    if not others:
        return tuple(nodes)
    away = [nodes[place] for place in others]
    more = Node(
        key=f"more {away[0].key}",
        title=f"{len(away)} more {plural}",
        aside=tally(one.health for one in away),
        health=worst(one.health for one in away if one.health),
        stands_for=tuple(key for node in away for key in _keys(node)),
    )
    return (*(nodes[place] for place in kept), more)


def places(nodes: Iterable[Node]) -> Mapping[str, str]:
    """Where each thing is shown: the key of its row or box, or of what stands for it."""
    found: dict[str, str] = {}
    for node in nodes:
        found |= dict.fromkeys((node.key, *node.stands_for), node.key)
        for row in node.rows:
            found |= dict.fromkeys((row.key, *row.stands_for), row.key)
    return found


def tally(healths: Iterable[Health | None]) -> str:
    """Such as `2 wrong, 5 well`; the worst first."""
    count = Counter(one for one in healths if one)
    return ", ".join(f"{count[one]} {WORDS[one]}" for one in reversed(BADNESS) if count[one])


def _keys(node: Node) -> Iterable[str]:
    yield node.key
    for row in node.rows:
        yield from (row.key, *row.stands_for)


def _parted(healths: list[tuple[Health | None, int]], most: int) -> tuple[list[int], list[int]]:
    """The places to keep and those to fold away. A single one is never folded: a line for it is no shorter."""
    if len(healths) <= most + 1:
        return [place for _, place in healths], []
    ranked = sorted(healths, key=lambda one: (-badness(one[0]) if one[0] else 0, one[1]))
    kept = sorted(place for _, place in ranked[:most])
    return kept, sorted(place for _, place in ranked[most:])

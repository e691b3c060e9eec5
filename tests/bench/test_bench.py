"""Runs every bench figure with a small world, to check that the measurements work."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.__main__ import FIGURES
from bench.results import write_table
from bench.rows import Goal, Row, shown
from bench.sizes import MINIATURE

type Measured = Mapping[str, Future[list[Row]]]


@pytest.fixture(scope="module")
def measured() -> Iterator[Measured]:
    """All figures, two at a time: most of the time they wait for processes to start."""
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(measure, MINIATURE) for name, measure in FIGURES.items()}


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_runs_with_a_small_world(figure: str, measured: Measured) -> None:
    """Each figure returns rows that can be written as JSON, and no endpoint is lost or missing."""
    rows = measured[figure].result()
    assert rows
    assert json.dumps([row.as_json() for row in rows])
    assert not [row for row in rows if ("lost" in row.figure or "missing" in row.figure) and row.value]


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal("under", 2), 1.99, True),
        (Goal("under", 2), 2, False),
        (Goal("most", 2), 2, True),
        (Goal("most", 2), 2.01, False),
        (Goal("least", 2), 2, True),
        (Goal("least", 2), 1.99, False),
        (None, 2, None),
    ],
)
def test_goal_compares_the_unrounded_value(goal: Goal | None, value: float, met: object) -> None:
    """`under` excludes its limit, `most` and `least` include it; without a goal the result is None."""
    assert Row("", value, goal=goal).met is met


def test_extrapolated_value_meets_no_upper_limit() -> None:
    """An extrapolated value is a lower bound: it can meet a `least` goal, but not an `under` or `most` goal."""
    assert Row("", 3, goal=Goal("least", 2), extrapolated=True).met
    assert not Row("", 1, goal=Goal("under", 2), extrapolated=True).met


def test_table_replaces_the_text_between_its_markers(tmp_path: Path) -> None:
    """Text outside the markers is unchanged, and writing the same table twice has no effect."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table -->\nold\n<!-- /table -->\nafter\n", encoding="utf-8")
    rows = [Row("Figure", 3, "s", Goal("under", 2), "limit")]
    write_table(page, rows)
    written = page.read_text(encoding="utf-8")
    assert written.startswith("before\n<!-- table -->\n| Figure")
    assert "| Figure | 3 s | under 2 s | **no** | limit |" in written
    assert written.endswith("<!-- /table -->\nafter\n")
    write_table(page, rows)
    assert page.read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (12.0, "12"), (1234.5, "1 234"), (9500, "9 500"), (99.96, "100")]
)
def test_values_have_three_significant_digits(value: float, text: str) -> None:
    """Values have three significant digits; larger values are whole numbers."""
    assert shown(value) == text

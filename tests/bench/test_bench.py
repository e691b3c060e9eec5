"""Every figure in miniature, so that the measuring itself cannot rot; its numbers mean nothing here."""

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
    """All figures, two at a time: they mostly wait for processes to start."""
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(measure, MINIATURE) for name, measure in FIGURES.items()}


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_runs_in_miniature(figure: str, measured: Measured) -> None:
    """A figure comes with rows that can be written down, and in its small world nothing is lost or left behind."""
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
def test_a_goal_is_met_or_not_by_the_value_as_it_was_measured(
    goal: Goal | None, value: float, met: object
) -> None:
    """`under` leaves the bound out, `most` and `least` take it in, and without a goal nothing is met."""
    assert Row("", value, goal=goal).met is met


def test_the_least_that_a_value_can_be_shows_no_upper_bound_kept() -> None:
    """A value that was not measured to its end meets a goal from below, and none from above."""
    assert Row("", 3, goal=Goal("least", 2), extrapolated=True).met
    assert not Row("", 1, goal=Goal("under", 2), extrapolated=True).met


def test_the_table_stands_between_its_marks(tmp_path: Path) -> None:
    """What is before and after the marks stays, and writing the table again changes nothing."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table -->\nold\n<!-- /table -->\nafter\n", encoding="utf-8")
    rows = [Row("Figure", 3, "s", Goal("under", 2), "limit")]
    write_table(page, rows)
    once = page.read_text(encoding="utf-8")
    assert once.startswith("before\n<!-- table -->\n| Figure")
    assert "| Figure | 3 s | under 2 s | **no** | limit |" in once
    assert once.endswith("<!-- /table -->\nafter\n")
    write_table(page, rows)
    assert page.read_text(encoding="utf-8") == once


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (12.0, "12"), (1234.5, "1 234"), (9500, "9 500"), (99.96, "100")]
)
def test_values_are_shown_with_three_digits(value: float, text: str) -> None:
    """Three significant digits, or whole numbers where they are larger."""
    assert shown(value) == text

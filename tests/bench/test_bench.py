"""Every figure in miniature, so that the measuring itself cannot rot; its numbers mean nothing here."""

import json

import pytest

from bench.__main__ import FIGURES
from bench.sizes import MINIATURE


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_runs_in_miniature(figure: str) -> None:
    """A figure comes with rows that can be written down, and in its small world nothing is lost or left."""
    rows = FIGURES[figure](MINIATURE)
    assert rows
    assert json.dumps([row.as_json() for row in rows])
    assert not [row for row in rows if ("lost" in row.figure or "missing" in row.figure) and row.value]

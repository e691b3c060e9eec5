"""The coverage check, which has separate limits for statements and branches."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tools.coverage import shortfalls

PROGRAM = """
def sign(number):
    if number < 0:
        return "-"
    return "+"

sign({first}), sign({second})
"""


@pytest.mark.parametrize(
    ("statements", "branches", "lines"),
    [
        (100, 100, []),
        (100, 99, []),
        (99.99, 100, ["99.99 % of statements are covered, 100 % are required"]),
        (100, 98.5, ["98.50 % of branches are covered, 99 % are required"]),
    ],
)
def test_limits(statements: float, branches: float, lines: list[str]) -> None:
    """100 % of statements and 99 % of branches must be covered; each limit that is not met is reported."""
    totals = {"percent_statements_covered": statements, "percent_branches_covered": branches}
    assert shortfalls(totals) == lines


@pytest.mark.parametrize(("second", "code", "text"), [(-1, 0, "100.00 % of statements"), (2, 1, "required")])
def test_measurement(tmp_path: Path, second: int, code: int, text: str) -> None:
    """The check reads the coverage data of a folder."""
    (tmp_path / "program.py").write_text(PROGRAM.format(first=1, second=second))
    for command in (
        ["coverage", "run", "--branch", "--source=.", "program.py"],
        ["tools.coverage", str(tmp_path)],
    ):
        folder = ROOT if command[0] == "tools.coverage" else tmp_path
        completed = subprocess.run(  # noqa: S603 -- coverage and this repository's tool
            [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
        )
    assert completed.returncode == code
    assert text in completed.stdout + completed.stderr

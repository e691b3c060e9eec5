"""The check on coverage holds statements and branches apart."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tools.coverage import faults

PROGRAM = """
def sign(number):
    if number < 0:
        return "-"
    return "+"

sign({first}), sign({second})
"""


@pytest.mark.parametrize(
    ("statements", "branches", "told"),
    [
        (100, 100, []),
        (100, 99, []),
        (99.99, 100, ["99.99 % of statements are covered, 100 % must be"]),
        (100, 98.5, ["98.50 % of branches are covered, 99 % must be"]),
    ],
)
def test_limits(statements: float, branches: float, told: list[str]) -> None:
    """All statements must be reached, and of the branches all but one in a hundred: neither makes up for the other."""
    totals = {"percent_statements_covered": statements, "percent_branches_covered": branches}
    assert faults(totals) == told


@pytest.mark.parametrize(("second", "code", "told"), [(-1, 0, "100.00 % of statements"), (2, 1, "must be")])
def test_a_measurement(tmp_path: Path, second: int, code: int, told: str) -> None:
    """What coverage measured in a folder is what is judged."""
    (tmp_path / "program.py").write_text(PROGRAM.format(first=1, second=second))
    for command in (
        ["coverage", "run", "--branch", "--source=.", "program.py"],
        ["tools.coverage", str(tmp_path)],
    ):
        folder = ROOT if command[0] == "tools.coverage" else tmp_path
        done = subprocess.run(  # noqa: S603 -- our own programs
            [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
        )
    assert done.returncode == code
    assert told in done.stdout + done.stderr

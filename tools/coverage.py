"""Checks the last coverage measurement against its limits: `python -m tools.coverage [folder]`.

Statements and branches have separate limits, because coverage.py only has one for both together. All statements
must be covered. Some branches cannot be: the one after the last case of a `match` that mypy proves exhaustive.

Exit codes: 0 both limits are met, 1 otherwise. The folder contains the data file.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATEMENTS, BRANCHES = 100.0, 99.0


def shortfalls(totals: Mapping[str, Any]) -> list[str]:
    """Return a line for each limit that the totals of coverage's JSON report do not meet."""
    limits = {"statements": STATEMENTS, "branches": BRANCHES}
    covered = {kind: float(totals[f"percent_{kind}_covered"]) for kind in limits}
    return [
        f"{covered[kind]:.2f} % of {kind} are covered, {limits[kind]:g} % are required"
        for kind in limits
        if covered[kind] < limits[kind]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    (folder,) = arguments or sys.argv[1:] or [str(ROOT)]
    report = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", "-"]
    completed = subprocess.run(report, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 -- a fixed command
    totals = json.loads(completed.stdout)["totals"]
    missed = shortfalls(totals)
    for line in missed:
        sys.stderr.write(f"{line}\n")
    if not missed:
        percents = (f"{totals[f'percent_{kind}_covered']:.2f} % of {kind}" for kind in ("statements", "branches"))
        sys.stdout.write(f"covered: {', '.join(percents)}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

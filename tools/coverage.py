"""Holds the last measurement of coverage against what it must be: `python -m tools.coverage [folder]`.

Statements and branches are held apart, because a limit on the figure of both together would let one make up
for the other. All statements are reached. Of the branches, some cannot be taken: the way past the last case
of a `match` that mypy proves to be exhaustive.

Exits with 0 if both are as they must be, with 1 if not. The folder is the one with the data file.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATEMENTS, BRANCHES = 100.0, 99.0


def faults(totals: Mapping[str, Any]) -> list[str]:
    """What is less than it must be, a line each, from the totals of coverage's JSON report."""
    least = {"statements": STATEMENTS, "branches": BRANCHES}
    found = {kind: float(totals[f"percent_{kind}_covered"]) for kind in least}
    return [
        f"{found[kind]:.2f} % of {kind} are covered, {least[kind]:g} % must be"
        for kind in least
        if found[kind] < least[kind]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    (folder,) = arguments or sys.argv[1:] or [str(ROOT)]
    report = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", "-"]
    done = subprocess.run(report, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 -- fixed
    totals = json.loads(done.stdout)["totals"]
    told = faults(totals)
    for line in told:
        sys.stderr.write(f"{line}\n")
    if not told:
        percents = (
            f"{totals[f'percent_{kind}_covered']:.2f} % of {kind}" for kind in ("statements", "branches")
        )
        sys.stdout.write(f"covered: {', '.join(percents)}\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())

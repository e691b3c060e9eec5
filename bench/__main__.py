"""`python -m bench`: measure every figure, print the table, and write it to bench/results.json and the docs."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from bench import results
from bench.figures import audit, burst, coldstart, deletions, foreign, single, spread, unchanged
from bench.rows import Row
from bench.sim import ROOT
from bench.sizes import FULL, Sizes

type Figure = Callable[[Sizes], list[Row]]

FIGURES: Mapping[str, Figure] = {
    "single": single.measure,
    "burst": burst.measure,
    "spread": spread.measure,
    "deletions": deletions.measure,
    "audit": audit.measure,
    "foreign": foreign.measure,
    "coldstart": coldstart.measure,
    "unchanged": unchanged.measure,
}
RESULTS = Path(__file__).resolve().parent / "results.json"
PAGE = ROOT / "docs" / "performance.md"


def main() -> int:
    options, console = _options(), Console()
    rows: list[Row] = []
    began = time.monotonic()
    for name in options.figures or FIGURES:
        started = time.monotonic()
        rows += FIGURES[name](FULL)
        console.print(f"{name}: measured in {time.monotonic() - started:.0f} s", style="dim")
    results.show(rows, FULL, console)
    if not options.figures:
        results.write(RESULTS, rows, time.monotonic() - began)
        results.write_table(PAGE, rows)
        console.print(f"Written to {RESULTS.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "figures",
        nargs="*",
        choices=[*FIGURES, []],
        metavar="FIGURE",
        help=f"only these, and write no file: {', '.join(FIGURES)}",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

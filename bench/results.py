"""The results: a table for the terminal, bench/results.json, and the table in docs/performance.md."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.rows import Row, shown
from bench.sizes import Sizes
from bench.worlds import Json

_PACKAGES = (
    "aiohttp", "azure-core", "azure-functions", "azure-functions-runtime", "azure-mgmt-network",
    "azure-mgmt-privatedns", "clickhousectl", "httpx", "pydantic", "uvicorn",
)  # fmt: skip
_BEGIN, _END = "<!-- table -->", "<!-- /table -->"
_MARKS = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}


def show(rows: Sequence[Row], sizes: Sizes, console: Console) -> None:
    """Print the table."""
    conditions = f"{sizes.latency_ms} ms per call, ClickHouse limit {sizes.rate_limit}, unless a figure says otherwise"
    table = Table("Figure", "Value", "Goal", "Met", "Limit", caption=conditions)
    table.columns[1].justify = "right"
    for row in rows:
        goal = row.goal.text(row.unit) if row.goal else ""
        table.add_row(row.figure, _value(row), goal, _MARKS[row.met], row.limit)
    console.print(table)
    unmet = sum(row.met is False for row in rows)
    console.print(f"{sum(row.met is True for row in rows)} goals met, {unmet} not.")


def write(path: Path, rows: Sequence[Row], seconds: float) -> None:
    """Write all rows, the machine and the versions."""
    document = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds": round(seconds),
        "machine": machine(),
        "versions": {package: version(package) for package in _PACKAGES},
        "rows": [row.as_json() for row in rows],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_table(page: Path, rows: Sequence[Row]) -> None:
    """Write the table between the markers of a Markdown page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    assert begin, f"{page} has no marker for the begin of the table"
    assert end, f"{page} has no marker for the end of the table"
    lines = ["| Figure | Value | Goal | Met | Limit |", "|---|---|---|---|---|", *map(_line, rows)]
    page.write_text("\n".join([before + begin, *lines, end + after]), encoding="utf-8")


def _line(row: Row) -> str:
    goal = row.goal.text(row.unit) if row.goal else ""
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    return f"| {row.figure} | {_value(row)} | {goal} | {met} | {row.limit} |"


def machine() -> Json:
    """The relevant properties of the machine, without its name."""
    return {
        "cpus": os.cpu_count(),
        "memoryGiB": _memory_gib(),
        "os": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _memory_gib() -> int | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (ValueError, OSError):
        return None


def _value(row: Row) -> str:
    about = "≥ " if row.extrapolated else ""
    return f"{about}{shown(row.value)} {row.unit}".strip()

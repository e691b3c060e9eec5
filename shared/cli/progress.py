"""What a command waits for, on stderr: a spinner on a terminal, elsewhere a line at intervals; a line for each wait."""

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.status import Status

from shared.adapters.retry import Deadline
from shared.cli.output import Line
from shared.telemetry.log import LOGGER

# Shorter waits are not reported.
MIN_WAIT = 1.0
INTERVAL = 10.0


@asynccontextmanager
async def progress(console: Console, command: str, seconds: float, interval: float = INTERVAL) -> AsyncIterator[None]:
    """Report that the command runs, and what it waits for, until the body ends. `seconds`: its timeout."""
    deadline, logger = Deadline.after(seconds), logging.getLogger(LOGGER)
    waits = _Waits(console, deadline)
    pending = asyncio.create_task(_report_pending(console, command, deadline, interval))
    logger.addHandler(waits)
    try:
        with Status(f"{command}: waiting for responses", console=console):
            yield
    finally:
        logger.removeHandler(waits)
        pending.cancel()


async def _report_pending(console: Console, command: str, deadline: Deadline, interval: float) -> None:
    while not console.is_terminal:
        await asyncio.sleep(interval)
        console.print(f"{command}: waiting for responses; {deadline.left():.0f} s left")


class _Waits(logging.Handler):
    """Reports noticeable waits before retries, and failures of the report store, from the log; each one once."""

    def __init__(self, console: Console, deadline: Deadline) -> None:
        super().__init__()
        self._console, self._deadline = console, deadline
        self._reported: dict[str, float] = {}
        self._store_failed = False

    def emit(self, record: logging.LogRecord) -> None:
        line = json.loads(record.getMessage())
        if line["event"] == "store" and not self._store_failed:
            self._store_failed = True
            self._console.print(Line(f"REPORT_STORE failed: {line['error']}. To check it, run check.", "yellow"))
        if line["event"] != "retry" or line["waitSeconds"] < MIN_WAIT:
            return
        system, left = line["system"], self._deadline.left()
        if self._reported.get(system, math.inf) - left >= MIN_WAIT:
            self._reported[system] = left
            wait = _wait_text(line.get("status"), line["waitSeconds"])
            self._console.print(Line(f"{system} {wait}; {left:.0f} s left", "yellow"))


def _wait_text(status: int | None, wait: float) -> str:
    if status == 429:
        return f"asks to wait {wait:.0f} s (429)"
    problem = f"returned {status}" if status else "does not respond"
    return f"{problem}; next attempt in {wait:.0f} s"

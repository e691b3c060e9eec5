"""Fires timer functions on their schedules."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

from localhost.errors import InvocationFailedError
from localhost.functions import TIMER, Function
from localhost.schedule import Schedule
from localhost.worker import Worker

MAX_SLEEP_SECONDS = 30.0  # detects clock changes and system sleep within this time


class Timers:
    """Fires each timer function on its schedule, one run at a time. Missed runs are skipped."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        timers = [function for function in self._worker.functions.values() if function.kind == TIMER]
        self._tasks = [asyncio.create_task(self._run(function)) for function in timers]

    def stop(self) -> None:
        """Stop firing. A running invocation continues; the worker waits for it."""
        for task in self._tasks:
            task.cancel()

    async def _run(self, function: Function) -> None:
        last = None
        if function.trigger.get("runOnStartup"):
            last = await self._fire(function, last)
        while True:
            await _sleep_until(function.schedule.after(datetime.now(UTC)))
            last = await self._fire(function, last)

    async def _fire(self, function: Function, last: datetime | None) -> datetime:
        now = datetime.now(UTC)
        with contextlib.suppress(InvocationFailedError):  # already logged by the worker
            await self._worker.timer(function.name, timer_info(function.schedule, last=last))
        return now


def timer_info(schedule: Schedule, *, last: datetime | None = None) -> dict[str, Any]:
    """Return the data that the host passes to a timer function."""
    now = datetime.now(UTC)
    status = {
        "Last": (last or now).isoformat(),
        "Next": schedule.after(now).isoformat(),
        "LastUpdated": now.isoformat(),
    }
    return {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False}


async def _sleep_until(moment: datetime) -> None:
    while (remaining := (moment - datetime.now(UTC)).total_seconds()) > 0:  # noqa: ASYNC110 - waits for a time, not for an event
        await asyncio.sleep(min(remaining, MAX_SLEEP_SECONDS))

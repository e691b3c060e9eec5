"""Timers fired when they are due."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

from localhost.errors import InvocationFailedError
from localhost.functions import TIMER, Function
from localhost.schedule import Schedule
from localhost.worker import Worker

LONGEST_NAP = 30.0  # a clock that was set, or a laptop that slept, is noticed within this time


class Timers:
    """Fires each timer function on its schedule, one run at a time; a run missed is not made up for."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        timers = [function for function in self._worker.functions.values() if function.kind == TIMER]
        self._tasks = [asyncio.create_task(self._keep_firing(function)) for function in timers]

    def stop(self) -> None:
        """Fire no more. A run under way goes on; the worker waits for it."""
        for task in self._tasks:
            task.cancel()

    async def _keep_firing(self, function: Function) -> None:
        last = None
        if function.trigger.get("runOnStartup"):
            last = await self._fire(function, last)
        while True:
            await _sleep_until(function.schedule.after(datetime.now(UTC)))
            last = await self._fire(function, last)

    async def _fire(self, function: Function, last: datetime | None) -> datetime:
        now = datetime.now(UTC)
        with contextlib.suppress(
            InvocationFailedError
        ):  # the worker has logged it; the next run is due all the same
            await self._worker.timer(function.name, timer_info(function.schedule, last=last))
        return now


def timer_info(schedule: Schedule, *, last: datetime | None = None) -> dict[str, Any]:
    """What the host tells a timer function about its schedule."""
    now = datetime.now(UTC)
    status = {
        "Last": (last or now).isoformat(),
        "Next": schedule.after(now).isoformat(),
        "LastUpdated": now.isoformat(),
    }
    return {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False}


async def _sleep_until(moment: datetime) -> None:
    while (left := (moment - datetime.now(UTC)).total_seconds()) > 0:  # noqa: ASYNC110 - it is time we wait for
        await asyncio.sleep(min(left, LONGEST_NAP))

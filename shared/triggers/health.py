"""The health check, GET /api/health: the preflight over the real systems."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.bootstrap import Runtime, get_runtime
from shared.bootstrap.preflight import inspection
from shared.domain.preflight.checks import preflight
from shared.domain.preflight.preflight_snapshot import Inspected
from shared.domain.preflight.steps import Steps, all_well
from shared.reconciler.preflight_reader import inspect
from shared.settings import SettingsError
from shared.triggers.audit import period_seconds
from shared.triggers.http_answer import Answer, json_answer

# The longest time that a monitor may have to wait.
SECONDS = 20.0


async def check(runtime: Runtime) -> Steps:
    """Every check, in order. Concurrent requests share one preflight. Writes nothing.

    Raises SettingsError for an environment without a usable identity, and nothing else.
    """
    if runtime.preflight is None or runtime.preflight.done():
        period = timedelta(seconds=period_seconds(runtime.settings.audit_schedule, datetime.now(UTC)))
        runtime.preflight = asyncio.create_task(inspect(inspection(runtime, SECONDS, period), runtime.config))
    return preflight(await asyncio.shield(runtime.preflight), runtime.config)


def without_settings(error: SettingsError) -> Steps:
    """Every check for invalid settings: their faults, and nothing else."""
    return preflight(Inspected(at=datetime.now(UTC), faults=error.faults), None)


async def health() -> Answer:
    """Run the preflight. 200: healthy; 503: not healthy, invalid settings included."""
    try:
        steps = await check(get_runtime())
    except SettingsError as error:
        steps = without_settings(error)
    healthy = all_well(steps)
    body = {"healthy": healthy, "checks": [step.as_json() for step in steps]}
    return json_answer(200 if healthy else 503, body)

"""The health check, GET /api/health: the preflight over the real systems."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.bootstrap import Runtime, get_runtime
from shared.bootstrap.preflight import preflight_systems
from shared.domain.preflight.check_result import CheckStatus, Steps, overall
from shared.domain.preflight.checks import preflight
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot
from shared.reconciler.preflight_reader import read_preflight
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
        systems = preflight_systems(runtime, SECONDS, period)
        runtime.preflight = asyncio.create_task(read_preflight(systems, runtime.config))
    return preflight(await asyncio.shield(runtime.preflight), runtime.config)


def without_settings(error: SettingsError) -> Steps:
    """Every check where the settings cannot be used: the faults, and nothing else."""
    return preflight(PreflightSnapshot(at=datetime.now(UTC), faults=error.faults), None)


async def health() -> Answer:
    """The preflight: 503 if a check failed, otherwise 200. It responds also where the settings are invalid."""
    try:
        steps = await check(get_runtime())
    except SettingsError as error:
        steps = without_settings(error)
    return json_answer(503 if overall(steps) is CheckStatus.FAILED else 200, health_json(steps))


def health_json(steps: Steps) -> dict[str, object]:
    """`status`: passed, failed, or unknown if not every check could be made."""
    return {"status": overall(steps).value, "checks": [step.as_json() for step in steps]}

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
from shared.triggers.http_answer import Answer

# Whoever polls it waits no longer than that.
SECONDS = 20.0


async def check(runtime: Runtime) -> Steps:
    """Every check, in order; those who ask while a look is under way share it. Writes nothing.

    Raises SettingsError for an environment of which no identity can be made, and nothing else.
    """
    if runtime.looking is None or runtime.looking.done():
        period = timedelta(seconds=period_seconds(runtime.settings.audit_schedule, datetime.now(UTC)))
        runtime.looking = asyncio.create_task(inspect(inspection(runtime, SECONDS, period), runtime.config))
    return preflight(await asyncio.shield(runtime.looking), runtime.config)


def without_settings(error: SettingsError) -> Steps:
    """Every check where the settings cannot be used: the faults, and nothing else."""
    return preflight(Inspected(at=datetime.now(UTC), faults=error.faults), None)


async def health() -> Answer:
    """The preflight: 200 if nothing is wrong, 503 otherwise. It answers even where settings are unusable."""
    try:
        steps = await check(get_runtime())
    except SettingsError as error:
        steps = without_settings(error)
    well = all_well(steps)
    return Answer(200 if well else 503, {"healthy": well, "checks": [step.as_json() for step in steps]})

"""The preflight over real systems: look at what there is, and judge it."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.audit import period_seconds
from shared.domain.inspected import Inspected
from shared.domain.preflight import preflight
from shared.domain.steps import Steps
from shared.inspection import inspect
from shared.settings import SettingsError
from shared.wiring import Wiring
from shared.wiring.inspecting import inspection

# Whoever polls it waits no longer than that.
SECONDS = 20.0


async def check(wired: Wiring) -> Steps:
    """Every check, in order; those who ask while a look is under way share it. Writes nothing.

    Raises SettingsError for an environment of which no identity can be made, and nothing else.
    """
    if wired.looking is None or wired.looking.done():
        period = timedelta(seconds=period_seconds(wired.settings.audit_schedule, datetime.now(UTC)))
        wired.looking = asyncio.create_task(inspect(inspection(wired, SECONDS, period), wired.rules))
    return preflight(await asyncio.shield(wired.looking), wired.rules)


def without_settings(error: SettingsError) -> Steps:
    """Every check where the settings cannot be used: the faults, and nothing else."""
    return preflight(Inspected(at=datetime.now(UTC), faults=error.faults), None)

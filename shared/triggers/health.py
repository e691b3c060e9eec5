"""GET /api/health: the preflight, as the command `check` prints it."""

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


async def run_preflight(runtime: Runtime) -> Steps:
    """The result of every check, in order. Concurrent requests share one preflight. Writes nothing.

    Raises SettingsError for an environment without a usable identity, and nothing else.
    """
    if runtime.preflight is None or runtime.preflight.done():
        settings, now = runtime.settings, datetime.now(UTC)
        known = PreflightSnapshot(
            at=now,
            key_id=runtime.clients.key.id,
            organization=str(settings.clickhouse_org_id),
            period=timedelta(seconds=period_seconds(settings.audit_schedule, now)),
            policies=settings.policies,
        )
        run = read_preflight(preflight_systems(runtime, SECONDS), runtime.config, known)
        runtime.preflight = asyncio.create_task(run)
    return preflight(await asyncio.shield(runtime.preflight), runtime.config)


async def health() -> Answer:
    """The preflight: 503 if a check failed, otherwise 200. It responds also where the settings are invalid."""
    try:
        steps = await run_preflight(get_runtime())
    except SettingsError as error:
        steps = preflight(PreflightSnapshot(at=datetime.now(UTC), faults=error.faults), None)
    return json_answer(503 if overall(steps) is CheckStatus.FAILED else 200, health_json(steps))


def health_json(steps: Steps) -> dict[str, object]:
    """`status`: passed, failed, or unknown if not every check could be made."""
    return {"status": overall(steps).value, "checks": [step.as_json() for step in steps]}

"""`check`: the preflight, as in the function app's health check."""

from argparse import Namespace

from shared.bootstrap import Runtime
from shared.cli.options import OK, UNUSABLE, WRONG
from shared.cli.show import Show
from shared.domain.preflight.steps import Steps, all_well
from shared.settings import SettingsError, read_settings
from shared.triggers.health import check as checked
from shared.triggers.health import without_settings


async def check(wanted: Namespace, show: Show) -> int:
    """Run the preflight. Raises SettingsError; with --json, invalid settings are a failed check as well."""
    failed = WRONG
    try:
        steps = await _steps(show)
    except SettingsError as error:
        if not wanted.json:
            raise
        steps, failed = without_settings(error), UNUSABLE
    if wanted.json:
        show.json({"healthy": all_well(steps), "checks": [step.as_json() for step in steps]})
    else:
        show.steps(steps)
        show.diagnosis(steps, "Nothing is wrong.")
    return OK if all_well(steps) else failed


async def _steps(show: Show) -> Steps:
    runtime = Runtime(read_settings())
    try:
        with show.waiting("check: asking Azure and ClickHouse Cloud"):
            return await checked(runtime)
    finally:
        await runtime.close()

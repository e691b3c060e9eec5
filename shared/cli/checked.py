"""`check`: the preflight, as the function app's health tells it."""

from argparse import Namespace

from shared.bootstrap import Runtime
from shared.cli.options import OK, WRONG
from shared.cli.show import Show
from shared.domain.preflight.steps import Steps, all_well
from shared.settings import SettingsError, read_settings
from shared.triggers.health import check as checked
from shared.triggers.health import without_settings


async def check(wanted: Namespace, show: Show) -> int:
    """Settings that cannot be used are an answer too."""
    steps = await _steps(show)
    if wanted.json:
        show.json({"healthy": all_well(steps), "checks": [step.as_json() for step in steps]})
    else:
        show.steps(steps)
        show.diagnosis(steps, "Nothing is wrong.")
    return OK if all_well(steps) else WRONG


async def _steps(show: Show) -> Steps:
    try:
        runtime = Runtime(read_settings())
    except SettingsError as error:
        return without_settings(error)
    try:
        with show.waiting("check: asking Azure and ClickHouse Cloud"):
            return await checked(runtime)
    except SettingsError as error:
        return without_settings(error)
    finally:
        await runtime.close()

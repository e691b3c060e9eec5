"""Runs one command: options, settings, the command, and its exit code.

Settings may come from a `local.settings.json`, as in Azure Functions Core Tools.
"""

import asyncio
import json
import logging
import os
import sys
from argparse import Namespace
from collections.abc import MutableMapping, Sequence
from pathlib import Path

from shared.cli import VERSION
from shared.cli.options import FAILED, INTERRUPTED, INVALID, UNKNOWN, UsageError, parse
from shared.cli.output import Output
from shared.domain.model.errors import PrivateLinkError, System
from shared.domain.model.remedies import remedy_for
from shared.settings import SettingsError, read_settings
from shared.telemetry.log import LOGGER


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's exit code. Raises SystemExit for --help, --version and invalid options."""
    output = Output()
    try:
        return asyncio.run(_run(parse(sys.argv[1:] if arguments is None else arguments, VERSION), output))
    except SettingsError as error:
        output.error(f"{error}\ndocs/settings.md describes every setting.")
        return INVALID
    except UsageError as error:
        output.error(str(error))
        return INVALID
    except PrivateLinkError as error:  # of Azure, if it has a cause: commands report the failed reads of a pass
        output.error(f"{error}\n{remedy_for(error.cause, System.AZURE)}".rstrip())
        return UNKNOWN
    except KeyboardInterrupt:
        output.error("Interrupted. Completed changes remain; the next run makes the others.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader closed the pipe, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


async def _run(options: Namespace, output: Output) -> int:
    from shared.bootstrap import Runtime, quiet  # noqa: PLC0415 -- the SDKs are slow to import
    from shared.cli.commands import COMMANDS  # noqa: PLC0415 -- likewise

    if options.settings:
        load_settings(options.settings, os.environ)
    quiet()
    logging.getLogger(LOGGER).addHandler(logging.NullHandler())  # no JSON lines on a terminal
    runtime = Runtime(read_settings())
    try:
        return await COMMANDS[options.command](runtime, options, output)
    finally:
        await runtime.close()


def load_settings(path: Path, environment: MutableMapping[str, str]) -> None:
    """Set the file's Values in the environment; existing variables have precedence. Raises SettingsError."""
    for name, value in _values(path).items():
        environment.setdefault(name, value if isinstance(value, str) else json.dumps(value))


def _values(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}"]) from error
    except ValueError as error:
        raise SettingsError([f"{path} is not JSON: {error}"]) from error
    values = document.get("Values", {}) if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise SettingsError([f"{path} is not a JSON object with an object Values"])
    if document.get("IsEncrypted"):
        raise SettingsError([f"{path} is encrypted. Remedy: func settings decrypt"])
    return values

"""One command: read what is asked for, wire, carry it out, and tell by the exit code how it went."""

import asyncio
import logging
import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from shared.cli import VERSION
from shared.cli.options import INTERRUPTED, UNUSABLE, WRONG, UsageError, parse
from shared.cli.settings_file import load
from shared.cli.show import Show, make_console
from shared.domain.model.errors import PrivateLinkError
from shared.settings import SettingsError, read_settings
from shared.telemetry.log import LOGGER


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's exit code. Raises SystemExit for --help, --version and what argparse refuses."""
    show = Show(make_console(), make_console(stderr=True))
    try:
        wanted = parse(arguments, VERSION)
        return asyncio.run(_run(wanted, show))
    except (SettingsError, UsageError) as error:
        show.trouble(str(error))
        return UNUSABLE
    except PrivateLinkError as error:
        show.trouble(str(error))
        return WRONG
    except KeyboardInterrupt:
        show.trouble("Interrupted. What was done until then stays; the next pass finishes it.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader has had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG


async def _run(wanted: Namespace, show: Show) -> int:
    from shared.bootstrap import Runtime, quiet  # noqa: PLC0415 -- likewise
    from shared.cli import audited, checked, passes  # noqa: PLC0415 -- the SDKs are slow to import

    if wanted.settings:
        load(wanted.settings, os.environ)
    quiet()
    logging.getLogger(LOGGER).addHandler(logging.NullHandler())  # who reads this has no use for JSON lines
    if wanted.command == "check":
        return await checked.check(wanted, show)
    runtime = Runtime(read_settings())
    commands = {"plan": passes.plan, "sync": passes.sync, "audit": audited.audit, "explain": passes.explain}
    try:
        return await commands[wanted.command](runtime, wanted, show)
    finally:
        await runtime.close()

"""`python -m localhost`: run a function app directory without Azure and without `func`."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from localhost import logs
from localhost.errors import AppError
from localhost.functions import SERVED
from localhost.server import listen, serve
from localhost.settings import local_settings
from localhost.worker import Worker

log = logging.getLogger("localhost")

ABANDONED = 1


def main() -> int:
    """Run until stopped. 0: ended in order. 1: could not start, or gave up waiting for an invocation."""
    options, stdout = _options(), sys.stdout

    def ready(url: str, functions: list[str]) -> None:
        stdout.write(json.dumps({"url": url, "functions": functions}) + "\n")
        stdout.flush()

    try:
        _prepare(options)
        with contextlib.redirect_stdout(sys.stderr):  # what an app prints is log, not the ready line
            unfinished = asyncio.run(_run(options, ready))
    except AppError as error:
        sys.stderr.write("\n".join(filter(None, (error.trace.rstrip(), str(error)))) + "\n")
        return 1
    if unfinished:
        log.warning("Gave up waiting for: %s", ", ".join(unfinished))
        logging.shutdown()
        os._exit(ABANDONED)  # a thread that does not end would keep the process
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localhost", description=__doc__)
    option = parser.add_argument
    option("--app", type=Path, default=Path(), help="directory of the function app (default: this one)")
    option("--port", type=int, default=7071, help="port on 127.0.0.1, 0 for a free one (default: 7071)")
    option("--settings", type=Path, help="settings file (default: the app's local.settings.json, if any)")
    option("--no-timers", dest="timers", action="store_false", help="fire no timer by its schedule")
    option(
        "--grace", type=float, default=10.0, help="seconds to wait for invocations at the end (default: 10)"
    )
    return parser.parse_args()


def _prepare(options: argparse.Namespace) -> None:
    """Put settings into the environment, which wins, and go where Azure runs an app: to its directory."""
    options.app = options.app.resolve()
    if not options.app.is_dir():
        raise AppError(f"no directory {options.app}")
    path = options.settings or options.app / "local.settings.json"
    if options.settings or path.exists():
        for name, value in local_settings(path).items():
            os.environ.setdefault(name, value)
    os.chdir(options.app)


async def _run(options: argparse.Namespace, ready: Callable[[str, list[str]], None]) -> list[str]:
    worker = Worker(options.app)
    logs.configure(worker.current_function)
    with listen(options.port) as sock:
        await worker.start()
        _report(worker)
        functions = sorted(worker.functions)
        return await serve(
            worker, sock, lambda url: ready(url, functions), timers=options.timers, grace=options.grace
        )


def _report(worker: Worker) -> None:
    for name, error in worker.errors.items():
        log.error("The '%s' function is in error and is not served: %s", name, error)
    for function in worker.functions.values():
        if function.kind not in SERVED:
            log.warning("'%s' has a trigger the local host does not fire: %s", function.name, function.kind)


if __name__ == "__main__":
    sys.exit(main())

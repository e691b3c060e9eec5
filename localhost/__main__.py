"""`python -m localhost`: runs a function app without Azure and without Core Tools."""

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
    """Run until stopped. Returns 0 after a normal stop, 1 if the start failed or an invocation did not end."""
    options, stdout = _options(), sys.stdout

    def ready(url: str, functions: list[str]) -> None:
        stdout.write(json.dumps({"url": url, "functions": functions}) + "\n")
        stdout.flush()

    try:
        _prepare(options)
        with contextlib.redirect_stdout(sys.stderr):  # the output of the app must not mix with the ready line
            unfinished = asyncio.run(_run(options, ready))
    except AppError as error:
        sys.stderr.write("\n".join(filter(None, (error.trace.rstrip(), str(error)))) + "\n")
        return 1
    if unfinished:
        log.warning("Stopped before these invocations ended: %s", ", ".join(unfinished))
        logging.shutdown()
        os._exit(ABANDONED)  # a running thread would keep the process alive
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localhost", description=__doc__)
    option = parser.add_argument
    option(
        "--app",
        type=Path,
        default=Path(),
        help="directory of the function app (default: the current directory)",
    )
    option("--port", type=int, default=7071, help="port on 127.0.0.1; 0 picks a free one (default: 7071)")
    option("--settings", type=Path, help="settings file (default: the app's local.settings.json, if it exists)")
    option("--no-timers", dest="timers", action="store_false", help="do not fire timers")
    option(
        "--grace",
        type=float,
        default=10.0,
        help="seconds to wait for running invocations on stop (default: 10)",
    )
    return parser.parse_args()


def _prepare(options: argparse.Namespace) -> None:
    """Load settings into the environment, without overriding it, and change to the directory of the app."""
    options.app = options.app.resolve()
    if not options.app.is_dir():
        raise AppError(f"directory {options.app} does not exist")
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
        return await serve(worker, sock, lambda url: ready(url, functions), timers=options.timers, grace=options.grace)


def _report(worker: Worker) -> None:
    for name, error in worker.errors.items():
        log.error("The '%s' function is in error and is not served: %s", name, error)
    for function in worker.functions.values():
        if function.kind not in SERVED:
            log.warning("'%s' has a trigger that the local host does not fire: %s", function.name, function.kind)


if __name__ == "__main__":
    sys.exit(main())

"""Runs a measured program in a new process. It prints its measurements as one line of JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from bench.sim import ROOT
from bench.worlds import Json
from localhost.host import BASE_ENVIRONMENT


def run(module: str, options: Json, environment: Mapping[str, str] | None = None) -> Json:
    """The measurements of `bench.measured.<module>`. `options` is its standard input."""
    done = _run([sys.executable, "-m", f"bench.measured.{module}"], options, environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def import_times(module: str, options: Json) -> dict[str, int]:
    """The microseconds of each module's own import in `bench.measured.<module>`."""
    done = _run([sys.executable, "-X", "importtime", "-m", f"bench.measured.{module}"], options, None)
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()]
    return {row[2].strip(): int(row[0]) for row in rows if len(row) == 3 and row[0].strip().isdecimal()}


def _run(command: list[str], options: Json, environment: Mapping[str, str] | None) -> subprocess.CompletedProcess[str]:
    """Run it with the variables of this environment that any program needs, and those given."""
    base = {name: os.environ[name] for name in BASE_ENVIRONMENT if name in os.environ}
    done = subprocess.run(  # noqa: S603 -- our own programs
        command,
        cwd=ROOT,
        env={**base, **(environment or {})},
        input=json.dumps(options),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[-1]} failed:\n{done.stderr}")
    return done

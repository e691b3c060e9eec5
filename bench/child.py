"""Measured programs: each in a fresh process that prints what it measured as one line of JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from bench.sim import ROOT
from bench.worlds import Json
from localhost.host import BASE_ENVIRONMENT


def run(module: str, told: Json, environment: Mapping[str, str] | None = None) -> Json:
    """What `bench.measured.<module>` measured. `told` is its standard input."""
    done = _run([sys.executable, "-m", f"bench.measured.{module}"], told, environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def import_times(module: str, told: Json) -> dict[str, int]:
    """The microseconds that each module's own import takes in `bench.measured.<module>`."""
    done = _run([sys.executable, "-X", "importtime", "-m", f"bench.measured.{module}"], told, None)
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()]
    return {row[2].strip(): int(row[0]) for row in rows if len(row) == 3 and row[0].strip().isdecimal()}


def _run(
    command: list[str], told: Json, environment: Mapping[str, str] | None
) -> subprocess.CompletedProcess[str]:
    """Run it with nothing of this process's environment but what any program needs."""
    base = {name: os.environ[name] for name in BASE_ENVIRONMENT if name in os.environ}
    done = subprocess.run(  # noqa: S603 -- our own programs
        command,
        cwd=ROOT,
        env={**base, **(environment or {})},
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[-1]} failed:\n{done.stderr}")
    return done

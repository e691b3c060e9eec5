"""The simulator as a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import httpx
import pytest

from simulator.worldfile import demo
from tests.simulator.conftest import KEY, ORGANIZATION
from tests.support.paths import ROOT


def command(*arguments: str) -> list[str]:
    """How a simulator is started as a process of its own."""
    return [sys.executable, "-m", "simulator", *arguments]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[Popen[str], str]]:
    """A simulator process and the URL it announces; the process is gone afterwards."""
    with Popen(command(*arguments), cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


def test_start_line(tmp_path: Path) -> None:
    """It prints one line with its URL, is then ready on loopback with the given world, and says nothing more."""
    world = demo()
    world["clickhouse"]["organization"]["name"] = "From the file"
    seed = tmp_path / "world.json"
    seed.write_text(json.dumps(world))
    with started("--seed", str(seed), "--rate-limit", "1/600") as (process, url):
        assert url.startswith("http://127.0.0.1:")
        responses = [httpx.get(f"{url}{ORGANIZATION}", auth=KEY, trust_env=False) for _ in range(2)]
        assert responses[0].json()["result"]["name"] == "From the file"
        assert [response.status_code for response in responses] == [200, 429]
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
        assert (output, errors) == ("", "")


def test_default_rate_limit() -> None:
    """Without being told otherwise it has the real limit of ten requests in ten seconds."""
    with started() as (_process, url), httpx.Client(auth=KEY, trust_env=False) as client:
        statuses = [client.get(f"{url}{ORGANIZATION}").status_code for _ in range(11)]
        assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--seed", "missing.json"], "missing.json"),
        (["--rate-limit", "fast"], "rate limit"),
    ],
)
def test_bad_arguments(arguments: list[str], reason: str) -> None:
    """What it cannot start with it refuses with status 2 and the reason."""
    done = subprocess.run(  # noqa: S603 -- our own program
        command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert reason in done.stderr


def test_taken_port() -> None:
    """A port that is taken is refused with status 2 and named."""
    with started() as (_process, url):
        port = url.rpartition(":")[2]
        done = subprocess.run(  # noqa: S603 -- our own program
            command("--port", port), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )
    assert done.returncode == 2
    assert port in done.stderr

"""The simulator as a separate process."""

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
    """Return the command that starts a simulator."""
    return [sys.executable, "-m", "simulator", *arguments]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[Popen[str], str]]:
    """Start a simulator process and yield it with its URL; kill it afterwards."""
    with Popen(command(*arguments), cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


def test_start_line(tmp_path: Path) -> None:
    """The simulator prints one line with its URL, then serves the seed world; it prints nothing else."""
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
    """The default rate limit is that of ClickHouse Cloud: ten requests in ten seconds."""
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
    """Invalid arguments end the simulator with exit code 2 and the reason."""
    completed = subprocess.run(  # noqa: S603 -- this repository's simulator
        command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert completed.returncode == 2
    assert reason in completed.stderr


def test_port_in_use() -> None:
    """A port in use ends the simulator with exit code 2 and an error with the port."""
    with started() as (_process, url):
        port = url.rpartition(":")[2]
        completed = subprocess.run(  # noqa: S603 -- this repository's simulator
            command("--port", port), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )
    assert completed.returncode == 2
    assert port in completed.stderr

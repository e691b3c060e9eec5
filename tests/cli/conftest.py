from collections.abc import Callable
from dataclasses import dataclass

import pytest

from shared.cli.main import main
from simulator.client import RunningSimulator
from tests.support.simulated import environment, put_endpoint


@dataclass(frozen=True)
class Result:
    """The result of a command: its exit code, and what it wrote to stdout and stderr."""

    code: int
    out: str
    err: str


type Run = Callable[..., Result]


@pytest.fixture
def sim(sim: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> RunningSimulator:
    """The demo world with an endpoint tagged for every service, and its settings in the environment."""
    put_endpoint(sim, {"clickhouse-services": "*"})
    sim.clear_requests()
    for name, value in environment(sim.url).items():
        monkeypatch.setenv(name, value)
    return sim


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def command(*arguments: str) -> Result:
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return command

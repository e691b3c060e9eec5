"""Runs the real Azure CLI against the simulator, with the commands that the demo prints."""

import json
import subprocess
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from demo.by_hand import People, people
from demo.initial_state import BYOC_ZONE, ENDPOINT, ZONE, first_world
from demo.show import Show
from simulator.azure_cli import environment, sign_in
from simulator.client import RunningSimulator
from simulator.server import running
from simulator.tls import make_certificate
from tests.support.azure_cli import AZ, MISSING, az_environment

pytestmark = [
    pytest.mark.skipif(AZ is None, reason=MISSING),
    pytest.mark.timeout(600),  # each command loads the whole CLI
]

VARYING = {"etag", "resourceGuid", "networkInterface"}

type Shell = Callable[[str], str]


class Recorded(Show):
    """A console output that records the commands."""

    def __init__(self) -> None:
        super().__init__(Console(file=StringIO()))
        self.commands: list[str] = []

    def command(self, *lines: str) -> None:
        self.commands.append("\n".join(lines))


@pytest.fixture(scope="module")
def world() -> Any:
    """The demo world with a wildcard record."""
    world = first_world()
    world["azure"]["privateDnsZones"][0]["records"].append({"name": "*", "addresses": ["10.0.1.9"]})
    return world


@pytest.fixture(scope="module")
def cli(world: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningSimulator, Shell]]:
    """A simulator, and a shell in which the CLI is signed in with the simulator's commands."""
    home = tmp_path_factory.mktemp("home")
    with running(world) as sim:
        certificate = make_certificate(home)
        url = sim.serve_https(certificate)
        variables = {**az_environment(home), **environment(url, certificate.authority, home / "azure")}

        def shell(script: str) -> str:
            completed = subprocess.run(  # noqa: S603 -- the demo's commands
                ["bash", "-euc", script],  # noqa: S607 -- bash from PATH
                env=variables,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert completed.returncode == 0, completed.stderr
            return completed.stdout

        for command in sign_in(url):
            shell(" ".join(command))
        yield sim, shell


def create_and_retag(by_hand: People) -> None:
    by_hand.create_endpoint(ENDPOINT, "tag:env=prod")
    by_hand.retag(ENDPOINT, "analytics")
    by_hand.repoint_wildcard("10.0.1.77")


def delete(by_hand: People) -> None:
    by_hand.delete_endpoint(ENDPOINT)


def azure(sim: RunningSimulator) -> Any:
    """Return the Azure part of the state, without values that differ between runs."""
    return _comparable(sim.state()["azure"])


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _comparable(one) for key, one in value.items() if key not in VARYING}


def test_demo_commands(world: Any, cli: tuple[RunningSimulator, Shell]) -> None:
    """The commands that the demo prints have the same effect in the real CLI as in the demo."""
    sim, shell = cli
    with running(world) as other:
        for steps in (create_and_retag, delete):
            shown = Recorded()
            with people(other.url, shown) as by_hand:
                steps(by_hand)
            assert all("az " in one or one.startswith("ALIAS=") for one in shown.commands)
            shell("\n".join(shown.commands))
            assert azure(sim) == azure(other)


def test_reading(cli: tuple[RunningSimulator, Shell]) -> None:
    """The CLI shows the subscription and lists the zones and record sets."""
    _sim, shell = cli
    assert json.loads(shell("az account show"))["environmentName"] == "simulator"
    zones = json.loads(shell("az network private-dns zone list"))
    eastus2 = f"eastus2.{ZONE.partition('.')[2]}"
    assert sorted(one["name"] for one in zones) == [eastus2, BYOC_ZONE, ZONE]
    records = json.loads(shell(f"az network private-dns record-set list -g rg-dns -z {ZONE}"))
    assert sorted(one["name"] for one in records) == ["*", "@", "grafana"]


def test_refusal(cli: tuple[RunningSimulator, Shell]) -> None:
    """The CLI prints the error code of ARM."""
    _sim, shell = cli
    with pytest.raises(AssertionError, match="ResourceNotFound"):
        shell("az network private-endpoint show -g rg-network -n nothing")

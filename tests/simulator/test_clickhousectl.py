"""Runs ClickHouse's own command-line client against the simulator."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.client import RunningSimulator
from tests.simulator.conftest import GUID

PROGRAM = Path(sys.executable).parent / "clickhousectl"
ORGANIZATION = "22222222-2222-4222-8222-222222222222"
SERVICE = "33333333-3333-4333-8333-333333333331"

type Run = Callable[..., Any]

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="clickhousectl is not installed next to Python")


@pytest.fixture
def cli(sim: RunningSimulator, tmp_path: Path) -> Run:
    """Runs `clickhousectl cloud …` and returns its output; raises on failure."""
    environment = {
        "HOME": str(tmp_path),
        "DO_NOT_TRACK": "1",
        "CLICKHOUSE_CLOUD_API_KEY": "demo-key",
        "CLICKHOUSE_CLOUD_API_SECRET": "demo-secret",
    }

    def run(*arguments: str) -> Any:
        common = ("cloud", "--url", sim.url, "--json", "--org-id", ORGANIZATION)
        completed = subprocess.run(  # noqa: S603 - the program next to Python
            [PROGRAM, *common, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        if completed.returncode:
            raise RuntimeError(completed.stderr)
        return json.loads(completed.stdout)

    return run


def test_reading(cli: Run) -> None:
    """The client lists organizations and services, filters them, and reads one."""
    assert [one["id"] for one in cli("org", "list")] == [ORGANIZATION]
    assert len(cli("service", "list")) == 5
    assert [one["name"] for one in cli("service", "list", "--filter", "tag:env=dev")] == ["sandbox"]
    assert cli("service", "get", SERVICE)["name"] == "analytics"
    config = cli("service", "private-endpoint", "get-config", SERVICE)
    assert config["endpointServiceId"].endswith(".azure.privatelinkservice")


def test_lifecycle_of_an_endpoint(cli: Run) -> None:
    """The client registers an endpoint, changes allow lists, and removes the registration."""
    created = cli("service", "private-endpoint", "create", SERVICE, "--endpoint-id", GUID, "--description", "mine")
    assert created["description"] == "mine"
    assert cli("service", "update", SERVICE, "--remove-private-endpoint-id", GUID)["privateEndpointIds"] == []
    assert cli("service", "update", SERVICE, "--add-private-endpoint-id", GUID)["privateEndpointIds"] == [GUID]
    cli("service", "update", SERVICE, "--remove-private-endpoint-id", GUID)
    organization = cli("org", "update", "--remove-private-endpoint", f"{GUID},cloud-provider=azure,region=westus3")
    assert organization["privateEndpoints"] == []


def test_whoami(cli: Run) -> None:
    """`whoami` returns exactly the fields that the client reads."""
    caller = cli("auth", "whoami")
    assert caller == {
        "actorType": "apiKey",
        "keyId": cli("key", "list")["result"][0]["id"],
        "name": "demo-key",
        "organizationId": ORGANIZATION,
    }
    assert cli("key", "get", caller["keyId"])["name"] == "demo-key"


def test_refusal(cli: Run) -> None:
    """The client shows the error of the API."""
    cli("service", "update", SERVICE, "--add-private-endpoint-id", GUID)
    with pytest.raises(RuntimeError, match="already attached"):
        cli("service", "update", SERVICE, "--add-private-endpoint-id", GUID)

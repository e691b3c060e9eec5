"""clickhousectl, the client of ClickHouse, for the ClickHouse part."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.peers.api import Api
from bench.peers.azure import address_of, guid_of, put_wildcard, read_endpoint
from bench.sim import Sim
from bench.worlds import KEY, ORGANIZATION, SECRET

PROGRAM = Path(sys.executable).parent / "clickhousectl"
_WAIT = 1.0


def connect(sim: Sim, endpoints: Sequence[str], services: Sequence[str]) -> None:
    """For each endpoint: `private-endpoint create` on its first service, which registers it, then one
    `service update` for each other one.
    """
    api = Api(sim)
    with tempfile.TemporaryDirectory() as home:
        for one in endpoints:
            endpoint = read_endpoint(api, one)
            put_wildcard(api, endpoint, address_of(api, endpoint))
            guid, (first, *others) = guid_of(endpoint), services
            create = ("service", "private-endpoint", "create", first, "--endpoint-id", guid)
            _run(sim, home, *create, "--description", "by clickhousectl")
            for service in others:
                _run(sim, home, "service", "update", service, "--add-private-endpoint-id", guid)
    api.close()


def calls(endpoints: int, services: int) -> int:
    """The least number of calls to ClickHouse."""
    return endpoints * services


def _run(sim: Sim, home: str, *arguments: str) -> None:
    """Run one command, and again while it is throttled."""
    environment = {
        "HOME": home,
        "DO_NOT_TRACK": "1",
        "CLICKHOUSE_CLOUD_API_KEY": KEY,
        "CLICKHOUSE_CLOUD_API_SECRET": SECRET,
    }
    command = [str(PROGRAM), "cloud", "--url", sim.url, "--json", "--org-id", ORGANIZATION, *arguments]
    while True:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 -- ClickHouse's own client
        if done.returncode == 0:
            return
        if "rate limit" not in done.stderr.lower():
            raise RuntimeError(done.stderr)
        time.sleep(_WAIT)

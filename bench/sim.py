"""The simulator in a separate process, so that its work is not measured."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.worlds import Json

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0
_AGENT = "bench"


@dataclass(frozen=True, slots=True)
class Conditions:
    """The rate limit of ClickHouse Cloud, and the latency of each response."""

    rate_limit: str = "off"
    latency_ms: int = 0


class Sim:
    """The control API of a running simulator (see simulator/README.md), and calls to its ARM."""

    def __init__(self, url: str, conditions: Conditions) -> None:
        self.url, self.conditions = url, conditions
        headers = {"User-Agent": _AGENT}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def state(self) -> Json:
        return dict(self._control("GET", "/state"))

    def reset(self, world: Json) -> None:
        """Restart with this world, without subscriptions."""
        self._control("POST", "/reset", world)

    def requests(self) -> list[Json]:
        """All requests so far, except those of this program."""
        return [one for one in self._control("GET", "/requests") if _agent(one) != _AGENT]

    def clear(self) -> None:
        """Forget the requests so far."""
        self._control("DELETE", "/requests")

    def subscribe(self, **subscription: Any) -> None:
        self._control("POST", "/subscriptions", subscription)

    def emit(self, events: Iterable[Json]) -> None:
        """Publish events in one batch."""
        self._control("POST", "/events", list(events))

    def events(self) -> list[Json]:
        return list(self._control("GET", "/events"))

    def idle(self, seconds: float) -> bool:
        """Wait until every event is delivered or dropped. Returns whether that was in time."""
        return bool(self._control("POST", "/idle", {"timeout": seconds}, seconds + PATIENCE)["idle"])

    def arm(self, method: str, path: str, body: Json | None = None) -> None:
        """A call to Azure Resource Manager, as of a person or a pipeline."""
        answer = self._client.request(method, path, params={"api-version": "2024-05-01"}, json=body)
        answer.raise_for_status()

    def _control(self, method: str, path: str, body: Any = None, seconds: float = PATIENCE) -> Any:
        answer = self._client.request(method, f"/_sim{path}", json=body, timeout=seconds)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.text}")
        return answer.json()


@contextmanager
def simulator(world: Json, conditions: Conditions) -> Iterator[Sim]:
    """A simulator with this world. Its process ends with the context."""
    with tempfile.TemporaryDirectory() as folder:
        seed = Path(folder) / "world.json"
        seed.write_text(json.dumps(world), encoding="utf-8")
        process = _start(seed, conditions)
        try:
            sim = Sim(_url(process), conditions)
            yield sim
            sim.close()
        finally:
            process.kill()
            process.communicate()


def _start(seed: Path, conditions: Conditions) -> subprocess.Popen[str]:
    options = [
        "--seed",
        str(seed),
        "--rate-limit",
        conditions.rate_limit,
        "--latency-ms",
        str(conditions.latency_ms),
    ]
    command = [sys.executable, "-m", "simulator", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)  # noqa: S603 -- our own program


def _url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the simulator did not start; see its output above")
    return str(json.loads(line)["url"])


def _agent(request: Json) -> str:
    return str(request["headers"].get("user-agent", ""))

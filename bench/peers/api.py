"""The calls of the alternative tools: one after the other, waiting when throttled."""

import time
from typing import Any

import httpx

from bench.sim import Sim
from bench.worlds import KEY, ORGANIZATION, SECRET, Json

_ARM_VERSION = {"api-version": "2024-05-01"}


class Api:
    """ARM and ClickHouse Cloud over one connection pool."""

    def __init__(self, sim: Sim, *, pause: float = 0.0) -> None:
        """`pause`: the seconds to wait in addition to those that the server asks for."""
        self._client = httpx.Client(base_url=sim.url, timeout=60.0, trust_env=False)
        self._pause = pause

    def close(self) -> None:
        self._client.close()

    def arm(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = self._client.request(method, path, params=_ARM_VERSION, json=body)
        return dict(answer.raise_for_status().json())

    def clickhouse(self, method: str, path: str = "", body: Json | None = None) -> Any:
        """The result of a call below the organization, retried while it is throttled."""
        url = f"/v1/organizations/{ORGANIZATION}{path}"
        while True:
            answer = self._client.request(method, url, json=body, auth=(KEY, SECRET))
            if answer.status_code != 429:
                return answer.raise_for_status().json()["result"]
            time.sleep(float(answer.headers["X-RateLimit-Reset"]) + self._pause)

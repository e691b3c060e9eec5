"""The request log."""

import json
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from simulator.faults import System
from simulator.wire import Json, Request

MAX_ENTRIES = 50_000
_STARTED = time.monotonic()
_WRITES = {"PUT", "PATCH", "POST", "DELETE"}


@dataclass(eq=False, slots=True)
class Entry:
    """One request. `status` is None while it is in progress, and if its connection was dropped."""

    sequence: int
    request: Request
    system: System
    start: float
    end: float | None = None
    status: int | None = None

    def close(self, status: int | None) -> None:
        self.end, self.status = now(), status

    def dump(self) -> Json:
        return {
            "sequence": self.sequence,
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query_string,
            "system": self.system,
            "status": self.status,
            "start": self.start,
            "end": self.end,
            "headers": _redacted(self.request),
            "body": _body(self.request),
        }


class Journal:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._sequence = 0

    def open(self, request: Request, system: System) -> Entry:
        self._sequence += 1
        entry = Entry(self._sequence, request, system, now())
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries.clear()

    def dump(self) -> list[Json]:
        return [entry.dump() for entry in self._entries]


def now() -> float:
    """Return monotonic seconds since the simulator was loaded."""
    return time.monotonic() - _STARTED


def _redacted(request: Request) -> Json:
    secrets = {"authorization", "aeg-sas-key"}
    return {name: "(redacted)" if name in secrets else value for name, value in request.headers.items()}


def _body(request: Request) -> Any:
    if request.method not in _WRITES or not request.body:
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return request.body.decode(errors="replace")

"""Fault rules, which delay, replace or drop requests."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from simulator.schema import Model
from simulator.wire import Json, Reply, Request

type System = Literal["arm", "dns", "clickhouse", "eventgrid-topic", "metadata", "unknown"]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


class Match(Model):
    """Selects requests; omitted keys match all. `path` is a case-insensitive regular expression."""

    method: str | None = None
    path: Annotated[str, AfterValidator(_pattern)] | None = None
    system: System | None = None

    def covers(self, request: Request, system: System) -> bool:
        return (
            (self.method is None or self.method.upper() == request.method)
            and (self.system is None or self.system == system)
            and (self.path is None or re.search(self.path, request.path, re.IGNORECASE) is not None)
        )


class Fault(Model):
    """A rule: skips `skip` matching requests, then applies to `count` of them (null: no limit)."""

    match: Match = Match()
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    body: Any = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    delay_ms: Annotated[int, Field(ge=0)] = 0
    drop: Literal["before", "after"] | None = None
    count: Annotated[int, Field(ge=1)] | None = 1
    skip: Annotated[int, Field(ge=0)] = 0

    def reply(self, system: System) -> Reply | None:
        """Return the response that replaces the real one, or None if the request is processed."""
        if self.status is None:
            return None
        return Reply(self.status, self.body if self.body is not None else _body(self.status, system), self.headers)


class Faults:
    """The active rules. Only the first matching rule applies to a request."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def add(self, *faults: Fault) -> None:
        self._rules += [_Rule(fault) for fault in faults]

    def clear(self) -> None:
        self._rules.clear()

    def dump(self) -> list[Json]:
        return [rule.fault.dump() | {"seen": rule.seen, "used": rule.used} for rule in self._rules]

    def take(self, request: Request, system: System) -> Fault | None:
        for rule in self._rules:
            if rule.fires(request, system):
                return rule.fault
        return None


class _Rule:
    def __init__(self, fault: Fault) -> None:
        self.fault, self.seen, self.used = fault, 0, 0

    def fires(self, request: Request, system: System) -> bool:
        exhausted = self.fault.count is not None and self.used >= self.fault.count
        if exhausted or not self.fault.match.covers(request, system):
            return False
        self.seen += 1
        if self.seen <= self.fault.skip:
            return False
        self.used += 1
        return True


def _body(status: int, system: System) -> Json:
    """Return an error body in the format of the system."""
    if system == "clickhouse":
        return {
            "status": status,
            "error": "simulated fault",
            "requestId": "00000000-0000-4000-8000-000000000000",
        }
    return {"error": {"code": "SimulatedFault", "message": f"A fault rule answered {status}."}}

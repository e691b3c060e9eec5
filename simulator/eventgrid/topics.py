"""Custom topics, which accept and store CloudEvents 1.0."""

import json
from typing import Any

from simulator.wire import Json, Reply, Request

_REQUIRED = ("specversion", "id", "source", "type")


class Topics:
    """The events of each topic. Topics need not be created."""

    def __init__(self) -> None:
        self.events: dict[str, list[Json]] = {}

    def answer(self, request: Request) -> Reply:
        match request.path.strip("/").split("/"):
            case ["topics", name, "api", "events"] if request.method == "POST":
                return self._accept(name, request)
            case _:
                return _refusal(404, "NotFound", f"no topic serves {request.method} {request.path}")

    def _accept(self, name: str, request: Request) -> Reply:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("application/cloudevents-batch+json", "application/cloudevents+json"):
            return _refusal(400, "BadRequest", f"the topic accepts CloudEvents 1.0 in JSON, not '{kind}'")
        try:
            body = json.loads(request.body)
        except ValueError as error:
            return _refusal(400, "BadRequest", f"the body is not JSON: {error}")
        events = body if kind.endswith("-batch+json") else [body]
        error_message = _error_message(events)
        if error_message:
            return _refusal(400, "BadRequest", error_message)
        self.events.setdefault(name, []).extend(events)
        return Reply(200)


def _error_message(events: Any) -> str | None:
    """Return why a body is not a list of CloudEvents, or None."""
    if not isinstance(events, list):
        return "a batch must be a list"
    for index, event in enumerate(events):
        if not isinstance(event, dict):
            return f"event {index} is not an object"
        for name in _REQUIRED:
            if not isinstance(event.get(name), str) or not event[name]:
                return f"event {index} lacks the attribute '{name}'"
        if event["specversion"] != "1.0":
            return f"event {index} has specversion '{event['specversion']}', not 1.0"
    return None


def _refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})

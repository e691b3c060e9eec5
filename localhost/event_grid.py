"""`/runtime/webhooks/eventgrid`: the webhook of the host's Event Grid extension."""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from localhost.errors import InvocationFailedError
from localhost.functions import EVENT_GRID
from localhost.worker import Worker

ORIGINS = (
    "eventgrid.azure.net",
    "eventgrid.azure.us",
    "eventgrid.azure.cn",
    "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
)


class EventGridWebhook:
    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def __call__(self, request: Request) -> Response:
        name = request.query_params.get("functionName", "")
        function = self._worker.functions.get(name)
        if function is None or function.kind != EVENT_GRID:
            return PlainTextResponse(f"cannot find function: '{name}'", 404)
        if request.method == "OPTIONS":
            return _cloud_events_handshake(request)
        try:
            return await self._deliver(name, request)
        except ValueError as error:
            return PlainTextResponse(str(error), 400)

    async def _deliver(self, name: str, request: Request) -> Response:
        match _event_type(request):
            case "subscriptionvalidation":
                code = _validation_code(json.loads(await request.body()))
                return JSONResponse({"validationResponse": code})
            case "notification":
                return await self._dispatch(name, _events(json.loads(await request.body())))
            case "unsubscribe":
                return Response(status_code=202)
            case event_type:
                raise ValueError(f"unknown aeg-event-type '{event_type}'")

    async def _dispatch(self, name: str, events: list[dict[str, Any]]) -> Response:
        """Invoke the function once per event, concurrently. Event Grid retries the array if one invocation fails."""
        runs = [self._worker.event_grid(name, event) for event in events]
        for outcome in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(outcome, InvocationFailedError):
                return PlainTextResponse(str(outcome), 500)
            if outcome:
                raise outcome
        return Response(status_code=202)


def _event_type(request: Request) -> str:
    """Return the type of the request. CloudEvents are recognized by content type and need no header."""
    if "aeg-event-type" in request.headers:
        return request.headers["aeg-event-type"].lower()
    cloud_events = request.headers.get("content-type", "").lower().startswith("application/cloudevents")
    return "notification" if cloud_events else ""


def _cloud_events_handshake(request: Request) -> Response:
    requested = request.headers.get("WebHook-Request-Origin")
    origin = requested if requested in ORIGINS else ORIGINS[0]
    return Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})


def _events(payload: Any) -> list[dict[str, Any]]:
    events = payload if isinstance(payload, list) else [payload]
    if not all(isinstance(event, dict) for event in events):
        raise ValueError("events must be a JSON object or an array of them")
    return events


def _validation_code(payload: Any) -> str:
    """Return the code of the first event. The data of a CloudEvent can be a JSON string."""
    event = _events(payload)[:1]
    data = event[0].get("data") if event else None
    if isinstance(data, str):
        data = json.loads(data)
    if not isinstance(data, dict) or "validationCode" not in data:
        raise ValueError("the validation event has no data.validationCode")
    return str(data["validationCode"])

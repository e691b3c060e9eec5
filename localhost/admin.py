"""`/admin`: host status, the list of functions, and manual runs."""

import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from localhost.functions import EVENT_GRID, HTTP, TIMER, Function
from localhost.messages import TypedData
from localhost.timers import timer_info
from localhost.worker import Worker


class Admin:
    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._start_time = time.monotonic()

    def routes(self) -> list[Route]:
        return [
            Route("/admin/host/ping", self.ping, methods=["GET", "POST"]),
            Route("/admin/host/status", self.status),
            Route("/admin/functions", self.list),
            Route("/admin/functions/{name}", self.describe),
            Route("/admin/functions/{name}", self.run, methods=["POST"]),
            Route("/admin/functions/{name}/status", self.function_status),
        ]

    async def ping(self, _request: Request) -> Response:
        return Response()

    async def status(self, _request: Request) -> Response:
        uptime = int((time.monotonic() - self._start_time) * 1000)
        return JSONResponse({"id": self._worker.app_dir.name, "state": "Running", "processUptime": uptime})

    async def list(self, request: Request) -> Response:
        return JSONResponse([self._description(function, request) for function in self._worker.functions.values()])

    async def describe(self, request: Request) -> Response:
        function = self._worker.functions.get(request.path_params["name"])
        return JSONResponse(self._description(function, request)) if function else Response(status_code=404)

    async def function_status(self, request: Request) -> Response:
        """Return the errors of a function. Functions in error are not served, but have a status."""
        name = request.path_params["name"]
        if name in self._worker.errors:
            return JSONResponse({"errors": [self._worker.errors[name]]})
        return JSONResponse({"errors": None}) if name in self._worker.functions else Response(status_code=404)

    async def run(self, request: Request) -> Response:
        """Start a manual run and respond immediately; the result is in the log."""
        function = self._worker.functions.get(request.path_params["name"])
        if function is None:
            return Response(status_code=404)
        try:
            data = _trigger_data(function, json.loads(await request.body()))
        except ValueError as error:
            return PlainTextResponse(str(error), 400)
        self._worker.begin(function.name, data)
        return Response(status_code=202)

    def _description(self, function: Function, request: Request) -> dict[str, Any]:
        base = str(request.base_url).rstrip("/")
        parts = [base, self._worker.route_prefix, function.route.template] if function.kind == HTTP else []
        return {
            "name": function.name,
            "href": f"{base}/admin/functions/{function.name}",
            "invoke_url_template": "/".join(part for part in parts if part) or None,
            "language": "python",
            "config": {
                "name": function.name,
                "scriptFile": function.script,
                "bindings": list(function.bindings),
            },
            "isDisabled": False,
            "isDirect": True,
            "isProxy": False,
        }


def _trigger_data(function: Function, invocation: Any) -> TypedData:
    if not isinstance(invocation, dict):
        raise ValueError('the body must be {"input": "..."}')  # noqa: TRY004 - an error in the request body
    if function.kind == TIMER:
        return TypedData(json=json.dumps(timer_info(function.schedule)))
    if function.kind == EVENT_GRID:
        return TypedData(json=json.dumps(_event(invocation.get("input"))))
    raise ValueError(f"only {TIMER} and {EVENT_GRID} functions can be run manually, not {function.kind}")


def _event(value: Any) -> dict[str, Any]:
    event = json.loads(value) if isinstance(value, str) else value
    if not isinstance(event, dict):
        raise ValueError("input must be an event in JSON")  # noqa: TRY004 - an error in the request body
    return event

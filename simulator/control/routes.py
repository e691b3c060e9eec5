"""The control API under `/_sim`: what a test or a demo turns and looks at."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control.bodies import AddressChange, ConnectionChange, Denied, Idle, PageSize
from simulator.control.controller import Controller
from simulator.eventgrid.handshake import HandshakeError
from simulator.eventgrid.schema import Disturbance, Subscription
from simulator.faults import Fault
from simulator.world import Model, WorldError, explain

type Endpoint = Callable[[Request], Awaitable[Response]]


class ControlError(Exception):
    """A control call that cannot be done."""


def routes(controller: Controller) -> list[Route]:
    """Every route of the control API."""
    return [*_world_routes(controller), *_event_routes(controller), *_edit_routes(controller)]


def _world_routes(controller: Controller) -> list[Route]:
    async def reset(request: Request) -> Any:
        keep = request.query_params.get("keepSubscriptions", "false").lower() == "true"
        await controller.reset(await _json(request), keep_subscriptions=keep)
        return {}

    async def state(_request: Request) -> Any:
        return controller.state()

    async def requests(_request: Request) -> Any:
        return controller.requests()

    async def clear_requests(_request: Request) -> Any:
        return controller.clear_requests()

    async def faults(_request: Request) -> Any:
        return controller.faults()

    async def add_faults(request: Request) -> Any:
        body = await _json(request)
        controller.add_faults(
            *(Fault.model_validate(rule) for rule in (body if isinstance(body, list) else [body]))
        )
        return controller.faults()

    async def clear_faults(_request: Request) -> Any:
        return controller.clear_faults()

    return [
        _route("/reset", "POST", reset),
        _route("/state", "GET", state),
        _route("/requests", "GET", requests),
        _route("/requests", "DELETE", clear_requests),
        _route("/faults", "GET", faults),
        _route("/faults", "POST", add_faults),
        _route("/faults", "DELETE", clear_faults),
    ]


def _event_routes(controller: Controller) -> list[Route]:
    async def subscribe(request: Request) -> Any:
        await controller.subscribe(await _body(Subscription, request))
        return controller.subscriptions()

    async def subscriptions(_request: Request) -> Any:
        return controller.subscriptions()

    async def unsubscribe(request: Request) -> Any:
        if not controller.unsubscribe(request.path_params["name"]):
            raise ControlError("no such subscription")
        return controller.subscriptions()

    async def events(_request: Request) -> Any:
        return controller.events()

    async def emit(request: Request) -> Any:
        body = await _json(request)
        for event in body if isinstance(body, list) else [body]:
            if not isinstance(event, dict):
                raise ControlError("an event must be an object")
            controller.emit(event)
        return {}

    async def dead_letters(_request: Request) -> Any:
        return controller.dead_letters()

    async def delivery(request: Request) -> Any:
        return controller.disturb(await _body(Disturbance, request))

    async def idle(request: Request) -> Any:
        return {"idle": await controller.idle((await _body(Idle, request)).timeout)}

    async def topic(request: Request) -> Any:
        return controller.topic(request.path_params["name"])

    return [
        _route("/subscriptions", "POST", subscribe),
        _route("/subscriptions", "GET", subscriptions),
        _route("/subscriptions/{name}", "DELETE", unsubscribe),
        _route("/events", "GET", events),
        _route("/events", "POST", emit),
        _route("/deadletters", "GET", dead_letters),
        _route("/delivery", "POST", delivery),
        _route("/idle", "POST", idle),
        _route("/topics/{name}", "GET", topic),
    ]


def _edit_routes(controller: Controller) -> list[Route]:
    async def denied(request: Request) -> Any:
        return controller.deny((await _body(Denied, request)).denied)

    async def page_size(request: Request) -> Any:
        return controller.page_size((await _body(PageSize, request)).page_size)

    async def connection(request: Request) -> Any:
        return controller.connection(await _body(ConnectionChange, request))

    async def address(request: Request) -> Any:
        return controller.address(await _body(AddressChange, request))

    async def switches(request: Request) -> Any:
        return controller.switch(await _json(request))

    return [
        _route("/azure/denied", "POST", denied),
        _route("/azure/page-size", "POST", page_size),
        _route("/azure/connection", "POST", connection),
        _route("/azure/address", "POST", address),
        _route("/clickhouse/switches", "POST", switches),
    ]


def _route(path: str, method: str, work: Callable[[Request], Awaitable[Any]]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await work(request))
        except ValidationError as error:
            return _refusal(explain(error))
        except (WorldError, HandshakeError, ControlError, LookupError) as error:
            return _refusal(str(error))

    return Route(f"/_sim{path}", endpoint, methods=[method])


def _refusal(message: str) -> Response:
    return JSONResponse({"error": message}, status_code=400)


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body() or b"null")
    except ValueError as error:
        raise ControlError(f"the body is not JSON: {error}") from error


async def _body[M: Model](kind: type[M], request: Request) -> M:
    return kind.model_validate(await _json(request) or {})

"""The control API under `/_sim`."""

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control.bodies import (
    AddressChange,
    BadMetadataNames,
    ConnectionChange,
    Denied,
    EndpointChange,
    Idle,
    KeyChange,
    Locks,
    PageSize,
    Release,
    ServiceChange,
    TagsStripped,
)
from simulator.control.controller import Controller
from simulator.eventgrid.handshake import HandshakeError
from simulator.eventgrid.schema import Disturbance, Subscription
from simulator.faults import Fault
from simulator.schema import Model, explain
from simulator.world import Hold, Role, Switches
from simulator.worldfile import WorldError

type Work = Callable[[Controller, Request], Awaitable[Any]]


class ControlError(Exception):
    """A control call that is not valid."""


def routes(controller: Controller) -> list[Route]:
    """Return all routes of the control API. Unknown paths return 404 and are not logged."""
    known = [_route(controller, *call) for call in _CALLS]
    return [*known, Route("/_sim/{rest:path}", _not_found)]


def _without_body(read: Callable[[Controller], Any]) -> Work:
    """Wrap a call without a body."""

    async def work(controller: Controller, _request: Request) -> Any:
        return read(controller)

    return work


def _with_body[M: Model](kind: type[M], write: Callable[[Controller, M], Any]) -> Work:
    """Wrap a call whose body is a document of `kind`."""

    async def work(controller: Controller, request: Request) -> Any:
        result = write(controller, kind.model_validate(await _json(request) or {}))
        return await result if inspect.isawaitable(result) else result

    return work


async def _reset(controller: Controller, request: Request) -> Any:
    keep = request.query_params.get("keepSubscriptions", "false").lower() == "true"
    await controller.reset(await _json(request), keep_subscriptions=keep)


async def _add_faults(controller: Controller, request: Request) -> Any:
    controller.add_faults(*(Fault.model_validate(rule) for rule in _as_list(await _json(request))))
    return controller.faults()


async def _emit(controller: Controller, request: Request) -> Any:
    events = _as_list(await _json(request))
    if not all(isinstance(event, dict) for event in events):
        raise ControlError("an event must be an object")
    for event in events:
        controller.emit(event)


async def _unsubscribe(controller: Controller, request: Request) -> Any:
    if not controller.unsubscribe(request.path_params["name"]):
        raise ControlError("no such subscription")


async def _topic(controller: Controller, request: Request) -> Any:
    return controller.topic(request.path_params["name"])


async def _not_found(_request: Request) -> Response:
    return JSONResponse({"error": "no such control call"}, status_code=404)


_CALLS: tuple[tuple[str, str, Work], ...] = (
    ("POST", "/reset", _reset),
    ("GET", "/state", _without_body(Controller.state)),
    ("GET", "/requests", _without_body(Controller.requests)),
    ("DELETE", "/requests", _without_body(Controller.clear_requests)),
    ("GET", "/faults", _without_body(Controller.faults)),
    ("POST", "/faults", _add_faults),
    ("DELETE", "/faults", _without_body(Controller.clear_faults)),
    ("GET", "/subscriptions", _without_body(Controller.subscriptions)),
    ("POST", "/subscriptions", _with_body(Subscription, Controller.subscribe)),
    ("DELETE", "/subscriptions/{name}", _unsubscribe),
    ("GET", "/events", _without_body(Controller.events)),
    ("POST", "/events", _emit),
    ("GET", "/deadletters", _without_body(Controller.dead_letters)),
    ("POST", "/delivery", _with_body(Disturbance, Controller.disturb)),
    ("POST", "/idle", _with_body(Idle, Controller.idle)),
    ("GET", "/topics/{name}", _topic),
    ("POST", "/azure/denied", _with_body(Denied, Controller.deny)),
    ("POST", "/azure/locks", _with_body(Locks, Controller.lock)),
    ("POST", "/azure/hold", _with_body(Hold, Controller.hold)),
    ("POST", "/azure/release", _with_body(Release, Controller.release)),
    ("POST", "/azure/endpoint", _with_body(EndpointChange, Controller.endpoint)),
    ("POST", "/azure/strip-tags", _with_body(TagsStripped, Controller.strip_tags)),
    ("POST", "/azure/metadata", _with_body(BadMetadataNames, Controller.metadata)),
    ("POST", "/azure/page-size", _with_body(PageSize, Controller.page_size)),
    ("POST", "/azure/connection", _with_body(ConnectionChange, Controller.connection)),
    ("POST", "/azure/address", _with_body(AddressChange, Controller.address)),
    ("POST", "/clickhouse/switches", _with_body(Switches, Controller.switch)),
    ("POST", "/clickhouse/role", _with_body(Role, Controller.role)),
    ("POST", "/clickhouse/key", _with_body(KeyChange, Controller.key)),
    ("POST", "/clickhouse/service", _with_body(ServiceChange, Controller.service)),
)


def _route(controller: Controller, method: str, path: str, work: Work) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await work(controller, request))
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


def _as_list(body: Any) -> list[Any]:
    """Return one document or a list of them as a list."""
    return body if isinstance(body, list) else [body]

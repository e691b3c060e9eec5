"""The control API under `/_sim`: what a test or a demo turns and looks at."""

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
    """A control call that cannot be done."""


def routes(controller: Controller) -> list[Route]:
    """Every route of the control API; what is none of them is answered 404 without being logged."""
    known = [_route(controller, *call) for call in _CALLS]
    return [*known, Route("/_sim/{rest:path}", _nowhere)]


def _plain(read: Callable[[Controller], Any]) -> Work:
    """A call without a body."""

    async def work(controller: Controller, _request: Request) -> Any:
        return read(controller)

    return work


def _told[M: Model](kind: type[M], write: Callable[[Controller, M], Any]) -> Work:
    """A call whose body is a document of `kind`."""

    async def work(controller: Controller, request: Request) -> Any:
        result = write(controller, kind.model_validate(await _json(request) or {}))
        return await result if inspect.isawaitable(result) else result

    return work


async def _reset(controller: Controller, request: Request) -> Any:
    keep = request.query_params.get("keepSubscriptions", "false").lower() == "true"
    await controller.reset(await _json(request), keep_subscriptions=keep)


async def _add_faults(controller: Controller, request: Request) -> Any:
    controller.add_faults(*(Fault.model_validate(rule) for rule in _several(await _json(request))))
    return controller.faults()


async def _emit(controller: Controller, request: Request) -> Any:
    events = _several(await _json(request))
    if not all(isinstance(event, dict) for event in events):
        raise ControlError("an event must be an object")
    for event in events:
        controller.emit(event)


async def _unsubscribe(controller: Controller, request: Request) -> Any:
    if not controller.unsubscribe(request.path_params["name"]):
        raise ControlError("no such subscription")


async def _topic(controller: Controller, request: Request) -> Any:
    return controller.topic(request.path_params["name"])


async def _nowhere(_request: Request) -> Response:
    return JSONResponse({"error": "no such control call"}, status_code=404)


_CALLS: tuple[tuple[str, str, Work], ...] = (
    ("POST", "/reset", _reset),
    ("GET", "/state", _plain(Controller.state)),
    ("GET", "/requests", _plain(Controller.requests)),
    ("DELETE", "/requests", _plain(Controller.clear_requests)),
    ("GET", "/faults", _plain(Controller.faults)),
    ("POST", "/faults", _add_faults),
    ("DELETE", "/faults", _plain(Controller.clear_faults)),
    ("GET", "/subscriptions", _plain(Controller.subscriptions)),
    ("POST", "/subscriptions", _told(Subscription, Controller.subscribe)),
    ("DELETE", "/subscriptions/{name}", _unsubscribe),
    ("GET", "/events", _plain(Controller.events)),
    ("POST", "/events", _emit),
    ("GET", "/deadletters", _plain(Controller.dead_letters)),
    ("POST", "/delivery", _told(Disturbance, Controller.disturb)),
    ("POST", "/idle", _told(Idle, Controller.idle)),
    ("GET", "/topics/{name}", _topic),
    ("POST", "/azure/denied", _told(Denied, Controller.deny)),
    ("POST", "/azure/locks", _told(Locks, Controller.lock)),
    ("POST", "/azure/hold", _told(Hold, Controller.hold)),
    ("POST", "/azure/release", _told(Release, Controller.release)),
    ("POST", "/azure/endpoint", _told(EndpointChange, Controller.endpoint)),
    ("POST", "/azure/strip-tags", _told(TagsStripped, Controller.strip_tags)),
    ("POST", "/azure/metadata", _told(BadMetadataNames, Controller.metadata)),
    ("POST", "/azure/page-size", _told(PageSize, Controller.page_size)),
    ("POST", "/azure/connection", _told(ConnectionChange, Controller.connection)),
    ("POST", "/azure/address", _told(AddressChange, Controller.address)),
    ("POST", "/clickhouse/switches", _told(Switches, Controller.switch)),
    ("POST", "/clickhouse/role", _told(Role, Controller.role)),
    ("POST", "/clickhouse/key", _told(KeyChange, Controller.key)),
    ("POST", "/clickhouse/service", _told(ServiceChange, Controller.service)),
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


def _several(body: Any) -> list[Any]:
    """One document, or a list of them, as a list."""
    return body if isinstance(body, list) else [body]

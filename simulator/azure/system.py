"""Azure Resource Manager: dispatches requests to the resource types."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal
from uuid import uuid4

from pydantic import ValidationError

from simulator import world
from simulator.azure import event_topics, events, groups, permissions, tags
from simulator.azure.access import authorise
from simulator.azure.errors import ArmError, bad_request, group_not_found, subscription_not_found
from simulator.azure.kinds import KINDS, Kind
from simulator.azure.locks import refuse_locked
from simulator.azure.paths import TAGS_SUFFIX, Target, canonical, parse
from simulator.azure.state import State
from simulator.schema import explain
from simulator.wire import Json, Reply, Request

type Publish = Callable[[Json], None]

_EVENT_TOPICS = {
    event_topics.TYPE: event_topics.listing,
    event_topics.SUBSCRIPTION_TYPE: event_topics.list_subscriptions,
}


class Arm:
    """Answers ARM requests, and publishes an event for every successful write and delete."""

    def __init__(self, start: world.Azure, publish: Publish, grid: event_topics.Grid) -> None:
        self.state = State(start)
        self._publish, self._grid = publish, grid

    def answer(self, request: Request) -> Reply:
        correlation = str(uuid4())
        try:
            reply = self._dispatch(request, correlation)
        except ArmError as error:
            reply = error.reply()
        except ValidationError as error:
            reply = bad_request(explain(error)).reply()
        identity = {"x-ms-request-id": str(uuid4()), "x-ms-correlation-request-id": correlation}
        return replace(reply, headers={**identity, **reply.headers})

    def touch(self, endpoint: world.PrivateEndpoint, verb: Literal["write", "delete"] = "write") -> None:
        """Publish the event of a write or delete that the control API made."""
        self._publish(events.change(endpoint.id, "Microsoft.Network/privateEndpoints", verb, str(uuid4())))

    def _dispatch(self, request: Request, correlation: str) -> Reply:
        if not request.param("api-version"):
            message = "The api-version query parameter (?api-version=) is required for all requests."
            raise ArmError(400, "MissingApiVersionParameter", message)
        if request.path.lower().endswith(TAGS_SUFFIX):
            return self._tags(request, correlation)
        if reply := self._extension(request) or self._event_topics(request):
            return reply
        target = parse(request.path)
        kind = KINDS.get(target.type.lower()) if target else None
        if target is None or kind is None:
            raise ArmError(404, "InvalidResourceType", f"The simulator serves nothing at '{request.path}'.")
        return self._resource(request, target, kind, correlation)

    def _resource(self, request: Request, target: Target, kind: Kind, correlation: str) -> Reply:
        self._check_scope(target, kind.type, request.method)
        target = canonical(target, kind.type, self.state.groups.get(target.scope.lower()))
        handler = kind.handler(request.method, collection=target.collection)
        if handler is None:
            raise _not_allowed(request, kind.type)
        refuse_locked(self.state.locks, target, request.method)
        reply = handler(self.state, target, request)
        if request.method != "GET" and reply.status != 204:
            verb = "delete" if request.method == "DELETE" else "write"
            self._publish(events.change(_written_id(reply, target), kind.type, verb, correlation))
        return reply

    def _tags(self, request: Request, correlation: str) -> Reply:
        scope = parse(request.path[: -len(TAGS_SUFFIX)])
        if scope is None or scope.collection:
            raise ArmError(404, "InvalidResourceType", f"'{request.path}' is not a resource with tags.")
        self._check_scope(scope, tags.TYPE, request.method)
        refuse_locked(self.state.locks, scope, request.method)
        reply = tags.answer(self.state, scope, request)
        if reply is None:
            raise _not_allowed(request, tags.TYPE)
        if request.method != "GET":
            verb = "delete" if request.method == "DELETE" else "write"
            resource = f"{scope.id}/providers/Microsoft.Resources/tags/default"
            self._publish(events.change(resource, tags.TYPE, verb, correlation))
        return reply

    def _extension(self, request: Request) -> Reply | None:
        """Answer the read-only extensions of any scope: permissions and metrics."""
        lower = request.path.lower()
        for suffix, kind in (
            (permissions.SUFFIX, permissions.TYPE),
            (event_topics.METRICS_SUFFIX, event_topics.METRICS_TYPE),
        ):
            scope = parse(request.path[: -len(suffix)]) if lower.endswith(suffix) else None
            if scope is None or scope.collection:
                continue
            self._check_scope(scope, kind, request.method)
            if request.method != "GET":
                raise _not_allowed(request, kind)
            if kind == permissions.TYPE:
                return permissions.answer(self.state, scope, request)
            return event_topics.metrics(self.state, self._grid, scope, request)
        return None

    def _event_topics(self, request: Request) -> Reply | None:
        target = parse(request.path)
        handlers = {kind.lower(): (kind, handler) for kind, handler in _EVENT_TOPICS.items()}
        kind, handler = handlers.get(target.type.lower(), ("", None)) if target else ("", None)
        if target is None or handler is None:
            return None
        self._check_scope(target, kind, request.method)
        if request.method != "GET" or not target.collection:
            raise _not_allowed(request, kind)
        return handler(self.state, self._grid, target, request)

    def _check_scope(self, target: Target, kind: str, method: str) -> None:
        """Raise ArmError if the caller has no permission (checked first, as in ARM) or the scope does not exist."""
        authorise(self.state.denied, target, kind, method)
        if target.subscription and target.subscription.lower() not in self.state.subscriptions:
            raise subscription_not_found(target.subscription)
        creates_group = kind == groups.TYPE and method == "PUT"
        if target.group and target.scope.lower() not in self.state.groups and not creates_group:
            raise group_not_found(target.group)


def _written_id(reply: Reply, target: Target) -> str:
    return str(reply.body["id"]) if isinstance(reply.body, dict) and "id" in reply.body else target.id


def _not_allowed(request: Request, kind: str) -> ArmError:
    message = f"The simulator does not serve {request.method} for '{kind}'."
    return ArmError(405, "MethodNotAllowed", message)

"""The tags API: `{scope}/providers/Microsoft.Resources/tags/default`."""

from collections.abc import Mapping

from simulator.azure.bodies import body_of, check_tags, section, tags_of
from simulator.azure.errors import bad_request, resource_not_found
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.schema import guid
from simulator.wire import Reply, Request

TYPE = "Microsoft.Resources/tags"


def answer(state: State, scope: Target, request: Request) -> Reply | None:
    """Answer a request for the tags of `scope`. Returns None if the method is not served."""
    current = _read(state, scope)
    match request.method:
        case "GET":
            return _render(scope, current)
        case "PUT":
            return _store(state, scope, tags_of(section(body_of(request), "properties")))
        case "PATCH":
            return _store(state, scope, _patched(current, request))
        case "DELETE":
            _write(state, scope, {})
            return Reply(200)
        case _:
            return None


def merged(current: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Merge tags by name. A tag that exists gets the new value and keeps the casing of its name."""
    casing = {name.lower(): name for name in current}
    return dict(current) | {casing.get(name.lower(), name): value for name, value in changes.items()}


def without(current: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Return the current tags without those that have the same name and value in `changes`."""
    removed = {(name.lower(), value) for name, value in changes.items()}
    return {name: value for name, value in current.items() if (name.lower(), value) not in removed}


def _patched(current: Mapping[str, str], request: Request) -> dict[str, str]:
    body = body_of(request)
    changes = tags_of(section(body, "properties"))
    match str(body.get("operation", "")).lower():
        case "merge":
            return merged(current, changes)
        case "replace":
            return changes
        case "delete":
            return without(current, changes)
        case operation:
            raise bad_request(
                f"The tags patch operation '{operation}' is not Merge, Replace or Delete.", "InvalidTagsPatch"
            )


def _store(state: State, scope: Target, tags: dict[str, str]) -> Reply:
    check_tags(tags)
    _write(state, scope, tags)
    return _render(scope, tags)


def _render(scope: Target, tags: Mapping[str, str]) -> Reply:
    body = {
        "id": f"{scope.id}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": TYPE,
        "properties": {"tags": dict(tags)},
    }
    return Reply(200, body)


def _read(state: State, scope: Target) -> dict[str, str]:
    if scope.key in state.endpoints:
        return state.endpoints[scope.key].tags
    if scope.key in state.networks:
        return state.networks[scope.key].tags
    if scope.key in state.zones:
        return state.zones[scope.key].zone.tags
    raise resource_not_found(f"{scope.type}/{last(scope.id)}", scope.group)


def _write(state: State, scope: Target, tags: dict[str, str]) -> None:
    update = {"tags": tags, "etag": guid()}
    if scope.key in state.endpoints:
        state.endpoints[scope.key] = state.endpoints[scope.key].model_copy(update=update)
    elif scope.key in state.networks:
        state.networks[scope.key] = state.networks[scope.key].model_copy(update=update)
    else:
        state.zones[scope.key].zone = state.zones[scope.key].zone.model_copy(update=update)

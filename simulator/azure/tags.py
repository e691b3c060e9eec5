"""The tags of any resource, through `{scope}/providers/Microsoft.Resources/tags/default`."""

from collections.abc import Mapping

from simulator.azure.bodies import body_of, check_tags, section, tags_of
from simulator.azure.errors import bad_request, resource_not_found
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.schema import guid
from simulator.wire import Reply, Request

TYPE = "Microsoft.Resources/tags"


def answer(state: State, scope: Target, request: Request) -> Reply | None:
    """The answer to a request for the tags of `scope`; None where the method is not served."""
    present = _read(state, scope)
    match request.method:
        case "GET":
            return _render(scope, present)
        case "PUT":
            return _written(state, scope, tags_of(section(body_of(request), "properties")))
        case "PATCH":
            return _written(state, scope, _patched(present, request))
        case "DELETE":
            _write(state, scope, {})
            return Reply(200)
        case _:
            return None


def merged(present: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Both sets of tags; a given one replaces the present one of that name, which keeps its casing."""
    casing = {name.lower(): name for name in present}
    return dict(present) | {casing.get(name.lower(), name): value for name, value in given.items()}


def without(present: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The present tags less those given with the same name and value."""
    gone = {(name.lower(), value) for name, value in given.items()}
    return {name: value for name, value in present.items() if (name.lower(), value) not in gone}


def _patched(present: Mapping[str, str], request: Request) -> dict[str, str]:
    body = body_of(request)
    given = tags_of(section(body, "properties"))
    match str(body.get("operation", "")).lower():
        case "merge":
            return merged(present, given)
        case "replace":
            return given
        case "delete":
            return without(present, given)
        case other:
            raise bad_request(
                f"The tags patch operation '{other}' is not Merge, Replace or Delete.", "InvalidTagsPatch"
            )


def _written(state: State, scope: Target, tags: dict[str, str]) -> Reply:
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

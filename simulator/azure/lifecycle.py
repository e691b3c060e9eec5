"""How long a private endpoint takes to come and go: at once, or as long as the world holds it.

| Held     | `provisioningState` | What GET tells                  | Its operation |
|----------|---------------------|---------------------------------|---------------|
| creation | `Updating`          | all but what the hold says      | `InProgress`  |
| creation | `Failed`            | all but what the hold says      | `Failed`      |
| deletion | `Deleting`          | all                             | `InProgress`  |

The event of a write or delete is raised when it is accepted, as ever; nothing is raised when it is done.
"""

from typing import Literal

from simulator import world
from simulator.azure.errors import ArmError
from simulator.azure.paths import Target, last
from simulator.azure.state import Operation, State
from simulator.schema import guid
from simulator.wire import Json, Reply, Request


def begun(state: State, endpoint: world.PrivateEndpoint) -> world.PrivateEndpoint:
    """A new endpoint as the hold on creations leaves it."""
    hold = state.hold
    if hold.creation is None:
        return endpoint
    return endpoint.model_copy(update={"provisioning_state": hold.creation, "missing": hold.missing})


def remove(state: State, key: str) -> None:
    """Remove an endpoint, or leave it as `Deleting` where deletions are held."""
    if state.hold.deletion:
        deleting = {"provisioning_state": "Deleting", "etag": guid()}
        state.endpoints[key] = state.endpoints[key].model_copy(update=deleting)
    else:
        state.drop_endpoint(key)


def release(state: State, key: str) -> None:
    """Bring to its end what an endpoint is going through; one that failed is then whole."""
    endpoint = state.endpoints[key]
    if endpoint.provisioning_state == "Deleting":
        state.drop_endpoint(key)
    else:
        done = {"provisioning_state": "Succeeded", "missing": (), "etag": guid()}
        state.endpoints[key] = endpoint.model_copy(update=done)


def refuse_busy(endpoint: world.PrivateEndpoint | None) -> None:
    """Raise ArmError(409) where an endpoint is being made or deleted."""
    if endpoint and endpoint.provisioning_state in ("Updating", "Deleting"):
        message = f"Another operation on {endpoint.id} is in progress. Please try again later."
        raise ArmError(409, "AnotherOperationInProgress", message)


def poll_headers(
    state: State, target: Target, request: Request, location: str, kind: Literal["creation", "deletion"]
) -> dict[str, str]:
    """Where a client asks how it goes, on the host and in the scheme that it has asked by."""
    operation = guid()
    state.operations[operation] = Operation(target.key, kind)
    base = f"{request.origin}/subscriptions/{target.subscription}/providers/Microsoft.Network"
    version = request.param("api-version")
    return {
        "azure-asyncoperation": f"{base}/locations/{location}/operations/{operation}?api-version={version}",
        "location": f"{base}/locations/{location}/operationResults/{operation}?api-version={version}",
    }


def operation(state: State, target: Target, _request: Request) -> Reply:
    status = _status(state, target)
    body: Json = {"status": status}
    if status == "Failed":
        body["error"] = {"code": "InternalServerError", "message": "An error occurred."}
    return Reply(200, body)


def operation_result(state: State, target: Target, _request: Request) -> Reply:
    return Reply(202 if _status(state, target) == "InProgress" else 204)


def _status(state: State, target: Target) -> str:
    """How an operation goes. Those of a world that was reset are unknown, and done."""
    known = state.operations.get(last(target.id))
    endpoint = state.endpoints.get(known.endpoint) if known else None
    if known is None or endpoint is None:
        return "Succeeded"
    if known.kind == "deletion":
        return "InProgress" if endpoint.provisioning_state == "Deleting" else "Succeeded"
    return {"Updating": "InProgress", "Failed": "Failed"}.get(endpoint.provisioning_state, "Succeeded")

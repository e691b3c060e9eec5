"""Creation and deletion of private endpoints: immediate, or held until a release.

| Held     | `provisioningState` | GET returns                     | Operation     |
|----------|---------------------|---------------------------------|---------------|
| creation | `Updating`          | all parts not in `missing`      | `InProgress`  |
| creation | `Failed`            | all parts not in `missing`      | `Failed`      |
| deletion | `Deleting`          | all parts                       | `InProgress`  |

The event of a write or delete is raised when the request is accepted. No event is raised on completion.
"""

from typing import Literal

from simulator import world
from simulator.azure.errors import ArmError
from simulator.azure.paths import Target, last
from simulator.azure.state import Operation, State
from simulator.schema import guid
from simulator.wire import Json, Reply, Request


def apply_creation_hold(state: State, endpoint: world.PrivateEndpoint) -> world.PrivateEndpoint:
    """Return a new endpoint with the state that the hold on creations sets."""
    hold = state.hold
    if hold.creation is None:
        return endpoint
    return endpoint.model_copy(update={"provisioning_state": hold.creation, "missing": hold.missing})


def remove(state: State, key: str) -> None:
    """Delete an endpoint, or set it to `Deleting` if deletions are held."""
    if state.hold.deletion:
        deleting = {"provisioning_state": "Deleting", "etag": guid()}
        state.endpoints[key] = state.endpoints[key].model_copy(update=deleting)
    else:
        state.drop_endpoint(key)


def release(state: State, key: str) -> None:
    """Finish the held operation of an endpoint. A failed creation then succeeds."""
    endpoint = state.endpoints[key]
    if endpoint.provisioning_state == "Deleting":
        state.drop_endpoint(key)
    else:
        succeeded = {"provisioning_state": "Succeeded", "missing": (), "etag": guid()}
        state.endpoints[key] = endpoint.model_copy(update=succeeded)


def refuse_busy(endpoint: world.PrivateEndpoint | None) -> None:
    """Raise ArmError(409) if an operation on the endpoint is in progress."""
    if endpoint and endpoint.provisioning_state in ("Updating", "Deleting"):
        message = f"Another operation on {endpoint.id} is in progress. Please try again later."
        raise ArmError(409, "AnotherOperationInProgress", message)


def poll_headers(
    state: State, target: Target, request: Request, location: str, kind: Literal["creation", "deletion"]
) -> dict[str, str]:
    """Return the headers with the URLs to poll, with the scheme and host of the request."""
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
    """Return the status of an operation. After a reset, operations are unknown and count as succeeded."""
    operation = state.operations.get(last(target.id))
    endpoint = state.endpoints.get(operation.endpoint) if operation else None
    if operation is None or endpoint is None:
        return "Succeeded"
    if operation.kind == "deletion":
        return "InProgress" if endpoint.provisioning_state == "Deleting" else "Succeeded"
    return {"Updating": "InProgress", "Failed": "Failed"}.get(endpoint.provisioning_state, "Succeeded")

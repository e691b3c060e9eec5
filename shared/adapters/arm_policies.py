"""What every request to ARM goes through, whether it is ours or one of an SDK client's operations."""

from typing import Any

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    ContentDecodePolicy,
    HeadersPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)

from shared.domain.errors import PermanentError
from shared.passing import count_call

USER_AGENT = "clickhouse-privatelink"


class CountCalls(SansIOHTTPPolicy[Any, Any]):
    """Counts what goes out to a system for the pass that is under way."""

    def __init__(self, system: str) -> None:
        self._system = system

    def on_request(self, request: PipelineRequest[Any]) -> None:  # noqa: ARG002 -- the SDK's signature
        count_call(self._system)


class RefuseWrites(SansIOHTTPPolicy[Any, Any]):
    """Lets nothing but GET out: what a dry run is given."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        if request.http_request.method != "GET":
            raise PermanentError(f"a dry run sends no {request.http_request.method}")


class WholeAnswers(SansIOHTTPPolicy[Any, Any]):
    """Lets an SDK client take as the answer to a GET only what is whole (see there).

    The SDK reads whatever has no value as an empty list.
    """

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        if request.http_request.method == "GET" and response.http_response.status_code == 200:
            whole(response.context.get(ContentDecodePolicy.CONTEXT_NAME))


def whole(told: Any) -> dict[str, Any]:
    """What ARM told, if it is a resource (it has an id), a list (a value) or an operation (a status).

    Raises ValueError for anything else: what is unknown must not look empty.
    """
    if isinstance(told, dict) and ("id" in told or "status" in told or isinstance(told.get("value"), list)):
        return told
    raise ValueError("it is neither a resource nor a list nor an operation")


def policies(system: str, credential: Any, scope: str, *, read_only: bool) -> list[Any]:
    """The SDK's own pipeline without what we do not want in it. `scope`: what a token must be for.

    Left out: its retries (ours know the deadline), its logging, and its habit of registering
    resource providers, which would be a write that nobody asked for.
    """
    guard = [RefuseWrites()] if read_only else []
    signed = [AsyncBearerTokenCredentialPolicy(credential, scope)] if credential else []
    return [
        *guard,
        CountCalls(system),
        RequestIdPolicy(),
        HeadersPolicy({"Accept": "application/json"}),
        UserAgentPolicy(base_user_agent=USER_AGENT),
        *signed,
    ]


def decoding() -> list[Any]:
    """What an SDK client's operations need in addition: they take their answers decoded from the pipeline."""
    return [WholeAnswers(), ContentDecodePolicy()]

"""What every request to ARM goes through, in place of the policies that the SDKs bring.

Theirs retry (ours know the deadline), log every request, and register resource providers, which would be a
write that nobody asked for.
"""

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    CustomHookPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)

from shared.adapters.clock_skew import ClockSkew, NoteDate
from shared.adapters.json_fields import LONGEST_ERROR
from shared.domain.model.errors import PermanentError
from shared.telemetry.pass_context import count_call

USER_AGENT = "clickhouse-privatelink"
NETWORK, DNS = "azure_network", "azure_dns"


class CountCalls(SansIOHTTPPolicy[Any, Any]):
    """Counts what goes out for the pass that is under way, Private DNS apart from the rest."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        is_dns = "/microsoft.network/privatedns" in request.http_request.url.lower()
        count_call(DNS if is_dns else NETWORK)


class OnlyArm(SansIOHTTPPolicy[Any, Any]):
    """Refuses requests to any other host: a response may name the URL of the next page, and requests carry a token."""

    def __init__(self, base: str) -> None:
        self._origin = _origin(base)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        if _origin(request.http_request.url) != self._origin:
            raise PermanentError(f"ARM referred to another host: {request.http_request.url}"[:LONGEST_ERROR])


class RefuseWrites(SansIOHTTPPolicy[Any, Any]):
    """Lets nothing but GET out: what a dry run is given."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        if request.http_request.method != "GET":
            raise PermanentError(f"a dry run sends no {request.http_request.method}")


class WholeAnswers(SansIOHTTPPolicy[Any, Any]):
    """Takes as the answer to a GET only what is one: a list has a value, a resource an id, an operation a status.

    The SDKs read whatever has no value as an empty list. Raises ValueError: what is unknown must not look empty.
    """

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        answer = response.http_response
        if request.http_request.method != "GET" or answer.status_code != 200:
            return
        told = answer.json()
        if not isinstance(told, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004 -- it cannot be read, and may be later
        if _is_list(request.http_request.url):
            whole = isinstance(told.get("value"), list)
        else:
            whole = "id" in told or "status" in told
        if not whole:
            raise ValueError("it is neither a resource nor a list nor an operation")


def _is_list(url: str) -> bool:
    """Whether an ARM URL ends in a type and not in a name; they alternate after the provider."""
    provider_and_more = urlsplit(url).path.rpartition("/providers/")[2].split("/")
    return len(provider_and_more) % 2 == 0


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def policies(
    base: str, credential: Any, scope: str, clocks: ClockSkew | None, *, read_only: bool
) -> list[Any]:
    """The policies in the order that requests pass them. `base`: the URL of ARM; `scope`: that of the token."""
    return [
        OnlyArm(base),
        *([RefuseWrites()] if read_only else []),
        *([NoteDate(clocks, "Azure")] if clocks else []),
        CountCalls(),
        CustomHookPolicy(),
        WholeAnswers(),
        RequestIdPolicy(),
        HeadersPolicy({"Accept": "application/json"}),
        UserAgentPolicy(base_user_agent=USER_AGENT),
        *([AsyncBearerTokenCredentialPolicy(credential, scope)] if credential else []),
    ]

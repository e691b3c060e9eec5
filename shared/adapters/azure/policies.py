"""The pipeline policies of all requests to ARM, in place of those of the SDKs.

The SDKs' policies retry without knowing the deadline, log every request, and register resource providers, which
is a write.
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

from shared.adapters.json_fields import LONGEST_ERROR
from shared.domain.model.errors import PermanentError
from shared.telemetry.log import count_call

USER_AGENT = "clickhouse-privatelink"
NETWORK, DNS = "azure_network", "azure_dns"


class CountCalls(SansIOHTTPPolicy[Any, Any]):
    """Counts the requests of the current pass, those to Private DNS separately."""

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
    """Refuses all requests but GET: the policy of a dry run."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        if request.http_request.method != "GET":
            raise PermanentError(f"a dry run sends no {request.http_request.method}")


class WholeAnswers(SansIOHTTPPolicy[Any, Any]):
    """Accepts a response to GET only if a list has a value, a resource an id, and an operation a status.

    The SDKs take a response without a value for an empty list. Raises ValueError.
    """

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        if request.http_request.method != "GET" or response.http_response.status_code != 200:
            return
        body = response.http_response.json()
        known = body if isinstance(body, dict) else {}
        listed = isinstance(known.get("value"), list)
        if not (listed if _is_list(request.http_request.url) else known.keys() & {"id", "status"}):
            raise ValueError("not a resource, a list or an operation")


def _is_list(url: str) -> bool:
    """Whether an ARM URL ends in a type rather than a name; the two alternate after the provider."""
    after_provider = urlsplit(url).path.rpartition("/providers/")[2].split("/")
    return len(after_provider) % 2 == 0


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def policies(base: str, credential: Any, scope: str, *, read_only: bool) -> list[Any]:
    """The policies in the order that requests pass them. `base`: the URL of ARM; `scope`: that of the token."""
    return [
        OnlyArm(base),
        *([RefuseWrites()] if read_only else []),
        CountCalls(),
        CustomHookPolicy(),
        WholeAnswers(),
        RequestIdPolicy(),
        HeadersPolicy({"Accept": "application/json"}),
        UserAgentPolicy(base_user_agent=USER_AGENT),
        *([AsyncBearerTokenCredentialPolicy(credential, scope)] if credential else []),
    ]

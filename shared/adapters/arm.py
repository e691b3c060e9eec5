"""What the two Azure SDK clients have in common: how they are built, and what their errors mean."""

import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

from azure.core import AsyncPipelineClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    ContentDecodePolicy,
    HeadersPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from shared.adapters.arm_errors import meaning, tells_absence
from shared.adapters.clocks import Clocks, NoteDate
from shared.adapters.retrying import Deadline, within
from shared.adapters.shapes import MISSHAPEN
from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.model import Absent
from shared.passing import count_call

type Json = Mapping[str, Any]

USER_AGENT = "clickhouse-privatelink"
# What the SDK lets through of a body that is no JSON or has an unknown shape, charset or compression.
UNINTELLIGIBLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError, zlib.error)


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
    """Takes as the answer to a GET only a resource (it has an id), a list (a value) or an operation (a status).

    The SDK reads whatever has no value as an empty list, and what is unknown must not look empty.
    """

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        if request.http_request.method != "GET" or response.http_response.status_code != 200:
            return
        told = response.context.get(ContentDecodePolicy.CONTEXT_NAME)
        whole = isinstance(told, dict) and (
            "id" in told or "status" in told or isinstance(told.get("value"), list)
        )
        if not whole:
            raise ValueError("it is neither a resource nor a list nor an operation")


@dataclass
class ArmClients:
    """One SDK client per kind and subscription, made when first asked for, over one connection pool."""

    url: str
    credential: Any
    transport: AsyncHttpTransport[Any, Any]
    read_only: bool = False
    made: dict[tuple[type, str], Any] = field(default_factory=dict)

    def network(self, subscription: str) -> NetworkManagementClient:
        return cast("NetworkManagementClient", self._client(NetworkManagementClient, subscription))

    def dns(self, subscription: str) -> PrivateDnsManagementClient:
        return cast("PrivateDnsManagementClient", self._client(PrivateDnsManagementClient, subscription))

    def plain(self, clocks: Clocks) -> AsyncPipelineClient[Any, Any]:
        """A client for what no SDK of ours covers. What it asks tells the clocks Azure's time."""
        key = (AsyncPipelineClient, "")
        if key not in self.made:
            policies = [NoteDate(clocks, "Azure"), *self._policies("azure_network")]
            self.made[key] = AsyncPipelineClient(self.url, policies=policies, transport=self.transport)
        return cast("AsyncPipelineClient[Any, Any]", self.made[key])

    @property
    def scope(self) -> str:
        """What a token must be for."""
        return f"{self.url.rstrip('/')}/.default"

    def _client(self, kind: type, subscription: str) -> Any:
        key = (kind, subscription)
        if key not in self.made:
            self.made[key] = kind(
                self.credential or _NoCredential(),
                subscription,
                base_url=self.url,
                transport=self.transport,
                policies=self._policies(
                    "azure_dns" if kind is PrivateDnsManagementClient else "azure_network"
                ),
            )
        return self.made[key]

    def _policies(self, system: str) -> list[Any]:
        """The SDK's own pipeline without what we do not want in it.

        Left out: its retries (ours know the deadline), its logging, and its habit of registering
        resource providers, which would be a write that nobody asked for.
        """
        guard = [RefuseWrites()] if self.read_only else []
        signed = [AsyncBearerTokenCredentialPolicy(self.credential, self.scope)] if self.credential else []
        return [
            *guard,
            CountCalls(system),
            RequestIdPolicy(),
            HeadersPolicy(),
            UserAgentPolicy(base_user_agent=USER_AGENT),
            WholeAnswers(),
            ContentDecodePolicy(),
            *signed,
        ]


class _NoCredential:
    """For a loopback simulator; the clients insist on having a credential."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        raise AssertionError("a token was asked for, though nothing here signs requests")


async def ask[T, R](
    deadline: Deadline, what: str, call: Callable[[], Awaitable[T]], parse: Callable[[T], R]
) -> R:
    """What `parse` makes of the SDK call's result. Raises our errors in place of all others.

    `what` says what it was about.
    """
    told = await within(deadline, what, lambda: _translated(what, call))
    try:
        return parse(told)
    except MISSHAPEN as error:
        raise PermanentError(f"{what}: ARM's answer is not what its API describes ({error!r})") from error


async def ask_or_absent[T, R](
    deadline: Deadline, what: str, call: Callable[[], Awaitable[T]], parse: Callable[[T], R]
) -> R | Absent:
    """Like `ask`, with Absent where ARM says that this very resource does not exist."""
    try:
        return await ask(deadline, what, call, parse)
    except PermanentError as error:
        if tells_absence(error.__cause__):
            return Absent()
        raise


async def _translated[T](what: str, call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except HttpResponseError as error:
        raise meaning(what, error) from error
    except (ServiceRequestError, ServiceResponseError) as error:
        raise TemporaryError(f"{what}: {type(error).__name__}: {error.message}") from error
    except UNINTELLIGIBLE as error:
        raise TemporaryError(f"{what}: ARM's answer cannot be read ({type(error).__name__})") from error


async def fetched(client: NetworkManagementClient, path: str, api_version: str) -> Json:
    """The JSON at a path of ARM, through the client's pipeline.

    Raises HttpResponseError as the client's own operations do.
    """
    return await _send(client, HttpRequest("GET", quote(path), params={"api-version": api_version}))


async def all_pages(client: NetworkManagementClient, path: str, api_version: str) -> list[Json]:
    """Every item of the list at a path; if one page fails, the list fails."""
    page = await fetched(client, path, api_version)
    found: list[Json] = [*page["value"]]
    while link := page.get("nextLink"):
        page = await _send(client, HttpRequest("GET", link))
        found += page["value"]
    return found


async def _send(client: NetworkManagementClient, request: HttpRequest) -> Json:
    answer = await client.send_request(request)
    if answer.status_code != 200:
        raise HttpResponseError(response=answer)
    return cast("Json", answer.json())


async def collect(pages: Any) -> list[Mapping[str, Any]]:
    """Every item of an SDK's paged list, as JSON; if one page fails, the list fails."""
    return [item async for item in pages]

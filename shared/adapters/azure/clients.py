"""The Azure management clients over one connection pool. Their errors are translated to ours."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from azure.core import AsyncPipelineClient
from azure.core.async_paging import AsyncItemPaged
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    DeserializationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline import AsyncPipeline, PipelineResponse
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.adapters.azure.errors import proves_absence, translate
from shared.adapters.azure.policies import policies
from shared.adapters.json_fields import PARSE_ERRORS
from shared.adapters.retry import Deadline, within
from shared.domain.model.errors import Cause, CauseKind, PermanentError, System, TemporaryError
from shared.domain.model.resources import NotFound

if TYPE_CHECKING:  # slow to import
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

NO_QUERY: Mapping[str, str] = MappingProxyType({})
# Raised for a body that is not JSON, or that has an unknown character set or compression.
UNREADABLE = (ValueError, LookupError, RecursionError, zlib.error)

UNEXPECTED = Cause(CauseKind.UNEXPECTED_RESPONSE)

# A list operation of an SDK, with its arguments.
type Listing = Callable[..., AsyncItemPaged[Any]]


@dataclass
class ArmClients:
    """The management clients of each subscription, over one pipeline. For one event loop.

    `read_only`: requests other than GET are refused before they are sent.
    """

    url: str
    credential: Any
    transport: AsyncHttpTransport[Any, Any]
    read_only: bool = False
    _made: dict[tuple[Callable[[], type], str], Any] = field(default_factory=dict, init=False, repr=False)

    async def network(self, subscription: str) -> "NetworkManagementClient":
        return await self._client(_network_client, subscription)

    async def dns(self, subscription: str) -> "PrivateDnsManagementClient":
        return await self._client(_dns_client, subscription)

    async def get(self, url: str, query: Mapping[str, str] = NO_QUERY) -> Any:
        """The JSON at an ARM id or a complete URL, through the same pipeline and without the management SDKs."""
        target = url if "://" in url else f"{self._base}{quote(url)}"
        response = await self._plain.send_request(HttpRequest("GET", target, params=dict(query)))
        if response.status_code != 200:
            raise HttpResponseError(response=response)
        return response.json()

    @property
    def scope(self) -> str:
        """The scope of the access token."""
        return f"{self._base}/.default"

    @property
    def _base(self) -> str:
        return self.url.rstrip("/")

    async def _client[C](self, load: Callable[[], type[C]], subscription: str) -> C:
        if (load, subscription) not in self._made:
            make = cast("Callable[..., C]", await asyncio.to_thread(load))
            # The clients require a credential; the pipeline authenticates requests.
            credential = self.credential or AzureKeyCredential("none")
            client = make(credential, subscription, base_url=self._base, pipeline=self._pipeline, policies=[])
            self._made.setdefault((load, subscription), client)
        return cast("C", self._made[load, subscription])

    @cached_property
    def _plain(self) -> AsyncPipelineClient[Any, Any]:
        return AsyncPipelineClient(self.url, pipeline=self._pipeline)

    @cached_property
    def _pipeline(self) -> AsyncPipeline[Any, Any]:
        ours = policies(self._base, self.credential, self.scope, read_only=self.read_only)
        return AsyncPipeline(self.transport, ours)


# Importing an SDK takes tenths of a second. It runs in a thread, while other systems are read.
def _network_client() -> "type[NetworkManagementClient]":
    from azure.mgmt.network.aio import NetworkManagementClient  # noqa: PLC0415 -- slow to import

    return NetworkManagementClient


def _dns_client() -> "type[PrivateDnsManagementClient]":
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient  # noqa: PLC0415 -- slow to import

    return PrivateDnsManagementClient


async def ask[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """The result of a call of SDK operations, retried by `within`, with our errors.

    `what` names the operation and the object. The call parses responses with `parsed` or `every`.
    """
    return await within(deadline, System.AZURE, what, lambda: _translated(what, call))


async def ask_or_absent[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T | NotFound:
    """Like `ask`, but returns NotFound if ARM returns that this very resource does not exist."""
    try:
        return await ask(deadline, what, call)
    except PermanentError as error:
        if proves_absence(error.__cause__):
            return NotFound()
        raise


def parsed[T, R](parse: Callable[[T], R], response: T) -> R:
    """The parsed response. Raises what the SDKs raise for a response of an unexpected form."""
    try:
        return parse(response)
    except PARSE_ERRORS as error:
        raise DeserializationError from error


async def every[R](parse: Callable[[Any], R], listing: Listing) -> list[R]:
    """The items of all pages, each parsed from its JSON; if one page or item fails, the list fails.

    The SDK sends the requests, but creates no models of the items: that takes longer than all other work of an audit.
    """
    items: list[R] = []

    def take_items(response: PipelineResponse[Any, Any]) -> None:
        if response.http_response.status_code == 200:
            page = response.http_response.json()
            items.extend(parsed(parse, item) for item in page["value"])
            page["value"] = []

    async for _ in listing(raw_response_hook=take_items).by_page():
        pass
    return items


async def _translated[T](what: str, call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except HttpResponseError as error:
        raise translate(what, error) from error
    except (ServiceRequestError, ServiceResponseError) as error:
        raise TemporaryError(
            f"{what}: {type(error).__name__}: {error.message}", cause=Cause(CauseKind.CONNECTION_LOST)
        ) from error
    except DeserializationError as error:
        reason = error.__cause__ or error
        raise PermanentError(f"{what}: unexpected response from ARM ({reason!r})", cause=UNEXPECTED) from error
    except UNREADABLE as error:
        raise TemporaryError(
            f"{what}: unreadable response from ARM ({type(error).__name__})", cause=UNEXPECTED
        ) from error

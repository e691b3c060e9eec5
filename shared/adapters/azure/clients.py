"""Azure's management clients over one connection pool, and our errors in place of theirs."""

import asyncio
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from azure.core import AsyncPipelineClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    DeserializationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.adapters.azure.errors import meaning, tells_absence
from shared.adapters.azure.policies import policies
from shared.adapters.clock_skew import ClockSkew
from shared.adapters.json_fields import PARSE_ERRORS
from shared.adapters.retry import Deadline, within
from shared.domain.model.errors import Cause, CauseKind, PermanentError, TemporaryError
from shared.domain.model.resources import NotFound

if TYPE_CHECKING:  # slow to import
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

NO_QUERY: Mapping[str, str] = MappingProxyType({})
# What the SDK raises for a body that is not JSON, or that has an unknown charset or compression.
UNREADABLE = (ValueError, LookupError, RecursionError, zlib.error)

UNEXPECTED = Cause(CauseKind.UNEXPECTED_RESPONSE)


@dataclass
class ArmClients:
    """The management clients of each subscription, all over one pipeline. For one event loop.

    `read_only`: requests other than GET are refused before they are sent. `clocks`: told the time of each
    answer.
    """

    url: str
    credential: Any
    transport: AsyncHttpTransport[Any, Any]
    read_only: bool = False
    clocks: ClockSkew | None = None
    _made: dict[tuple[Callable[[], type], str], Any] = field(default_factory=dict, init=False, repr=False)

    async def network(self, subscription: str) -> "NetworkManagementClient":
        return await self._client(_network_client, subscription)

    async def dns(self, subscription: str) -> "PrivateDnsManagementClient":
        return await self._client(_dns_client, subscription)

    async def get(self, url: str, query: Mapping[str, str] = NO_QUERY) -> Any:
        """The JSON at an ARM id or a whole URL, through the same pipeline and without the SDKs."""
        at = url if url.startswith(f"{self._base}/") else f"{self._base}{quote(url)}"
        answer = await self._plain.send_request(HttpRequest("GET", at, params=dict(query)))
        if answer.status_code != 200:
            raise HttpResponseError(response=answer)
        return answer.json()

    @property
    def scope(self) -> str:
        """What a token must be for."""
        return f"{self._base}/.default"

    @property
    def _base(self) -> str:
        return self.url.rstrip("/")

    async def _client[C](self, load: Callable[[], type[C]], subscription: str) -> C:
        if (load, subscription) not in self._made:
            make = cast("Callable[..., C]", await asyncio.to_thread(load))
            # The clients insist on a credential; it is the pipeline that signs requests.
            credential = self.credential or AzureKeyCredential("none")
            made = make(credential, subscription, base_url=self._base, pipeline=self._pipeline, policies=[])
            self._made.setdefault((load, subscription), made)
        return cast("C", self._made[load, subscription])

    @cached_property
    def _plain(self) -> AsyncPipelineClient[Any, Any]:
        return AsyncPipelineClient(self.url, pipeline=self._pipeline)

    @cached_property
    def _pipeline(self) -> AsyncPipeline[Any, Any]:
        through = policies(self.credential, self.scope, self.clocks, read_only=self.read_only)
        return AsyncPipeline(self.transport, through)


# To import an SDK takes some tenths of a second: in a thread, while other systems are read.
def _network_client() -> "type[NetworkManagementClient]":
    from azure.mgmt.network.aio import NetworkManagementClient  # noqa: PLC0415 -- slow to import

    return NetworkManagementClient


def _dns_client() -> "type[PrivateDnsManagementClient]":
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient  # noqa: PLC0415 -- slow to import

    return PrivateDnsManagementClient


async def ask[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """What the call makes of SDK operations, tried again as `within` says. Raises our errors in place of theirs.

    `what` says what it was about. The call parses answers with `parsed` or `every`.
    """
    return await within(deadline, what, lambda: _translated(what, call))


async def ask_or_absent[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T | NotFound:
    """Like `ask`, with NotFound where ARM says that this very resource does not exist."""
    try:
        return await ask(deadline, what, call)
    except PermanentError as error:
        if tells_absence(error.__cause__):
            return NotFound()
        raise


def parsed[T, R](parse: Callable[[T], R], answer: T) -> R:
    """What `parse` makes of it. Raises what the SDKs raise for an answer of another shape."""
    try:
        return parse(answer)
    except PARSE_ERRORS as error:
        raise DeserializationError from error


async def every[T, R](parse: Callable[[T], R], listed: AsyncIterable[T]) -> list[R]:
    """What `parse` makes of each item of all pages; if one page or item fails, the list fails.

    The SDK's models of a long list take much memory: they are let go page by page.
    """
    return [parsed(parse, one) async for one in listed]


async def _translated[T](what: str, call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except HttpResponseError as error:
        raise meaning(what, error) from error
    except (ServiceRequestError, ServiceResponseError) as error:
        raise TemporaryError(
            f"{what}: {type(error).__name__}: {error.message}", cause=Cause(CauseKind.CONNECTION_LOST)
        ) from error
    except DeserializationError as error:
        shape = error.__cause__ or error
        raise PermanentError(
            f"{what}: ARM's answer is not what its API describes ({shape!r})", cause=UNEXPECTED
        ) from error
    except UNREADABLE as error:
        raise TemporaryError(
            f"{what}: ARM's answer cannot be read ({type(error).__name__})", cause=UNEXPECTED
        ) from error

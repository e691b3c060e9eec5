"""Azure's management clients over one connection pool, and our errors in place of theirs."""

import asyncio
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from azure.core import AsyncPipelineClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    DeserializationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline import AsyncPipeline, PipelineContext, PipelineRequest
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.adapters.arm_errors import meaning, tells_absence
from shared.adapters.arm_policies import policies
from shared.adapters.clocks import Clocks
from shared.adapters.retrying import Deadline, within
from shared.adapters.shapes import MISSHAPEN
from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.model import Absent

if TYPE_CHECKING:  # slow to import
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

    type Kinds = tuple[type[NetworkManagementClient], type[PrivateDnsManagementClient]]

# What the SDK raises for a body that is not JSON, or that has an unknown charset or compression.
UNREADABLE = (ValueError, LookupError, RecursionError, zlib.error)


@dataclass
class ArmClients:
    """The management clients of each subscription, all over one pipeline. For one event loop.

    The first call imports the SDKs: in a thread, because that takes some tenths of a second, and while the
    first token is on its way. `read_only`: requests other than GET are refused before they are sent.
    `clocks`: told the time of each answer.
    """

    url: str
    credential: Any
    transport: AsyncHttpTransport[Any, Any]
    read_only: bool = False
    clocks: Clocks | None = None
    _made: dict[tuple[type, str], Any] = field(default_factory=dict, init=False, repr=False)
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)
    _kinds: "Kinds | None" = field(default=None, init=False, repr=False)

    async def network(self, subscription: str) -> "NetworkManagementClient":
        return self._client((await self._loaded())[0], subscription)

    async def dns(self, subscription: str) -> "PrivateDnsManagementClient":
        return self._client((await self._loaded())[1], subscription)

    @cached_property
    def plain(self) -> AsyncPipelineClient[Any, Any]:
        """For what a preflight asks of APIs whose SDKs are not installed."""
        return AsyncPipelineClient(self.url, pipeline=self._pipeline)

    @property
    def scope(self) -> str:
        """What a token must be for."""
        return f"{self.url.rstrip('/')}/.default"

    async def _loaded(self) -> "Kinds":
        async with self._loading:
            if not self._kinds:
                kinds, _ = await asyncio.gather(asyncio.to_thread(_import_sdks), self._sign_in())
                self._kinds = kinds
            return self._kinds

    async def _sign_in(self) -> None:
        """Have the pipeline hold a token before its first request."""
        if self._signing:
            request = PipelineRequest(HttpRequest("GET", self.url), PipelineContext(self.transport))
            await self._signing.authorize_request(request, self.scope)

    def _client[C](self, kind: type[C], subscription: str) -> C:
        if (kind, subscription) not in self._made:
            make = cast("Callable[..., C]", kind)
            # The clients insist on a credential; it is the pipeline that signs requests.
            credential = self.credential or AzureKeyCredential("none")
            url = self.url.rstrip("/")
            made = make(credential, subscription, base_url=url, pipeline=self._pipeline, policies=[])
            self._made[kind, subscription] = made
        return cast("C", self._made[kind, subscription])

    @cached_property
    def _pipeline(self) -> AsyncPipeline[Any, Any]:
        return AsyncPipeline(self.transport, policies(self._signing, self.clocks, read_only=self.read_only))

    @cached_property
    def _signing(self) -> AsyncBearerTokenCredentialPolicy[Any, Any] | None:
        return AsyncBearerTokenCredentialPolicy(self.credential, self.scope) if self.credential else None


def _import_sdks() -> "Kinds":
    from azure.mgmt.network.aio import NetworkManagementClient  # noqa: PLC0415 -- slow to import
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient  # noqa: PLC0415 -- slow to import

    return NetworkManagementClient, PrivateDnsManagementClient


async def ask[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """What the call makes of SDK operations, tried again as `within` says. Raises our errors in place of theirs.

    `what` says what it was about. The call parses answers with `parsed` or `every`.
    """
    return await within(deadline, what, lambda: _translated(what, call))


async def ask_or_absent[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T | Absent:
    """Like `ask`, with Absent where ARM says that this very resource does not exist."""
    try:
        return await ask(deadline, what, call)
    except PermanentError as error:
        if tells_absence(error.__cause__):
            return Absent()
        raise


def parsed[T, R](parse: Callable[[T], R], answer: T) -> R:
    """What `parse` makes of it. Raises what the SDKs raise for an answer of another shape."""
    try:
        return parse(answer)
    except MISSHAPEN as error:
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
        raise TemporaryError(f"{what}: {type(error).__name__}: {error.message}") from error
    except DeserializationError as error:
        shape = error.__cause__ or error
        raise PermanentError(f"{what}: ARM's answer is not what its API describes ({shape!r})") from error
    except UNREADABLE as error:
        raise TemporaryError(f"{what}: ARM's answer cannot be read ({type(error).__name__})") from error

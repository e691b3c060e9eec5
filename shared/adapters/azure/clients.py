"""The Azure management clients over one connection pool. Their errors are translated to ours."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.core.async_paging import AsyncItemPaged
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import DeserializationError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import AsyncPipeline, PipelineResponse
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.adapters.azure.errors import proves_absence, translate
from shared.adapters.azure.policies import policies
from shared.adapters.json_fields import PARSE_ERRORS
from shared.adapters.retry import Deadline, within
from shared.domain.model.errors import Cause, CauseKind, PermanentError, System, TemporaryError
from shared.domain.model.resources import NotFound
from shared.settings import SettingsError

if TYPE_CHECKING:  # slow to import
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

NO_QUERY: Mapping[str, str] = MappingProxyType({})
# Raised for a body that is not JSON, or that has an unknown character set or compression.
UNREADABLE = (ValueError, LookupError, RecursionError, zlib.error)

UNEXPECTED = Cause(CauseKind.UNEXPECTED_RESPONSE)
REMEDY = (
    "Remedy: correct or remove the environment variables of the identity (AZURE_AUTHORITY_HOST, AZURE_TENANT_ID,"
    " AZURE_CLIENT_…, AZURE_TOKEN_CREDENTIALS)."
)

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
    _made: dict[tuple[str, str], Any] = field(default_factory=dict, init=False, repr=False)

    async def network(self, subscription: str) -> "NetworkManagementClient":
        made: NetworkManagementClient = await self._client("network", "NetworkManagementClient", subscription)
        return made

    async def dns(self, subscription: str) -> "PrivateDnsManagementClient":
        made: PrivateDnsManagementClient = await self._client("privatedns", "PrivateDnsManagementClient", subscription)
        return made

    async def get(self, url: str, query: Mapping[str, str] = NO_QUERY) -> Any:
        """The JSON at an ARM id or a complete URL, through the same pipeline and without the management SDKs."""
        target = url if "://" in url else f"{self._base}{quote(url)}"
        response = (await self._pipeline.run(HttpRequest("GET", target, params=dict(query)))).http_response
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

    async def _client(self, package: str, name: str, subscription: str) -> Any:
        """A client of azure-mgmt-<package>. Its import takes tenths of a second, so it is done in a thread."""
        if (package, subscription) not in self._made:
            make = getattr(await asyncio.to_thread(import_module, f"azure.mgmt.{package}.aio"), name)
            # The clients require a credential; the pipeline authenticates requests.
            credential = self.credential or AzureKeyCredential("none")
            client = make(credential, subscription, base_url=self._base, pipeline=self._pipeline, policies=[])
            self._made.setdefault((package, subscription), client)
        return self._made[package, subscription]

    @cached_property
    def _pipeline(self) -> AsyncPipeline[Any, Any]:
        ours = policies(self._base, self.credential, self.scope, read_only=self.read_only)
        return AsyncPipeline(self.transport, ours)


def make_credential() -> Any:
    """The app's identity. Raises SettingsError if the environment variables of the identity are not valid."""
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 -- slow, and not for a simulator

    try:
        return DefaultAzureCredential()
    except (ValueError, OSError) as error:  # an OSError for a certificate's file
        text = " ".join(str(error).split()).removesuffix(".")
        raise SettingsError([f"The environment does not configure an Azure identity: {text}. {REMEDY}"]) from error


async def ask[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """The result of a call of SDK operations, retried by `within`, with our errors.

    `what` names the operation and the object. The call parses responses with `parsed` or `every`.
    """

    async def translated() -> T:
        try:
            return await call()
        except HttpResponseError as error:
            raise translate(what, error) from error
        except (ServiceRequestError, ServiceResponseError) as error:
            text = f"{what}: {type(error).__name__}: {error.message}"
            raise TemporaryError(text, cause=Cause(CauseKind.CONNECTION_LOST)) from error
        except DeserializationError as error:
            text = f"{what}: unexpected response from ARM ({error.__cause__ or error!r})"
            raise PermanentError(text, cause=UNEXPECTED) from error
        except UNREADABLE as error:
            text = f"{what}: unreadable response from ARM ({type(error).__name__})"
            raise TemporaryError(text, cause=UNEXPECTED) from error

    return await within(deadline, System.AZURE, what, translated)


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

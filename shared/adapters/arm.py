"""ARM: its JSON as it is on the wire, through azure-core's pipeline, and what its errors mean.

The pass asks in plain JSON. The management SDKs would add models of which it would use nothing, and take
as long to import as all else together; they are left to what is worth it: operations that go on after the
answer, and a preflight's own look.
"""

import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from azure.core import AsyncPipelineClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.adapters.arm_errors import meaning, tells_absence
from shared.adapters.arm_policies import decoding, policies, whole
from shared.adapters.clocks import Clocks, NoteDate
from shared.adapters.retrying import Deadline, within
from shared.adapters.shapes import MISSHAPEN
from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.model import Absent

if TYPE_CHECKING:  # slow to import, and the pass does without
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

type Json = Mapping[str, Any]

NETWORK, DNS = "azure_network", "azure_dns"
# What the SDK lets through of a body that is no JSON or has an unknown shape, charset or compression.
UNINTELLIGIBLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError, zlib.error)


@dataclass(frozen=True, slots=True)
class Arm:
    """Requests to ARM at that URL: paths in, JSON out.

    Every method raises HttpResponseError as the SDKs' own operations do, and one of UNINTELLIGIBLE for an
    answer that cannot be read: hand it to `ask`.
    """

    client: AsyncPipelineClient[Any, Any]
    url: str

    async def get(self, path: str, api_version: str) -> Json:
        return whole(await self._send(self._request("GET", path, api_version)))

    async def pages(self, path: str, api_version: str) -> list[Json]:
        """Every item of the list at a path; if one page fails, the list fails."""
        page = await self.get(path, api_version)
        found: list[Json] = [*page["value"]]
        while link := page.get("nextLink"):
            page = whole(await self._send(HttpRequest("GET", link)))
            found += page["value"]
        return found

    async def put(self, path: str, api_version: str, body: Json, headers: Mapping[str, str]) -> Json:
        """What is there then."""
        request = self._request("PUT", path, api_version, json=body, headers=dict(headers))
        return cast("Json", await self._send(request, (200, 201)))

    async def delete(self, path: str, api_version: str, headers: Mapping[str, str]) -> None:
        """Nothing is there then, nor need anything have been before."""
        request = self._request("DELETE", path, api_version, headers=dict(headers))
        await self._answer(request, (200, 204))

    def _request(self, method: str, path: str, api_version: str, **more: Any) -> HttpRequest:
        at = f"{self.url.rstrip('/')}{quote(path)}"
        return HttpRequest(method, at, params={"api-version": api_version}, **more)

    async def _send(self, request: HttpRequest, well: tuple[int, ...] = (200,)) -> Any:
        return (await self._answer(request, well)).json()

    async def _answer(self, request: HttpRequest, well: tuple[int, ...]) -> Any:
        answer = await self.client.send_request(request)
        if answer.status_code not in well:
            raise HttpResponseError(response=answer)
        return answer


@dataclass
class ArmClients:
    """One client of each kind, made when first asked for, all over one connection pool."""

    url: str
    credential: Any
    transport: AsyncHttpTransport[Any, Any]
    read_only: bool = False
    made: dict[tuple[str, str], Any] = field(default_factory=dict)

    @property
    def network(self) -> Arm:
        return cast("Arm", self._once("json", NETWORK, lambda: self._arm(NETWORK)))

    @property
    def dns(self) -> Arm:
        return cast("Arm", self._once("json", DNS, lambda: self._arm(DNS)))

    def network_sdk(self, subscription: str) -> "NetworkManagementClient":
        from azure.mgmt.network.aio import NetworkManagementClient  # noqa: PLC0415 -- slow, for a preflight alone

        kind = NetworkManagementClient
        made = self._once(NETWORK, subscription, lambda: self._sdk(kind, subscription, NETWORK))
        return cast("NetworkManagementClient", made)

    def dns_sdk(self, subscription: str) -> "PrivateDnsManagementClient":
        from azure.mgmt.privatedns.aio import PrivateDnsManagementClient  # noqa: PLC0415 -- slow, and seldom needed

        kind = PrivateDnsManagementClient
        made = self._once(DNS, subscription, lambda: self._sdk(kind, subscription, DNS))
        return cast("PrivateDnsManagementClient", made)

    def plain(self, clocks: Clocks) -> AsyncPipelineClient[Any, Any]:
        """A client for what only a preflight asks. It tells the clocks Azure's time."""
        made = self._once("plain", "", lambda: self._pipeline(NETWORK, NoteDate(clocks, "Azure")))
        return cast("AsyncPipelineClient[Any, Any]", made)

    @property
    def scope(self) -> str:
        """What a token must be for."""
        return f"{self.url.rstrip('/')}/.default"

    def _once(self, kind: str, which: str, make: Callable[[], Any]) -> Any:
        if (kind, which) not in self.made:
            self.made[kind, which] = make()
        return self.made[kind, which]

    def _arm(self, system: str) -> Arm:
        return Arm(self._pipeline(system), self.url)

    def _pipeline(self, system: str, *first: Any) -> AsyncPipelineClient[Any, Any]:
        through = [*first, *self._policies(system)]
        return AsyncPipelineClient(self.url, policies=through, transport=self.transport)

    def _sdk(self, kind: type, subscription: str, system: str) -> Any:
        return kind(
            self.credential or _NoCredential(),
            subscription,
            base_url=self.url,
            transport=self.transport,
            policies=[*self._policies(system), *decoding()],
        )

    def _policies(self, system: str) -> list[Any]:
        return policies(system, self.credential, self.scope, read_only=self.read_only)


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

"""What the two Azure SDK clients have in common: how they are built, and what their errors mean."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    ContentDecodePolicy,
    HeadersPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from shared.adapters.retrying import Deadline, within
from shared.domain.errors import ChangedError, PermanentError, PrivateLinkError, TemporaryError
from shared.domain.model import Absent

USER_AGENT = "clickhouse-privatelink"
TEMPORARY = frozenset({408, 409, 423, 429})
# A 404 is absence only if it is about the resource or its group. For a subscription that cannot be
# seen ARM answers 404 as well, and that is no evidence of anything.
ABSENCE = frozenset({"resourcenotfound", "notfound", "resourcegroupnotfound"})


class RefuseWrites(SansIOHTTPPolicy[Any, Any]):
    """Lets nothing but GET out: what a dry run is given."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        if request.http_request.method != "GET":
            raise PermanentError(f"a dry run sends no {request.http_request.method}")


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

    def _client(self, kind: type, subscription: str) -> Any:
        key = (kind, subscription)
        if key not in self.made:
            self.made[key] = kind(
                self.credential or _NoCredential(),
                subscription,
                base_url=self.url,
                transport=self.transport,
                policies=self._policies(),
            )
        return self.made[key]

    def _policies(self) -> list[Any]:
        """The SDK's own pipeline without what we do not want in it.

        Left out: its retries (ours know the deadline), its logging, and its habit of registering
        resource providers, which would be a write that nobody asked for.
        """
        guard = [RefuseWrites()] if self.read_only else []
        scope = f"{self.url.rstrip('/')}/.default"
        signed = [AsyncBearerTokenCredentialPolicy(self.credential, scope)] if self.credential else []
        return [
            *guard,
            RequestIdPolicy(),
            HeadersPolicy(),
            UserAgentPolicy(base_user_agent=USER_AGENT),
            ContentDecodePolicy(),
            *signed,
        ]


class _NoCredential:
    """For a loopback simulator; the clients insist on having a credential."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        raise PermanentError("no credential is sent to a loopback address")


async def ask[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T:
    """The SDK call's result. Raises our errors in place of the SDK's; `what` says what it was about."""

    async def translated() -> T:
        try:
            return await call()
        except HttpResponseError as error:
            raise _meaning(what, error) from error
        except (ServiceRequestError, ServiceResponseError) as error:
            raise TemporaryError(f"{what}: {type(error).__name__}: {error.message}") from error

    return await within(deadline, what, translated)


async def ask_or_absent[T](deadline: Deadline, what: str, call: Callable[[], Awaitable[T]]) -> T | Absent:
    """Like `ask`, with Absent where ARM says that this very resource does not exist."""
    try:
        return await ask(deadline, what, call)
    except PermanentError as error:
        cause = error.__cause__
        if isinstance(cause, HttpResponseError) and cause.status_code == 404 and _code(cause) in ABSENCE:
            return Absent()
        raise


async def collect(pages: Any) -> list[Mapping[str, Any]]:
    """Every item of an SDK's paged list, as JSON; if one page fails, the list fails."""
    return [item async for item in pages]


def _meaning(what: str, error: HttpResponseError) -> PrivateLinkError:
    status = error.status_code
    told = f"{what}: ARM answered {status or 'nothing'}: {_told(error)}"
    request = _header(error, "x-ms-request-id")
    if status == 412:
        return ChangedError(told, request_id=request)
    if status in TEMPORARY or (status or 0) >= 500:
        return TemporaryError(told, request_id=request, retry_after=_seconds(_header(error, "Retry-After")))
    return PermanentError(told, request_id=request)


def _told(error: HttpResponseError) -> str:
    body = _body(error)
    return f"{body.get('code', '')} {body.get('message', '')}".strip() or error.message


def _code(error: HttpResponseError) -> str:
    return str(_body(error).get("code", "")).lower()


def _body(error: HttpResponseError) -> Mapping[str, Any]:
    """The error's code and message; Private DNS tells them without the usual wrapping."""
    try:
        body = json.loads(error.response.text()) if error.response else {}
    except ValueError:
        return {}
    inner = body.get("error", body) if isinstance(body, dict) else {}
    return inner if isinstance(inner, dict) else {}


def _header(error: HttpResponseError, name: str) -> str | None:
    headers = getattr(error.response, "headers", {})
    return cast("str | None", headers.get(name))


def _seconds(text: str | None) -> float | None:
    """Seconds of a Retry-After header; its other form, a date, ARM does not use."""
    try:
        return float(text) if text else None
    except ValueError:
        return None

"""The ClickHouse Cloud API, through httpx. Its answers are enveloped: {"status", "requestId", "result"}."""

import random
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from pydantic_core import from_json

from shared.adapters.clickhouse.parsing import (
    config_from,
    registration_from,
    registrations_from,
    service_from,
    services_from,
)
from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.adapters.http_errors import cause_kind, seconds
from shared.adapters.json_fields import LONGEST_ERROR, PARSE_ERRORS, required_list
from shared.adapters.retry import Budget, Deadline, within
from shared.domain.model.errors import (
    Cause,
    CauseKind,
    ForbiddenError,
    PermanentError,
    PrivateLinkError,
    RefusedError,
    TemporaryError,
)
from shared.domain.model.resources import Config, Registration, Service
from shared.telemetry.pass_context import count_call

if TYPE_CHECKING:  # only a preflight asks for keys
    from shared.domain.preflight.preflight_snapshot import ApiKey, Caller

TEMPORARY = frozenset({408, 424, 425, 429})
UNEXPECTED = Cause(CauseKind.UNEXPECTED_RESPONSE)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key; its secret is in no repr."""

    id: str
    secret: str = field(repr=False)

    def scrub(self, words: str) -> str:
        """`words` without the secret, plain or as it was sent, should an answer ever repeat it."""
        sent = b64encode(f"{self.id}:{self.secret}".encode()).decode()
        return words.replace(self.secret, "***").replace(sent, "***")


def make_client(url: str, key: Key, *, read_only: bool) -> httpx.AsyncClient:
    """A connection pool to the API at `url` (which ends in /v1), refusing writes if `read_only`."""
    return httpx.AsyncClient(
        base_url=url,
        auth=httpx.BasicAuth(key.id, key.secret),
        timeout=httpx.Timeout(10.0),
        headers={"User-Agent": "clickhouse-privatelink"},
        event_hooks={"request": [_refuse_writes, _count] if read_only else [_count]},
    )


async def _refuse_writes(request: httpx.Request) -> None:
    if request.method != "GET":
        raise PermanentError(f"a dry run sends no {request.method}")


async def _count(_request: httpx.Request) -> None:
    count_call("clickhouse")


@dataclass(frozen=True, slots=True)
class _Call:
    """A call below the organization's address, or (`root`) the API's own.

    `permission`: what the key's role must contain. `one_object`: a refusal says nothing about other calls.
    """

    method: str
    path: str = ""
    body: Mapping[str, Any] | None = None
    permission: str = ""
    one_object: bool = False
    root: bool = False

    def __str__(self) -> str:
        return f"{self.method} {'' if self.root else 'organization'}{self.path} at ClickHouse Cloud"


@dataclass(frozen=True, slots=True)
class ClickHouseCloud:
    """The port `ClickHouse` over HTTP."""

    client: httpx.AsyncClient
    key: Key
    organization: str
    rate_limiter: RateLimiter
    budget: Budget

    async def registrations(self) -> tuple[Registration, ...]:
        return await self._get(_Call("GET", permission="organization:view"), registrations_from)

    async def services(self) -> tuple[Service, ...]:
        return await self._get(_Call("GET", "/services", permission="service:view"), services_from)

    async def caller(self) -> "Caller":
        """Whom the API takes the key for. In beta, so that it may not be there."""
        from shared.adapters.clickhouse.api_keys import caller_from  # noqa: PLC0415 -- only a preflight asks who calls

        return await self._get(_Call("GET", "/whoami", root=True), caller_from)

    async def keys(self) -> "tuple[ApiKey, ...]":
        """The organization's API keys, for a key with organization:view-api-keys."""
        from shared.adapters.clickhouse.api_keys import key_from  # noqa: PLC0415 -- only a preflight asks for keys

        call = _Call("GET", "/keys", permission="organization:view-api-keys")
        return await self._get(call, lambda told: tuple(key_from(one) for one in required_list(told)))

    async def roles(self) -> int:
        """How many roles the organization has, for a key with organization:manage."""
        call = _Call("GET", "/roles", permission="organization:manage")
        return await self._get(call, lambda told: len(required_list(told)))

    async def config(self, service: str) -> Config:
        """A service's config. Raises RefusedError where the API refuses it, TemporaryError while it has no values."""
        permission = "service:view-private-endpoints"
        call = _Call("GET", f"{_at(service)}/privateEndpointConfig", permission=permission, one_object=True)
        return await self._get(call, lambda told: config_from(told, str(call)))

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        body = {
            "add": [{**_named(one), "description": one.description} for one in add],
            "remove": [_named(one) for one in remove],
        }
        patch = {"privateEndpoints": _present(body)}
        told = await self._write(_Call("PATCH", "", patch, "organization:manage"))
        return _if_told(told, registrations_from)

    async def update_allow_list(
        self, service: str, add: tuple[str, ...], remove: tuple[str, ...]
    ) -> Service | None:
        body = {"add": list(add), "remove": list(remove)}
        patch = {"privateEndpointIds": _present(body)}
        told = await self._write(_Call("PATCH", _at(service), patch, "service:manage"))
        return _if_told(told, service_from) if _has(told, "privateEndpointIds") else None

    async def register_through(self, service: str, endpoint_id: str, description: str) -> Registration | None:
        body = {"id": endpoint_id, "description": description}
        permission = "service:manage-private-endpoints"
        told = await self._write(_Call("POST", f"{_at(service)}/privateEndpoint", body, permission))
        return _if_told(told, registration_from)

    async def _get[T](self, call: _Call, parse: Callable[[Any], T]) -> T:
        told = await self._ask(call, self.budget.for_reads())
        try:
            return parse(told)
        except PARSE_ERRORS as error:
            raise PermanentError(
                f"{call}: the answer is not what the API describes ({error!r})", cause=UNEXPECTED
            ) from error

    async def _write(self, call: _Call) -> Any:
        return await self._ask(call, self.budget.for_writes())

    async def _ask(self, call: _Call, deadline: Deadline) -> Any:
        async def send() -> Any:
            async with self.rate_limiter.acquire(str(call), deadline.left()):
                return await self._send(call)

        return await within(deadline, str(call), send)

    async def _send(self, call: _Call) -> Any:
        url = call.path if call.root else f"/organizations/{self.organization}{call.path}"
        try:
            answer = await self.client.request(call.method, url, json=call.body)
        except httpx.HTTPError as error:
            timed_out = isinstance(error, httpx.TimeoutException)
            kind = CauseKind.TIMED_OUT if timed_out else CauseKind.CONNECTION_LOST
            told = f"{call}: {type(error).__name__} {error}".strip()
            raise TemporaryError(told, cause=Cause(kind)) from error
        if answer.status_code != 200:
            raise self._meaning(call, answer)
        try:
            # Ids are told again and again, by every service: each is kept in memory once.
            return from_json(answer.content, cache_strings="all")["result"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise TemporaryError(f"{call}: the answer has no result", cause=UNEXPECTED) from error

    def _meaning(self, call: _Call, answer: httpx.Response) -> PrivateLinkError:
        told = _envelope(answer)
        message = (
            f"{call}: it answered {answer.status_code}: {self._told(told, 'error') or answer.reason_phrase}"
        )
        asked = _retry_after(answer)
        if answer.status_code == 429 and asked and asked > 0:
            self.rate_limiter.pause(asked * random.uniform(1, 1.1))  # noqa: S311 -- jitter, no secret
        cause = self._cause(call, answer.status_code, asked)
        request = self._told(told, "requestId")
        return _family(call, answer.status_code)(message, request_id=request, cause=cause)

    def _cause(self, call: _Call, status: int, retry_after: float | None) -> Cause:
        kind = cause_kind(status)
        denied = kind is CauseKind.MISSING_PERMISSION
        scope = f"organization {self.organization}" if denied else ""
        return Cause(kind, call.permission if denied else "", scope, retry_after)

    def _told(self, envelope: Mapping[str, Any], key: str) -> str | None:
        words = envelope.get(key)
        return self.key.scrub(str(words))[:LONGEST_ERROR] if words else None


def _family(call: _Call, status: int) -> type[PrivateLinkError]:
    """What a status means. A 401 is about the key, whatever the call is about."""
    if status in TEMPORARY or status >= 500:
        return TemporaryError
    if call.one_object and 400 <= status < 500 and status != 401:
        return RefusedError
    return ForbiddenError if status in (401, 403) else PermanentError


def _if_told[T](told: Any, parse: Callable[[Any], T]) -> T | None:
    """What a write's answer tells; None if nothing that can be used, for the write itself went through."""
    try:
        return parse(told)
    except PARSE_ERRORS:
        return None


def _at(service: str) -> str:
    return f"/services/{quote(service, safe='')}"


def _named(registration: Registration) -> dict[str, str]:
    return {"id": registration.id, "cloudProvider": "azure", "region": registration.region}


def _present(lists: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {key: value for key, value in lists.items() if value}


def _has(json: Any, key: str) -> bool:
    return isinstance(json, Mapping) and key in json


def _envelope(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, Mapping) else {}


def _retry_after(answer: httpx.Response) -> float | None:
    """The seconds the server asks us to wait: the longer of the two headers it may send."""
    told = (seconds(answer.headers.get(name)) for name in ("X-RateLimit-Reset", "Retry-After"))
    return max(filter(None, told), default=None)

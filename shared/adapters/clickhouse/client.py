"""The ClickHouse Cloud API, through httpx. Responses have the form {"status", "requestId", "result"}."""

import random
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from pydantic_core import from_json

from shared.adapters.clickhouse import parsing
from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.adapters.http_errors import cause_kind, seconds
from shared.adapters.json_fields import LONGEST_ERROR, PARSE_ERRORS, required_list
from shared.adapters.retry import Budget, Deadline, within
from shared.domain.model.errors import Cause, CauseKind, PermanentError, PrivateLinkError, System, TemporaryError
from shared.domain.model.resources import Config, Registration, Service
from shared.telemetry.log import count_call

if TYPE_CHECKING:  # only a preflight reads keys
    from shared.domain.preflight.preflight_snapshot import ApiKey, Caller

TEMPORARY = frozenset({408, 424, 425, 429})
# The pool searches all connections for each waiting call. The rate limit needs no more than these.
MOST_CONNECTIONS = 20
UNEXPECTED = Cause(CauseKind.UNEXPECTED_RESPONSE)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key. Its secret is in no repr."""

    id: str
    secret: str = field(repr=False)

    def scrub(self, text: str) -> str:
        """The text without the secret, plain or as sent, in case a response repeats it."""
        sent = b64encode(f"{self.id}:{self.secret}".encode()).decode()
        return text.replace(self.secret, "***").replace(sent, "***")


def make_client(url: str, key: Key, *, read_only: bool) -> httpx.AsyncClient:
    """A connection pool to the API at `url` (which ends in /v1), refusing writes if `read_only`."""
    return httpx.AsyncClient(
        base_url=url,
        auth=httpx.BasicAuth(key.id, key.secret),
        timeout=httpx.Timeout(10.0, pool=None),
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS),
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
    """A call below the URL of the organization, or (`root`) of the API.

    `permission`: what the role of the key must contain. `one_object`: a refusal concerns only this object.
    """

    method: str
    path: str
    permission: str
    body: Mapping[str, Any] | None = None
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
        return await self._get(_Call("GET", "", "organization:view"), parsing.registrations_from)

    async def services(self) -> tuple[Service, ...]:
        return await self._get(_Call("GET", "/services", "service:view"), parsing.services_from)

    async def caller(self) -> "Caller":
        """The key as the API knows it. In beta, so that it may be missing."""
        from shared.adapters.clickhouse.api_keys import caller_from  # noqa: PLC0415 -- only for a preflight

        return await self._get(_Call("GET", "/whoami", "", root=True), caller_from)

    async def keys(self) -> "tuple[ApiKey, ...]":
        """The API keys of the organization."""
        from shared.adapters.clickhouse.api_keys import key_from  # noqa: PLC0415 -- only for a preflight

        call = _Call("GET", "/keys", "organization:view-api-keys")
        return await self._get(call, lambda result: tuple(map(key_from, required_list(result))))

    async def roles(self) -> int:
        """The number of roles of the organization."""
        call = _Call("GET", "/roles", "organization:manage")
        return await self._get(call, lambda result: len(required_list(result)))

    async def config(self, service: str) -> Config:
        """Refused (CauseKind.REFUSED) for a service without Private Link; a TemporaryError while it has no values."""
        path = f"{_path(service)}/privateEndpointConfig"
        call = _Call("GET", path, "service:view-private-endpoints", one_object=True)
        return await self._get(call, lambda result: parsing.config_from(result, str(call)))

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        described = [{**_identity(one), "description": one.description} for one in add]
        body = {"privateEndpoints": _delta(described, list(map(_identity, remove)))}
        return await self._write(_Call("PATCH", "", "organization:manage", body), parsing.registrations_from)

    async def update_allow_list(self, service: str, add: tuple[str, ...], remove: tuple[str, ...]) -> Service | None:
        body = {"privateEndpointIds": _delta(list(add), list(remove))}
        return await self._write(_Call("PATCH", _path(service), "service:manage", body), parsing.service_from)

    async def register_through(self, service: str, endpoint_id: str, description: str) -> Registration | None:
        path, body = f"{_path(service)}/privateEndpoint", {"id": endpoint_id, "description": description}
        return await self._write(
            _Call("POST", path, "service:manage-private-endpoints", body), parsing.registration_from
        )

    async def _get[T](self, call: _Call, parse: Callable[[Any], T]) -> T:
        result = await self._ask(call, self.budget.for_reads())
        try:
            return parse(result)
        except PARSE_ERRORS as error:
            raise PermanentError(f"{call}: unexpected response ({error!r})", cause=UNEXPECTED) from error

    async def _write[T](self, call: _Call, parse: Callable[[Any], T]) -> T | None:
        """The object after the write; None if the response does not describe it: the write itself succeeded."""
        result = await self._ask(call, self.budget.for_writes())
        try:
            return parse(result)
        except PARSE_ERRORS:
            return None

    async def _ask(self, call: _Call, deadline: Deadline) -> Any:
        async def send() -> Any:
            async with self.rate_limiter.acquire(str(call), deadline.left()):
                return await self._send(call)

        return await within(deadline, System.CLICKHOUSE, str(call), send)

    async def _send(self, call: _Call) -> Any:
        url = call.path if call.root else f"/organizations/{self.organization}{call.path}"
        try:
            response = await self.client.request(call.method, url, json=call.body)
        except httpx.HTTPError as error:
            timed_out = isinstance(error, httpx.TimeoutException)
            cause = Cause(CauseKind.TIMED_OUT if timed_out else CauseKind.CONNECTION_LOST)
            raise TemporaryError(f"{call}: {type(error).__name__} {error}".strip(), cause=cause) from error
        if response.status_code != 200:
            raise self._error(call, response)
        try:
            # Every service repeats the same ids: each is kept in memory once.
            return from_json(response.content, cache_strings="all")["result"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise TemporaryError(f"{call}: the response has no result", cause=UNEXPECTED) from error

    def _error(self, call: _Call, response: httpx.Response) -> PrivateLinkError:
        status, wait, body = response.status_code, _retry_after(response), _json_object(response)
        if status == 429 and wait and wait > 0:
            self.rate_limiter.pause(wait * random.uniform(1, 1.1))  # noqa: S311 -- jitter, no secret
        reason = self._scrubbed(body.get("error")) or response.reason_phrase
        temporary = status in TEMPORARY or status >= 500
        refused = call.one_object and 400 <= status < 500 and status != 401  # a 401 is about the key
        kind = CauseKind.REFUSED if refused and not temporary else cause_kind(status)
        missing = (call.permission, f"organization {self.organization}") if status == 403 else ("", "")
        family = TemporaryError if temporary else PermanentError
        return family(
            f"{call} returned {status}: {reason}",
            request_id=self._scrubbed(body.get("requestId")),
            cause=Cause(kind, *missing, wait, status),
        )

    def _scrubbed(self, value: Any) -> str | None:
        return " ".join(self.key.scrub(str(value))[:LONGEST_ERROR].split()) if value else None


def _path(service: str) -> str:
    return f"/services/{quote(service, safe='')}"


def _identity(registration: Registration) -> dict[str, str]:
    return {"id": registration.id, "cloudProvider": "azure", "region": registration.region}


def _delta(add: list[Any], remove: list[Any]) -> dict[str, list[Any]]:
    return {key: values for key, values in (("add", add), ("remove", remove)) if values}


def _json_object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, Mapping) else {}


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that the server asks to wait: the longer of two headers."""
    waits = (seconds(response.headers.get(name)) for name in ("X-RateLimit-Reset", "Retry-After"))
    return max(filter(None, waits), default=None)

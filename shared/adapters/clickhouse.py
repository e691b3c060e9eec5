"""The ClickHouse Cloud API, through httpx. Its answers are enveloped: {"status", "requestId", "result"}."""

import random
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from pydantic_core import from_json

from shared.adapters.retrying import Budget, Deadline, seconds, within
from shared.adapters.shapes import LONGEST_ERROR, MISSHAPEN, items, listed, text, worded
from shared.adapters.throttle import Throttle, Urgency
from shared.domain.errors import (
    ForbiddenError,
    PermanentError,
    PrivateLinkError,
    TemporaryError,
    ThrottledError,
)
from shared.domain.model import Config, Registration, Service
from shared.passing import count_call

if TYPE_CHECKING:  # only a preflight asks for keys
    from shared.domain.inspected import ApiKey

TEMPORARY = frozenset({408, 425, 429})


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
class ClickHouseCloud:
    """The port `ClickHouse` over HTTP."""

    client: httpx.AsyncClient
    key: Key
    organization: str
    throttle: Throttle
    budget: Budget
    urgency: Urgency = Urgency.WAITED_FOR

    async def registrations(self) -> tuple[Registration, ...]:
        return await self._get("", _registrations_of)

    async def services(self) -> tuple[Service, ...]:
        return await self._get("/services", lambda told: tuple(service_from(one) for one in listed(told)))

    async def keys(self) -> "tuple[ApiKey, ...]":
        """The organization's API keys; not every key may ask for them."""
        from shared.adapters.clickhouse_keys import key_from  # noqa: PLC0415 -- only a preflight asks for keys

        return await self._get("/keys", lambda told: tuple(key_from(one) for one in listed(told)))

    async def config(self, service: str) -> Config:
        return await self._get(
            f"{_at(service)}/privateEndpointConfig",
            lambda told: Config(worded(told["endpointServiceId"]), worded(told["privateDnsHostname"])),
        )

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        body = {
            "add": [{**_named(one), "description": one.description} for one in add],
            "remove": [_named(one) for one in remove],
        }
        told = await self._write("PATCH", "", {"privateEndpoints": _present(body)})
        return _if_told(told, _registrations_of)

    async def update_allow_list(
        self, service: str, add: tuple[str, ...], remove: tuple[str, ...]
    ) -> Service | None:
        body = {"add": list(add), "remove": list(remove)}
        told = await self._write("PATCH", _at(service), {"privateEndpointIds": _present(body)})
        return _if_told(told, service_from) if _has(told, "privateEndpointIds") else None

    async def register_through(self, service: str, endpoint_id: str, description: str) -> None:
        body = {"id": endpoint_id, "description": description}
        await self._write("POST", f"{_at(service)}/privateEndpoint", body)

    async def _get[T](self, path: str, parse: Callable[[Any], T]) -> T:
        told = await self._call("GET", path, None, self.budget.for_reads())
        try:
            return parse(told)
        except MISSHAPEN as error:
            what = f"GET organization{path} at ClickHouse Cloud"
            raise PermanentError(f"{what}: the answer is not what the API describes ({error!r})") from error

    async def _write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return await self._call(method, path, body, self.budget.for_writes())

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None, deadline: Deadline) -> Any:
        what = f"{method} organization{path} at ClickHouse Cloud"

        async def send() -> Any:
            async with self.throttle.turn(what, self.urgency, deadline.left()):
                return await self._send(what, method, path, body)

        return await within(deadline, what, send)

    async def _send(self, what: str, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        try:
            answer = await self.client.request(method, f"/organizations/{self.organization}{path}", json=body)
        except httpx.HTTPError as error:
            raise TemporaryError(f"{what}: {type(error).__name__} {error}".strip()) from error
        if answer.status_code != 200:
            raise self._meaning(what, answer)
        try:
            # Ids are told again and again, by every service: each is kept in memory once.
            return from_json(answer.content, cache_strings="all")["result"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise TemporaryError(f"{what}: the answer has no result") from error

    def _meaning(self, what: str, answer: httpx.Response) -> PrivateLinkError:
        told = _envelope(answer)
        message = (
            f"{what}: it answered {answer.status_code}: {self._told(told, 'error') or answer.reason_phrase}"
        )
        request = self._told(told, "requestId")
        if answer.status_code in TEMPORARY or answer.status_code >= 500:
            asked = _retry_after(answer)
            if answer.status_code == 429 and asked and asked > 0:
                self.throttle.shut(asked * random.uniform(1, 1.1))  # noqa: S311 -- jitter, no secret
                return ThrottledError(message, request_id=request, retry_after=asked)
            return TemporaryError(message, request_id=request, retry_after=asked)
        family = ForbiddenError if answer.status_code in (401, 403) else PermanentError
        return family(message, request_id=request)

    def _told(self, envelope: Mapping[str, Any], key: str) -> str | None:
        words = envelope.get(key)
        return self.key.scrub(str(words))[:LONGEST_ERROR] if words else None


def service_from(json: Mapping[str, Any]) -> Service:
    """A service from the API's JSON (schema `Service`).

    What decides about access must be told: an allow list that is left out is not an empty one. Tags may be
    left out; the service then has tags of which nothing is known.
    """
    tags = {text(one["key"]): text(one.get("value")) for one in items(json.get("tags"))}
    return Service(
        id=worded(json["id"]),
        name=worded(json["name"]),
        provider=worded(json["provider"]),
        region=worded(json["region"]),
        state=text(json.get("state")),
        tags=None if json.get("tags") is None else MappingProxyType(tags),
        allow_list=frozenset(worded(one) for one in listed(json["privateEndpointIds"])),
    )


def _registrations_of(json: Mapping[str, Any]) -> tuple[Registration, ...]:
    """The private endpoints of an organization (schema `Organization`), which must be told."""
    return tuple(
        Registration(
            id=worded(one["id"]),
            region=text(one.get("region")),
            description=text(one.get("description")),
            provider=text(one.get("cloudProvider")),
        )
        for one in listed(json["privateEndpoints"])
    )


def _if_told[T](told: Any, parse: Callable[[Any], T]) -> T | None:
    """What a write's answer tells; None if nothing that can be used, for the write itself went through."""
    try:
        return parse(told)
    except MISSHAPEN:
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

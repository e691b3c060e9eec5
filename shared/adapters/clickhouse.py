"""The ClickHouse Cloud API, through httpx. Its answers are enveloped: {"status", "requestId", "result"}."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import httpx
from aiolimiter import AsyncLimiter

from shared.adapters.retrying import Budget, Deadline, within
from shared.domain.errors import PermanentError, PrivateLinkError, TemporaryError
from shared.domain.model import Config, Registration, Service

TEMPORARY = frozenset({408, 425, 429})
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Key:
    """An API key; its secret is in no repr."""

    id: str
    secret: str = field(repr=False)

    def scrub(self, text: str) -> str:
        """`text` without the secret, should an answer ever repeat it."""
        return text.replace(self.secret, "***")


def make_client(url: str, key: Key, *, read_only: bool) -> httpx.AsyncClient:
    """A connection pool to the API at `url` (which ends in /v1), refusing writes if `read_only`."""
    return httpx.AsyncClient(
        base_url=url,
        auth=httpx.BasicAuth(key.id, key.secret),
        timeout=httpx.Timeout(10.0),
        headers={"User-Agent": "clickhouse-privatelink"},
        event_hooks={"request": [_refuse_writes]} if read_only else {},
    )


async def _refuse_writes(request: httpx.Request) -> None:
    if request.method != "GET":
        raise PermanentError(f"a dry run sends no {request.method}")


@dataclass(frozen=True, slots=True)
class ClickHouseCloud:
    """The port `ClickHouse` over HTTP."""

    client: httpx.AsyncClient
    key: Key
    organization: str
    limiter: AsyncLimiter
    budget: Budget

    async def registrations(self) -> tuple[Registration, ...]:
        return await self._get("", _registrations_of)

    async def services(self) -> tuple[Service, ...]:
        return await self._get("/services", lambda told: tuple(service_from(one) for one in told))

    async def config(self, service: str) -> Config:
        return await self._get(
            f"/services/{service}/privateEndpointConfig",
            lambda told: Config(alias=told["endpointServiceId"], hostname=told["privateDnsHostname"]),
        )

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        body = {
            "add": [{**_named(one), "description": one.description} for one in add],
            "remove": [_named(one) for one in remove],
        }
        told = await self._write("PATCH", "", {"privateEndpoints": _present(body)})
        return _registrations_of(told) if _has(told, "privateEndpoints") else None

    async def update_allow_list(
        self, service: str, add: tuple[str, ...], remove: tuple[str, ...]
    ) -> Service | None:
        body = {"add": list(add), "remove": list(remove)}
        told = await self._write("PATCH", f"/services/{service}", {"privateEndpointIds": _present(body)})
        return service_from(told) if _has(told, "id", "privateEndpointIds") else None

    async def register_through(self, service: str, endpoint_id: str, description: str) -> None:
        body = {"id": endpoint_id, "description": description}
        await self._write("POST", f"/services/{service}/privateEndpoint", body)

    async def _get[T](self, path: str, parse: Callable[[Any], T]) -> T:
        told = await self._call("GET", path, None, self.budget.reads)
        try:
            return parse(told)
        except (KeyError, TypeError, AttributeError) as error:
            what = f"GET organization{path} at ClickHouse Cloud"
            raise PermanentError(f"{what}: the answer is not what the API describes ({error!r})") from error

    async def _write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return await self._call(method, path, body, self.budget.writes)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None, deadline: Deadline) -> Any:
        what = f"{method} organization{path} at ClickHouse Cloud"

        async def send() -> Any:
            await self.limiter.acquire()
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
            return answer.json()["result"]
        except (ValueError, KeyError, TypeError) as error:
            raise TemporaryError(f"{what}: the answer has no result") from error

    def _meaning(self, what: str, answer: httpx.Response) -> PrivateLinkError:
        told = _envelope(answer)
        words = self.key.scrub(str(told.get("error") or answer.reason_phrase))[:LONGEST_ERROR]
        message = f"{what}: it answered {answer.status_code}: {words}"
        request = str(told["requestId"]) if "requestId" in told else None
        if answer.status_code in TEMPORARY or answer.status_code >= 500:
            return TemporaryError(message, request_id=request, retry_after=_retry_after(answer))
        return PermanentError(message, request_id=request)


def service_from(json: Mapping[str, Any]) -> Service:
    """A service from the API's JSON (schema `Service`)."""
    tags = {one["key"]: one.get("value") or "" for one in json.get("tags") or []}
    return Service(
        id=json["id"],
        name=json.get("name") or "",
        provider=json.get("provider") or "",
        region=json.get("region") or "",
        state=json.get("state") or "",
        tags=MappingProxyType(tags),
        allow_list=frozenset(json.get("privateEndpointIds") or []),
    )


def _registrations_of(json: Mapping[str, Any]) -> tuple[Registration, ...]:
    """The private endpoints of an organization (schema `Organization`), which must be told."""
    return tuple(
        Registration(
            id=one["id"],
            region=one.get("region") or "",
            description=one.get("description") or "",
            provider=one.get("cloudProvider") or "",
        )
        for one in json["privateEndpoints"]
    )


def _named(registration: Registration) -> dict[str, str]:
    return {"id": registration.id, "cloudProvider": "azure", "region": registration.region}


def _present(lists: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {key: value for key, value in lists.items() if value}


def _has(json: Any, *keys: str) -> bool:
    return isinstance(json, Mapping) and all(key in json for key in keys)


def _envelope(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}


def _retry_after(answer: httpx.Response) -> float | None:
    """The seconds the server asks us to wait: the longer of the two headers it may send."""
    return max(
        _seconds([answer.headers.get("X-RateLimit-Reset"), answer.headers.get("Retry-After")]), default=None
    )


def _seconds(texts: Iterable[str | None]) -> list[float]:
    return [float(text) for text in texts if text and text.replace(".", "", 1).isdigit()]

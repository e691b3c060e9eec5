"""The ClickHouse Cloud API under `/v1/organizations`."""

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from simulator import world
from simulator.clickhouse import changes, render
from simulator.clickhouse.errors import CloudError, bad_request, not_found
from simulator.clickhouse.filters import parse_filter
from simulator.clickhouse.limit import RateLimit, parse_limit
from simulator.clickhouse.requests import OrganizationPatch, PrivateEndpointPost, ServicePatch, read
from simulator.wire import Reply, Request


class Cloud:
    """One organization, its services and keys."""

    def __init__(
        self, start: world.ClickHouse, rate_limit: str = "off", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self.state = start
        self._limit = self._rate_limit(start.switches.rate_limit or rate_limit)

    def switch(self, named: Mapping[str, Any]) -> None:
        """Change these switches from now on; a rate limit among them starts afresh."""
        self.state = self.state.model_copy(update={"switches": self.state.switches.model_copy(update=named)})
        if named.get("rate_limit"):
            self._limit = self._rate_limit(named["rate_limit"])

    def access(self) -> Mapping[str, frozenset[str]]:
        """For each Private Link service the ids let in, all in lower case."""
        ids: dict[str, set[str]] = {}
        for service in self.state.services:
            ids.setdefault(service.private_link_service.lower(), set()).update(
                one.lower() for one in service.private_endpoint_ids
            )
        return {alias: frozenset(allowed) for alias, allowed in ids.items()}

    def answer(self, request: Request) -> Reply:
        identity = str(uuid4())
        try:
            key = self._authenticate(request)
            reply = self._refused(key, identity)
            if reply is None:
                reply = Reply(
                    200, {"status": 200, "requestId": identity, "result": self._route(key, request)}
                )
        except CloudError as error:
            body = {"status": error.status, "error": error.message, "requestId": identity}
            reply = Reply(error.status, body)
        return replace(reply, headers={"x-request-id": identity, **reply.headers})

    def _rate_limit(self, text: str) -> RateLimit | None:
        return parse_limit(text, self._clock)

    def _authenticate(self, request: Request) -> world.Key:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        try:
            given, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            given, secret = "", ""
        for key in self.state.keys:
            if scheme.lower() == "basic" and (key.id, key.secret) == (given, secret):
                return key
        raise CloudError(401, "UNAUTHORIZED: invalid API key")

    def _refused(self, key: world.Key, identity: str) -> Reply | None:
        wait = self._limit.refuse(key.id) if self._limit else None
        if wait is None:
            return None
        body = {"status": 429, "error": "TOO_MANY_REQUESTS: rate limit exceeded", "requestId": identity}
        return Reply(429, body, {"x-ratelimit-reset": str(wait)})

    def _route(self, key: world.Key, request: Request) -> Any:
        if key.role != "admin" and (request.method != "GET" or request.path.rstrip("/").endswith("/keys")):
            raise CloudError(403, "FORBIDDEN: the API key lacks the role ADMIN")
        match [request.method, *request.path.strip("/").split("/")[2:]]:
            case ["GET"]:
                return [render.organization(self.state.organization)]
            case [method, organization, *rest]:
                self._own(organization)
                return self._route_organization(request, method, rest)
        raise not_found(f"{request.method} {request.path}")

    def _route_organization(self, request: Request, method: str, rest: list[str]) -> Any:
        match [method, *rest]:
            case ["GET"]:
                return render.organization(self.state.organization)
            case ["PATCH"]:
                self.state = changes.patch_organization(self.state, read(OrganizationPatch, request))
                return render.organization(self.state.organization)
            case ["GET", "privateEndpointConfig"]:
                return self._region_config(request)
            case ["GET", "services"]:
                return self._services(request)
            case ["GET", "keys"]:
                return [render.key(one) for one in self.state.keys]
            case [_, "services", service, *below]:
                return self._route_service(request, method, self._service(service), below)
        raise not_found(f"{request.method} {request.path}")

    def _route_service(self, request: Request, method: str, service: world.Service, below: list[str]) -> Any:
        match [method, *below]:
            case ["GET"]:
                return self._render(service)
            case ["PATCH"]:
                self.state = changes.patch_service(self.state, service, read(ServicePatch, request))
                return self._render(self._service(service.id))
            case ["GET", "privateEndpointConfig"]:
                return render.private_endpoint_config(service)
            case ["POST", "privateEndpoint"]:
                wanted = read(PrivateEndpointPost, request)
                self.state, entry = changes.create_endpoint(self.state, service, wanted)
                return render.registration(entry)
        raise not_found(f"{request.method} {request.path}")

    def _services(self, request: Request) -> list[Any]:
        wanted = [parse_filter(text) for text in request.params("filter")]
        return [self._render(one) for one in self.state.services if all(test(one) for test in wanted)]

    def _region_config(self, request: Request) -> Any:
        """The deprecated per-region answer: the Private Link service of the region's first service."""
        provider, region = request.param("cloud_provider"), request.param("region_id")
        if not provider or not region:
            raise bad_request("cloud_provider and region_id are required")
        for service in self.state.services:
            if (service.provider, service.region) == (provider, region):
                return {"endpointServiceId": service.private_link_service}
        raise bad_request(f"no private endpoint service for {provider} in {region}")

    def _render(self, service: world.Service) -> Any:
        return render.service(service, self.state.organization.private_endpoints)

    def _own(self, organization: str) -> None:
        if _uuid(organization) != self.state.organization.id.lower():
            raise not_found(f"organization {organization}")

    def _service(self, service: str) -> world.Service:
        wanted = _uuid(service)
        for one in self.state.services:
            if one.id.lower() == wanted:
                return one
        raise not_found(f"service {service}")


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise bad_request(f"'{text}' is not a UUID") from error

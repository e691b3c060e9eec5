"""The ClickHouse Cloud API under `/v1`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from simulator import world
from simulator.clickhouse.access import Rights, authenticate, grants_of
from simulator.clickhouse.changes import replace_service
from simulator.clickhouse.errors import CloudError
from simulator.clickhouse.limit import RateLimit, parse_limit
from simulator.clickhouse.operations import Call, carry_out
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
        """Change these switches. A changed rate limit starts with an empty window."""
        self.state = self.state.model_copy(update={"switches": self.state.switches.model_copy(update=named)})
        if named.get("rate_limit"):
            self._limit = self._rate_limit(named["rate_limit"])

    def change_key(self, key: str, named: Mapping[str, Any]) -> world.Key:
        """Change these fields of a key. Raises LookupError if the key or a role does not exist."""
        for one in self.state.keys:
            if one.id == key:
                changed = one.model_copy(update=dict(named))
                grants_of(changed, self.state.roles)
                keys = tuple(changed if other.id == key else other for other in self.state.keys)
                self.state = self.state.model_copy(update={"keys": keys})
                return changed
        raise LookupError(f"no API key {key}")

    def define(self, role: world.Role) -> world.Role:
        """Add or replace a role."""
        others = (one for one in self.state.roles if one.name.lower() != role.name.lower())
        self.state = self.state.model_copy(update={"roles": (*others, role)})
        return role

    def change_service(self, service: str, named: Mapping[str, Any]) -> world.Service:
        """Change these fields of a service, by id or name. Raises LookupError if it does not exist."""
        for one in self.state.services:
            if service in (one.id, one.name):
                changed = one.model_copy(update=dict(named))
                self.state = replace_service(self.state, changed)
                return changed
        raise LookupError(f"no service {service}")

    def access(self) -> Mapping[str, frozenset[str]]:
        """Return the allowed ids of each Private Link service, all in lower case."""
        ids: dict[str, set[str]] = {}
        for service in self.state.services:
            ids.setdefault(service.private_link_service.lower(), set()).update(
                one.lower() for one in service.private_endpoint_ids
            )
        return {alias: frozenset(allowed) for alias, allowed in ids.items()}

    def answer(self, request: Request) -> Reply:
        request_id = str(uuid4())
        try:
            key = authenticate(self.state.keys, request)
            reply = self._refused(key, request_id)
            if reply is None:
                rights = Rights(grants_of(key, self.state.roles))
                self.state, result = carry_out(self.state, Call(request, key, rights))
                reply = Reply(200, {"status": 200, "requestId": request_id, "result": result})
        except CloudError as error:
            body = {"status": error.status, "error": error.message, "requestId": request_id}
            reply = Reply(error.status, body)
        return replace(reply, headers={"x-request-id": request_id, **reply.headers})

    def _rate_limit(self, text: str) -> RateLimit | None:
        return parse_limit(text, self._clock)

    def _refused(self, key: world.Key, request_id: str) -> Reply | None:
        wait = self._limit.refuse(key.id) if self._limit else None
        if wait is None:
            return None
        body = {"status": 429, "error": "TOO_MANY_REQUESTS: rate limit exceeded", "requestId": request_id}
        return Reply(429, body, {"x-ratelimit-reset": str(wait)})

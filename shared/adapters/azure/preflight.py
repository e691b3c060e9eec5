"""Reads of Azure for the preflight only: identity, permissions, system topics and their deliveries.

Plain GETs through the pipeline of the management clients, for APIs whose SDKs are not dependencies:
https://learn.microsoft.com/rest/api/authorization/permissions, …/rest/api/eventgrid/controlplane,
…/rest/api/monitor/metrics.
"""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError

from shared.adapters.azure.clients import ArmClients, ask, every, parsed
from shared.adapters.azure.event_topics import deliveries_from, subscriptions_of, topics_of
from shared.adapters.azure.network import legible, list_endpoints, list_interfaces
from shared.adapters.json_fields import LONGEST_ERROR, optional_list, optional_str
from shared.adapters.retry import Deadline
from shared.domain.model.errors import PermanentError
from shared.domain.model.ids import Scope
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.preflight.preflight_snapshot import Deliveries, EventSubscription
from shared.domain.preflight.rbac import Permission

RIGHTS, EVENTS, METRICS = "2022-04-01", "2022-06-15", "2023-10-01"
COUNTS = "DeliverySuccessCount,DeliveryAttemptFailCount,DeadLetteredCount,DroppedEventCount"
CLAIMS = {"upn": "user", "appid": "application", "oid": "object id"}
MAX_PAGES = 10

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AzurePreflight:
    """The port `AzurePreflight` over ARM, with read-only clients."""

    clients: ArmClients
    deadline: Deadline

    async def identity(self) -> str:
        """A description of the identity that the token is for; never the token itself."""
        if self.clients.credential is None:
            return "no credential: Azure is simulated on this machine"
        try:
            async with asyncio.timeout(self.deadline.left()):
                token = await self.clients.credential.get_token(self.clients.scope)
        except (AzureError, ValueError) as error:  # ValueError: the identity is misconfigured
            raise PermanentError(" ".join(str(error).split())[:LONGEST_ERROR]) from error
        except TimeoutError as error:
            raise PermanentError("timed out while getting a token") from error
        return _claims(token.token)

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]:
        """The endpoints on the first page that can be parsed."""

        async def first() -> list[Endpoint | None]:
            return await every(legible, await list_endpoints(self.clients, scope), first_page=True)

        call = f"listing the private endpoints of {scope}"
        return tuple(filter(None, await ask(self.deadline, call, first)))

    async def interfaces(self, scope: Scope) -> int:
        """The number of network interfaces on the first page."""

        async def first() -> int:
            return len(await every(dict, await list_interfaces(self.clients, scope), first_page=True))

        return await ask(self.deadline, f"listing the network interfaces of {scope}", first)

    async def rights(self, at: str) -> tuple[Permission, ...] | NotFound:
        """The caller's permissions at a subscription, a resource group or a resource.

        NotFound for any 404: whether a subscription does not exist or is not visible, ARM does not say.
        """
        path = f"{at}/providers/Microsoft.Authorization/permissions"
        try:
            return await self._list(path, {"api-version": RIGHTS}, lambda items: tuple(map(_permission, items)))
        except PermanentError as error:
            if isinstance(error.__cause__, HttpResponseError) and error.__cause__.status_code == 404:
                return NotFound()
            raise

    async def event_subscriptions(self, subscription: str) -> tuple[EventSubscription, ...]:
        """The event subscriptions of the system topics whose source is that subscription (an ARM id)."""
        path = f"{subscription}/providers/Microsoft.EventGrid/systemTopics"
        query = {"api-version": EVENTS, "$top": "100"}
        found: list[EventSubscription] = []
        for topic in await self._list(path, query, partial(topics_of, subscription)):
            found += await self._list(f"{topic}/eventSubscriptions", query, partial(subscriptions_of, topic))
        return tuple(found)

    async def deliveries(self, topic: str, end: datetime) -> Deliveries:
        """The deliveries of a system topic in the day before `end`."""
        span = (moment.astimezone(UTC) for moment in (end - timedelta(days=1), end))
        query = {
            "api-version": METRICS,
            "metricnames": COUNTS,
            "timespan": "/".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in span),
            "interval": "PT1H",
            "aggregation": "Total",
        }
        return await self._list(f"{topic}/providers/Microsoft.Insights/metrics", query, deliveries_from)

    async def _list[T](self, path: str, query: Mapping[str, str], parse: Callable[[list[Json]], T]) -> T:
        async def listed() -> T:
            return parsed(parse, await self._items(path, query))

        return await ask(self.deadline, f"reading {path}", listed)

    async def _items(self, path: str, query: Mapping[str, str]) -> list[Json]:
        """The items of all pages. Next pages are read from ARM only, because the request carries a token."""
        page = await self.clients.get(path, query)
        found: list[Json] = [*page["value"]]
        for _ in range(MAX_PAGES - 1):
            next_page = parsed(optional_str, page.get("nextLink"))
            if not next_page.startswith(f"{self.clients.url.rstrip('/')}/"):
                break
            page = await self.clients.get(next_page)
            found += page["value"]
        return found


def _permission(json: Json) -> Permission:
    return Permission(
        tuple(map(optional_str, optional_list(json.get("actions")))),
        tuple(map(optional_str, optional_list(json.get("notActions")))),
    )


def _claims(token: str) -> str:
    """The identity in an access token's claims. Azure validates the token; this only reads it."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        named = [f"{label} {optional_str(claims[claim])}" for claim, label in CLAIMS.items() if claim in claims]
    except (IndexError, ValueError, TypeError):
        named = []
    return f"token for {', '.join(named) or 'an identity that its claims do not name'}"

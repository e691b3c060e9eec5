"""What a preflight asks of Azure, and nothing else asks: identity, rights, system topics and their deliveries.

Plain GETs through the management clients' pipeline, for APIs whose SDKs we do without:
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

from azure.core.exceptions import AzureError

from shared.adapters.azure.clients import ArmClients, ask, every, parsed
from shared.adapters.azure.event_topics import deliveries_from, subscriptions_of, topics_of
from shared.adapters.azure.network import legible, list_endpoints, list_interfaces
from shared.adapters.json_fields import LONGEST_ERROR, optional_list, optional_str
from shared.adapters.retry import Deadline
from shared.domain.model.errors import PermanentError
from shared.domain.model.ids import Scope
from shared.domain.model.resources import Endpoint
from shared.domain.preflight.preflight_snapshot import Deliveries, EventSubscription
from shared.domain.preflight.rbac import Permission

RIGHTS, EVENTS, METRICS = "2022-04-01", "2022-06-15", "2023-10-01"
COUNTS = "DeliverySuccessCount,DeliveryAttemptFailCount,DeadLetteredCount,DroppedEventCount"
CLAIMS = {"upn": "user", "appid": "application", "oid": "object id"}
MOST_PAGES = 10

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AzureInspection:
    """The port `AzureInspection` over ARM. Its clients refuse to write."""

    clients: ArmClients
    deadline: Deadline

    async def identity(self) -> str:
        """Who we are to Azure, in words; never the token itself."""
        if self.clients.credential is None:
            return "no credential is sent, because Azure is played by something on this machine"
        try:
            async with asyncio.timeout(self.deadline.left()):
                token = await self.clients.credential.get_token(self.clients.scope)
        except (AzureError, ValueError) as error:  # a ValueError for an identity that is misconfigured
            raise PermanentError(" ".join(str(error).split())[:LONGEST_ERROR]) from error
        except TimeoutError as error:
            raise PermanentError("no token could be had in time") from error
        return _claims(token.token)

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]:
        """Those on the first page, as far as they can be understood."""

        async def first() -> list[Endpoint | None]:
            return await every(legible, await list_endpoints(self.clients, scope), first_page=True)

        what = f"listing the private endpoints of {scope}"
        return tuple(filter(None, await ask(self.deadline, what, first)))

    async def interfaces(self, scope: Scope) -> int:
        """How many network interfaces there are on the first page."""

        async def first() -> int:
            return len(await every(dict, await list_interfaces(self.clients, scope), first_page=True))

        return await ask(self.deadline, f"listing the network interfaces of {scope}", first)

    async def rights(self, at: str) -> tuple[Permission, ...]:
        """What the caller may do at a subscription, a resource group or a resource."""
        path = f"{at}/providers/Microsoft.Authorization/permissions"
        return await self._list(path, {"api-version": RIGHTS}, lambda told: tuple(map(_permission, told)))

    async def event_subscriptions(self, subscription: str) -> tuple[EventSubscription, ...]:
        """Those of the system topics whose source is that subscription (its ARM id)."""
        path, asked = (
            f"{subscription}/providers/Microsoft.EventGrid/systemTopics",
            {"api-version": EVENTS, "$top": "100"},
        )
        topics = await self._list(path, asked, partial(topics_of, subscription))
        found = [
            await self._list(f"{topic}/eventSubscriptions", asked, partial(subscriptions_of, topic))
            for topic in topics
        ]
        return tuple(one for some in found for one in some)

    async def deliveries(self, topic: str, end: datetime) -> Deliveries:
        """What a system topic delivered in the day before."""
        span = [
            moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (end - timedelta(days=1), end)
        ]
        asked = {
            "api-version": METRICS,
            "metricnames": COUNTS,
            "timespan": "/".join(span),
            "interval": "PT1H",
            "aggregation": "Total",
        }
        return await self._list(f"{topic}/providers/Microsoft.Insights/metrics", asked, deliveries_from)

    async def _list[T](self, path: str, asked: Mapping[str, str], parse: Callable[[list[Json]], T]) -> T:
        """What `parse` makes of all items of a list."""

        async def listed() -> T:
            return parsed(parse, await self._items(path, asked))

        return await ask(self.deadline, f"reading {path}", listed)

    async def _items(self, path: str, asked: Mapping[str, str]) -> list[Json]:
        """The items of all pages. A next page is asked for with our token, so only from ARM itself."""
        page = await self.clients.get(path, asked)
        found: list[Json] = [*page["value"]]
        for _ in range(MOST_PAGES - 1):
            following = parsed(optional_str, page.get("nextLink"))
            if not following.startswith(f"{self.clients.url.rstrip('/')}/"):
                break
            page = await self.clients.get(following)
            found += page["value"]
        return found


def _permission(json: Json) -> Permission:
    return Permission(
        tuple(map(optional_str, optional_list(json.get("actions")))),
        tuple(map(optional_str, optional_list(json.get("notActions")))),
    )


def _claims(token: str) -> str:
    """What an access token says of whom it is for, read without checking it: that is Azure's to do."""
    try:
        payload = token.split(".")[1]
        told = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        named = [f"{words} {optional_str(told[claim])}" for claim, words in CLAIMS.items() if claim in told]
    except (IndexError, ValueError, TypeError):
        named = []
    return f"there is a token for {', '.join(named) or 'an identity that it does not tell'}"

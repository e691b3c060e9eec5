"""Reads of Azure for the preflight only: identity, permissions, system topics and their deliveries.

Plain GETs through the pipeline of the management clients, for APIs whose SDKs are not dependencies:
https://learn.microsoft.com/rest/api/authorization/permissions, …/rest/api/eventgrid/controlplane,
…/rest/api/monitor/metrics.
"""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from azure.core.exceptions import AzureError

from shared.adapters.azure.clients import ArmClients, ask, parsed
from shared.adapters.json_fields import LONGEST_ERROR, optional_list, optional_str, required_str
from shared.adapters.retry import Budget
from shared.domain.model.errors import PermanentError
from shared.domain.model.resources import NotFound
from shared.domain.preflight.preflight_snapshot import Deliveries, EventSubscription
from shared.domain.preflight.rbac import Permission

RIGHTS, EVENTS, METRICS = "2022-04-01", "2022-06-15", "2023-10-01"
COUNTS = ("DeliverySuccessCount", "DeliveryAttemptFailCount", "DeadLetteredCount", "DroppedEventCount")
CLAIMS = {"upn": "user", "appid": "application", "oid": "object id"}
OPERATION = "data.operationname"

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AzurePreflight:
    """The port `Azure` of the preflight over ARM, with read-only clients."""

    clients: ArmClients
    budget: Budget

    async def identity(self) -> str:
        """A description of the identity that the token is for; never the token itself."""
        if self.clients.credential is None:
            return "no credential: Azure is simulated on this machine"
        try:
            async with asyncio.timeout(self.budget.for_one_read().left()):
                token = await self.clients.credential.get_token(self.clients.scope)
        except (AzureError, ValueError) as error:  # ValueError: the identity is misconfigured
            raise PermanentError(" ".join(str(error).split())[:LONGEST_ERROR]) from error
        except TimeoutError as error:
            raise PermanentError("timed out while getting a token") from error
        return _claims(token.token)

    async def rights(self, at: str) -> tuple[Permission, ...] | NotFound:
        """The caller's permissions at a subscription, a resource group or a resource.

        NotFound for any 404: whether a subscription does not exist or is not visible, ARM does not say.
        """
        try:
            path = f"{at}/providers/Microsoft.Authorization/permissions"
            return await self._list(path, {"api-version": RIGHTS}, lambda items: tuple(map(_permission, items)))
        except PermanentError as error:
            if error.cause.status == 404:
                return NotFound()
            raise

    async def event_subscriptions(self, subscription: str) -> tuple[EventSubscription, ...]:
        """The event subscriptions of the system topics whose source is that subscription (an ARM id)."""
        query = {"api-version": EVENTS, "$top": "100"}
        path = f"{subscription}/providers/Microsoft.EventGrid/systemTopics"
        found: list[EventSubscription] = []
        for topic in await self._list(path, query, partial(topics_of, subscription)):
            found += await self._list(f"{topic}/eventSubscriptions", query, partial(subscriptions_of, topic))
        return tuple(found)

    async def deliveries(self, topic: str, end: datetime) -> Deliveries:
        """The deliveries of a system topic in the day before `end`."""
        span = (moment.astimezone(UTC) for moment in (end - timedelta(days=1), end))
        query = {
            "api-version": METRICS,
            "metricnames": ",".join(COUNTS),
            "timespan": "/".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in span),
            "interval": "PT1H",
            "aggregation": "Total",
        }
        path = f"{topic}/providers/Microsoft.Insights/metrics"
        return await self._list(path, query, deliveries_from)

    async def _list[T](self, path: str, query: Mapping[str, str], parse: Callable[[list[Json]], T]) -> T:
        async def listed() -> T:
            page = await self.clients.get(path, query)
            items = [*page["value"]]
            while link := parsed(optional_str, page.get("nextLink")):
                page = await self.clients.get(link)
                items += page["value"]
            return parsed(parse, items)

        return await ask(self.budget.for_one_read(), f"reading {path}", listed)


def _permission(json: Json) -> Permission:
    return Permission(
        tuple(map(optional_str, optional_list(json.get("actions")))),
        tuple(map(optional_str, optional_list(json.get("notActions")))),
    )


def topics_of(subscription: str, items: Iterable[Json]) -> list[str]:
    """The ids of the system topics whose source is that subscription."""
    sources = ((item["id"], optional_str((item.get("properties") or {}).get("source"))) for item in items)
    return [required_str(topic) for topic, source in sources if source.lower() == subscription.lower()]


def subscriptions_of(topic: str, items: Iterable[Json]) -> list[EventSubscription]:
    return [_subscription(topic, item) for item in items]


def _subscription(topic: str, json: Json) -> EventSubscription:
    """The destination is the ARM id of a function, or the URL of a webhook without its query."""
    properties = json.get("properties") or {}
    with_identity = properties.get("deliveryWithResourceIdentity") or {}
    destination = properties.get("destination") or with_identity.get("destination") or {}
    target = destination.get("properties") or {}
    event_filter = properties.get("filter") or {}
    operations = [
        value
        for item in optional_list(event_filter.get("advancedFilters"))
        if optional_str(item.get("key")).lower() == OPERATION
        for value in optional_list(item.get("values"))
    ]
    return EventSubscription(
        id=optional_str(json["id"]),
        topic=topic,
        state=optional_str(properties.get("provisioningState")),
        destination=optional_str(target.get("resourceId")) or optional_str(target.get("endpointBaseUrl")),
        types=frozenset(map(optional_str, optional_list(event_filter.get("includedEventTypes")))),
        operations=frozenset(map(optional_str, operations)),
    )


def _metric(json: Json) -> tuple[str, list[tuple[datetime, float]]]:
    points = [point for one in optional_list(json.get("timeseries")) for point in optional_list(one.get("data"))]
    hourly = [
        (datetime.fromisoformat(one["timeStamp"]).astimezone(UTC), float(one.get("total") or 0)) for one in points
    ]
    return optional_str(json["name"]["value"]), hourly


def deliveries_from(metrics: Iterable[Json]) -> Deliveries:
    """The sums of hourly metrics."""
    hourly = dict(map(_metric, metrics))
    delivered, failed, dead_lettered, dropped = (round(sum(n for _, n in hourly.get(name, ()))) for name in COUNTS)
    hours = [hour for hour, total in hourly.get(COUNTS[0], ()) if total]
    last = max(hours) + timedelta(hours=1) if hours else None
    return Deliveries(delivered, failed, dead_lettered, dropped, last)


def _claims(token: str) -> str:
    """The identity in an access token's claims. Azure validates the token; this only reads it."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        named = [f"{label} {optional_str(claims[claim])}" for claim, label in CLAIMS.items() if claim in claims]
    except (IndexError, ValueError, TypeError):
        named = []
    return f"token for {', '.join(named) or 'an identity that its claims do not name'}"

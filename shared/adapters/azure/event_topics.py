"""System topics, event subscriptions and their metrics, from ARM's JSON."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.adapters.json_fields import optional_list, optional_str
from shared.domain.model.ids import BadIdError, Scope
from shared.domain.preflight.preflight_snapshot import Deliveries, EventSubscription

OPERATION = "data.operationname"
HOUR = timedelta(hours=1)
_TOPIC = re.compile(r"(.+)/providers/microsoft\.eventgrid/systemtopics/([a-z0-9-]{3,50})", re.IGNORECASE)

type Json = Mapping[str, Any]


def topics_of(subscription: str, told: Iterable[Json]) -> tuple[str, ...]:
    """The ids, built anew from their parts, of the system topics whose source is that subscription."""
    mine = [
        one
        for one in told
        if optional_str((one.get("properties") or {}).get("source")).lower() == subscription.lower()
    ]
    return tuple(topic for one in mine if (topic := _topic(optional_str(one["id"]))))


def _topic(told: str) -> str | None:
    found = _TOPIC.fullmatch(told)
    try:
        scope = Scope.parse(found[1]) if found else None
    except BadIdError:
        return None
    return f"{scope}/providers/Microsoft.EventGrid/systemTopics/{found[2]}" if found else None


def subscriptions_of(topic: str, told: Iterable[Json]) -> tuple[EventSubscription, ...]:
    return tuple(subscription_from(topic, one) for one in told)


def subscription_from(topic: str, json: Json) -> EventSubscription:
    """An event subscription; where events go is a function's ARM id, or a webhook's URL without its query."""
    properties = json.get("properties") or {}
    sending = properties.get("deliveryWithResourceIdentity") or {}
    destination = properties.get("destination") or sending.get("destination") or {}
    where = destination.get("properties") or {}
    wanted = properties.get("filter") or {}
    filters = [
        one
        for one in optional_list(wanted.get("advancedFilters"))
        if optional_str(one.get("key")).lower() == OPERATION
    ]
    return EventSubscription(
        id=optional_str(json["id"]),
        topic=topic,
        state=optional_str(properties.get("provisioningState")),
        destination=optional_str(where.get("resourceId")) or optional_str(where.get("endpointBaseUrl")),
        types=frozenset(map(optional_str, optional_list(wanted.get("includedEventTypes")))),
        operations=frozenset(
            optional_str(value) for one in filters for value in optional_list(one.get("values"))
        ),
    )


def deliveries_from(told: Iterable[Json]) -> Deliveries:
    """What metrics come to that were counted hour by hour."""
    points = {optional_str(one["name"]["value"]): _points(one) for one in told}
    sums = {name: round(sum(total for _, total in some)) for name, some in points.items()}
    hours = [hour for hour, total in points.get("DeliverySuccessCount", []) if total]
    return Deliveries(
        delivered=sums.get("DeliverySuccessCount", 0),
        failed=sums.get("DeliveryAttemptFailCount", 0),
        dead_lettered=sums.get("DeadLetteredCount", 0),
        dropped=sums.get("DroppedEventCount", 0),
        last=max(hours) + HOUR if hours else None,
    )


def _points(metric: Json) -> list[tuple[datetime, float]]:
    data = [
        point
        for series in optional_list(metric.get("timeseries"))
        for point in optional_list(series.get("data"))
    ]
    return [
        (datetime.fromisoformat(point["timeStamp"]).astimezone(UTC), float(point.get("total") or 0))
        for point in data
    ]

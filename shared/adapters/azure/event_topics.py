"""System topics, event subscriptions and their metrics, parsed from ARM's JSON."""

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


def topics_of(subscription: str, items: Iterable[Json]) -> tuple[str, ...]:
    """The normalized ids of the system topics whose source is that subscription."""
    sources = ((item, optional_str((item.get("properties") or {}).get("source"))) for item in items)
    ids = [optional_str(item["id"]) for item, source in sources if source.lower() == subscription.lower()]
    return tuple(filter(None, map(_topic, ids)))


def _topic(text: str) -> str | None:
    match = _TOPIC.fullmatch(text)
    try:
        scope = Scope.parse(match[1]) if match else None
    except BadIdError:
        return None
    return f"{scope}/providers/Microsoft.EventGrid/systemTopics/{match[2]}" if match else None


def subscriptions_of(topic: str, items: Iterable[Json]) -> tuple[EventSubscription, ...]:
    return tuple(subscription_from(topic, item) for item in items)


def subscription_from(topic: str, json: Json) -> EventSubscription:
    """An event subscription. Its destination is the ARM id of a function, or the URL of a webhook without its query."""
    properties = json.get("properties") or {}
    with_identity = properties.get("deliveryWithResourceIdentity") or {}
    destination = properties.get("destination") or with_identity.get("destination") or {}
    target = destination.get("properties") or {}
    event_filter = properties.get("filter") or {}
    operations = [
        item
        for item in optional_list(event_filter.get("advancedFilters"))
        if optional_str(item.get("key")).lower() == OPERATION
    ]
    return EventSubscription(
        id=optional_str(json["id"]),
        topic=topic,
        state=optional_str(properties.get("provisioningState")),
        destination=optional_str(target.get("resourceId")) or optional_str(target.get("endpointBaseUrl")),
        types=frozenset(map(optional_str, optional_list(event_filter.get("includedEventTypes")))),
        operations=frozenset(optional_str(value) for item in operations for value in optional_list(item.get("values"))),
    )


def deliveries_from(metrics: Iterable[Json]) -> Deliveries:
    """The sums of hourly metrics."""
    points = {optional_str(metric["name"]["value"]): _points(metric) for metric in metrics}
    sums = {name: round(sum(total for _, total in hourly)) for name, hourly in points.items()}
    hours = [hour for hour, total in points.get("DeliverySuccessCount", []) if total]
    return Deliveries(
        delivered=sums.get("DeliverySuccessCount", 0),
        failed=sums.get("DeliveryAttemptFailCount", 0),
        dead_lettered=sums.get("DeadLetteredCount", 0),
        dropped=sums.get("DroppedEventCount", 0),
        last=max(hours) + HOUR if hours else None,
    )


def _points(metric: Json) -> list[tuple[datetime, float]]:
    data = [point for series in optional_list(metric.get("timeseries")) for point in optional_list(series.get("data"))]
    return [
        (datetime.fromisoformat(point["timeStamp"]).astimezone(UTC), float(point.get("total") or 0)) for point in data
    ]

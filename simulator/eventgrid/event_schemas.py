"""Encodes events in the schema of a subscription."""

import json
from collections.abc import Sequence

from simulator.eventgrid.schema import Subscription
from simulator.wire import Json


def matches(subscription: Subscription, event: Json) -> bool:
    """Return whether an event matches the case-insensitive filters of a subscription."""
    operation = str((event.get("data") or {}).get("operationName", "")).lower()
    operations = {name.lower() for name in subscription.included_operations}
    kinds = {name.lower() for name in subscription.included_event_types}
    return (
        (not operations or operation in operations)
        and (not kinds or str(event.get("eventType", "")).lower() in kinds)
        and str(event.get("subject", "")).lower().startswith(subscription.subject_begins_with.lower())
    )


def cloud_event(event: Json) -> Json:
    """Convert an Event Grid event to CloudEvents 1.0. CloudEvents are returned unchanged."""
    if "specversion" in event:
        return event
    return {
        "specversion": "1.0",
        "id": event.get("id"),
        "source": event.get("topic"),
        "subject": event.get("subject"),
        "type": event.get("eventType"),
        "time": event.get("eventTime"),
        "data": event.get("data"),
    }


def encode(subscription: Subscription, events: Sequence[Json]) -> tuple[bytes, str]:
    """Return the body and the content type of one delivery."""
    if subscription.event_schema == "EventGridSchema":
        return json.dumps(list(events)).encode(), "application/json; charset=utf-8"
    converted = [cloud_event(event) for event in events]
    if subscription.max_events_per_batch == 1:
        return json.dumps(converted[0]).encode(), "application/cloudevents+json; charset=utf-8"
    return json.dumps(converted).encode(), "application/cloudevents-batch+json; charset=utf-8"

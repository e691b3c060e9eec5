"""Event Grid in ARM: system topics, their event subscriptions, and delivery metrics.

If the control API has an event subscription, each simulated subscription has one system topic, in its first
resource group.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from simulator.azure.access import readable
from simulator.azure.errors import bad_request, resource_not_found
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.permissions import check_version
from simulator.azure.state import State
from simulator.eventgrid.delivery import Delivery
from simulator.eventgrid.schema import Subscription
from simulator.journal import now
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.EventGrid/systemTopics"
SUBSCRIPTION_TYPE = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
METRICS_TYPE = "Microsoft.Insights/metrics"
METRICS_SUFFIX = "/providers/microsoft.insights/metrics"
VERSIONS = frozenset({"2022-06-15", "2025-02-15"})
METRICS_VERSIONS = frozenset({"2018-01-01", "2023-10-01", "2024-02-01"})
METRICS = ("DeliverySuccessCount", "DeliveryAttemptFailCount", "DeadLetteredCount", "DroppedEventCount")
HOUR = timedelta(hours=1)


class Grid(Protocol):
    """The event subscriptions and deliveries that ARM shows."""

    @property
    def subscriptions(self) -> list[Subscription]: ...

    def deliveries(self) -> Iterator[Delivery]: ...


def listing(state: State, grid: Grid, target: Target, request: Request) -> Reply:
    """List the system topics of a subscription or resource group."""
    check_version(request, TYPE, VERSIONS)
    rows = ((topic.lower(), topic) for topic in _topics(state, grid) if target.holds(topic.lower()))
    return page(request, state.page_size, readable(state.denied, TYPE, rows), _render)


def list_subscriptions(state: State, grid: Grid, target: Target, request: Request) -> Reply:
    """List the event subscriptions of a system topic."""
    check_version(request, SUBSCRIPTION_TYPE, VERSIONS)
    topic = _existing(state, grid, target.parent, target)
    rows = ((one.name.lower(), one) for one in grid.subscriptions)
    return page(request, state.page_size, rows, lambda one: _render_subscription(topic, one))


def metrics(state: State, grid: Grid, topic: Target, request: Request) -> Reply:
    """Return delivery counts per hour in a time span, summed over the topic's event subscriptions."""
    check_version(request, METRICS_TYPE, METRICS_VERSIONS)
    _existing(state, grid, topic.id, topic)
    requested = [name for name in (request.param("metricnames") or "").split(",") if name]
    unknown = [name for name in requested if name not in METRICS]
    if unknown or not requested or request.param("interval") != "PT1H" or request.param("aggregation") != "Total":
        raise bad_request(f"Failed to find metric configuration for {', '.join(unknown) or 'this'}.", "BadRequest")
    begin, end = _span(request.param("timespan") or "")
    counted = Counter((name, _hour(at)) for name, at in _counts(grid))
    hours = [begin + number * HOUR for number in range(max(1, -(-(end - begin) // HOUR)))]
    return Reply(200, {"value": [_metric(topic, name, hours, counted) for name in requested]})


def _topics(state: State, grid: Grid) -> list[str]:
    if not grid.subscriptions:
        return []
    groups = sorted(state.groups.values())
    first = (next((g for g in groups if g.lower().split("/")[2] == one), None) for one in state.subscriptions)
    return [f"{group}/providers/{TYPE}/subscription-events" for group in first if group]


def _existing(state: State, grid: Grid, topic: str, target: Target) -> str:
    existing = next((one for one in _topics(state, grid) if one.lower() == topic.lower()), None)
    if existing is None:
        raise resource_not_found(f"{TYPE}/{last(topic)}", target.group)
    return existing


def _render(topic: str) -> Json:
    return {
        "id": topic,
        "name": last(topic),
        "type": TYPE,
        "location": "global",
        "properties": {
            "provisioningState": "Succeeded",
            "source": "/".join(topic.split("/")[:3]),
            "topicType": "Microsoft.Resources.Subscriptions",
        },
    }


def _render_subscription(topic: str, one: Subscription) -> Json:
    """The webhook URL has no query, as in Azure, because the query can contain keys."""
    base = urlunsplit(urlsplit(one.endpoint)._replace(query=""))
    return {
        "id": f"{topic}/eventSubscriptions/{one.name}",
        "name": one.name,
        "type": SUBSCRIPTION_TYPE,
        "properties": {
            "provisioningState": "Succeeded",
            "topic": "/".join(topic.split("/")[:3]),
            "destination": {"endpointType": "WebHook", "properties": {"endpointBaseUrl": base}},
            "filter": {
                "includedEventTypes": list(one.included_event_types) or None,
                "subjectBeginsWith": one.subject_begins_with,
            },
            "eventDeliverySchema": one.event_schema,
        },
    }


def _counts(grid: Grid) -> Iterator[tuple[str, float]]:
    """Yield the metric name and the time (by the request log's clock) of each counted event."""
    ends = {"delivered": METRICS[0], "deadLettered": METRICS[2], "dropped": METRICS[3]}
    for delivery in grid.deliveries():
        yield from ((METRICS[1], attempt.at) for attempt in delivery.attempts if not attempt.succeeded)
        if delivery.attempts and delivery.status in ends:
            yield ends[delivery.status], delivery.attempts[-1].at


def _hour(at: float) -> datetime:
    moment = datetime.now(UTC) - timedelta(seconds=now() - at)
    return moment.replace(minute=0, second=0, microsecond=0)


def _span(text: str) -> tuple[datetime, datetime]:
    """Return the first full hour and the end of a time span `begin/end` in ISO 8601."""
    try:
        begin, end = (datetime.fromisoformat(part).astimezone(UTC) for part in text.split("/"))
    except ValueError as error:
        raise bad_request(f"'{text}' is not a time span.", "BadRequest") from error
    return begin.replace(minute=0, second=0, microsecond=0), end


def _metric(topic: Target, name: str, hours: list[datetime], counted: Counter[tuple[str, datetime]]) -> Json:
    data = [{"timeStamp": hour.strftime("%Y-%m-%dT%H:%M:%SZ"), "total": float(counted[name, hour])} for hour in hours]
    return {
        "id": f"{topic.id}/providers/{METRICS_TYPE}/{name}",
        "type": METRICS_TYPE,
        "name": {"value": name, "localizedValue": name},
        "unit": "Count",
        "timeseries": [{"metadatavalues": [], "data": data}],
        "errorCode": "Success",
    }

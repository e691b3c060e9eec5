"""Delivery of events to a webhook."""

import threading
import time
from collections import Counter

import httpx
import pytest

from simulator.client import RunningSimulator
from simulator.eventgrid.delivery import next_delay
from simulator.eventgrid.handshake import HandshakeError
from simulator.eventgrid.schema import Retry
from tests.simulator.conftest import BASE, HANG_UP, NETWORKS, ZONE, Json, Webhook, put_endpoint, serving

ENDPOINT = f"{NETWORKS}/privateEndpoints/pe1"
FAST = {"scale": 0.0001}


def outcomes(sim: RunningSimulator) -> list[str]:
    """Return the status of every delivery."""
    assert sim.idle()
    return [delivery["status"] for event in sim.events() for delivery in event["deliveries"]]


def test_write(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """A write is delivered as an array with one event in Azure's format, as a notification."""
    sim.subscribe(name="s", endpoint=webhook.url)
    put_endpoint(arm)
    assert outcomes(sim) == ["delivered"]
    (received,) = webhook.notifications
    assert received.path == "/runtime/webhooks/eventgrid?functionName=f"
    (event,) = received.body
    assert event["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert event["subject"] == event["data"]["resourceUri"] == ENDPOINT
    assert event["topic"] == BASE
    assert event["data"]["operationName"] == "Microsoft.Network/privateEndpoints/write"
    assert event["data"]["status"] == "Succeeded"
    assert set(event["data"]) == {
        "authorization",
        "claims",
        "correlationId",
        "httpRequest",
        "resourceProvider",
        "resourceUri",
        "operationName",
        "status",
        "subscriptionId",
        "tenantId",
    }


def test_operations(sim: RunningSimulator, arm: httpx.Client) -> None:
    """Every successful write and delete raises an event with its operation; reads, errors and empty deletes do not."""
    put_endpoint(arm)
    tags = f"{ENDPOINT}/providers/Microsoft.Resources/tags/default"
    arm.patch(tags, json={"operation": "Merge", "properties": {"tags": {"a": "b"}}})
    arm.put(f"{ZONE}/A/*", json={"properties": {"ttl": 300, "aRecords": []}})
    arm.put(f"{ZONE}/A/*", json={"properties": {}})
    arm.delete(f"{ZONE}/A/*")
    arm.delete(f"{ZONE}/A/*")
    arm.get(ENDPOINT)
    arm.delete(ENDPOINT)
    operations = [(entry["event"]["data"]["operationName"], entry["event"]["subject"]) for entry in sim.events()]
    assert operations == [
        ("Microsoft.Network/privateEndpoints/write", ENDPOINT),
        ("Microsoft.Resources/tags/write", tags),
        ("Microsoft.Network/privateDnsZones/A/write", f"{ZONE}/A/*"),
        ("Microsoft.Network/privateDnsZones/A/delete", f"{ZONE}/A/*"),
        ("Microsoft.Network/privateEndpoints/delete", ENDPOINT),
    ]
    assert sim.events()[-1]["event"]["eventType"] == "Microsoft.Resources.ResourceDeleteSuccess"


def test_handshake(sim: RunningSimulator, webhook: Webhook, control: httpx.Client) -> None:
    """A subscription is created only if its webhook returns the validation code."""
    sim.subscribe(name="s", endpoint=webhook.url)
    (received,) = webhook.received
    assert received.headers["aeg-event-type"] == "SubscriptionValidation"
    assert received.body[0]["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent"
    webhook.accepts_handshake = False
    with pytest.raises(HandshakeError, match="validationResponse"):
        sim.subscribe(name="t", endpoint=webhook.url)
    refused = control.post("/subscriptions", json={"name": "t", "endpoint": webhook.url})
    assert refused.status_code == 400
    assert "validationResponse" in refused.json()["error"]
    assert [one["name"] for one in control.get("/subscriptions").json()] == ["s"]


def test_unreachable_webhook(sim: RunningSimulator) -> None:
    """A subscription to an unreachable webhook fails with the reason."""
    with pytest.raises(HandshakeError, match="could not be reached"):
        sim.subscribe(name="s", endpoint="http://127.0.0.1:1/")


def test_cloud_events(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """CloudEvents use the OPTIONS handshake and are delivered one at a time as structured JSON."""
    sim.subscribe(name="s", endpoint=webhook.url, schema="CloudEventSchemaV1_0")
    assert webhook.received[0].method == "OPTIONS"
    put_endpoint(arm)
    assert outcomes(sim) == ["delivered"]
    (received,) = webhook.notifications
    assert received.headers["content-type"].startswith("application/cloudevents+json")
    assert received.body["specversion"] == "1.0"
    assert received.body["type"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert received.body["source"] == BASE
    assert received.body["subject"] == ENDPOINT


def test_cloud_events_refused(sim: RunningSimulator, webhook: Webhook) -> None:
    """A webhook that allows only another origin does not pass the CloudEvents handshake."""
    webhook.accepts_handshake = False
    with pytest.raises(HandshakeError, match="WebHook-Allowed-Origin"):
        sim.subscribe(name="s", endpoint=webhook.url, schema="CloudEventSchemaV1_0")


@pytest.mark.parametrize(
    ("schema", "content_type"),
    [("EventGridSchema", "application/json"), ("CloudEventSchemaV1_0", "application/cloudevents-batch+json")],
)
def test_batches(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook, schema: str, content_type: str) -> None:
    """Waiting events are delivered in batches of up to maxEventsPerBatch."""
    sim.subscribe(name="s", endpoint=webhook.url, schema=schema, maxEventsPerBatch=4)
    sim.delivery(paused=True)
    for number in range(6):
        put_endpoint(arm, f"pe{number}")
    assert not sim.idle(0.01)
    sim.delivery()
    assert outcomes(sim) == ["delivered"] * 6
    assert sorted(len(one.body) for one in webhook.notifications) == [2, 4]
    assert all(one.headers["content-type"].startswith(content_type) for one in webhook.notifications)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"includedOperations": ["microsoft.network/privateendpoints/DELETE"]}, ["pe1"]),
        ({"includedEventTypes": ["Microsoft.Resources.ResourceWriteSuccess"]}, ["*", "pe1"]),
        ({"subjectBeginsWith": ZONE.upper()}, ["*"]),
    ],
)
def test_filters(
    sim: RunningSimulator, arm: httpx.Client, webhook: Webhook, filters: Json, expected: list[str]
) -> None:
    """A subscription receives the events that match its filters."""
    sim.subscribe(name="s", endpoint=webhook.url, **filters)
    put_endpoint(arm)
    arm.put(f"{ZONE}/A/*", json={"properties": {"ttl": 300}})
    arm.delete(ENDPOINT)
    assert sim.idle()
    assert sorted(webhook.subjects) == expected


@pytest.mark.parametrize("status", [404, 408, 429, 500, 503])
def test_retry(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook, status: int) -> None:
    """A temporary failure is retried until the webhook accepts the event; every attempt is recorded."""
    sim.subscribe(name="s", endpoint=webhook.url, retry=FAST)
    webhook.answers = [status, status, 202]
    put_endpoint(arm)
    assert outcomes(sim) == ["delivered"]
    (delivery,) = sim.events()[0]["deliveries"]
    assert [attempt["status"] for attempt in delivery["attempts"]] == [status, status, 202]
    assert [one.headers["aeg-delivery-count"] for one in webhook.notifications] == ["0", "1", "2"]


def test_attempts_are_timed(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """Delivery attempts and the request log use the same clock."""
    sim.subscribe(name="s", endpoint=webhook.url, retry=FAST)
    put_endpoint(arm)
    assert outcomes(sim) == ["delivered"]
    (attempt,) = sim.events()[0]["deliveries"][0]["attempts"]
    assert 0 <= attempt["at"] - sim.requests("arm", "PUT")[0]["start"] < 5


@pytest.mark.parametrize("status", [400, 401, 403, 413])
@pytest.mark.parametrize(("dead_letter", "outcome"), [(True, "deadLettered"), (False, "dropped")])
def test_permanent_failure(
    sim: RunningSimulator,
    arm: httpx.Client,
    webhook: Webhook,
    status: int,
    *,
    dead_letter: bool,
    outcome: str,
) -> None:
    """A permanent error is not retried: the event is dead-lettered, or dropped without dead-lettering."""
    sim.subscribe(name="s", endpoint=webhook.url, retry=FAST, deadLetter=dead_letter)
    webhook.answers = [status]
    put_endpoint(arm)
    assert outcomes(sim) == [outcome]
    assert [letter["lastHttpStatusCode"] for letter in sim.dead_letters()] == [status] * dead_letter


def test_maximum_attempts(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """After the last attempt the event is dead-lettered with the reason."""
    sim.subscribe(name="s", endpoint=webhook.url, retry={**FAST, "maxAttempts": 3}, deadLetter=True)
    webhook.answers = [500] * 3
    put_endpoint(arm)
    assert outcomes(sim) == ["deadLettered"]
    (letter,) = sim.dead_letters()
    assert letter["deadLetterReason"] == "MaxDeliveryAttemptsExceeded"
    assert letter["deliveryAttempts"] == 3
    assert letter["subject"] == ENDPOINT


def test_no_response(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """A webhook that closes the connection is recorded without a status, and the event is retried."""
    sim.subscribe(name="s", endpoint=webhook.url, retry=FAST)
    webhook.answers = [HANG_UP]
    put_endpoint(arm)
    assert outcomes(sim) == ["delivered"]
    attempts = sim.events()[0]["deliveries"][0]["attempts"]
    assert [attempt["status"] for attempt in attempts] == [None, 200]
    assert attempts[0]["error"]


@pytest.mark.parametrize(
    ("attempts", "status", "delay"),
    [
        (1, 500, 10),
        (2, 500, 30),
        (3, None, 60),
        (7, 500, 3600),
        (29, 500, 3600),
        (30, 500, None),
        (1, 503, 30),
        (1, 408, 120),
        (1, 404, 300),
        (6, 404, 1800),
        (1, 400, None),
    ],
)
def test_schedule(attempts: int, status: int | None, delay: float | None) -> None:
    """The schedule is that of Event Grid: its delays, its minimum delays after some statuses, thirty attempts."""
    assert next_delay(Retry(), attempts, status) == delay


def test_duplicates(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """With `duplicate` every event is delivered more than once."""
    sim.subscribe(name="s", endpoint=webhook.url)
    sim.delivery(duplicate=2)
    put_endpoint(arm)
    assert outcomes(sim) == ["delivered"] * 3
    assert Counter(one.body[0]["id"] for one in webhook.notifications).most_common()[0][1] == 3


def test_loss(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """With `lose` the next events are lost; later events are delivered."""
    sim.subscribe(name="s", endpoint=webhook.url)
    sim.delivery(lose=2)
    for number in range(3):
        put_endpoint(arm, f"pe{number}")
    assert outcomes(sim) == ["lost", "lost", "delivered"]
    assert webhook.subjects == ["pe2"]


def test_reorder(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """With `reorder` events are delivered in reverse order."""
    sim.subscribe(name="s", endpoint=webhook.url, maxEventsPerBatch=10)
    sim.delivery(reorder=True, paused=True)
    for number in range(3):
        put_endpoint(arm, f"pe{number}")
    sim.delivery(reorder=True)
    assert sim.idle()
    assert webhook.subjects == ["pe2", "pe1", "pe0"]


def test_delay(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """With `delayMs` delivery is delayed, and not idle until it ends."""
    sim.subscribe(name="s", endpoint=webhook.url)
    sim.delivery(delayMs=50)
    put_endpoint(arm)
    assert not sim.idle(0.01)
    assert outcomes(sim) == ["delivered"]


def test_emit(sim: RunningSimulator, webhook: Webhook, control: httpx.Client) -> None:
    """A raw event is delivered unchanged."""
    sim.subscribe(name="s", endpoint=webhook.url)
    control.post("/events", json={"id": "1", "subject": "/odd", "eventType": "Odd"}).raise_for_status()
    sim.emit({"id": "2", "subject": "/odder"})
    assert sim.idle()
    assert sorted(one.body[0]["id"] for one in webhook.notifications) == ["1", "2"]
    assert control.post("/events", json=["not an event"]).status_code == 400


def test_slow_webhook_delays_only_its_own_subscription(sim: RunningSimulator, webhook: Webhook) -> None:
    """A webhook with more open deliveries than its connection limit does not delay another webhook."""
    numbers = {str(number) for number in range(80)}
    with serving(Webhook(held=threading.Event())) as slow:
        assert slow.held
        sim.subscribe(name="slow", endpoint=slow.url)
        sim.subscribe(name="quick", endpoint=webhook.url)
        for number in numbers:
            sim.emit({"id": number, "subject": number})
        deadline = time.monotonic() + 20
        while set(webhook.subjects) != numbers and time.monotonic() < deadline:
            time.sleep(0.02)
        delivered = set(webhook.subjects)
        slow.held.set()
        assert delivered == numbers
        assert sim.idle()


def test_unsubscribe(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook, control: httpx.Client) -> None:
    """A removed subscription receives no more events."""
    sim.subscribe(name="s", endpoint=webhook.url)
    assert control.delete("/subscriptions/s").is_success
    assert control.delete("/subscriptions/s").status_code == 400
    put_endpoint(arm)
    assert outcomes(sim) == []


def test_reset_cancels_deliveries(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """A reset cancels deliveries, and removes subscriptions unless keepSubscriptions is set."""
    sim.subscribe(name="s", endpoint=webhook.url)
    webhook.answers = [500]
    put_endpoint(arm)
    assert not sim.idle(0.01)
    sim.reset(keep_subscriptions=True)
    assert sim.idle(0)
    put_endpoint(arm)
    assert outcomes(sim) == ["delivered"]
    sim.reset()
    put_endpoint(arm)
    assert outcomes(sim) == []


def test_idle_over_http(control: httpx.Client) -> None:
    """The idle call returns whether deliveries are idle."""
    assert control.post("/idle", json={"timeout": 1}).json() == {"idle": True}

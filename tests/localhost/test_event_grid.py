import httpx
import pytest

from localhost.event_grid import ORIGINS
from tests.localhost.conftest import Calls

HOOK = "/runtime/webhooks/eventgrid"


def event(event_id: str, **data: object) -> dict[str, object]:
    return {
        "id": event_id,
        "topic": "/subscriptions/1",
        "subject": f"/subject/{event_id}",
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-01-02T03:04:05.678Z",
        "data": data,
        "dataVersion": "1",
    }


def cloud_event(event_id: str) -> dict[str, object]:
    return {"specversion": "1.0", "id": event_id, "source": "/here", "type": "it.happened", "data": {}}


def send(client: httpx.Client, function: str, payload: object, kind: str = "Notification") -> httpx.Response:
    params = {"functionName": function}
    return client.post(HOOK, params=params, json=payload, headers={"aeg-event-type": kind})


def test_validation(client: httpx.Client) -> None:
    """The host answers the validation event of a new subscription with its code, without invoking the function."""
    payload = [event("v", validationCode="secret", validationUrl="https://example.invalid")]
    response = send(client, "changed", payload, "SubscriptionValidation")
    assert (response.status_code, response.json()) == (200, {"validationResponse": "secret"})


def test_notification(client: httpx.Client, calls: Calls) -> None:
    """Each event of an array is a separate invocation; the response is 202."""
    response = send(client, "changed", [event("n1", size=1), event("n2", size=2)])
    assert (response.status_code, response.content) == (202, b"")
    received = {call["id"]: call for call in calls("changed")}
    assert received["n1"]["subject"] == "/subject/n1"
    assert received["n1"]["type"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert (received["n1"]["data"], received["n2"]["data"]) == ({"size": 1}, {"size": 2})


def test_events_run_concurrently(client: httpx.Client) -> None:
    """The events of an array run concurrently: two invocations that wait for each other both end."""
    assert send(client, "concurrent", [event("p1"), event("p2")]).status_code == 202


def test_failure(client: httpx.Client, calls: Calls) -> None:
    """If one event fails, the response is 500 after all other invocations have ended."""
    response = send(client, "changed", [event("f1", fail=True), event("f2")])
    assert response.status_code == 500
    assert response.text == "Exception while executing function: Functions.changed RuntimeError: simulated failure"
    assert {"f1", "f2"} <= {call["id"] for call in calls("changed")}


def test_sync_function(client: httpx.Client, calls: Calls) -> None:
    """A function without `async` receives events."""
    assert send(client, "changed_sync", [event("s1")]).status_code == 202
    assert {"function": "changed_sync", "schema": "EventGridEvent", "id": "s1"} in calls("changed_sync")


@pytest.mark.parametrize(
    ("event_id", "headers", "batch"),
    [
        ("c1", {"aeg-event-type": "Notification", "content-type": "application/cloudevents+json"}, False),
        ("c2", {"content-type": "application/cloudevents+json; charset=utf-8"}, False),
        ("c3", {"content-type": "application/cloudevents-batch+json"}, True),
    ],
)
def test_cloud_events(
    client: httpx.Client, calls: Calls, *, event_id: str, headers: dict[str, str], batch: bool
) -> None:
    """A CloudEvent arrives as func.CloudEvent, single or in a batch, independent of the function's annotation."""
    payload = [cloud_event(event_id)] if batch else cloud_event(event_id)
    assert client.post(HOOK, params={"functionName": "changed_sync"}, json=payload, headers=headers).status_code == 202
    assert {"function": "changed_sync", "schema": "CloudEvent", "id": event_id} in calls("changed_sync")


@pytest.mark.parametrize(("requested", "allowed"), [(ORIGINS[1], ORIGINS[1]), ("elsewhere", ORIGINS[0])])
def test_handshake(client: httpx.Client, requested: str, allowed: str) -> None:
    """The CloudEvents handshake allows only the origins of Event Grid."""
    headers = {"WebHook-Request-Origin": requested}
    response = client.options(HOOK, params={"functionName": "changed_sync"}, headers=headers)
    assert response.status_code == 200
    assert response.headers["WebHook-Allowed-Origin"] == allowed
    assert response.headers["WebHook-Allowed-Rate"] == "*"


@pytest.mark.parametrize("params", [{}, {"functionName": "unknown"}, {"functionName": "recorded"}])
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_unknown_function(client: httpx.Client, params: dict[str, str], method: str) -> None:
    """A function that is missing, unknown or not triggered by Event Grid returns 404 with its name."""
    response = client.request(method, HOOK, params=params)
    assert response.status_code == 404
    assert response.text == f"cannot find function: '{params.get('functionName', '')}'"


def test_unsubscribe(client: httpx.Client) -> None:
    """An Unsubscribe request returns 202."""
    assert send(client, "changed", [], "Unsubscribe").status_code == 202


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("Notification", b"{"),
        ("Notification", b"\xff"),
        ("Notification", b"1"),
        ("Notification", b"[1]"),
        ("SubscriptionValidation", b"["),
        ("SubscriptionValidation", b"[]"),
        ("SubscriptionValidation", b'[{"data": {}}]'),
        ("Unknown", b"[]"),
        ("", b"[]"),
    ],
)
def test_bad_request(client: httpx.Client, kind: str, content: bytes) -> None:
    """An invalid body or event type returns 400."""
    params = {"functionName": "changed"}
    response = client.post(HOOK, params=params, content=content, headers={"aeg-event-type": kind})
    assert response.status_code == 400

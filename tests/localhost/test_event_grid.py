from collections.abc import Callable
from typing import Any

import httpx
import pytest

from localhost.event_grid import ORIGINS

HOOK = "/runtime/webhooks/eventgrid"

type Seen = Callable[[str], list[dict[str, Any]]]


def event(ident: str, **data: object) -> dict[str, object]:
    return {
        "id": ident,
        "topic": "/subscriptions/1",
        "subject": f"/subject/{ident}",
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-01-02T03:04:05.678Z",
        "data": data,
        "dataVersion": "1",
    }


def cloud_event(ident: str) -> dict[str, object]:
    return {"specversion": "1.0", "id": ident, "source": "/here", "type": "it.happened", "data": {}}


def send(client: httpx.Client, function: str, payload: object, kind: str = "Notification") -> httpx.Response:
    params = {"functionName": function}
    return client.post(HOOK, params=params, json=payload, headers={"aeg-event-type": kind})


def test_validation(client: httpx.Client) -> None:
    """The validation event of a new subscription is answered with its code, and no function runs."""
    payload = [event("v", validationCode="secret", validationUrl="https://example.invalid")]
    answer = send(client, "changed", payload, "SubscriptionValidation")
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "secret"})


def test_notification(client: httpx.Client, seen: Seen) -> None:
    """Each event of an array reaches the function as an invocation of its own, and the answer is 202."""
    answer = send(client, "changed", [event("n1", size=1), event("n2", size=2)])
    assert (answer.status_code, answer.content) == (202, b"")
    got = {note["id"]: note for note in seen("changed")}
    assert got["n1"]["subject"] == "/subject/n1"
    assert got["n1"]["type"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert (got["n1"]["data"], got["n2"]["data"]) == ({"size": 1}, {"size": 2})


def test_parallel(client: httpx.Client) -> None:
    """The events of an array run at the same time: two functions that wait for each other both end."""
    assert send(client, "meet", [event("p1"), event("p2")]).status_code == 202


def test_failure(client: httpx.Client, seen: Seen) -> None:
    """One failing event makes the answer a 500, after the others have run to their end."""
    answer = send(client, "changed", [event("f1", fail=True), event("f2")])
    assert answer.status_code == 500
    assert answer.text == "Exception while executing function: Functions.changed RuntimeError: asked to fail"
    assert {"f1", "f2"} <= {note["id"] for note in seen("changed")}


def test_sync_function(client: httpx.Client, seen: Seen) -> None:
    """A function without `async` gets its events too."""
    assert send(client, "told_of", [event("s1")]).status_code == 202
    assert {"function": "told_of", "schema": "EventGridEvent", "id": "s1"} in seen("told_of")


@pytest.mark.parametrize(
    ("ident", "headers", "batch"),
    [
        ("c1", {"aeg-event-type": "Notification", "content-type": "application/cloudevents+json"}, False),
        ("c2", {"content-type": "application/cloudevents+json; charset=utf-8"}, False),
        ("c3", {"content-type": "application/cloudevents-batch+json"}, True),
    ],
)
def test_cloud_events(
    client: httpx.Client, seen: Seen, *, ident: str, headers: dict[str, str], batch: bool
) -> None:
    """A CloudEvent arrives as one, alone or in a batch, whatever the function's annotation says."""
    payload = [cloud_event(ident)] if batch else cloud_event(ident)
    assert (
        client.post(HOOK, params={"functionName": "told_of"}, json=payload, headers=headers).status_code
        == 202
    )
    assert {"function": "told_of", "schema": "CloudEvent", "id": ident} in seen("told_of")


@pytest.mark.parametrize(("asked", "allowed"), [(ORIGINS[1], ORIGINS[1]), ("elsewhere", ORIGINS[0])])
def test_handshake(client: httpx.Client, asked: str, allowed: str) -> None:
    """The CloudEvents handshake allows the origins of Event Grid and no other."""
    headers = {"WebHook-Request-Origin": asked}
    answer = client.options(HOOK, params={"functionName": "told_of"}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["WebHook-Allowed-Origin"] == allowed
    assert answer.headers["WebHook-Allowed-Rate"] == "*"


@pytest.mark.parametrize("params", [{}, {"functionName": "unknown"}, {"functionName": "seen"}])
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_unknown_function(client: httpx.Client, params: dict[str, str], method: str) -> None:
    """A function that is missing, unknown or not triggered by Event Grid is a 404 that says so."""
    answer = client.request(method, HOOK, params=params)
    assert answer.status_code == 404
    assert answer.text == f"cannot find function: '{params.get('functionName', '')}'"


def test_unsubscribe(client: httpx.Client) -> None:
    """The end of a subscription is accepted."""
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
        ("Gossip", b"[]"),
        ("", b"[]"),
    ],
)
def test_bad_request(client: httpx.Client, kind: str, content: bytes) -> None:
    """What cannot be understood is a 400."""
    params = {"functionName": "changed"}
    answer = client.post(HOOK, params=params, content=content, headers={"aeg-event-type": kind})
    assert answer.status_code == 400

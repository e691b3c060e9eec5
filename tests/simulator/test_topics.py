"""Custom topics of Event Grid."""

import json
from typing import Any

import httpx
import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.messaging import CloudEvent
from azure.eventgrid.aio import EventGridPublisherClient

from simulator.client import RunningSimulator

TOPIC = "/topics/outcomes/api/events"
BATCH = "application/cloudevents-batch+json; charset=utf-8"
GOOD = {"specversion": "1.0", "id": "1", "source": "/here", "type": "Happened"}


async def test_publisher(sim: RunningSimulator) -> None:
    """Events of Azure's SDK are accepted and stored; the key is not in the request log."""
    async with EventGridPublisherClient(f"{sim.url}{TOPIC}", AzureKeyCredential("secret")) as publisher:
        await publisher.send([CloudEvent(source="/here", type="Happened", data={"a": 1})])
    (event,) = sim.topic("outcomes")
    assert (event["type"], event["data"]) == ("Happened", {"a": 1})
    (request,) = sim.requests("eventgrid-topic")
    assert "secret" not in str(request)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", [GOOD]),
        (BATCH, GOOD),
        (BATCH, ["not an event"]),
        (BATCH, [GOOD | {"specversion": "0.3"}]),
        *((BATCH, [GOOD, {key: value for key, value in GOOD.items() if key != missing}]) for missing in GOOD),
    ],
)
def test_refusals(sim: RunningSimulator, cloud: httpx.Client, content_type: str, body: Any) -> None:
    """An invalid batch of CloudEvents is refused completely."""
    response = cloud.post(TOPIC, headers={"content-type": content_type}, content=json.dumps(body))
    assert response.status_code == 400
    assert sim.topic("outcomes") == []


def test_topics_over_http(cloud: httpx.Client, control: httpx.Client) -> None:
    """The control API returns the events of a topic; an unused topic is empty."""
    kind = {"content-type": "application/cloudevents+json"}
    assert cloud.post(TOPIC, headers=kind, content=json.dumps(GOOD)).status_code == 200
    assert control.get("/topics/outcomes").json() == [GOOD]
    assert control.get("/topics/another").json() == []


def test_malformed_json(cloud: httpx.Client) -> None:
    """A body that is not JSON is refused."""
    assert cloud.post(TOPIC, headers={"content-type": BATCH}, content="{").status_code == 400


def test_other_paths(cloud: httpx.Client) -> None:
    """Other paths and methods return 404."""
    assert cloud.post("/topics/outcomes").status_code == 404
    assert cloud.get(TOPIC).status_code == 404

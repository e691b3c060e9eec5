"""Custom topics that take outcome events."""

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
    """What Azure's own publisher sends is accepted and can be looked at; its key is not in the log."""
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
        (BATCH, ["no event"]),
        (BATCH, [GOOD | {"specversion": "0.3"}]),
        *((BATCH, [GOOD, {key: value for key, value in GOOD.items() if key != missing}]) for missing in GOOD),
    ],
)
def test_refusals(sim: RunningSimulator, cloud: httpx.Client, content_type: str, body: Any) -> None:
    """What is no batch of cloud events is refused whole."""
    response = cloud.post(TOPIC, headers={"content-type": content_type}, content=json.dumps(body))
    assert response.status_code == 400
    assert sim.topic("outcomes") == []


def test_topics_over_http(cloud: httpx.Client, control: httpx.Client) -> None:
    """What a topic took can be looked at; a topic nothing was sent to is empty."""
    kind = {"content-type": "application/cloudevents+json"}
    assert cloud.post(TOPIC, headers=kind, content=json.dumps(GOOD)).status_code == 200
    assert control.get("/topics/outcomes").json() == [GOOD]
    assert control.get("/topics/another").json() == []


def test_no_json(cloud: httpx.Client) -> None:
    """A body that is no JSON is refused."""
    assert cloud.post(TOPIC, headers={"content-type": BATCH}, content="{").status_code == 400


def test_elsewhere(cloud: httpx.Client) -> None:
    """Nothing but a topic's own path takes events."""
    assert cloud.post("/topics/outcomes").status_code == 404
    assert cloud.get(TOPIC).status_code == 404

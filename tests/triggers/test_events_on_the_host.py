"""Events as Event Grid delivers them to the host, on Microsoft's worker, in this process."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from localhost.app import create_app
from localhost.worker import Worker
from simulator.client import RunningSimulator
from tests.support.paths import ROOT
from tests.support.real_clients import PE, SUBSCRIPTION, put_endpoint

HOOK = "/runtime/webhooks/eventgrid?functionName=endpoint_changed"
DATA = {"resourceUri": str(PE), "operationName": "Microsoft.Network/privateEndpoints/write"}
ZONE_GROUP = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write"
WRITTEN, DELETED = "Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Resources.ResourceDeleteSuccess"
EVENT = {
    "id": "1",
    "topic": f"/subscriptions/{SUBSCRIPTION}",
    "subject": str(PE),
    "eventType": WRITTEN,
    "eventTime": "2026-01-01T00:00:00Z",
    "dataVersion": "2",
    "data": DATA,
}
CLOUD_EVENT = {
    "id": "1",
    "specversion": "1.0",
    "source": f"/subscriptions/{SUBSCRIPTION}",
    "subject": str(PE),
    "type": WRITTEN,
    "data": DATA,
}
DELIVERIES = [([EVENT], "application/json"), (CLOUD_EVENT, "application/cloudevents+json")]


@pytest.fixture
async def host(deployed: RunningSimulator) -> AsyncIterator[httpx.AsyncClient]:
    put_endpoint(deployed, **{"clickhouse-services": "analytics"})
    async with Worker(ROOT) as worker:
        transport = httpx.ASGITransport(create_app(worker))
        async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
            yield client


async def deliver(host: httpx.AsyncClient, body: object, content_type: str) -> int:
    headers = {"aeg-event-type": "Notification", "Content-Type": content_type}
    return (await host.post(HOOK, json=body, headers=headers)).status_code


@pytest.mark.parametrize(("body", "content_type"), DELIVERIES)
async def test_delivery(host: httpx.AsyncClient, deployed: RunningSimulator, body: Any, content_type: str) -> None:
    """An event of either schema connects its endpoint and is acknowledged."""
    assert await deliver(host, body, content_type) == 202
    assert deployed.state()["clickhouse"]["services"][0]["privateEndpointIds"]


@pytest.mark.parametrize(("body", "content_type"), DELIVERIES)
async def test_temporary_trouble(
    host: httpx.AsyncClient, deployed: RunningSimulator, body: Any, content_type: str
) -> None:
    """On a temporary failure the host answers 500, so that Event Grid retries; then everything is done."""
    deployed.fault(match={"system": "clickhouse"}, status=503, headers={"Retry-After": "3600"})
    assert await deliver(host, body, content_type) == 500
    assert await deliver(host, body, content_type) == 202
    assert deployed.state()["clickhouse"]["services"][0]["privateEndpointIds"]


@pytest.mark.parametrize(("body", "content_type"), DELIVERIES)
async def test_permanent_trouble(
    host: httpx.AsyncClient, deployed: RunningSimulator, body: Any, content_type: str
) -> None:
    """A failure that no retry resolves is acknowledged, so that Event Grid does not retry it for a day."""
    deployed.fault(match={"system": "clickhouse"}, status=400, count=None)
    assert await deliver(host, body, content_type) == 202


async def test_revoked_key(host: httpx.AsyncClient, deployed: RunningSimulator) -> None:
    """No event is lost while ClickHouse Cloud refuses the key: Event Grid retries until it is accepted."""
    deployed.fault(match={"system": "clickhouse"}, status=401, count=None)
    assert [await deliver(host, [EVENT], "application/json") for _ in range(2)] == [500, 500]
    deployed.clear_faults()
    assert await deliver(host, [EVENT], "application/json") == 202
    assert deployed.state()["clickhouse"]["services"][0]["privateEndpointIds"]


OTHER_FORMS = [
    EVENT | {"data": DATA | {"resourceUri": f"{PE}/privateDnsZoneGroups/default", "operationName": ZONE_GROUP}},
    EVENT | {"data": DATA | {"resourceUri": f"https://management.azure.com{PE}/?api-version=2024-05-01"}},
    EVENT | {"data": {"operationName": "Microsoft.Resources/tags/delete"}, "eventType": DELETED},
    {key: value for key, value in CLOUD_EVENT.items() if key != "subject"} | {"time": "2026-01-01T00:00:00.1234567Z"},
]


@pytest.mark.parametrize("body", OTHER_FORMS)
async def test_other_forms(host: httpx.AsyncClient, deployed: RunningSimulator, body: Any) -> None:
    """A zone group, a URL, a deletion of tags and a CloudEvent without subject also connect their endpoint."""
    assert await deliver(host, body, "application/json") == 202
    assert deployed.state()["clickhouse"]["services"][0]["privateEndpointIds"]


async def test_irrelevant(host: httpx.AsyncClient, deployed: RunningSimulator) -> None:
    """Unrelated and malformed events are acknowledged without a call to any system."""
    others = [
        {**EVENT, "eventType": "Other"},
        {**EVENT, "data": None},
        {**EVENT, "data": "text"},
        {**EVENT, "data": [DATA]},
        {**EVENT, "data": {**DATA, "operationName": None}},
        {**EVENT, "subject": None, "data": {**DATA, "resourceUri": "x"}},
        {**EVENT, "subject": 7, "data": {**DATA, "resourceUri": {}}},
        {key: value for key, value in EVENT.items() if key != "data"},
        {key: value for key, value in CLOUD_EVENT.items() if key not in ("data", "subject")},
        {},
        {"specversion": "1.0"},
    ]
    assert await deliver(host, others, "application/json") == 202
    assert deployed.requests() == []

"""Permissions, system topics and delivery metrics in ARM."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from simulator.client import RunningSimulator
from tests.simulator.conftest import BASE, VNET, ZONE, Json, Webhook, put_endpoint

PERMISSIONS = "/providers/Microsoft.Authorization/permissions"
NETWORK_GROUP, DNS_GROUP = f"{BASE}/resourceGroups/rg-network", f"{BASE}/resourceGroups/rg-dns"
VERSION = {"api-version": "2022-04-01"}
EVENT_GRID = "providers/Microsoft.EventGrid/systemTopics"
TOPICS, TOPIC = f"{BASE}/{EVENT_GRID}", f"{NETWORK_GROUP}/{EVENT_GRID}/t"
GRID = {"api-version": "2022-06-15"}


def not_actions(arm: httpx.Client, scope: str) -> list[str]:
    """Return the `notActions` of the caller at a scope."""
    (permission,) = arm.get(f"{scope}{PERMISSIONS}", params=VERSION).raise_for_status().json()["value"]
    assert permission["actions"] == ["*"]
    denied: list[str] = permission["notActions"]
    return denied


@pytest.mark.parametrize("scope", [BASE, NETWORK_GROUP, VNET, ZONE, ZONE.upper()])
def test_everything_is_permitted(arm: httpx.Client, scope: str) -> None:
    """Without denials the caller has all permissions at a subscription, a resource group and a resource."""
    assert not_actions(arm, scope) == []


def test_denials(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A denial is shown at its scope and below, as patterns of the denied actions."""
    sim.deny({"scope": DNS_GROUP, "type": "privateDnsZones/A", "access": "write"})
    patterns = ["*privateDnsZones/A*/action", "*privateDnsZones/A*/delete", "*privateDnsZones/A*/write"]
    assert not_actions(arm, DNS_GROUP) == patterns
    assert not_actions(arm, ZONE) == patterns
    assert not_actions(arm, BASE) == []
    assert not_actions(arm, NETWORK_GROUP) == []
    sim.deny({"scope": BASE, "type": "privateEndpoints", "access": "read"})
    assert not_actions(arm, NETWORK_GROUP) == ["*privateEndpoints*/read"]


def test_unreadable_permissions(sim: RunningSimulator, arm: httpx.Client) -> None:
    """If the scope, or reading permissions, is denied, the response is 403."""
    for denial in (NETWORK_GROUP, {"scope": BASE, "type": "Microsoft.Authorization/permissions"}):
        sim.deny(denial)
        assert arm.get(f"{NETWORK_GROUP}{PERMISSIONS}", params=VERSION).status_code == 403


@pytest.mark.parametrize(
    ("path", "version", "expected"),
    [
        (f"{BASE}{PERMISSIONS}", "2024-06-01", (400, "NoRegisteredProviderFound")),
        (f"{BASE}/resourceGroups/none{PERMISSIONS}", "2022-04-01", (404, "ResourceGroupNotFound")),
        (f"/subscriptions/none{PERMISSIONS}", "2022-04-01", (404, "SubscriptionNotFound")),
        (f"{VNET}x{PERMISSIONS}", "2022-04-01", (404, "ResourceNotFound")),
        (TOPICS, "2024-06-01", (400, "NoRegisteredProviderFound")),
        (f"{TOPIC}/eventSubscriptions", "2022-06-15", (404, "ResourceNotFound")),
        (TOPIC, "2022-06-15", (405, "MethodNotAllowed")),
    ],
)
def test_refused(arm: httpx.Client, path: str, version: str, expected: tuple[int, str]) -> None:
    """Missing resources and unknown API versions return the errors of ARM."""
    response = arm.get(path, params={"api-version": version})
    assert (response.status_code, response.json()["error"]["code"]) == expected


@pytest.mark.parametrize("path", [f"{BASE}{PERMISSIONS}", TOPICS])
def test_writes_are_refused(arm: httpx.Client, path: str) -> None:
    """These resources are read-only: PUT returns 405."""
    assert arm.put(path, params=VERSION, json={}).status_code == 405


def subscribe(sim: RunningSimulator, webhook: Webhook) -> None:
    sim.subscribe(name="s", endpoint=webhook.url, includedEventTypes=["a.b"], retry={"scale": 0})


def test_no_topic(arm: httpx.Client) -> None:
    """Without an event subscription, there is no system topic."""
    assert arm.get(TOPICS, params=GRID).json()["value"] == []


def test_topic(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """An event subscription is in the system topic of its Azure subscription, without the webhook's query."""
    subscribe(sim, webhook)
    (topic,) = arm.get(TOPICS, params=GRID).json()["value"]
    assert topic["properties"]["source"] == BASE
    (subscription,) = arm.get(f"{topic['id']}/eventSubscriptions", params=GRID).json()["value"]
    assert subscription["properties"]["destination"]["properties"] == {"endpointBaseUrl": webhook.url.partition("?")[0]}
    assert subscription["properties"]["filter"]["includedEventTypes"] == ["a.b"]


def totals(arm: httpx.Client, topic: str, **changed: str) -> httpx.Response:
    end = datetime.now(UTC)
    names = "DeliverySuccessCount,DeliveryAttemptFailCount,DeadLetteredCount,DroppedEventCount"
    params = {
        "api-version": "2023-10-01",
        "metricnames": names,
        "timespan": f"{(end - timedelta(hours=3)).isoformat()}/{end.isoformat()}",
        "interval": "PT1H",
        "aggregation": "Total",
    }
    return arm.get(f"{topic}/providers/Microsoft.Insights/metrics", params=params | changed)


def test_metrics(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook) -> None:
    """Delivered, failed and dropped events are counted per hour."""
    sim.subscribe(name="s", endpoint=webhook.url, retry={"scale": 0, "maxAttempts": 2})
    webhook.answers[:] = [500, 200, 400]
    for name in ("pe1", "pe2"):
        put_endpoint(arm, name)
        assert sim.idle()
    (topic,) = arm.get(TOPICS, params=GRID).json()["value"]
    metrics: list[Json] = totals(arm, topic["id"]).raise_for_status().json()["value"]
    counted = {one["name"]["value"]: [point["total"] for point in one["timeseries"][0]["data"]] for one in metrics}
    assert {name: sum(points) for name, points in counted.items()} == {
        "DeliverySuccessCount": 1,
        "DeliveryAttemptFailCount": 2,
        "DeadLetteredCount": 0,
        "DroppedEventCount": 1,
    }
    assert {len(points) for points in counted.values()} <= {3, 4}


@pytest.mark.parametrize("changed", [{"metricnames": "Unknown"}, {"timespan": "P1D"}, {"interval": "PT1M"}])
def test_unknown_metrics(sim: RunningSimulator, arm: httpx.Client, webhook: Webhook, changed: dict[str, str]) -> None:
    """An unknown metric, time span or interval returns 400."""
    subscribe(sim, webhook)
    (topic,) = arm.get(TOPICS, params=GRID).json()["value"]
    assert totals(arm, topic["id"], **changed).status_code == 400

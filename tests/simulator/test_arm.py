"""Behavior of all resources of the simulated ARM."""

import httpx
import pytest

from simulator.client import RunningSimulator
from tests.simulator.conftest import BASE, NETWORKS, VNET, ZONE, Json, endpoint_body, put_endpoint

ENDPOINT = f"{NETWORKS}/privateEndpoints/pe1"
TAGS = f"{ENDPOINT}/providers/Microsoft.Resources/tags/default"


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_api_version(sim: RunningSimulator) -> None:
    """A request without an api-version returns 400."""
    response = httpx.get(f"{sim.url}{ENDPOINT}", trust_env=False)
    assert code(response) == (400, "MissingApiVersionParameter")


def test_request_ids(arm: httpx.Client) -> None:
    """Every response has a request id and a correlation id."""
    for path in (VNET, f"{VNET}x"):
        headers = arm.get(path).headers
        assert headers["x-ms-request-id"]
        assert headers["x-ms-correlation-request-id"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (ENDPOINT, "ResourceNotFound"),
        (f"{VNET}x", "ResourceNotFound"),
        (f"{NETWORKS}/networkInterfaces/none", "ResourceNotFound"),
        (
            f"{BASE}/resourceGroups/none/providers/Microsoft.Network/privateEndpoints/pe1",
            "ResourceGroupNotFound",
        ),
        (f"{BASE}/resourceGroups/none/providers/Microsoft.Network/privateEndpoints", "ResourceGroupNotFound"),
        (f"{BASE}/resourceGroups/none", "ResourceGroupNotFound"),
        ("/subscriptions/none/providers/Microsoft.Network/privateEndpoints", "SubscriptionNotFound"),
        ("/subscriptions/none", "SubscriptionNotFound"),
        (f"{NETWORKS}/loadBalancers/x", "InvalidResourceType"),
        (f"{VNET}/subnets/none", "NotFound"),
        (f"{VNET}x/subnets", "ParentResourceNotFound"),
        (TAGS, "ResourceNotFound"),
    ],
)
def test_absent(arm: httpx.Client, path: str, expected: str) -> None:
    """A missing resource returns 404 with the code for what is missing."""
    assert code(arm.get(path)) == (404, expected)


def test_put_into_missing_group(arm: httpx.Client) -> None:
    """A resource can be created only in an existing resource group."""
    group = f"{BASE}/resourceGroups/new"
    path = f"{group}/providers/Microsoft.Network/privateEndpoints/pe1"
    assert code(arm.put(path, json=endpoint_body())) == (404, "ResourceGroupNotFound")
    assert arm.put(group, json={"location": "westus3"}).status_code == 201
    assert arm.put(group, json={"location": "westus3"}).status_code == 200
    assert arm.put(path, json=endpoint_body()).status_code == 201
    assert group in [one["id"] for one in arm.get(f"{BASE}/resourceGroups").json()["value"]]


def test_subscriptions(arm: httpx.Client) -> None:
    """Subscriptions can be read and listed."""
    assert arm.get(BASE).json()["id"] == BASE
    assert [one["id"] for one in arm.get("/subscriptions").json()["value"]] == [BASE]


def test_case(arm: httpx.Client) -> None:
    """Ids are case-insensitive and keep the casing of their creation."""
    upper = f"{BASE}/RESOURCEGROUPS/RG-NETWORK/PROVIDERS/MICROSOFT.NETWORK/PRIVATEENDPOINTS"
    created = arm.put(f"{upper}/Pe1", json=endpoint_body()).json()["id"]
    assert created == f"{NETWORKS}/privateEndpoints/Pe1"
    assert arm.put(f"{upper.lower()}/PE1", json=endpoint_body()).json()["id"] == created
    assert arm.get(f"{upper}/pE1").json()["id"] == created
    assert [one["id"] for one in arm.get(upper.lower()).json()["value"]] == [created]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", ENDPOINT),
        ("POST", VNET),
        ("PUT", f"{NETWORKS}/privateEndpoints"),
        ("DELETE", VNET),
        ("POST", TAGS),
    ],
)
def test_unserved_method(arm: httpx.Client, method: str, path: str) -> None:
    """A method that is not served returns 405."""
    put_endpoint(arm)
    assert arm.request(method, path).status_code == 405


@pytest.mark.parametrize("body", ["not JSON", "[]", '{"location": "westus3", "properties": []}', '{"tags": {"a": 1}}'])
def test_bad_body(arm: httpx.Client, body: str) -> None:
    """A malformed body returns 400."""
    assert arm.put(ENDPOINT, content=body).status_code == 400


@pytest.mark.parametrize(
    ("denied", "refused", "allowed"),
    [
        (BASE, [("GET", ENDPOINT), ("GET", VNET), ("PUT", ENDPOINT)], []),
        (ENDPOINT, [("GET", ENDPOINT), ("DELETE", ENDPOINT)], [("GET", VNET)]),
        (f"{BASE}/resourceGroups/RG-NETWORK", [("GET", ENDPOINT), ("GET", VNET)], [("GET", ZONE)]),
        (
            {"scope": BASE, "type": "networkInterfaces"},
            [("GET", f"{NETWORKS}/networkInterfaces")],
            [("GET", VNET)],
        ),
        ({"scope": BASE, "access": "write"}, [("PUT", ENDPOINT), ("DELETE", ENDPOINT)], [("GET", ENDPOINT)]),
        ({"scope": BASE, "access": "read"}, [("GET", ENDPOINT)], [("DELETE", ENDPOINT)]),
        (ZONE, [("GET", f"{ZONE}/A/a"), ("GET", f"{ZONE}/A"), ("GET", f"{ZONE}/ALL")], [("GET", ENDPOINT)]),
    ],
)
def test_denied(
    sim: RunningSimulator,
    arm: httpx.Client,
    denied: str | Json,
    refused: list[tuple[str, str]],
    allowed: list[tuple[str, str]],
) -> None:
    """Denied requests return 403; other requests succeed."""
    put_endpoint(arm)
    sim.deny(denied)
    assert [code(arm.request(*request)) for request in refused] == [(403, "AuthorizationFailed")] * len(refused)
    assert all(arm.request(*request).is_success for request in allowed)
    sim.deny()
    assert arm.get(VNET).is_success


def test_denied_before_absent(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A missing resource in a denied scope returns 403, not 404."""
    sim.deny(f"{BASE}/resourceGroups/rg-network")
    assert code(arm.get(ENDPOINT)) == (403, "AuthorizationFailed")


def test_denied_in_wider_list(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A list of a wider scope silently omits denied resources."""
    put_endpoint(arm, "pe1")
    put_endpoint(arm, "pe2")
    sim.deny(ENDPOINT)
    names = [one["name"] for one in arm.get(f"{BASE}/providers/Microsoft.Network/privateEndpoints").json()["value"]]
    assert names == ["pe2"]


@pytest.mark.parametrize(
    ("operation", "changes", "expected"),
    [
        ("Merge", {"A": "9", "c": "3"}, {"a": "9", "b": "2", "c": "3"}),
        ("Replace", {"c": "3"}, {"c": "3"}),
        ("Delete", {"A": "1", "b": "other"}, {"b": "2"}),
    ],
)
def test_patch_tags(arm: httpx.Client, operation: str, changes: Json, expected: Json) -> None:
    """Tags are merged, replaced and deleted by case-insensitive names, and the endpoint shows them."""
    put_endpoint(arm, a="1", b="2")
    response = arm.patch(TAGS, json={"operation": operation, "properties": {"tags": changes}})
    assert response.json()["properties"]["tags"] == expected
    assert arm.get(TAGS).json()["properties"]["tags"] == expected
    assert arm.get(ENDPOINT).json()["tags"] == expected


@pytest.mark.parametrize("resource", [ENDPOINT, VNET, ZONE])
def test_put_and_delete_tags(arm: httpx.Client, resource: str) -> None:
    """PUT replaces the tags of endpoints, networks and zones; DELETE removes them."""
    put_endpoint(arm)
    tags = f"{resource}/providers/Microsoft.Resources/tags/default"
    arm.put(tags, json={"properties": {"tags": {"a": "1"}}}).raise_for_status()
    assert arm.get(resource).json()["tags"] == {"a": "1"}
    arm.delete(tags).raise_for_status()
    assert not arm.get(resource).json().get("tags")


@pytest.mark.parametrize(
    "tags",
    [
        {f"t{number}": "" for number in range(51)},
        {"x" * 513: ""},
        {"": "x"},
        {"x": "y" * 257},
        {"A": "1", "a": "2"},
        *({f"a{reserved}b": ""} for reserved in r"<>%&\?/"),
    ],
)
def test_tag_limits(arm: httpx.Client, tags: Json) -> None:
    """Tags that exceed Azure's limits are refused, for the endpoint and for the tags API."""
    assert arm.put(ENDPOINT, json=endpoint_body(tags=tags)).status_code == 400
    put_endpoint(arm)
    assert arm.put(TAGS, json={"properties": {"tags": tags}}).status_code == 400


def test_tag_limits_include_existing_tags(arm: httpx.Client) -> None:
    """A merge that would result in more than 50 tags is refused without any change."""
    put_endpoint(arm, **{f"t{number}": "" for number in range(50)})
    body = {"operation": "Merge", "properties": {"tags": {"one-more": ""}}}
    assert arm.patch(TAGS, json=body).status_code == 400
    assert len(arm.get(ENDPOINT).json()["tags"]) == 50


def test_unknown_tags_operation(arm: httpx.Client) -> None:
    """A tags PATCH with an operation other than Merge, Replace or Delete is refused."""
    put_endpoint(arm)
    assert arm.patch(TAGS, json={"operation": "Append"}).status_code == 400

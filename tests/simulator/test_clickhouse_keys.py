"""Permissions and validity of API keys of the simulated ClickHouse Cloud."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from simulator.client import RunningSimulator
from simulator.worldfile import WorldError, demo, parse_world
from tests.simulator.conftest import ANALYTICS, GUID, KEY, ORGANIZATION, REPORTING, Json

REFERENCE = {"id": GUID, "cloudProvider": "azure", "region": "westus3"}
CALLS = {
    "organization": ("GET", ORGANIZATION, None),
    "change organization": ("PATCH", ORGANIZATION, {"privateEndpoints": {"add": [REFERENCE]}}),
    "keys": ("GET", f"{ORGANIZATION}/keys", None),
    "service": ("GET", ANALYTICS, None),
    "config": ("GET", f"{ANALYTICS}/privateEndpointConfig", None),
    "change service": ("PATCH", ANALYTICS, {"privateEndpointIds": {"add": [f"{GUID}-2"]}}),
    "register": ("POST", f"{ANALYTICS}/privateEndpoint", {"id": f"{GUID}-3", "description": "x"}),
}
READS = {"service", "config"}
WRITES = {*READS, "change service", "register"}


@pytest.fixture
def client(sim: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sim.url, auth=KEY, trust_env=False) as client:
        yield client


def granted(client: httpx.Client) -> set[str]:
    """Return the calls that are permitted."""
    responses = {name: client.request(verb, path, json=body) for name, (verb, path, body) in CALLS.items()}
    assert {response.status_code for response in responses.values()} <= {200, 403}
    return {name for name, response in responses.items() if response.is_success}


@pytest.mark.parametrize(
    ("role", "permitted"),
    [
        ("Admin", set(CALLS)),
        ("admin", set(CALLS)),
        ("Developer", {"organization", *READS}),
        ("Billing", {"organization"}),
        ("Org API reader", {"organization", "keys"}),
        ("Member", {"organization"}),
        ("Service reader", READS),
        ("Service admin", WRITES),
        ("Service API reader", READS),
        ("Service API admin", WRITES),
        ("Basic service API reader", set()),
        (["Org API reader", "Service API admin"], {"organization", "keys", *WRITES}),
    ],
)
def test_predefined_roles(
    sim: RunningSimulator, client: httpx.Client, role: str | list[str], permitted: set[str]
) -> None:
    """A key has the permissions of all its predefined roles; other calls return 403."""
    sim.key("demo-key", role=role)
    assert granted(client) == permitted


@pytest.mark.parametrize(
    ("permission", "permitted"),
    [
        ("organization:view", {"organization"}),
        ("organization:manage", {"change organization"}),
        ("organization:view-api-keys", {"keys"}),
        ("service:view", {"service"}),
        ("service:view-private-endpoints", {"config"}),
        ("service:manage", {"change service"}),
        ("service:manage-private-endpoints", {"register"}),
    ],
)
def test_permissions(sim: RunningSimulator, client: httpx.Client, permission: str, permitted: set[str]) -> None:
    """Each permission of a custom role permits one operation."""
    sim.role("Network team", permission)
    sim.key("demo-key", role="network team")
    assert granted(client) == permitted


def test_refusal_names_the_permission(sim: RunningSimulator, client: httpx.Client) -> None:
    """A 403 response contains the missing permission."""
    sim.key("demo-key", role="Service API admin")
    assert "organization:manage" in client.patch(ORGANIZATION, json={}).json()["error"]


def test_role_of_some_services(sim: RunningSimulator, client: httpx.Client) -> None:
    """Services that no role of the key covers are not listed, and return 404."""
    sim.role("One service", "service:view", services=[ANALYTICS.rpartition("/")[2]])
    sim.key("demo-key", role="One service")
    listed = client.get(f"{ORGANIZATION}/services").raise_for_status().json()["result"]
    assert [one["name"] for one in listed] == ["analytics"]
    assert client.get(ANALYTICS).is_success
    assert client.get(REPORTING).status_code == 404


def test_list_without_permission(sim: RunningSimulator, client: httpx.Client) -> None:
    """Without permission to view services, their list is empty."""
    sim.key("demo-key", role="Org API reader")
    assert client.get(f"{ORGANIZATION}/services").raise_for_status().json()["result"] == []


def test_roles_in_the_list_of_keys(sim: RunningSimulator, client: httpx.Client) -> None:
    """A key is listed with the end of its id, its roles and their types; `roles` contains only legacy roles."""
    sim.role("Keys", "organization:view-api-keys")
    sim.key("demo-key", role=["Keys", "developer"], name="automation")
    (key,) = client.get(f"{ORGANIZATION}/keys").json()["result"]
    assert (key["name"], key["keySuffix"], key["roles"]) == ("automation", "-key", ["developer"])
    assigned = [(one["roleName"], one["roleType"]) for one in key["assignedRoles"]]
    assert assigned == [("Keys", "custom"), ("Developer", "system")]
    assert client.get(f"{ORGANIZATION}/keys/{key['id']}").json()["result"] == key
    assert client.get(f"{ORGANIZATION}/keys/{GUID}").status_code == 404
    assert client.get(f"{ORGANIZATION}/keys/{key['id']}/more").status_code == 404


def test_whoami(sim: RunningSimulator, client: httpx.Client) -> None:
    """`whoami` needs no permission and returns the key's id in the key list, its name and its organization."""
    listed = client.get(f"{ORGANIZATION}/keys").json()["result"][0]
    sim.key("demo-key", role="Basic service API reader")
    assert client.get("/v1/whoami").raise_for_status().json()["result"] == {
        "actorType": "apiKey",
        "keyId": listed["id"],
        "name": "demo-key",
        "organizationId": ORGANIZATION.rpartition("/")[2],
    }


def test_no_whoami(sim: RunningSimulator, client: httpx.Client) -> None:
    """With `hideWhoami`, `whoami` returns 404."""
    sim.switches(hideWhoami=True)
    assert client.get("/v1/whoami").status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"state": "disabled"}, 401, "disabled"),
        ({"expireAt": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}, 401, "expired"),
        ({"expireAt": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, 200, None),
        ({"ipAccessList": []}, 403, "127.0.0.1"),
        ({"ipAccessList": [{"source": "10.0.0.0/8"}]}, 403, "127.0.0.1"),
        ({"ipAccessList": [{"source": "10.0.0.0/8"}, {"source": "127.0.0.1"}]}, 200, None),
        ({"ipAccessList": None}, 200, None),
    ],
)
def test_refused_keys(
    sim: RunningSimulator, client: httpx.Client, change: Json, status: int, reason: str | None
) -> None:
    """A key is refused if it is disabled or expired, or if its IP access list excludes the caller."""
    sim.key("demo-key", **change)
    response = client.get("/v1/whoami")
    assert response.status_code == status
    assert reason is None or reason in response.json()["error"]


@pytest.mark.parametrize(
    ("call", "change", "error"),
    [
        ("key", {"id": "unknown-key"}, "no API key unknown-key"),
        ("key", {"id": "demo-key", "role": "Unknown"}, "no role Unknown"),
        ("key", {"id": "demo-key", "ipAccessList": [{"source": "x"}]}, "ipAccessList[0].source"),
        ("service", {"service": "nothing"}, "no service nothing"),
        ("service", {"service": "analytics", "configStatus": 500}, "configStatus"),
        ("role", {"name": "x", "permissions": ["all"]}, "permissions[0]"),
    ],
)
def test_invalid_changes(control: httpx.Client, call: str, change: Json, error: str) -> None:
    """A change of an unknown object, or to an invalid value, is refused with the reason."""
    response = control.post(f"/clickhouse/{call}", json=change)
    assert response.status_code == 400
    assert error in response.json()["error"]


def test_contradictions() -> None:
    """A world with an unknown role or a duplicate registration is refused with the paths."""
    world = demo()
    world["clickhouse"]["keys"][0]["role"] = ["Admin", "Unknown"]
    world["clickhouse"]["organization"]["privateEndpoints"] = [REFERENCE, {**REFERENCE, "region": "eastus2"}]
    with pytest.raises(WorldError) as refused:
        parse_world(world)
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "clickhouse.keys[0].role",
        "clickhouse.organization.privateEndpoints[0].id",
        "clickhouse.organization.privateEndpoints[1].id",
    ]

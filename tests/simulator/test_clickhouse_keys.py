"""What an API key of the simulated ClickHouse Cloud may do, and when it is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from simulator.client import RunningSimulator
from simulator.worldfile import WorldError, demo, parse_world
from tests.simulator.conftest import ANALYTICS, KEY, ORGANIZATION, REPORTING, Json

GUID = "4c8ad43e-195c-4673-9cc0-e26969210f4f"
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
def console(sim: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sim.url, auth=KEY, trust_env=False) as client:
        yield client


def granted(client: httpx.Client) -> set[str]:
    """The calls that are not refused for want of a permission."""
    answers = {name: client.request(verb, path, json=body) for name, (verb, path, body) in CALLS.items()}
    assert {answer.status_code for answer in answers.values()} <= {200, 403}
    return {name for name, answer in answers.items() if answer.is_success}


@pytest.mark.parametrize(
    ("role", "may"),
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
    sim: RunningSimulator, console: httpx.Client, role: str | list[str], may: set[str]
) -> None:
    """A key may do what its predefined roles permit together, and is refused all else with 403."""
    sim.key("demo-key", role=role)
    assert granted(console) == may


@pytest.mark.parametrize(
    ("permission", "may"),
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
def test_permissions(sim: RunningSimulator, console: httpx.Client, permission: str, may: set[str]) -> None:
    """Each permission of a custom role permits its own operation."""
    sim.role("Network team", permission)
    sim.key("demo-key", role="network team")
    assert granted(console) == may


def test_refusal_names_the_permission(sim: RunningSimulator, console: httpx.Client) -> None:
    """A refusal names the permission that is missing."""
    sim.key("demo-key", role="Service API admin")
    assert "organization:manage" in console.patch(ORGANIZATION, json={}).json()["error"]


def test_role_of_some_services(sim: RunningSimulator, console: httpx.Client) -> None:
    """Services that no role of the key covers are left out of the list, and are answered 404."""
    sim.role("One service", "service:view", services=[ANALYTICS.rpartition("/")[2]])
    sim.key("demo-key", role="One service")
    listed = console.get(f"{ORGANIZATION}/services").raise_for_status().json()["result"]
    assert [one["name"] for one in listed] == ["analytics"]
    assert console.get(ANALYTICS).is_success
    assert console.get(REPORTING).status_code == 404


def test_list_without_permission(sim: RunningSimulator, console: httpx.Client) -> None:
    """Without the permission to view services their list is empty, and no error."""
    sim.key("demo-key", role="Org API reader")
    assert console.get(f"{ORGANIZATION}/services").raise_for_status().json()["result"] == []


def test_roles_in_the_list_of_keys(sim: RunningSimulator, console: httpx.Client) -> None:
    """A key is listed with its roles and their kind; of those of old only where it has one."""
    sim.role("Keys", "organization:view-api-keys")
    sim.key("demo-key", role=["Keys", "developer"], name="automation")
    (key,) = console.get(f"{ORGANIZATION}/keys").json()["result"]
    assert (key["name"], key["roles"]) == ("automation", ["developer"])
    told = [(one["roleName"], one["roleType"]) for one in key["assignedRoles"]]
    assert told == [("Keys", "custom"), ("Developer", "system")]
    assert console.get(f"{ORGANIZATION}/keys/{key['id']}").json()["result"] == key
    assert console.get(f"{ORGANIZATION}/keys/{GUID}").status_code == 404
    assert console.get(f"{ORGANIZATION}/keys/{key['id']}/more").status_code == 404


def test_whoami(sim: RunningSimulator, console: httpx.Client) -> None:
    """Whatever its role, a key may ask who it is: by the id of the list of keys, its name and organization."""
    listed = console.get(f"{ORGANIZATION}/keys").json()["result"][0]
    sim.key("demo-key", role="Basic service API reader")
    assert console.get("/v1/whoami").raise_for_status().json()["result"] == {
        "actorType": "apiKey",
        "keyId": listed["id"],
        "name": "demo-key",
        "organizationId": ORGANIZATION.rpartition("/")[2],
    }


def test_no_whoami(sim: RunningSimulator, console: httpx.Client) -> None:
    """The operation is a beta, and can be taken away."""
    sim.switches(hideWhoami=True)
    assert console.get("/v1/whoami").status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "why"),
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
    sim: RunningSimulator, console: httpx.Client, change: Json, status: int, why: str | None
) -> None:
    """A key is refused when it is disabled, has expired, or its IP access list does not have the caller."""
    sim.key("demo-key", **change)
    answer = console.get("/v1/whoami")
    assert answer.status_code == status
    assert why is None or why in answer.json()["error"]


@pytest.mark.parametrize(
    ("call", "change", "fault"),
    [
        ("key", {"id": "nobody"}, "no API key nobody"),
        ("key", {"id": "demo-key", "role": "King"}, "no role King"),
        ("key", {"id": "demo-key", "ipAccessList": [{"source": "x"}]}, "ipAccessList[0].source"),
        ("service", {"service": "nothing"}, "no service nothing"),
        ("service", {"service": "analytics", "configStatus": 500}, "configStatus"),
        ("role", {"name": "x", "permissions": ["all"]}, "permissions[0]"),
    ],
)
def test_impossible_changes(control: httpx.Client, call: str, change: Json, fault: str) -> None:
    """A change of what is not there, or to what cannot be, is refused by name."""
    answer = control.post(f"/clickhouse/{call}", json=change)
    assert answer.status_code == 400
    assert fault in answer.json()["error"]


def test_contradictions() -> None:
    """A world with an unknown role, or with an id that is registered twice, is refused by path."""
    world = demo()
    world["clickhouse"]["keys"][0]["role"] = ["Admin", "King"]
    world["clickhouse"]["organization"]["privateEndpoints"] = [REFERENCE, {**REFERENCE, "region": "eastus2"}]
    with pytest.raises(WorldError) as refused:
        parse_world(world)
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "clickhouse.keys[0].role",
        "clickhouse.organization.privateEndpoints[0].id",
        "clickhouse.organization.privateEndpoints[1].id",
    ]

"""The simulated ClickHouse Cloud API."""

import httpx
import pytest

from simulator.client import RunningSimulator
from tests.simulator.conftest import ANALYTICS, ORGANIZATION, REPORTING, Json, register

LEGACY = f"{ORGANIZATION}/services/33333333-3333-4333-8333-333333333334"
GUID = "4c8ad43e-195c-4673-9cc0-e26969210f4f"
OTHER = "9d1c3c35-9a7e-4d5c-8f0f-7f4b8f0f2a11"


def reference(endpoint: str = GUID, region: str = "westus3", **more: str) -> Json:
    return {"id": endpoint, "cloudProvider": "azure", "region": region, **more}


def registrations(cloud: httpx.Client) -> list[str]:
    return [one["id"] for one in cloud.get(ORGANIZATION).json()["result"]["privateEndpoints"]]


def allow_list(cloud: httpx.Client, service: str = ANALYTICS) -> list[str]:
    ids: list[str] = cloud.get(service).json()["result"]["privateEndpointIds"]
    return ids


def change_organization(cloud: httpx.Client, **patch: list[Json]) -> int:
    return cloud.patch(ORGANIZATION, json={"privateEndpoints": patch}).status_code


def change_service(cloud: httpx.Client, service: str = ANALYTICS, **patch: list[str]) -> int:
    return cloud.patch(service, json={"privateEndpointIds": patch}).status_code


@pytest.mark.parametrize("auth", [None, ("demo-key", "wrong"), ("wrong", "demo-secret")])
def test_unauthenticated(sim: RunningSimulator, auth: tuple[str, str] | None) -> None:
    """Without a known key and secret the answer is 401, in the envelope."""
    response = httpx.get(f"{sim.url}{ORGANIZATION}", auth=auth, trust_env=False)
    assert response.status_code == 401
    assert set(response.json()) == {"status", "error", "requestId"}


def test_unreadable_credentials(sim: RunningSimulator) -> None:
    """Credentials that are no Basic credentials are answered 401."""
    for value in ("Basic %%%", "Basic /w==", "Bearer abc"):
        headers = {"Authorization": value}
        assert httpx.get(f"{sim.url}{ORGANIZATION}", headers=headers, trust_env=False).status_code == 401


def test_add_through_the_organization(cloud: httpx.Client) -> None:
    """A registration is kept as it was given, and is then available to the services of its region."""
    assert change_organization(cloud, add=[reference(description="mine")]) == 200
    assert cloud.get(ORGANIZATION).json()["result"]["privateEndpoints"] == [reference(description="mine")]
    assert cloud.get(ANALYTICS).json()["result"]["availablePrivateEndpointIds"] == [GUID]
    assert cloud.get(LEGACY).json()["result"]["availablePrivateEndpointIds"] == []
    assert change_service(cloud, add=[GUID]) == 200
    assert allow_list(cloud) == [GUID]
    assert cloud.get(ANALYTICS).json()["result"]["availablePrivateEndpointIds"] == []


def test_create_private_endpoint(cloud: httpx.Client) -> None:
    """One call registers with the organization, in the service's region, and with the service."""
    response = register(cloud, GUID, description="mine")
    assert response.json()["result"] == reference(description="mine")
    assert registrations(cloud) == [GUID]
    assert allow_list(cloud) == [GUID]
    assert allow_list(cloud, REPORTING) == []


def test_remove_before_add(cloud: httpx.Client) -> None:
    """In one PATCH `remove` is carried out before `add`, so both may name the same id."""
    register(cloud, GUID)
    assert change_service(cloud, add=[GUID], remove=[GUID]) == 200
    assert allow_list(cloud) == [GUID]
    assert change_service(cloud, remove=[GUID]) == 200
    assert change_organization(cloud, add=[reference()], remove=[reference()]) == 200
    assert registrations(cloud) == [GUID]


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"add": [GUID]}, "already attached"),
        ({"add": [OTHER, OTHER]}, "already attached"),
        ({"remove": [GUID], "add": [OTHER, OTHER]}, "already attached"),
        ({"append": [GUID]}, "privateEndpointIds.append"),
        ({"add": GUID}, "privateEndpointIds.add"),
    ],
)
def test_refused_service_patch(cloud: httpx.Client, patch: Json, why: str) -> None:
    """A PATCH of a service of which any part cannot be done is refused and changes nothing."""
    register(cloud, GUID)
    change_organization(cloud, add=[reference(OTHER)])
    response = cloud.patch(ANALYTICS, json={"privateEndpointIds": patch})
    assert response.status_code == 400
    assert why in response.json()["error"]
    assert allow_list(cloud) == [GUID]


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"add": [reference()]}, "already registered"),
        ({"add": [reference(region="eastus2")]}, "already registered"),
        ({"remove": [reference(OTHER)]}, "not registered"),
        ({"remove": [reference(region="eastus2")]}, "not registered"),
        ({"remove": [reference()]}, "in use by service"),
        ({"add": [reference(OTHER, region="mars")]}, "privateEndpoints.add[0].region"),
        ({"add": [{"id": OTHER}]}, "privateEndpoints.add[0].cloudProvider"),
        ({"add": [reference(OTHER), reference(OTHER)]}, "already registered"),
    ],
)
def test_refused_organization_patch(cloud: httpx.Client, patch: Json, why: str) -> None:
    """A PATCH of the organization of which any part cannot be done is refused and changes nothing."""
    register(cloud, GUID)
    response = cloud.patch(ORGANIZATION, json={"privateEndpoints": patch})
    assert response.status_code == 400
    assert why in response.json()["error"]
    assert registrations(cloud) == [GUID]


def test_create_twice(cloud: httpx.Client) -> None:
    """An endpoint that is registered already cannot be created again."""
    register(cloud, GUID)
    assert register(cloud, GUID).status_code == 400
    assert register(cloud, GUID, REPORTING).status_code == 400
    assert allow_list(cloud, REPORTING) == []


def test_other_region(cloud: httpx.Client) -> None:
    """A registration is unique by its id: a service of another region lets the id in without another one."""
    register(cloud, GUID)
    assert change_service(cloud, LEGACY, add=[GUID]) == 200
    assert registrations(cloud) == [GUID]


def test_unregistered(cloud: httpx.Client) -> None:
    """A service lets an unregistered id in, which registers it in the service's region without a description."""
    assert change_service(cloud, add=[GUID]) == 200
    assert cloud.get(ORGANIZATION).json()["result"]["privateEndpoints"] == [reference()]


def test_absent_entry(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """Taking an id that is absent off a service succeeds silently, unless a switch refuses it."""
    assert change_service(cloud, remove=[GUID]) == 200
    sim.switches(refuseAbsentEntry=True)
    assert change_service(cloud, remove=[GUID]) == 400


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("keep", {"description": "0123456789"}), ("truncate:4", {"description": "0123"}), ("drop", {})],
)
def test_description_switch(sim: RunningSimulator, cloud: httpx.Client, rule: str, expected: Json) -> None:
    """The API keeps, shortens or drops descriptions, as it is told to."""
    sim.switches(description=rule)
    assert register(cloud, GUID, description="0123456789").json()["result"] == reference() | expected
    assert cloud.get(ORGANIZATION).json()["result"]["privateEndpoints"] == [reference() | expected]


def test_refuse_organization_add(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """The deprecated `add` can be switched off; `remove` stays."""
    change_organization(cloud, add=[reference()])
    sim.switches(refuseOrganizationAdd=True)
    assert change_organization(cloud, add=[reference(OTHER)]) == 400
    assert change_organization(cloud, remove=[reference()]) == 200


def test_tolerate_absent_registration(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """Removing a registration that is absent can be made a success."""
    assert change_organization(cloud, remove=[reference()]) == 400
    sim.switches(tolerateAbsentRegistration=True)
    assert change_organization(cloud, remove=[reference()]) == 200


def test_require_registration(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """The API can be made to refuse an unregistered id, and then changes nothing."""
    sim.switches(requireRegistration=True)
    assert change_service(cloud, add=[GUID]) == 400
    assert (registrations(cloud), allow_list(cloud)) == ([], [])


def test_switches_are_independent(sim: RunningSimulator) -> None:
    """Changing one switch leaves the others."""
    sim.switches(refuseIdle=True)
    assert sim.switches(description="drop")["refuseIdle"] is True


@pytest.mark.parametrize("status", [400, 403, 404])
def test_service_without_private_link(sim: RunningSimulator, cloud: httpx.Client, status: int) -> None:
    """A service without Private Link refuses its configuration only; it is listed as any other."""
    sim.service("analytics", configStatus=status)
    assert cloud.get(f"{ANALYTICS}/privateEndpointConfig").status_code == status
    assert cloud.get(f"{REPORTING}/privateEndpointConfig").is_success
    assert cloud.get(ANALYTICS).is_success
    assert len(cloud.get(f"{ORGANIZATION}/services").json()["result"]) == 5


def test_idle_service(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """A service that is idle can be made to answer 424 to all but its reads, until it runs."""
    sim.switches(refuseIdle=True)
    sim.service("analytics", state="idle")
    assert cloud.get(f"{ANALYTICS}/privateEndpointConfig").status_code == 424
    assert change_service(cloud, add=[GUID]) == 424
    assert register(cloud, GUID).status_code == 424
    assert cloud.get(ANALYTICS).is_success
    assert registrations(cloud) == []
    sim.service("analytics", state="running")
    assert change_service(cloud, add=[GUID]) == 200


def test_malformed_service(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """One service can be told without what every service has."""
    sim.service("legacy", omits=["privateEndpointIds"])
    listed = {one["name"]: one for one in cloud.get(f"{ORGANIZATION}/services").json()["result"]}
    assert [name for name, one in listed.items() if "privateEndpointIds" not in one] == ["legacy"]
    assert "privateEndpointIds" not in cloud.get(LEGACY).json()["result"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([], ["analytics", "reporting", "sandbox", "legacy", "own-account"]),
        (["tag:env=prod"], ["analytics", "reporting", "legacy"]),
        (["tag:env"], ["analytics", "reporting", "sandbox", "legacy", "own-account"]),
        (["tag:env=prod", "tag:team"], []),
        (["tag:ENV=prod"], []),
    ],
)
def test_filter(cloud: httpx.Client, filters: list[str], names: list[str]) -> None:
    """Services are filtered by tag on the server; every filter must hold."""
    listed = cloud.get(f"{ORGANIZATION}/services", params={"filter": filters}).json()["result"]
    assert [service["name"] for service in listed] == names


def test_service_fields(cloud: httpx.Client) -> None:
    """Name, tags and IP access of a service can be changed."""
    patch = {
        "name": "renamed",
        "tags": {"remove": [{"key": "env"}], "add": [{"key": "team", "value": "data"}]},
        "ipAccessList": {"add": [{"source": "10.0.0.0/8", "description": "inside"}]},
    }
    service = cloud.patch(ANALYTICS, json=patch).json()["result"]
    assert service["name"] == "renamed"
    assert service["tags"] == [{"key": "team", "value": "data"}]
    assert service["ipAccessList"] == [{"source": "10.0.0.0/8", "description": "inside"}]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/organizations/22222222-2222-4222-8222-222222222229", 404),
        ("GET", f"{ORGANIZATION}/services/22222222-2222-4222-8222-222222222229", 404),
        ("GET", "/v1/organizations/not-a-uuid", 400),
        ("GET", f"{ORGANIZATION}/services/not-a-uuid", 400),
        ("GET", f"{ORGANIZATION}/nothing", 404),
        ("DELETE", ANALYTICS, 404),
        ("GET", f"{ORGANIZATION}/services?filter=name:x", 400),
        ("GET", f"{ORGANIZATION}/privateEndpointConfig", 400),
        ("GET", f"{ORGANIZATION}/privateEndpointConfig?cloud_provider=gcp&region_id=us-east1", 400),
        ("PATCH", ORGANIZATION, 200),
        ("PATCH", ANALYTICS, 200),
        ("POST", f"{ANALYTICS}/privateEndpoint", 400),
        ("POST", "/v1/organizations", 404),
    ],
)
def test_statuses(cloud: httpx.Client, method: str, path: str, status: int) -> None:
    """What is unknown is 404, what is malformed is 400, and an empty patch is fine."""
    assert cloud.request(method, path).status_code == status


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"unknown": 1}'])
def test_malformed_body(cloud: httpx.Client, body: str) -> None:
    """A body that is no JSON object, or has unknown keys, is refused with 400."""
    assert cloud.patch(ORGANIZATION, content=body).status_code == 400
    assert cloud.patch(ANALYTICS, content=body).status_code == 400


def test_private_endpoint_config(cloud: httpx.Client) -> None:
    """A service's configuration names the alias and the private host, a region's the alias."""
    config = cloud.get(f"{ANALYTICS}/privateEndpointConfig").json()["result"]
    assert config["privateDnsHostname"].endswith(".westus3.privatelink.azure.clickhouse.cloud")
    assert config["endpointServiceId"].endswith(".azure.privatelinkservice")
    query = {"cloud_provider": "azure", "region_id": "westus3"}
    region = cloud.get(f"{ORGANIZATION}/privateEndpointConfig", params=query).json()["result"]
    assert region == {"endpointServiceId": config["endpointServiceId"]}


def test_rate_limit(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """Beyond the limit the answer is 429 in the envelope, with the whole seconds to wait."""
    sim.switches(rateLimit="2/60")
    assert [cloud.get(ORGANIZATION).status_code for _ in range(4)] == [200, 200, 429, 429]
    refused = cloud.get(ORGANIZATION)
    assert 1 <= int(refused.headers["x-ratelimit-reset"]) <= 60
    assert refused.json()["status"] == 429
    sim.switches(rateLimit="off")
    assert cloud.get(ORGANIZATION).is_success

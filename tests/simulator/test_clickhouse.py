"""The simulated ClickHouse Cloud API."""

import httpx
import pytest

from simulator.client import RunningSimulator
from tests.simulator.conftest import ANALYTICS, GUID, ORGANIZATION, REPORTING, Json, register

LEGACY = f"{ORGANIZATION}/services/33333333-3333-4333-8333-333333333334"
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
    """A request without a valid key and secret returns 401 in the error envelope."""
    response = httpx.get(f"{sim.url}{ORGANIZATION}", auth=auth, trust_env=False)
    assert response.status_code == 401
    assert set(response.json()) == {"status", "error", "requestId"}


def test_unreadable_credentials(sim: RunningSimulator) -> None:
    """Malformed or non-Basic credentials return 401."""
    for value in ("Basic %%%", "Basic /w==", "Bearer abc"):
        headers = {"Authorization": value}
        assert httpx.get(f"{sim.url}{ORGANIZATION}", headers=headers, trust_env=False).status_code == 401


def test_add_through_the_organization(cloud: httpx.Client) -> None:
    """A registration is stored unchanged and available to the services of its region."""
    assert change_organization(cloud, add=[reference(description="mine")]) == 200
    assert cloud.get(ORGANIZATION).json()["result"]["privateEndpoints"] == [reference(description="mine")]
    assert cloud.get(ANALYTICS).json()["result"]["availablePrivateEndpointIds"] == [GUID]
    assert cloud.get(LEGACY).json()["result"]["availablePrivateEndpointIds"] == []
    assert change_service(cloud, add=[GUID]) == 200
    assert allow_list(cloud) == [GUID]
    assert cloud.get(ANALYTICS).json()["result"]["availablePrivateEndpointIds"] == []


def test_create_private_endpoint(cloud: httpx.Client) -> None:
    """POST privateEndpoint registers the id in the service's region and adds it to the service's allow list."""
    response = register(cloud, GUID, description="mine")
    assert response.json()["result"] == reference(description="mine")
    assert registrations(cloud) == [GUID]
    assert allow_list(cloud) == [GUID]
    assert allow_list(cloud, REPORTING) == []


def test_remove_before_add(cloud: httpx.Client) -> None:
    """A PATCH applies `remove` before `add`, so both can contain the same id."""
    register(cloud, GUID)
    assert change_service(cloud, add=[GUID], remove=[GUID]) == 200
    assert allow_list(cloud) == [GUID]
    assert change_service(cloud, remove=[GUID]) == 200
    assert change_organization(cloud, add=[reference()], remove=[reference()]) == 200
    assert registrations(cloud) == [GUID]


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"add": [GUID]}, "already attached"),
        ({"add": [OTHER, OTHER]}, "already attached"),
        ({"remove": [GUID], "add": [OTHER, OTHER]}, "already attached"),
        ({"append": [GUID]}, "privateEndpointIds.append"),
        ({"add": GUID}, "privateEndpointIds.add"),
    ],
)
def test_refused_service_patch(cloud: httpx.Client, patch: Json, reason: str) -> None:
    """A PATCH of a service with one invalid part is refused without any change."""
    register(cloud, GUID)
    change_organization(cloud, add=[reference(OTHER)])
    response = cloud.patch(ANALYTICS, json={"privateEndpointIds": patch})
    assert response.status_code == 400
    assert reason in response.json()["error"]
    assert allow_list(cloud) == [GUID]


@pytest.mark.parametrize(
    ("patch", "reason"),
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
def test_refused_organization_patch(cloud: httpx.Client, patch: Json, reason: str) -> None:
    """A PATCH of the organization with one invalid part is refused without any change."""
    register(cloud, GUID)
    response = cloud.patch(ORGANIZATION, json={"privateEndpoints": patch})
    assert response.status_code == 400
    assert reason in response.json()["error"]
    assert registrations(cloud) == [GUID]


def test_create_twice(cloud: httpx.Client) -> None:
    """Creating a private endpoint that is already registered returns 400."""
    register(cloud, GUID)
    assert register(cloud, GUID).status_code == 400
    assert register(cloud, GUID, REPORTING).status_code == 400
    assert allow_list(cloud, REPORTING) == []


def test_other_region(cloud: httpx.Client) -> None:
    """A registration is unique by id: a service of another region can allow the id without a second registration."""
    register(cloud, GUID)
    assert change_service(cloud, LEGACY, add=[GUID]) == 200
    assert registrations(cloud) == [GUID]


def test_unregistered(cloud: httpx.Client) -> None:
    """Allowing an unregistered id registers it in the service's region, without a description."""
    assert change_service(cloud, add=[GUID]) == 200
    assert cloud.get(ORGANIZATION).json()["result"]["privateEndpoints"] == [reference()]


def test_absent_entry(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """Removing an absent id from a service succeeds; with `refuseAbsentEntry` it returns 400."""
    assert change_service(cloud, remove=[GUID]) == 200
    sim.switches(refuseAbsentEntry=True)
    assert change_service(cloud, remove=[GUID]) == 400


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("keep", {"description": "0123456789"}), ("truncate:4", {"description": "0123"}), ("drop", {})],
)
def test_description_switch(sim: RunningSimulator, cloud: httpx.Client, rule: str, expected: Json) -> None:
    """The `description` switch keeps, truncates or drops descriptions."""
    sim.switches(description=rule)
    assert register(cloud, GUID, description="0123456789").json()["result"] == reference() | expected
    assert cloud.get(ORGANIZATION).json()["result"]["privateEndpoints"] == [reference() | expected]


def test_refuse_organization_add(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """`refuseOrganizationAdd` refuses `privateEndpoints.add`, but not `remove`."""
    change_organization(cloud, add=[reference()])
    sim.switches(refuseOrganizationAdd=True)
    assert change_organization(cloud, add=[reference(OTHER)]) == 400
    assert change_organization(cloud, remove=[reference()]) == 200


def test_tolerate_absent_registration(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """With `tolerateAbsentRegistration`, removing an absent registration succeeds."""
    assert change_organization(cloud, remove=[reference()]) == 400
    sim.switches(tolerateAbsentRegistration=True)
    assert change_organization(cloud, remove=[reference()]) == 200


def test_require_registration(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """With `requireRegistration`, allowing an unregistered id is refused without any change."""
    sim.switches(requireRegistration=True)
    assert change_service(cloud, add=[GUID]) == 400
    assert (registrations(cloud), allow_list(cloud)) == ([], [])


def test_switches_are_independent(sim: RunningSimulator) -> None:
    """Changing one switch does not change the others."""
    sim.switches(refuseIdle=True)
    assert sim.switches(description="drop")["refuseIdle"] is True


@pytest.mark.parametrize("status", [400, 403, 404])
def test_service_without_private_link(sim: RunningSimulator, cloud: httpx.Client, status: int) -> None:
    """A service without Private Link returns an error only for its configuration."""
    sim.service("analytics", configStatus=status)
    assert cloud.get(f"{ANALYTICS}/privateEndpointConfig").status_code == status
    assert cloud.get(f"{REPORTING}/privateEndpointConfig").is_success
    assert cloud.get(ANALYTICS).is_success
    assert len(cloud.get(f"{ORGANIZATION}/services").json()["result"]) == 5


def test_idle_service(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """With `refuseIdle`, an idle service returns 424 for all calls except its reads."""
    sim.switches(refuseIdle=True)
    sim.service("analytics", state="idle")
    assert cloud.get(f"{ANALYTICS}/privateEndpointConfig").status_code == 424
    assert change_service(cloud, add=[GUID]) == 424
    assert register(cloud, GUID).status_code == 424
    assert cloud.get(ANALYTICS).is_success
    assert registrations(cloud) == []
    sim.service("analytics", state="running")
    assert change_service(cloud, add=[GUID]) == 200


def test_omitted_keys(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """`omits` removes keys from one service."""
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
    """The service list is filtered by tag; all filters must match."""
    listed = cloud.get(f"{ORGANIZATION}/services", params={"filter": filters}).json()["result"]
    assert [service["name"] for service in listed] == names


def test_service_fields(cloud: httpx.Client) -> None:
    """Name, tags and IP access list of a service can be changed."""
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
    """Unknown resources return 404, malformed requests 400, and an empty PATCH 200."""
    assert cloud.request(method, path).status_code == status


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"unknown": 1}'])
def test_malformed_body(cloud: httpx.Client, body: str) -> None:
    """A body that is not a JSON object, or has unknown keys, returns 400."""
    assert cloud.patch(ORGANIZATION, content=body).status_code == 400
    assert cloud.patch(ANALYTICS, content=body).status_code == 400


def test_private_endpoint_config(cloud: httpx.Client) -> None:
    """The configuration of a service has the alias and the private host name, that of a region the alias."""
    config = cloud.get(f"{ANALYTICS}/privateEndpointConfig").json()["result"]
    assert config["privateDnsHostname"].endswith(".westus3.privatelink.azure.clickhouse.cloud")
    assert config["endpointServiceId"].endswith(".azure.privatelinkservice")
    query = {"cloud_provider": "azure", "region_id": "westus3"}
    region = cloud.get(f"{ORGANIZATION}/privateEndpointConfig", params=query).json()["result"]
    assert region == {"endpointServiceId": config["endpointServiceId"]}


def test_rate_limit(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """Requests over the limit return 429 in the error envelope, with the seconds to wait."""
    sim.switches(rateLimit="2/60")
    assert [cloud.get(ORGANIZATION).status_code for _ in range(4)] == [200, 200, 429, 429]
    refused = cloud.get(ORGANIZATION)
    assert 1 <= int(refused.headers["x-ratelimit-reset"]) <= 60
    assert refused.json()["status"] == 429
    sim.switches(rateLimit="off")
    assert cloud.get(ORGANIZATION).is_success

"""Checks responses of the simulated ClickHouse Cloud against the official OpenAPI file."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from simulator.client import RunningSimulator
from tests.simulator.conftest import ANALYTICS, GUID, ORGANIZATION, Json
from tests.support.paths import ROOT

FILE = Path(os.environ.get("CLICKHOUSE_OPENAPI", ROOT / "../shared/contracts/clickhouse_cloud_openapi.json"))
URI = "urn:clickhouse-cloud"
SERVICE_PATH = "/v1/organizations/{organizationId}/services/{serviceId}"
ORGANIZATION_PATH = "/v1/organizations/{organizationId}"
REGION = "cloud_provider=azure&region_id=westus3"

pytestmark = pytest.mark.skipif(
    not FILE.exists(),
    reason="no OpenAPI file: download https://api.clickhouse.cloud/v1 and set CLICKHOUSE_OPENAPI to the file",
)


class Contract:
    """The response schemas of the OpenAPI file."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._registry: Registry[Any] = Registry().with_resource(URI, DRAFT202012.create_resource(document))

    def violations(self, template: str, method: str, response: httpx.Response) -> list[str]:
        """Return all schema violations of a response. A status that the file does not list is checked as 400."""
        declared = self._document["paths"][template][method.lower()]["responses"]
        status = str(response.status_code) if str(response.status_code) in declared else "400"
        path = f"{template.replace('~', '~0').replace('/', '~1')}/{method.lower()}/responses/{status}"
        schema = {"$ref": f"{URI}#/paths/{path}/content/application~1json/schema"}
        validator = Draft202012Validator(
            schema, registry=self._registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(response.json())]
        return errors + list(
            self._undeclared(declared[status]["content"]["application/json"]["schema"], response.json())
        )

    def _undeclared(self, schema: Json, value: Any, path: str = "$") -> Iterator[str]:
        """Yield undeclared keys, which JSON Schema accepts."""
        schema = self._resolved(schema)
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._undeclared(schema.get("items", {}), item, f"{path}[{index}]")
        elif isinstance(value, dict):
            for name, item in value.items():
                if name not in schema.get("properties", {}):
                    yield f"{path}.{name}: not declared"
                else:
                    yield from self._undeclared(schema["properties"][name], item, f"{path}.{name}")

    def _resolved(self, schema: Json) -> Json:
        name = schema.get("$ref", "").rpartition("/")[2]
        resolved: Json = self._document["components"]["schemas"][name] if name else schema
        return resolved


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(json.loads(FILE.read_text(encoding="utf-8")))


class Call(NamedTuple):
    """A request, its path in the file, and the expected status."""

    method: str
    template: str
    path: str
    status: int = 200
    body: Json | None = None


@pytest.mark.parametrize(
    "call",
    [
        Call("GET", "/v1/organizations", "/v1/organizations"),
        Call("GET", ORGANIZATION_PATH, ORGANIZATION),
        Call("GET", ORGANIZATION_PATH, "/v1/organizations/22222222-2222-4222-8222-222222222229", 404),
        Call("PATCH", ORGANIZATION_PATH, ORGANIZATION, 200, {"name": "New"}),
        Call("PATCH", ORGANIZATION_PATH, ORGANIZATION, 400, {"name": 1}),
        Call("GET", f"{ORGANIZATION_PATH}/services", f"{ORGANIZATION}/services"),
        Call(
            "GET",
            f"{ORGANIZATION_PATH}/privateEndpointConfig",
            f"{ORGANIZATION}/privateEndpointConfig?{REGION}",
        ),
        Call("GET", f"{ORGANIZATION_PATH}/keys", f"{ORGANIZATION}/keys"),
        Call("GET", SERVICE_PATH, ANALYTICS),
        Call("PATCH", SERVICE_PATH, ANALYTICS, 200, {"privateEndpointIds": {"remove": [GUID]}}),
        Call("PATCH", SERVICE_PATH, ANALYTICS, 400, {"privateEndpointIds": {"add": [GUID]}}),
        Call("GET", f"{SERVICE_PATH}/privateEndpointConfig", f"{ANALYTICS}/privateEndpointConfig"),
        Call("POST", f"{SERVICE_PATH}/privateEndpoint", f"{ANALYTICS}/privateEndpoint", 200, {"id": "new"}),
    ],
)
def test_responses(contract: Contract, cloud: httpx.Client, call: Call) -> None:
    """Responses match the official schema and have no undeclared keys."""
    cloud.post(f"{ANALYTICS}/privateEndpoint", json={"id": GUID, "description": "x"}).raise_for_status()
    response = cloud.request(call.method, call.path, json=call.body)
    assert response.status_code == call.status
    assert contract.violations(call.template, call.method, response) == []


def test_errors(sim: RunningSimulator, contract: Contract, cloud: httpx.Client) -> None:
    """Errors with statuses that the file does not list have its error envelope."""
    config = f"{SERVICE_PATH}/privateEndpointConfig", "GET", f"{ANALYTICS}/privateEndpointConfig"
    sim.service("analytics", configStatus=403)
    assert contract.violations(*config[:2], cloud.get(config[2])) == []
    sim.switches(refuseIdle=True)
    sim.service("analytics", state="idle")
    assert contract.violations(*config[:2], cloud.get(config[2])) == []
    cloud.auth = httpx.BasicAuth("demo-key", "wrong")
    assert contract.violations(ORGANIZATION_PATH, "GET", cloud.get(ORGANIZATION)) == []


def test_custom_roles(sim: RunningSimulator, contract: Contract, cloud: httpx.Client) -> None:
    """A key with custom roles matches the official schema."""
    sim.role("Keys", "organization:view-api-keys")
    sim.key("demo-key", role=["Keys", "Service API admin"], expireAt="2099-01-01T00:00:00Z")
    listed = cloud.get(f"{ORGANIZATION}/keys")
    assert contract.violations(f"{ORGANIZATION_PATH}/keys", "GET", listed) == []
    one = cloud.get(f"{ORGANIZATION}/keys/{listed.json()['result'][0]['id']}")
    assert contract.violations(f"{ORGANIZATION_PATH}/keys/{{keyId}}", "GET", one) == []


def test_violations_are_detected(contract: Contract) -> None:
    """The check detects a wrong type and an unknown key."""
    request = httpx.Request("GET", "http://x")
    result = {"id": 1, "undeclared": True}
    wrong = httpx.Response(200, json={"status": 200, "requestId": GUID, "result": result}, request=request)
    assert len(contract.violations(ORGANIZATION_PATH, "GET", wrong)) == 2

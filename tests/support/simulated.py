"""Helpers for tests of the product against the simulator."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx

from shared.bootstrap import Runtime
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.results.pass_report import Report
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import Settings
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.real_clients import answering, http_answer

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ENDPOINT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network/providers/Microsoft.Network/privateEndpoints/pe-app"
)
SUBNET = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network"
    "/providers/Microsoft.Network/virtualNetworks/vnet-app/subnets/default"
)
ALIAS = demo()["clickhouse"]["services"][0]["privateLinkService"]
SECONDS = 20.0


def environment(url: str, **more: str) -> dict[str, str]:
    """The settings for the demo world, as an environment."""
    return {
        "CLICKHOUSE_ORG_ID": demo()["clickhouse"]["organization"]["id"],
        "CLICKHOUSE_CLOUD_API_KEY": "demo-key",
        "CLICKHOUSE_CLOUD_API_SECRET": "demo-secret",
        "CLICKHOUSE_API_URL": url,
        "CLICKHOUSE_RATE_LIMIT": "1000/1",
        "AZURE_RESOURCE_MANAGER_URL": url,
        "OWNER_ID": "demo",
        "ENDPOINT_SCOPES": f"/subscriptions/{SUBSCRIPTION}",
        "AUDIT_SCHEDULE": "0 0 0 1 1 *",
        **more,
    }


def settings(url: str, **more: str) -> Settings:
    """The settings for the demo world, without touching this process's environment."""
    given: dict[str, Any] = {name.lower(): value for name, value in environment(url, **more).items()}
    return Settings(**given)


@asynccontextmanager
async def started_runtime(url: str, **more: str) -> AsyncIterator[Runtime]:
    """The runtime of a new process; closed afterwards."""
    runtime = Runtime(settings(url, **more))
    try:
        yield runtime
    finally:
        await runtime.close()


@contextmanager
def webhook() -> Iterator[str]:
    """A webhook in place of the function app that accepts every event."""
    with answering(http_answer(200, b"", headers=b"WebHook-Allowed-Origin: *\r\n")) as raw:
        yield f"{raw.url}/runtime/webhooks/eventgrid?functionName=endpoint_changed&code=event-key"


def subscribe(sim: RunningSimulator, endpoint: str) -> None:
    """Create the event subscription of a deployment."""
    types = ["Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Resources.ResourceDeleteSuccess"]
    schema = "CloudEventSchemaV1_0"
    sim.subscribe(name="s", endpoint=endpoint, schema=schema, includedEventTypes=types, retry={"scale": 0})


def named(endpoint: str = ENDPOINT) -> ReconcileRequest:
    return ReconcileRequest(Targets(frozenset({ResourceId.parse(endpoint, Kind.PRIVATE_ENDPOINT)})))


async def one_pass(url: str, endpoint: str = ENDPOINT, **more: str) -> Report:
    """A pass over one endpoint, in a cold process."""
    async with started_runtime(url, **more) as runtime:
        return await runtime.reconcile(named(endpoint), SECONDS)


def put_endpoint(
    sim: RunningSimulator, tags: Mapping[str, str], *, endpoint: str = ENDPOINT, alias: str = ALIAS
) -> dict[str, Any]:
    """Create or update a private endpoint as `az` would; ARM's answer."""
    connection = {"privateLinkServiceId": alias, "requestMessage": "please"}
    body = {
        "location": "westus3",
        "tags": dict(tags),
        "properties": {
            "subnet": {"id": SUBNET},
            "manualPrivateLinkServiceConnections": [{"name": "clickhouse", "properties": connection}],
        },
    }
    return dict(_arm("PUT", sim, endpoint, body).json())


def delete_endpoint(sim: RunningSimulator, endpoint: str = ENDPOINT) -> None:
    _arm("DELETE", sim, endpoint)


def status_of(sim: RunningSimulator, endpoint: str = ENDPOINT) -> str:
    """The connection status of the endpoint in ARM."""
    connections = _arm("GET", sim, endpoint).json()["properties"]["manualPrivateLinkServiceConnections"]
    return str(connections[0]["properties"]["privateLinkServiceConnectionState"]["status"])


def allowed(sim: RunningSimulator) -> dict[str, list[str]]:
    """The allow list of each service by name, without empty ones."""
    services = sim.state()["clickhouse"]["services"]
    return {one["name"]: one["privateEndpointIds"] for one in services if one["privateEndpointIds"]}


def registered(sim: RunningSimulator) -> list[str]:
    return [one["id"] for one in sim.state()["clickhouse"]["organization"]["privateEndpoints"]]


def records(sim: RunningSimulator) -> dict[str, list[str]]:
    """The addresses of the record sets of the demo world's zone, by name."""
    zones = sim.state()["azure"]["privateDnsZones"]
    return {one["name"]: one["addresses"] for one in zones[0]["records"]}


def writes(sim: RunningSimulator) -> list[dict[str, Any]]:
    """The write calls in the log."""
    return [one for one in sim.requests() if one["method"] != "GET"]


def _arm(method: str, sim: RunningSimulator, path: str, body: object = None) -> httpx.Response:
    answer = httpx.request(method, f"{sim.url}{path}", params={"api-version": "2024-05-01"}, json=body)
    answer.raise_for_status()
    return answer

"""Undocumented behavior of Azure's SDKs that the adapters depend on; a change in a new version fails these tests."""

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient
from azure.mgmt.privatedns.models import ARecord, RecordSet, RecordSetProperties

from shared.adapters.azure.clients import ArmClients, Listing, every
from shared.adapters.azure.network import AzureNetwork, list_endpoints, list_interfaces
from shared.adapters.retry import Budget
from shared.domain.model.errors import PermanentError
from shared.domain.model.ids import Scope
from shared.domain.results.pass_report import Calls
from shared.telemetry.log import pass_context
from simulator.client import RunningSimulator
from tests.support.real_clients import PE, SUBSCRIPTION, ZONE, put_endpoint

READER = """
import asyncio, sys
from tests.support.real_clients import NIC, PE, adapters_for

async def main():
    async with adapters_for(sys.argv[1], 60) as adapters:
        print(type(await adapters.network.endpoint(PE)).__name__, "azure.mgmt" in sys.modules)
        await adapters.network.addresses(NIC)
        print("azure.mgmt" in sys.modules)

asyncio.run(main())
"""
DIFFERENT = {"x-ms-client-request-id"}

type Send = Callable[[PrivateDnsManagementClient], Awaitable[Any]]

AT = (ZONE.resource_group, ZONE.name, "A", "*")
UNQUOTED = {"If-Match": "an-etag"}
UNCHANGED = MatchConditions.IfNotModified
CONDITIONS: dict[str, tuple[Send, str | None]] = {
    "an unquoted header, as in the adapters": (lambda dns: put_record(dns, headers=UNQUOTED), "an-etag"),
    "an unquoted header of a delete": (lambda dns: dns.record_sets.delete(*AT, headers=UNQUOTED), "an-etag"),
    "an etag without a match condition": (lambda dns: put_record(dns, etag="an-etag"), None),
    "a match condition": (
        lambda dns: put_record(dns, etag="an-etag", match_condition=UNCHANGED),
        '"an-etag"',
    ),
}


@pytest.fixture
async def clients(sim: RunningSimulator) -> AsyncIterator[ArmClients]:
    async with AioHttpTransport() as transport:
        yield ArmClients(sim.url, None, transport)


async def put_record(dns: PrivateDnsManagementClient, **condition: Any) -> RecordSet:
    properties = RecordSetProperties(ttl=300, a_records=[ARecord(ipv4_address="10.0.1.9")])
    return await dns.record_sets.create_or_update(*AT, RecordSet(properties=properties), **condition)


async def test_one_endpoint(sim: RunningSimulator, clients: ArmClients) -> None:
    """The request for one endpoint equals that of the SDK: path, query with API version, and headers."""
    put_endpoint(sim)
    await AzureNetwork(clients, Budget.of(5)).endpoint(PE)
    await (await clients.network(SUBSCRIPTION)).private_endpoints.get(PE.resource_group, PE.name)
    adapter, sdk = [
        {**one, "headers": {name: value for name, value in one["headers"].items() if name not in DIFFERENT}}
        for one in sim.requests()
    ]
    for part in ("method", "path", "query", "headers"):
        assert adapter[part] == sdk[part]


async def _zones(clients: ArmClients) -> Listing:
    return (await clients.dns(SUBSCRIPTION)).private_zones.list


LISTINGS: dict[str, Callable[[ArmClients], Awaitable[Listing]]] = {
    "endpoints": lambda clients: list_endpoints(clients, Scope(SUBSCRIPTION)),
    "endpoints of a group": lambda clients: list_endpoints(clients, Scope(SUBSCRIPTION, PE.resource_group)),
    "interfaces": lambda clients: list_interfaces(clients, Scope(SUBSCRIPTION)),
    "zones": _zones,
}


@pytest.mark.parametrize("name", LISTINGS)
async def test_lists(sim: RunningSimulator, clients: ArmClients, name: str) -> None:
    """List items are the JSON of the response with the undeclared `resourceGuid`; the SDK sends the requests."""
    for endpoint in ("pe1", "pe2", "pe3"):
        put_endpoint(sim, endpoint)
    sim.page_size(2)
    listing = await LISTINGS[name](clients)
    items = await every(dict, listing)
    requests = [(one["path"], one["query"]) for one in sim.requests()]
    sim.clear_requests()
    models = [model async for model in listing()]
    assert [item["id"] for item in items] == [model["id"] for model in models]
    assert requests == [(one["path"], one["query"]) for one in sim.requests()]
    assert name not in ("endpoints", "endpoints of a group") or all(
        item["properties"]["resourceGuid"] for item in items
    )


async def test_lists_create_no_models(sim: RunningSimulator, clients: ArmClients) -> None:
    """If a response hook removes the items of a page, the SDK skips the slow creation of models."""
    put_endpoint(sim)

    def remove_items(response: PipelineResponse[Any, Any]) -> None:
        response.http_response.json()["value"] = []

    listing = await list_endpoints(clients, Scope(SUBSCRIPTION))
    assert [model async for model in listing(raw_response_hook=remove_items)] == []
    assert len(await every(dict, listing)) == 1


@pytest.mark.parametrize("name", CONDITIONS)
async def test_conditions(sim: RunningSimulator, clients: ArmClients, name: str) -> None:
    """Only an explicit header sends an unquoted etag: `etag=` alone sends none, a match condition quotes it."""
    send, header = CONDITIONS[name]
    sim.fault(match={"system": "dns"}, status=412, body={"code": "PreconditionFailed", "message": "stale"})
    with pytest.raises(HttpResponseError):
        await send(await clients.dns(SUBSCRIPTION))
    assert [one["headers"].get("if-match") for one in sim.requests()] == [header]


@pytest.mark.parametrize("status", [429, 503])
async def test_no_retries(sim: RunningSimulator, clients: ArmClients, status: int) -> None:
    """The SDK clients send one request and do not retry."""
    sim.fault(match={"system": "arm"}, status=status, headers={"Retry-After": "60"}, count=None)
    operations = (await clients.network(SUBSCRIPTION)).private_endpoints
    with pytest.raises(HttpResponseError):
        await operations.get(PE.resource_group, PE.name)
    assert len(sim.requests()) == 1


async def test_calls_are_counted(sim: RunningSimulator, clients: ArmClients) -> None:
    """Every request, including pages of lists, is counted for the current pass, separately for Private DNS."""
    for name in ("pe1", "pe2", "pe3"):
        put_endpoint(sim, name)
    sim.page_size(1)
    with pass_context("sync") as progress:
        network, dns = await clients.network(SUBSCRIPTION), await clients.dns(SUBSCRIPTION)
        assert len([one async for one in network.private_endpoints.list_by_subscription()]) == 3
        assert [one async for one in dns.private_zones.list()]
    assert progress.calls == Calls(clickhouse=0, azure_network=3, azure_dns=2)


async def test_read_only_clients(sim: RunningSimulator) -> None:
    """Read-only clients refuse every write operation."""
    async with AioHttpTransport() as transport:
        dns = await ArmClients(sim.url, None, transport, read_only=True).dns(SUBSCRIPTION)
        for write in (put_record(dns), dns.private_zones.begin_delete(ZONE.resource_group, ZONE.name)):
            with pytest.raises(PermanentError, match="a dry run sends no"):
                await write
    assert sim.requests() == []


async def test_one_client_for_each_subscription(clients: ArmClients) -> None:
    """One client per subscription is created and reused."""
    assert await clients.network("a") is await clients.network("a")
    assert await clients.network("a") is not await clients.network("b")
    assert await clients.dns("a") is await clients.dns("a")


def test_endpoint_is_read_without_importing_the_sdk(sim: RunningSimulator) -> None:
    """Reading an endpoint imports no management SDK; reading its interface does."""
    put_endpoint(sim)
    command = [sys.executable, "-c", READER, sim.url]
    completed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- a script of this test
    assert completed.stdout.split() == ["Endpoint", "False", "True"]

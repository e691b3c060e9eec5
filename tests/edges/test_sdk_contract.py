"""Our requests to ARM are those of Microsoft's own clients, and what we rely on beyond their description."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.network.models import PrivateEndpointProperties
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient
from azure.mgmt.privatedns.models import ARecord, RecordSet, RecordSetProperties

from shared.adapters.arm import ArmClients
from shared.adapters.azure_dns import AzureDns
from shared.adapters.azure_network import AzureNetwork
from shared.adapters.retrying import Budget
from shared.domain.errors import PrivateLinkError
from simulator.client import RunningSimulator
from tests.support.edges import NETWORK_GROUP, NIC, PE, SCOPE, SUBSCRIPTION, ZONE, wildcard

DIFFERENT = {"x-ms-client-request-id", "content-length"}

type Json = dict[str, Any]


class Theirs:
    """Microsoft's clients, as a preflight has them."""

    def __init__(self, url: str, transport: AioHttpTransport) -> None:
        arm = ArmClients(url, None, transport)
        self.network: NetworkManagementClient = arm.network_sdk(SUBSCRIPTION)
        self.dns: PrivateDnsManagementClient = arm.dns_sdk(SUBSCRIPTION)


class Ours:
    def __init__(self, url: str, transport: AioHttpTransport) -> None:
        arm = ArmClients(url, None, transport)
        self.network, self.dns = AzureNetwork(arm, Budget.of(5)), AzureDns(arm, Budget.of(5))


@pytest.fixture
async def transport() -> AsyncIterator[AioHttpTransport]:
    async with AioHttpTransport() as transport:
        yield transport


async def every(pages: Any) -> None:
    async for _ in pages:
        pass


async def zone_of(theirs: Theirs) -> None:
    at = (ZONE.resource_group, ZONE.name)
    records, links = theirs.dns.record_sets, theirs.dns.virtual_network_links
    await asyncio.gather(every(links.list(*at)), every(records.list_by_type(*at, "A")))


async def put(theirs: Theirs) -> None:
    properties = RecordSetProperties(ttl=300, a_records=[ARecord(ipv4_address="10.0.1.9")], metadata={})
    body, condition = RecordSet(properties=properties), {"If-None-Match": "*"}
    await theirs.dns.record_sets.create_or_update(
        ZONE.resource_group, ZONE.name, "A", "*", body, headers=condition
    )


async def delete(theirs: Theirs) -> None:
    condition = {"If-Match": "e"}
    await theirs.dns.record_sets.delete(ZONE.resource_group, ZONE.name, "A", "*", headers=condition)


REQUESTS: dict[str, tuple[Callable[[Ours], Awaitable[Any]], Callable[[Theirs], Awaitable[Any]]]] = {
    "an endpoint": (
        lambda ours: ours.network.endpoint(PE),
        lambda theirs: theirs.network.private_endpoints.get(PE.resource_group, PE.name),
    ),
    "endpoints": (
        lambda ours: ours.network.endpoints(SCOPE),
        lambda theirs: every(theirs.network.private_endpoints.list_by_subscription()),
    ),
    "endpoints of a group": (
        lambda ours: ours.network.endpoints(NETWORK_GROUP),
        lambda theirs: every(theirs.network.private_endpoints.list(str(NETWORK_GROUP.resource_group))),
    ),
    "an interface": (
        lambda ours: ours.network.addresses(NIC),
        lambda theirs: theirs.network.network_interfaces.get(NIC.resource_group, NIC.name),
    ),
    "interfaces": (
        lambda ours: ours.network.addresses_in(SCOPE),
        lambda theirs: every(theirs.network.network_interfaces.list_all()),
    ),
    "interfaces of a group": (
        lambda ours: ours.network.addresses_in(NETWORK_GROUP),
        lambda theirs: every(theirs.network.network_interfaces.list(str(NETWORK_GROUP.resource_group))),
    ),
    "zones": (
        lambda ours: ours.dns.zones(SCOPE),
        lambda theirs: every(theirs.dns.private_zones.list()),
    ),
    "zones of a group": (
        lambda ours: ours.dns.zones(NETWORK_GROUP),
        lambda theirs: every(
            theirs.dns.private_zones.list_by_resource_group(str(NETWORK_GROUP.resource_group))
        ),
    ),
    "a zone": (lambda ours: ours.dns.zone(ZONE), zone_of),
    "a new record": (lambda ours: ours.dns.put(wildcard(), None), put),
    "a deletion": (lambda ours: ours.dns.delete(wildcard(etag="e")), delete),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_our_requests_are_theirs(sim: RunningSimulator, transport: AioHttpTransport, name: str) -> None:
    """Microsoft's client asks the same: method, path, query, headers (conditions among them) and body."""
    ours, theirs = REQUESTS[name]
    asked = [
        await requests_of(sim, lambda: ours(Ours(sim.url, transport))),
        await requests_of(sim, lambda: theirs(Theirs(sim.url, transport))),
    ]
    assert asked[0]
    assert asked[0] == asked[1]


async def requests_of(sim: RunningSimulator, call: Callable[[], Awaitable[Any]]) -> list[Json]:
    """What was asked, less what differs between any two requests."""
    sim.clear_requests()
    with suppress(PrivateLinkError, HttpResponseError):  # it matters what is asked, not how it is answered
        await call()
    asked = [
        {key: one[key] for key in ("method", "path", "query", "headers", "body")} for one in sim.requests()
    ]
    for one in asked:
        one["headers"] = {name: told for name, told in one["headers"].items() if name not in DIFFERENT}
    return sorted(asked, key=lambda one: str(one["path"]))


def test_resource_guid_is_still_undeclared() -> None:
    """The day the SDK declares resourceGuid, its models may be asked for it plainly."""
    assert not hasattr(PrivateEndpointProperties, "resource_guid")

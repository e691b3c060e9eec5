"""Helpers of the adapter tests: adapters with real clients, a server of raw bytes, the demo world."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from io import BufferedIOBase
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from types import MappingProxyType
from typing import Any

import httpx
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.azure.clients import ArmClients
from shared.adapters.azure.network import AzureNetwork
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.clickhouse.client import ClickHouseCloud, Key, make_client
from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.adapters.retry import Budget, Deadline
from shared.domain.model.ids import Kind, ResourceId, Scope
from shared.domain.model.resources import RecordSet, Registration
from simulator.client import RunningSimulator

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ELSEWHERE = "99999999-9999-9999-9999-999999999999"
ALIAS = "production-westus3-0-0.63c890a9-4d32-48cc-a08c-8cd92dfb1ad3.westus3.azure.privatelinkservice"
ORGANIZATION = "22222222-2222-4222-8222-222222222222"
ANALYTICS = "33333333-3333-4333-8333-333333333331"
REPORTING = "33333333-3333-4333-8333-333333333332"
KEY = Key("demo-key", "demo-secret")
KEY_AS_SENT = "ZGVtby1rZXk6ZGVtby1zZWNyZXQ="
"""The key in HTTP Basic encoding."""

SCOPE = Scope(SUBSCRIPTION)
NETWORK_GROUP = Scope(SUBSCRIPTION, "rg-network")
VNET = ResourceId(SUBSCRIPTION, "rg-network", Kind.VIRTUAL_NETWORK.value, "vnet-app")
PE = ResourceId(SUBSCRIPTION, "rg-network", Kind.PRIVATE_ENDPOINT.value, "pe1")
NIC = ResourceId(SUBSCRIPTION, "rg-network", Kind.NETWORK_INTERFACE.value, "nic1")
ZONE = ResourceId(SUBSCRIPTION, "rg-dns", Kind.ZONE.value, "westus3.privatelink.azure.clickhouse.cloud")
BYOC_ZONE = replace(ZONE, name="privatelink.a1b2c3d4.westus3.azure.clickhouse-byoc.com")
API = {"api-version": "2024-06-01"}

type Json = dict[str, Any]
type Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Adapters:
    """The three adapters of one pass, with the same `url`."""

    network: AzureNetwork
    dns: AzureDns
    clickhouse: ClickHouseCloud

    def calls(self) -> dict[str, Call]:
        """Return every call that a pass can make, by name."""
        registration = Registration("an-id", "westus3", "description")
        record = wildcard(etag="e")
        return {
            "endpoint": lambda: self.network.endpoint(PE),
            "endpoints": lambda: self.network.endpoints(SCOPE),
            "endpoints of a group": lambda: self.network.endpoints(NETWORK_GROUP),
            "addresses": lambda: self.network.addresses(NIC),
            "addresses_in": lambda: self.network.addresses_in(SCOPE),
            "addresses_in a group": lambda: self.network.addresses_in(NETWORK_GROUP),
            "zones": lambda: self.dns.zones(SCOPE),
            "zone": lambda: self.dns.zone(ZONE),
            "put": lambda: self.dns.put(record, "e"),
            "put new": lambda: self.dns.put(record, None),
            "delete": lambda: self.dns.delete(record),
            "create_zone": lambda: self.dns.create_zone(ZONE),
            "link": lambda: self.dns.link(ZONE, VNET),
            "registrations": self.clickhouse.registrations,
            "services": self.clickhouse.services,
            "config": lambda: self.clickhouse.config(ANALYTICS),
            "update_registrations": lambda: self.clickhouse.update_registrations((registration,), ()),
            "update_allow_list": lambda: self.clickhouse.update_allow_list(ANALYTICS, ("an-id",), ()),
            "register_through": lambda: self.clickhouse.register_through(ANALYTICS, "an-id", "description"),
        }


ARM_READS = (
    "endpoint",
    "endpoints",
    "endpoints of a group",
    "addresses",
    "addresses_in",
    "addresses_in a group",
    "zones",
    "zone",
)
ARM_WRITES = ("put", "put new", "delete", "create_zone", "link")
CLICKHOUSE_READS = ("registrations", "services", "config")
CLICKHOUSE_WRITES = ("update_registrations", "update_allow_list", "register_through")
READS = ARM_READS + CLICKHOUSE_READS
WRITES = ARM_WRITES + CLICKHOUSE_WRITES
ARM_CALLS = ARM_READS + ARM_WRITES
CLICKHOUSE_CALLS = CLICKHOUSE_READS + CLICKHOUSE_WRITES


@asynccontextmanager
async def adapters_for(
    url: str, seconds: float = 5.0, *, read_only: bool = False, key: Key = KEY
) -> AsyncIterator[Adapters]:
    """Create the adapters with a budget in seconds for reads and writes; close them afterwards."""
    transport = AioHttpTransport()
    http = make_client(f"{url}/v1", key, read_only=read_only)
    budget = Budget(Deadline.after(seconds), Deadline.after(seconds))
    arm = ArmClients(url, None, transport, read_only=read_only)
    rate_limiter = RateLimiter(1000, 1)
    try:
        yield Adapters(
            AzureNetwork(arm, budget),
            AzureDns(arm, budget),
            ClickHouseCloud(http, key, ORGANIZATION, rate_limiter, budget),
        )
    finally:
        await http.aclose()
        await transport.close()


def endpoint(name: str) -> ResourceId:
    """Return the id of an endpoint in the demo world's network group."""
    return replace(PE, name=name)


def wildcard(*addresses: str, etag: str | None = None, ttl: int = 300, name: str = "*", **metadata: str) -> RecordSet:
    """Return a wildcard record set in the demo world's zone."""
    return RecordSet(ZONE, name, ttl, addresses or ("10.0.1.9",), MappingProxyType(metadata), etag)


def put_endpoint(sim: RunningSimulator, name: str = "pe1", **tags: str) -> Json:
    """Create or update a private endpoint in the demo world. Returns the response of ARM."""
    network = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network/providers/Microsoft.Network"
    connection = {"name": "conn1", "properties": {"privateLinkServiceId": ALIAS, "requestMessage": "please"}}
    body = {
        "location": "westus3",
        "tags": tags,
        "properties": {
            "subnet": {"id": f"{network}/virtualNetworks/vnet-app/subnets/default"},
            "manualPrivateLinkServiceConnections": [connection],
        },
    }
    with httpx.Client(base_url=sim.url, params=API, trust_env=False) as arm:
        response = arm.put(f"{network}/privateEndpoints/{name}", json=body)
    assert response.is_success, response.text
    sim.clear_requests()
    result: Json = response.json()
    return result


def delete_endpoint(sim: RunningSimulator, which: ResourceId = PE) -> None:
    """Delete a private endpoint in ARM."""
    with httpx.Client(base_url=sim.url, params=API, trust_env=False) as arm:
        assert arm.delete(str(which)).is_success


def environment(url: str) -> dict[str, str]:
    """Return the settings of a deployment in the demo world."""
    return {
        "CLICKHOUSE_ORG_ID": ORGANIZATION,
        "CLICKHOUSE_CLOUD_API_KEY": KEY.id,
        "CLICKHOUSE_CLOUD_API_SECRET": KEY.secret,
        "CLICKHOUSE_API_URL": url,
        "CLICKHOUSE_RATE_LIMIT": "1000/1",
        "AZURE_RESOURCE_MANAGER_URL": url,
        "OWNER_ID": "edges",
        "ENDPOINT_SCOPES": f"/subscriptions/{SUBSCRIPTION}",
        "AUDIT_SCHEDULE": "0 0 0 1 1 *",
    }


@dataclass
class Raw:
    """A server that answers each request with the same bytes."""

    url: str = ""
    calls: int = 0


class _Server(ThreadingTCPServer):
    request_queue_size = 64  # the kernel drops further connections, which TCP retries after a second


@contextmanager
def answering(answer: bytes) -> Iterator[Raw]:
    """Run a loopback server that sends these bytes and closes the connection."""
    raw = Raw()

    class Handler(StreamRequestHandler):
        # A client in the same process may close its abandoned connection only after this server has ended,
        # because its event loop waits for the end. The timeout prevents a deadlock.
        timeout = 1

        def handle(self) -> None:
            with suppress(ConnectionError, TimeoutError):  # the client may have disconnected
                if _whole_request(self.rfile):
                    raw.calls += 1
                    self.wfile.write(answer)

    with _Server(("127.0.0.1", 0), Handler) as server:
        raw.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield raw
        finally:
            server.shutdown()
            thread.join()


def _whole_request(stream: BufferedIOBase) -> bool:
    """Read a request with its body: closing the connection with unread data can lose the response."""
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return len(stream.read(length)) == length


def http_answer(
    status: int,
    body: bytes | str | Mapping[str, Any],
    content_type: str = "application/json",
    headers: bytes = b"",
    *,
    missing: int = 0,
) -> bytes:
    """Return a raw HTTP response. `missing` bytes of its Content-Length are not sent."""
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    content = text if isinstance(text, bytes) else text.encode()
    return b"".join(
        [
            f"HTTP/1.1 {status} Whatever\r\nContent-Type: {content_type}\r\n".encode(),
            f"Content-Length: {len(content) + missing}\r\n".encode(),
            headers,
            b"Connection: close\r\n\r\n",
            content,
        ]
    )

"""Fixtures of the simulator tests: a running simulator, HTTP clients, Azure's SDK clients, and a webhook."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx
import pytest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from simulator.client import RunningSimulator

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
BASE = f"/subscriptions/{SUBSCRIPTION}"
NETWORKS = f"{BASE}/resourceGroups/rg-network/providers/Microsoft.Network"
VNET = f"{NETWORKS}/virtualNetworks/vnet-app"
ZONE_NAME = "westus3.privatelink.azure.clickhouse.cloud"
BYOC_ZONE_NAME = "privatelink.a1b2c3d4.westus3.azure.clickhouse-byoc.com"
ZONE = f"{BASE}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/{ZONE_NAME}"
ALIAS = "production-westus3-0-0.63c890a9-4d32-48cc-a08c-8cd92dfb1ad3.westus3.azure.privatelinkservice"
ORGANIZATION = "/v1/organizations/22222222-2222-4222-8222-222222222222"
ANALYTICS = f"{ORGANIZATION}/services/33333333-3333-4333-8333-333333333331"
REPORTING = f"{ORGANIZATION}/services/33333333-3333-4333-8333-333333333332"
HANG_UP = 0
GUID = "4c8ad43e-195c-4673-9cc0-e26969210f4f"
"""The GUID of an endpoint that the demo world does not contain."""
KEY = ("demo-key", "demo-secret")

type Json = dict[str, Any]


@pytest.fixture
def arm(sim: RunningSimulator) -> Iterator[httpx.Client]:
    """An HTTP client for ARM."""
    with httpx.Client(base_url=sim.url, params={"api-version": "2024-06-01"}, trust_env=False) as client:
        yield client


@pytest.fixture
def cloud(sim: RunningSimulator) -> Iterator[httpx.Client]:
    """An HTTP client for ClickHouse Cloud."""
    with httpx.Client(base_url=sim.url, auth=KEY, trust_env=False) as client:
        yield client


@pytest.fixture
def control(sim: RunningSimulator) -> Iterator[httpx.Client]:
    """An HTTP client for the control API."""
    with httpx.Client(base_url=f"{sim.url}/_sim", trust_env=False) as client:
        yield client


@pytest.fixture
async def network(sim: RunningSimulator) -> AsyncIterator[NetworkManagementClient]:
    """Azure's SDK client for Microsoft.Network."""
    async with NetworkManagementClient(NoCredential(), SUBSCRIPTION, **sdk_options(sim)) as client:
        yield client


@pytest.fixture
async def dns(sim: RunningSimulator) -> AsyncIterator[PrivateDnsManagementClient]:
    """Azure's SDK client for private DNS."""
    async with PrivateDnsManagementClient(NoCredential(), SUBSCRIPTION, **sdk_options(sim)) as client:
        yield client


class NoCredential:
    """A credential that is not used, because the authentication policy is replaced."""

    async def get_token(self, *_scopes: str, **_options: Any) -> Any:
        raise AssertionError("no token should be requested")

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass


def sdk_options(sim: RunningSimulator) -> Json:
    policy: SansIOHTTPPolicy[Any, Any] = SansIOHTTPPolicy()
    return {
        "base_url": sim.url,
        "credential_scopes": ["unused"],
        "authentication_policy": policy,
        "retry_total": 0,
    }


def endpoint_body(alias: str = ALIAS, tags: dict[str, str] | None = None) -> Any:
    """Return the request body for a private endpoint in the demo network."""
    connection = {"name": "conn1", "properties": {"privateLinkServiceId": alias, "requestMessage": "please"}}
    return {
        "location": "westus3",
        "tags": tags or {},
        "properties": {
            "subnet": {"id": f"{VNET}/subnets/default"},
            "manualPrivateLinkServiceConnections": [connection],
        },
    }


def put_endpoint(arm: httpx.Client, name: str = "pe1", alias: str = ALIAS, **tags: str) -> Json:
    """Create or update a private endpoint. Returns the response of ARM."""
    response = arm.put(f"{NETWORKS}/privateEndpoints/{name}", json=endpoint_body(alias, tags))
    assert response.is_success, response.text
    result: Json = response.json()
    return result


def status_of(endpoint: Json) -> str:
    """Return the connection status of a private endpoint."""
    connection = endpoint["properties"]["manualPrivateLinkServiceConnections"][0]
    return str(connection["properties"]["privateLinkServiceConnectionState"]["status"])


def register(cloud: httpx.Client, endpoint: str, service: str = ANALYTICS, description: str = "") -> httpx.Response:
    """Register an endpoint with the organization and add it to a service's allow list."""
    return cloud.post(f"{service}/privateEndpoint", json={"id": endpoint, "description": description})


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Webhook:
    """A webhook that passes the handshake, records requests, and returns `answers`, then 200."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    accepts_handshake: bool = True
    held: threading.Event | None = None
    """If set, notifications wait for this event."""

    @property
    def notifications(self) -> list[Received]:
        return [one for one in self.received if one.headers.get("aeg-event-type") == "Notification"]

    @property
    def subjects(self) -> list[str]:
        """The last segment of every subject, in the order of delivery."""
        batches = [one.body if isinstance(one.body, list) else [one.body] for one in self.notifications]
        return [event["subject"].rsplit("/", 1)[-1] for batch in batches for event in batch]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving(Webhook()) as hook:
        yield hook


@contextmanager
def serving(hook: Webhook) -> Iterator[Webhook]:
    server = _Server(("127.0.0.1", 0), _handler(hook))
    hook.url = f"http://127.0.0.1:{server.server_address[1]}/runtime/webhooks/eventgrid?functionName=f"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hook
    server.shutdown()
    thread.join()
    server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # the kernel drops further connections, which TCP retries after a second


def _handler(hook: Webhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._record(body)
            if self.headers["aeg-event-type"] == "SubscriptionValidation":
                code = body[0]["data"]["validationCode"] if hook.accepts_handshake else "something else"
                self._answer(200, json.dumps({"validationResponse": code}).encode())
            else:
                if hook.held:
                    hook.held.wait(30)
                status = hook.answers.pop(0) if hook.answers else 200
                if status != HANG_UP:
                    self._answer(status)

        def do_OPTIONS(self) -> None:
            self._record(None)
            allowed = self.headers["WebHook-Request-Origin"] if hook.accepts_handshake else "elsewhere.example"
            self._answer(200, headers={"WebHook-Allowed-Origin": allowed})

        def log_message(self, *_arguments: Any) -> None:
            pass

        def _record(self, body: Any) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            hook.received.append(Received(self.command, self.path, headers, body))

        def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler

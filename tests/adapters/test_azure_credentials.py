"""The Azure adapters with a credential and https."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.azure.clients import ArmClients
from shared.adapters.azure.network import AzureNetwork
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.retry import Budget, Deadline
from shared.domain.model.errors import CauseKind, PermanentError, TemporaryError
from simulator.client import RunningSimulator
from tests.support.real_clients import BYOC_ZONE, SCOPE, ZONE

AZURE = "https://management.azure.com"
TOKEN = "eyJ-a-secret-token"


@dataclass
class Credential:
    """A credential that returns a token, or raises an error."""

    error: Exception | None = None
    scopes: list[str] = field(default_factory=list)

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.scopes += scopes
        if self.error:
            raise self.error
        return AccessToken(TOKEN, 2**40)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass


class Rerouted(AioHttpTransport):  # type: ignore[misc] # the SDK declares no type
    """A transport that sends requests for Azure to the simulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.tokens: list[str | None] = []

    async def send(self, request: Any, **options: Any) -> Any:
        self.tokens.append(request.headers.get("Authorization"))
        request.url = request.url.replace(AZURE, self.url)
        return await super().send(request, **options)


@asynccontextmanager
async def azure(
    sim: RunningSimulator, credential: Credential, seconds: float = 5.0
) -> AsyncIterator[tuple[AzureDns, Rerouted]]:
    transport = Rerouted(sim.url)
    budget = Budget(Deadline.after(seconds), Deadline.after(seconds))
    try:
        yield AzureDns(ArmClients(AZURE, credential, transport), budget), transport
    finally:
        await transport.close()


async def test_token(sim: RunningSimulator) -> None:
    """Requests have a token for Azure Resource Manager."""
    credential = Credential()
    async with azure(sim, credential) as (dns, transport):
        assert await dns.zones(SCOPE) == (BYOC_ZONE, ZONE)
    assert credential.scopes == [f"{AZURE}/.default"]
    assert transport.tokens == [f"Bearer {TOKEN}"]


async def test_one_token(sim: RunningSimulator) -> None:
    """Concurrent first requests of all clients share one token request."""
    credential = Credential()
    async with azure(sim, credential) as (dns, transport):
        network = AzureNetwork(dns.clients, dns.budget)
        await asyncio.gather(network.endpoints(SCOPE), dns.zones(SCOPE), dns.zone(ZONE))
    assert len(credential.scopes) == 1
    assert set(transport.tokens) == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 412, 503])
async def test_token_is_redacted(sim: RunningSimulator, caplog: pytest.LogCaptureFixture, status: int) -> None:
    """The token is not in errors, reprs or logs, even if a response contains it."""
    caplog.set_level(0)
    body = {"error": {"code": "Bad", "message": f"Authorization: Bearer {TOKEN}"}}
    sim.fault(status=status, body=body, headers={"Retry-After": "60"}, count=None)
    async with azure(sim, Credential()) as (dns, _):
        with pytest.raises((PermanentError, TemporaryError), match=r"Bad Authorization: Bearer \*\*\*") as raised:
            await dns.zones(SCOPE)
        assert TOKEN not in f"{raised.value} {raised.value!r} {caplog.text} {dns!r}"


async def test_no_token(sim: RunningSimulator) -> None:
    """Without a token no request is sent, and the error is temporary."""
    credential = Credential(ClientAuthenticationError("the identity endpoint is not available"))
    async with azure(sim, credential, 0.3) as (dns, _):
        with pytest.raises(TemporaryError, match="no token: the identity endpoint is not available") as raised:
            await dns.zones(SCOPE)
    assert raised.value.cause.kind is CauseKind.INVALID_CREDENTIAL
    assert sim.requests() == []

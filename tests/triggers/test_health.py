"""`GET /api/health`, through Microsoft's own worker."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from localhost.messages import RpcHttp
from localhost.worker import Worker
from shared.bootstrap import get_runtime
from shared.triggers.status import StatusRequest, status
from shared.triggers.sync import sync
from simulator.client import RunningSimulator
from tests.support.paths import ROOT
from tests.support.simulated import environment


@pytest.fixture
async def worker(subscribed: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    """The app, with the settings of the demo world."""
    for name, value in environment(subscribed.url).items():
        monkeypatch.setenv(name, value)
    get_runtime.cache_clear()
    async with Worker(ROOT) as started:
        yield started
    if get_runtime.cache_info().currsize:
        await get_runtime().close()
    get_runtime.cache_clear()


async def health(worker: Worker) -> tuple[int, Any, str]:
    """The HTTP status, the document and its text."""
    returned = await worker.http("health", RpcHttp(method="GET", url="http://host/api/health"))
    assert returned is not None
    answer = returned.value
    assert isinstance(answer, RpcHttp)
    assert answer.body
    assert isinstance(answer.body.value, bytes)
    return int(answer.status_code), json.loads(answer.body.value), answer.body.value.decode()


async def test_healthy(worker: Worker) -> None:
    """Without problems the response is 200, with the question, status and detail of each check."""
    status, document, text = await health(worker)
    assert (status, document["status"]) == (200, "passed")
    assert {one["status"] for one in document["checks"]} == {"passed"}
    assert {frozenset(one) for one in document["checks"]} == {
        frozenset({"name", "question", "status", "detail", "remedy"})
    }
    assert "demo-secret" not in text


async def test_unhealthy(worker: Worker, subscribed: RunningSimulator) -> None:
    """If a check failed the response is 503, with the remedy, and without the secret."""
    echo = {"error": "no demo-secret and no Basic ZGVtby1rZXk6ZGVtby1zZWNyZXQ=", "requestId": "r"}
    subscribed.fault(match={"system": "clickhouse"}, status=401, body=echo, count=None)
    status, document, text = await health(worker)
    assert (status, document["status"]) == (503, "failed")
    checks = {one["name"]: one for one in document["checks"]}
    assert checks["ClickHouse key"]["status"] == "failed"
    assert "no ***" in checks["ClickHouse key"]["detail"]
    assert checks["ClickHouse key"]["remedy"]
    assert checks["zones and networks"]["status"] == "skipped"
    assert "demo-secret" not in text
    assert "ZGVtby1rZXk6ZGVtby1zZWNyZXQ=" not in text


async def test_throttled(worker: Worker, subscribed: RunningSimulator) -> None:
    """If nothing failed, but a system did not respond, the response is 200 with the status unknown."""
    subscribed.fault(match={"system": "clickhouse"}, status=503, headers={"Retry-After": "3600"}, count=None)
    status, document, _ = await health(worker)
    assert (status, document["status"]) == (200, "unknown")


async def test_unusable_identity(worker: Worker, subscribed: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without a valid identity is a 503 that names the fault, and no request is sent."""
    monkeypatch.setenv("AZURE_RESOURCE_MANAGER_URL", "https://management.invalid")
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "http://login.invalid")
    status, document, _ = await health(worker)
    first, *others = document["checks"]
    assert (status, first["name"], first["status"]) == (503, "settings", "failed")
    assert "'http://login.invalid' is an invalid authority" in first["detail"]
    assert "AZURE_AUTHORITY_HOST" in first["detail"]
    assert {one["status"] for one in others} == {"skipped"}
    assert subscribed.requests() == []


async def test_identity_for_sync_and_status(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, sync fails with the same fault, and so does the page if reports are stored in Azure."""
    monkeypatch.setenv("AZURE_RESOURCE_MANAGER_URL", "https://management.invalid")
    monkeypatch.setenv("REPORT_STORE", "https://account.invalid/reports")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")
    answer = await sync(b'{"endpoints": "all"}')
    assert answer.status == 500
    assert b"Invalid value for AZURE_TOKEN_CREDENTIALS: nonsense" in answer.body
    page = await status(StatusRequest(accept="application/json"))
    assert page.status == 500
    assert b"Invalid value for AZURE_TOKEN_CREDENTIALS: nonsense" in page.body


async def test_unusable_settings(worker: Worker, subscribed: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """With invalid settings the response is 503 with each fault, and no request is sent."""
    monkeypatch.delenv("OWNER_ID")
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "@Microsoft.KeyVault(SecretUri=https://v/secret)")
    status, document, text = await health(worker)
    assert status == 503
    first, *others = document["checks"]
    assert (first["name"], first["status"]) == ("settings", "failed")
    assert "OWNER_ID is not set" in first["detail"]
    assert "its Key Vault reference was not resolved" in first["detail"]
    assert {one["status"] for one in others} == {"skipped"}
    assert "SecretUri" not in text
    assert subscribed.requests() == []

"""Fixtures: one host process with the sample app, shared by all tests, and helpers that wait for a condition."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from localhost.app import create_app
from localhost.host import Host, running
from localhost.worker import Worker

APPS = Path(__file__).parent / "apps"
NEVER = "0 0 0 1 1 *"

type Eventually = Callable[[Callable[[], Any]], Any]
type Logged = Callable[[Host, str], str]
type Calls = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def apps() -> Path:
    return APPS


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    with running(APPS / "sample", {"SCHEDULE": NEVER}) as running_host:
        yield running_host


@pytest.fixture
def client(host: Host) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.url, trust_env=False) as http_client:
        yield http_client


@pytest.fixture
def eventually() -> Eventually:
    """Returns the first true result of a call that is repeated for at most ten seconds."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 10
        while not (result := condition()):
            assert time.monotonic() < deadline, "the condition did not become true within 10 s"
            time.sleep(0.02)
        return result

    return wait


@pytest.fixture
def logged(eventually: Eventually) -> Logged:
    """Waits for a log line that contains a text, and returns the line."""

    def wait(host: Host, text: str) -> str:
        return str(eventually(lambda: next((line for line in host.logs() if text in line), None)))

    return wait


@pytest.fixture
def calls(client: httpx.Client) -> Calls:
    """Returns the calls that a function of the sample app recorded."""

    def recorded(function: str) -> list[dict[str, Any]]:
        return [call for call in client.get("/tryout/calls").json() if call["function"] == function]

    return recorded


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    async with Worker(APPS / "sample", {"SCHEDULE": NEVER}) as running_worker:
        yield running_worker


@pytest.fixture
async def in_process(worker: Worker) -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls the app in this process, without a port."""
    transport = httpx.ASGITransport(create_app(worker))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as http_client:
        yield http_client

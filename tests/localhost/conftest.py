"""One host process with the sample app for all tests that only talk to it, and what polls it."""

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


@pytest.fixture(scope="session")
def apps() -> Path:
    return APPS


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    with running(APPS / "sample", {"SCHEDULE": NEVER}) as started:
        yield started


@pytest.fixture
def client(host: Host) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.url, trust_env=False) as opened:
        yield opened


@pytest.fixture
def eventually() -> Eventually:
    """Ask until the answer is true, at most ten seconds."""

    def ask(question: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 10
        while not (answer := question()):
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.02)
        return answer

    return ask


@pytest.fixture
def logged(eventually: Eventually) -> Logged:
    """Wait until a host has logged a line with this text, and give that line."""

    def ask(host: Host, text: str) -> str:
        return str(eventually(lambda: next((line for line in host.logs() if text in line), None)))

    return ask


@pytest.fixture
def seen(client: httpx.Client) -> Callable[[str], list[dict[str, Any]]]:
    """What a function of the sample app noted."""

    def ask(function: str) -> list[dict[str, Any]]:
        return [note for note in client.get("/tryout/seen").json() if note["function"] == function]

    return ask


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    async with Worker(APPS / "sample", {"SCHEDULE": NEVER}) as started:
        yield started


@pytest.fixture
async def inside(worker: Worker) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app within this process."""
    transport = httpx.ASGITransport(create_app(worker))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as opened:
        yield opened

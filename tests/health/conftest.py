from collections.abc import AsyncIterator, Iterator

import pytest

from shared.bootstrap import Runtime
from simulator.client import RunningSimulator
from simulator.server import running
from tests.support.simulated import put_endpoint, subscribe, webhook, wired


@pytest.fixture(scope="session")
def _started() -> Iterator[RunningSimulator]:
    with running() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _webhook() -> Iterator[str]:
    with webhook() as url:
        yield url


@pytest.fixture
def sim(_started: RunningSimulator, _webhook: str) -> RunningSimulator:
    """The demo world with a tagged endpoint and an event subscription, which is all that must be so."""
    _started.reset()
    subscribe(_started, _webhook)
    put_endpoint(_started, {"clickhouse-services": "*"})
    _started.clear_requests()
    return _started


@pytest.fixture
async def app(sim: RunningSimulator) -> AsyncIterator[Runtime]:
    async with wired(sim.url) as wiring:
        yield wiring

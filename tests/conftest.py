"""One simulator for the whole run, reset for each test, and what the tests build over it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings

from shared.bootstrap import Runtime, get_runtime
from simulator.client import RunningSimulator
from simulator.server import running
from tests.support.real_clients import Adapters, adapters_for
from tests.support.simulated import environment, put_endpoint, started_runtime, subscribe, webhook

# Properties have no deadline: on a busy machine it would prove nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[RunningSimulator]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def sim(running_simulator: RunningSimulator) -> RunningSimulator:
    """The demo world, as new, with nothing in the request log."""
    running_simulator.reset()
    running_simulator.clear_faults()
    running_simulator.clear_requests()
    return running_simulator


@pytest.fixture
async def adapters(sim: RunningSimulator) -> AsyncIterator[Adapters]:
    """The adapters over the simulator, with a budget of five seconds."""
    async with adapters_for(sim.url) as made:
        yield made


@pytest.fixture
async def deployed(sim: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningSimulator]:
    """The simulator, with the settings of a deployment in this process's environment."""
    for name, value in environment(sim.url).items():
        monkeypatch.setenv(name, value)
    get_runtime.cache_clear()
    yield sim
    if get_runtime.cache_info().currsize:
        await get_runtime().close()
    get_runtime.cache_clear()


@pytest.fixture(scope="session")
def event_webhook() -> Iterator[str]:
    with webhook() as url:
        yield url


@pytest.fixture
def subscribed(sim: RunningSimulator, event_webhook: str) -> RunningSimulator:
    """The demo world with a tagged endpoint and an event subscription: every check of the preflight passes."""
    subscribe(sim, event_webhook)
    put_endpoint(sim, {"clickhouse-services": "*"})
    sim.clear_requests()
    return sim


@pytest.fixture
async def app(subscribed: RunningSimulator) -> AsyncIterator[Runtime]:
    async with started_runtime(subscribed.url) as runtime:
        yield runtime

from collections.abc import AsyncIterator, Iterator

import pytest

from shared.bootstrap import wiring
from simulator.client import RunningSimulator
from simulator.server import running
from tests.support.edges import Adapters, adapters_for, environment


@pytest.fixture(scope="session")
def _started() -> Iterator[RunningSimulator]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def sim(_started: RunningSimulator) -> RunningSimulator:
    """The demo world, as new, with nothing in the log."""
    _started.reset()
    return _started


@pytest.fixture
async def adapters(sim: RunningSimulator) -> AsyncIterator[Adapters]:
    """The adapters over the simulator, with five seconds to spend."""
    async with adapters_for(sim.url) as made:
        yield made


@pytest.fixture
async def deployed(sim: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningSimulator]:
    """The simulator, with the settings of a deployment in this process's environment."""
    for name, value in environment(sim.url).items():
        monkeypatch.setenv(name, value)
    wiring.cache_clear()
    yield sim
    if wiring.cache_info().currsize:
        await wiring().close()
    wiring.cache_clear()

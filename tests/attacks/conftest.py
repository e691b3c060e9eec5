from collections.abc import Iterator

import pytest

from simulator.client import RunningSimulator
from simulator.server import running


@pytest.fixture(scope="session")
def _one_simulator() -> Iterator[RunningSimulator]:
    with running() as sim:
        yield sim


@pytest.fixture
def sim(_one_simulator: RunningSimulator) -> RunningSimulator:
    """The demo world, as it is at the beginning, with nothing in the log."""
    _one_simulator.reset()
    _one_simulator.clear_faults()
    _one_simulator.clear_requests()
    return _one_simulator

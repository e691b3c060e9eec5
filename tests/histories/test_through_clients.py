"""A share of the histories through the real clients, against the simulator."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from simulator.client import RunningSimulator
from simulator.server import running
from tests.histories.clients import History, histories, live


@pytest.fixture(scope="module")
def sim() -> Iterator[RunningSimulator]:
    with running(rate_limit="off") as one:
        yield one


@settings(
    max_examples=20, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(history=histories)
def test_a_history_through_the_real_clients_ends_as_it_should(
    sim: RunningSimulator, history: list[tuple[object, ...]]
) -> None:
    """With SDKs and HTTP in between, too, the world ends as the oracle says, and a further pass writes nothing."""
    asyncio.run(live(History(sim), history))

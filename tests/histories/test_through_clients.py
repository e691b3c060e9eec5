"""Runs histories with the real clients against the simulator."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from simulator.client import RunningSimulator
from simulator.server import running
from tests.histories.clients import History, histories, run_history


@pytest.fixture(scope="module")
def sim() -> Iterator[RunningSimulator]:
    with running(rate_limit="off") as simulator:
        yield simulator


@settings(max_examples=20, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories)
def test_histories_with_real_clients_end_in_the_expected_state(
    sim: RunningSimulator, history: list[tuple[object, ...]]
) -> None:
    """With real SDKs and HTTP, every history ends in the expected state, and another pass writes nothing."""
    asyncio.run(run_history(History(sim), history))

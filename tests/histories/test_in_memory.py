"""Model-based tests: thousands of histories, each of which must end in a world that is as it should be."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import Histories

SLICE = settings(
    max_examples=200,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_every_history_ends_in_a_world_that_is_as_it_should_be() -> None:
    """Whatever happened, once faults stop and everything is delivered, the world is what tags and settings ask."""
    run_state_machine_as_test(Histories, settings=SLICE)

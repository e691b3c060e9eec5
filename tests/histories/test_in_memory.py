"""Model-based tests: every random history must end in the expected state."""

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


def test_every_history_ends_in_the_expected_state() -> None:
    """After faults stop and all events are delivered, the state is the one that tags and settings request."""
    run_state_machine_as_test(Histories, settings=SLICE)

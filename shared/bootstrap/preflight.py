"""The systems that a preflight reads. Only a preflight imports this module."""

from functools import partial

from shared.adapters.azure.network import AzureNetwork
from shared.adapters.azure.preflight import AzurePreflight
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.retry import Budget, Deadline
from shared.adapters.storage.preflight import store_state
from shared.bootstrap.runtime import Runtime
from shared.reconciler.preflight_reader import PreflightSystems

# The reads have three steps: the last one has time although a read of each step before did not respond.
ONE_READ, FIRST_STEPS = 0.3, 0.7


def preflight_systems(runtime: Runtime, seconds: float) -> PreflightSystems:
    """The systems for a preflight, with read-only clients."""
    clients, end, first_steps = runtime.clients, Deadline.after(seconds), Deadline.after(seconds * FIRST_STEPS)
    azure = Budget(end, end, seconds * ONE_READ)
    return PreflightSystems(
        azure=AzurePreflight(clients.arm_reading, azure),
        network=AzureNetwork(clients.arm_reading, azure),
        dns=AzureDns(clients.arm_reading, azure),
        clickhouse=clients.clickhouse(Budget(first_steps, first_steps), read_only=True),
        store=partial(store_state, runtime.report_repository, runtime.settings.report_store),
    )

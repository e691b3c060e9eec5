"""The systems that a preflight reads. Only a preflight imports this module."""

from datetime import timedelta
from pathlib import Path

from shared.adapters.azure.preflight import AzurePreflight
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.retry import Budget, Deadline
from shared.adapters.storage.preflight import StorePreflight
from shared.bootstrap.runtime import Runtime
from shared.reconciler.preflight_reader import PreflightSystems


def preflight_systems(runtime: Runtime, seconds: float, period: timedelta) -> PreflightSystems:
    """The systems for a preflight, with read-only clients. `period`: the time between two audits."""
    clients, deadline = runtime.clients, Deadline.after(seconds)
    budget = Budget(deadline, deadline)
    return PreflightSystems(
        azure=AzurePreflight(clients.arm_reading, deadline),
        dns=AzureDns(clients.arm_reading, budget),
        clickhouse=clients.clickhouse(budget, read_only=True),
        store=_store(runtime),
        clocks=clients.clocks.ahead,
        key_id=clients.key.id,
        organization=str(runtime.settings.clickhouse_org_id),
        period=period,
        policies=runtime.settings.policies,
    )


def _store(runtime: Runtime) -> StorePreflight | None:
    at = runtime.settings.report_store
    return StorePreflight(runtime.archive, at, None if "://" in at else Path(at)) if at else None

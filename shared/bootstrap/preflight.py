"""The preflight over the real systems. Only a preflight imports this module."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.adapters.azure.preflight import AzurePreflight
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.retry import Budget, Deadline
from shared.adapters.storage.preflight import StorePreflight
from shared.bootstrap.runtime import Runtime
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot
from shared.reconciler.preflight_reader import PreflightSystems, read_preflight


async def run_preflight(runtime: Runtime, seconds: float, period: timedelta) -> PreflightSnapshot:
    """Read the preflight's input, with read-only clients. `period`: the time between two audits."""
    clients, deadline, at = runtime.clients, Deadline.after(seconds), runtime.settings.report_store
    budget = Budget(deadline, deadline)
    folder = None if not at or "://" in at else Path(at)
    systems = PreflightSystems(
        azure=AzurePreflight(clients.arm_reading, deadline),
        dns=AzureDns(clients.arm_reading, budget),
        clickhouse=clients.clickhouse(budget, read_only=True),
        store=StorePreflight(runtime.archive, at, folder) if at else None,
    )
    known = PreflightSnapshot(
        at=datetime.now(UTC),
        key_id=clients.key.id,
        organization=str(runtime.settings.clickhouse_org_id),
        period=period,
        policies=runtime.settings.policies,
    )
    return await read_preflight(systems, runtime.config, known)

"""Whom a preflight asks: the systems of a pass, and what nothing else asks. Only a preflight loads it."""

from datetime import timedelta
from pathlib import Path

from shared.adapters.azure.preflight import AzureInspection
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.retry import Budget, Deadline
from shared.adapters.storage.preflight import StoreInspection
from shared.bootstrap.runtime import Runtime
from shared.domain.planning.affected_endpoints import Targets
from shared.reconciler.preflight_reader import Inspection
from shared.reconciler.reconcile import ReconcileRequest


def inspection(runtime: Runtime, seconds: float, period: timedelta) -> Inspection:
    """What a preflight asks, within that time; no client of it can write. `period`: between two audits."""
    connections, deadline = runtime.connections, Deadline.after(seconds)
    budget = Budget(deadline, deadline)
    return Inspection(
        azure=AzureInspection(connections.arm_reading, deadline),
        dns=AzureDns(connections.arm_reading, budget),
        clickhouse=connections.clickhouse(ReconcileRequest(Targets(everything=True), dry_run=True), budget),
        store=_store(runtime),
        ahead=connections.clocks.ahead,
        key_id=connections.key.id,
        organization=str(runtime.settings.clickhouse_org_id),
        period=period,
        policies=runtime.settings.policies,
    )


def _store(runtime: Runtime) -> StoreInspection | None:
    at = runtime.settings.report_store
    return StoreInspection(runtime.archive, at, None if "://" in at else Path(at)) if at else None

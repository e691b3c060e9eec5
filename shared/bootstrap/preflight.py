"""What a preflight reads, with clients that cannot write. Only a preflight imports it."""

from datetime import timedelta
from pathlib import Path

from shared.adapters.azure.preflight import AzureInspection
from shared.adapters.azure.private_dns import AzureDns
from shared.adapters.retry import Budget, Deadline
from shared.adapters.storage.preflight import StoreInspection
from shared.bootstrap.runtime import Runtime
from shared.reconciler.preflight_reader import Inspection


def inspection(runtime: Runtime, seconds: float, period: timedelta) -> Inspection:
    """The systems of a preflight that ends within that time. `period`: between two audits."""
    clients, settings, deadline = runtime.clients, runtime.settings, Deadline.after(seconds)
    budget = Budget(deadline, deadline)
    location = settings.report_store
    folder = Path(location) if location and "://" not in location else None
    return Inspection(
        azure=AzureInspection(clients.arm_reading, deadline),
        dns=AzureDns(clients.arm_reading, budget),
        clickhouse=clients.clickhouse(budget, read_only=True),
        store=StoreInspection(runtime.archive, location, folder) if location else None,
        ahead=clients.clocks.ahead,
        key_id=clients.key.id,
        organization=str(settings.clickhouse_org_id),
        period=period,
        policies=settings.policies,
    )

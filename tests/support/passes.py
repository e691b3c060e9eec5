"""A pass over the fakes, in one line."""

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.policy import Policy
from shared.domain.results.pass_report import Report
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reconcile import ReconcileRequest, reconcile
from tests.support.fakes import Cloud
from tests.support.worlds import deployment


async def run(
    cloud: Cloud,
    *targets: ResourceId,
    by: DeploymentConfig | None = None,
    memory: ProcessCache | None = None,
    policy: Policy = Policy.SYNC,
    dry_run: bool = False,
    max_removals: int = 20,
    by_event: bool = False,
) -> Report:
    """A pass over these endpoints, or over everything if none are named."""
    aim = Targets(frozenset(targets), everything=not targets)
    order = ReconcileRequest(aim, policy, dry_run, max_removals, by_event)
    return await reconcile(order, cloud.systems, by or deployment(), memory or ProcessCache())

"""The plan for a whole snapshot."""

from shared.domain.changes.outcome import NO_RESULTS, PassResults
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.plan import Plan, make_plan
from tests.support.worlds import deployment


def plan_of(
    seen: Snapshot,
    by: DeploymentConfig | None = None,
    *targets: ResourceId,
    results: PassResults = NO_RESULTS,
) -> Plan:
    """The plan for every endpoint in the snapshot, and for `targets` whether they were read or not."""
    everyone = Targets(frozenset(targets), everything=True)
    return make_plan(seen, by or deployment(), everyone, results)

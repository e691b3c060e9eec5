"""The plan for a whole small world."""

from shared.domain.ids import ResourceId
from shared.domain.pass_results import NO_RESULTS, PassResults
from shared.domain.plan import Plan, make_plan
from shared.domain.rules import Rules
from shared.domain.targets import Targets
from shared.domain.world import World
from tests.support.worlds import rules


def plan_of(
    seen: World, by: Rules | None = None, *targets: ResourceId, results: PassResults = NO_RESULTS
) -> Plan:
    """The plan for every endpoint of that world, and for `targets` whether they were read or not."""
    everyone = Targets(frozenset(targets), everything=True)
    return make_plan(seen, by or rules(), everyone, results)

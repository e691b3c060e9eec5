"""The first look at endpoints that events name. Most of these are none of ours, and need no pass."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.ids import ResourceId
from shared.domain.model import Endpoint, Reading
from shared.domain.needs.endpoints import endpoints_needed, in_need_of_a_pass
from shared.domain.plan import make_plan
from shared.domain.report import Report
from shared.domain.rules import Rules
from shared.domain.shares import Shares
from shared.domain.targets import Targets
from shared.domain.world import ListEndpoints, World
from shared.observe import answers
from shared.ports import Systems


@dataclass(frozen=True, slots=True)
class Looked:
    """`settled`: the report on those of whom nothing more is to be read. `readings`: what the others are like."""

    settled: Shares
    readings: Mapping[ResourceId, Reading[Endpoint]]


async def look(endpoints: frozenset[ResourceId], systems: Systems, rules: Rules) -> Looked:
    """What these endpoints are like; nothing is raised for one that cannot be read."""
    world = World()
    while reads := endpoints_needed(world, endpoints, rules):
        world = world.learn(await answers(reads, systems))
    # A list that broke off is nobody's trouble: each of those was then read by itself.
    world = world.forget(ListEndpoints(scope) for scope in rules.endpoint_scopes)
    ours = in_need_of_a_pass(world, endpoints, rules)
    others = endpoints - ours.keys()
    report = Report(world, make_plan(world, rules, Targets(others)))
    return Looked(Shares(report, others), ours)

"""The limit on removals (MAX_REMOVALS): for a pass over everything, and for what events release within an hour.

| pass over            | counts                                         | over the limit               |
|----------------------|------------------------------------------------|------------------------------|
| everything           | endpoints that would be undone                 | nothing is removed           |
| endpoints of events  | live endpoints that lost their tag, in an hour | those beyond it keep it all  |
| endpoints by request | nothing                                        | –                            |

Both messages give the count and the limit. Nothing here reads a clock: who was released recently is a value.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace

from shared.domain.changes.outcome import Outcome, Status
from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.model.text import counted
from shared.domain.planning.classification import Verdict
from shared.domain.planning.plan import Plan

CODE = "removals-over-limit"


def limited(plan: Plan, limit: int) -> Plan:
    """The plan, or, if it would undo more than `limit` endpoints, the plan without any removal."""
    undone = {
        c.endpoint for c in plan.changes if c.removes and plan.verdicts.get(c.endpoint) is Verdict.RELEASE
    }
    if len(undone) <= limit:
        return plan
    told = Finding(
        CODE,
        "organization",
        f"{counted(len(undone), 'endpoint')} would be undone, the limit is {limit}: all removals are held back",
    )
    kept = tuple(change for change in plan.changes if not change.removes)
    withheld = (*plan.withheld, *(change for change in plan.changes if change.removes))
    return replace(plan, changes=kept, findings=tuple(sorted({*plan.findings, told})), withheld=withheld)


def releases(plan: Plan, snapshot: Snapshot) -> frozenset[ResourceId]:
    """The live endpoints that lost their tag and from which the plan takes something."""
    losing = frozenset[ResourceId]().union(*(change.taken_from() for change in plan.changes))
    return frozenset(
        one
        for one in losing
        if plan.verdicts.get(one) is Verdict.RELEASE and isinstance(snapshot.get(ReadEndpoint(one)), Endpoint)
    )


def over_limit(
    wanted: AbstractSet[ResourceId], recent: AbstractSet[ResourceId], limit: int
) -> frozenset[ResourceId]:
    """Which of the wanted releases exceed the limit; `recent` were released within the hour.

    An endpoint among the recent ones is counted once, and what is left to remove of it is removed.
    """
    return frozenset(sorted(wanted - recent)[max(0, limit - len(recent)) :])


def with_kept(plan: Plan, unlimited: Plan, kept: AbstractSet[ResourceId], total: int, limit: int) -> Plan:
    """The plan that keeps these endpoints, with a finding for each, and what `unlimited` would have removed.

    `total`: how many endpoints would be released within the hour, those already released included.
    """
    would = f"{counted(total, 'endpoint')} that lost their tag would be released by events within an hour"
    message = f"{would}, the limit is {limit}: this one keeps its access, registration and records"
    findings = {*plan.findings, *(Finding(CODE, str(one), message) for one in kept)}
    planned = {*plan.changes, *plan.withheld}
    withheld = (one for one in unlimited.changes if one.removes and one not in planned)
    return replace(plan, findings=tuple(sorted(findings)), withheld=(*plan.withheld, *withheld))


def released(outcomes: Iterable[Outcome], plan: Plan) -> frozenset[ResourceId]:
    """From whom something was really taken: the change was done, or failed but is no longer to be made."""
    taken = (
        outcome.change.taken_from()
        for outcome in outcomes
        if outcome.status is Status.DONE
        or (outcome.status is Status.FAILED and not outcome.stale and outcome.change not in plan.changes)
    )
    return frozenset[ResourceId]().union(*taken)

"""The limit on removals (MAX_REMOVALS).

| pass for                | counts                                                  | over the limit              |
|-------------------------|---------------------------------------------------------|-----------------------------|
| everything              | endpoints that would be released                        | no removal is made          |
| the endpoints of events | existing endpoints that lost their tag, within one hour | the others are not released |
| requested endpoints     | nothing                                                 | –                           |

Nothing here reads a clock: the endpoints that were released within the hour are a parameter.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace

from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.model.text import counted
from shared.domain.planning.classification import Verdict
from shared.domain.planning.plan import Plan

CODE = "removals-over-limit"


def limited(plan: Plan, limit: int) -> Plan:
    """The plan; without any removal if it would release more than `limit` endpoints."""
    removals = tuple(change for change in plan.changes if change.removes)
    releasing = {one.endpoint for one in removals if plan.verdicts.get(one.endpoint) is Verdict.RELEASE}
    if len(releasing) <= limit:
        return plan
    count = len(releasing)
    message = f"{counted(count, 'endpoint')} would be released, the limit is {limit}: no removal is made"
    remedy = (
        f"If intended, run sync --all --allow-removals {count} (HTTP: allowRemovals), or raise MAX_REMOVALS. If not, "
        "restore the tags, or recreate the endpoints that were deleted."
    )
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if not change.removes),
        findings=tuple(sorted({*plan.findings, Finding(CODE, "organization", message, remedy)})),
        withheld=(*plan.withheld, *removals),
    )


def planned_releases(plan: Plan, snapshot: Snapshot) -> frozenset[ResourceId]:
    """The existing endpoints that lost their tag and from which the plan removes something."""
    losing = frozenset[ResourceId]().union(*(change.taken_from() for change in plan.changes))
    releasing = (one for one in losing if plan.verdicts.get(one) is Verdict.RELEASE)
    return frozenset(one for one in releasing if isinstance(snapshot.get(ReadEndpoint(one)), Endpoint))


def over_limit(wanted: AbstractSet[ResourceId], recent: AbstractSet[ResourceId], limit: int) -> frozenset[ResourceId]:
    """Which of the wanted releases exceed the limit; those in `recent`, within the hour, count once."""
    return frozenset(sorted(wanted - recent)[max(0, limit - len(recent)) :])


def with_kept(plan: Plan, unlimited: Plan, kept: AbstractSet[ResourceId], total: int, limit: int) -> Plan:
    """The plan that does not release `kept`, with a finding for each, and with the removals of `unlimited` withheld.

    `total`: how many endpoints would be released within the hour, including those already released.
    """
    would = f"{counted(total, 'endpoint')} that lost their tag would be released by events within an hour"
    message = f"{would}, the limit is {limit}: this one keeps its access, registration and records"
    findings = {*plan.findings, *(Finding(CODE, str(one), message) for one in kept)}
    planned = {*plan.changes, *plan.withheld}
    withheld = (one for one in unlimited.changes if one.removes and one not in planned)
    return replace(plan, findings=tuple(sorted(findings)), withheld=(*plan.withheld, *withheld))


def released(outcomes: Iterable[Outcome], plan: Plan) -> frozenset[ResourceId]:
    """The endpoints from which something was removed: the change was done, or failed and is not planned again."""
    removed = (
        outcome.change.taken_from()
        for outcome in outcomes
        if outcome.status is OutcomeStatus.DONE
        or (outcome.status is OutcomeStatus.FAILED and not outcome.stale and outcome.change not in plan.changes)
    )
    return frozenset[ResourceId]().union(*removed)

"""The whole product on one page: read the current state, plan, apply the plan, read again.

Event, manual sync, audit and command line trigger this one function. Each step is a page of its own:
`reader` (with `domain/reading`), `domain/planning` (`plan`, `policy`, `removal_limit`) and `apply`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from shared.domain.changes.base import Change
from shared.domain.changes.outcome import Outcome, OutcomeStatus, blocked
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ListEndpoints, Read, ReadEndpoint, ReadZone, Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.plan import Plan, make_plan
from shared.domain.planning.policy import Policy, filtered
from shared.domain.planning.removal_limit import limited, over_limit, planned_releases, released, with_kept
from shared.domain.reading.endpoints import MANY
from shared.domain.results.pass_report import Report
from shared.reconciler.apply import apply
from shared.reconciler.ports import Systems
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reader import read_needed

# A new zone that is created, linked and filled takes three rounds, the fourth confirms the result, and one is spare
# for an endpoint that changes meanwhile.
ROUNDS = 5

HELD_BY_OTHERS = frozenset({"wildcard-owned-by-other", "wildcard-served-by-other"})


@dataclass(frozen=True, slots=True)
class ReconcileRequest:
    """What a trigger asks for.

    `max_removals` limits how many endpoints a pass over everything releases and, with `by_event`, how many
    live endpoints that lost their tag events release within an hour.
    """

    targets: Targets
    policy: Policy = Policy.SYNC
    dry_run: bool = False
    max_removals: int = 20
    by_event: bool = False


async def reconcile(
    request: ReconcileRequest,
    systems: Systems,
    config: DeploymentConfig,
    cache: ProcessCache,
    known: Mapping[ResourceId, Endpoint | NotFound] = MappingProxyType({}),
) -> Report:
    """Bring the targets to the state that tags and settings ask for.

    `known`: endpoints that were read after the request arrived; they are not read again.

    Raises nothing for a system that fails: the report contains what was done, what was not, and whether the
    same request may succeed later.
    """
    snapshot = cache.snapshot().with_results({ReadEndpoint(id_): found for id_, found in known.items()})
    targets = request.targets
    outcomes: tuple[Outcome, ...] = ()
    releasing = frozenset[ResourceId]()
    rounds = 0
    while True:
        snapshot = await read_needed(snapshot, targets, systems, config, cache)
        cache.update_from(snapshot, outcomes)
        make = partial(make_plan, snapshot, config, targets, cache.pass_results(outcomes))
        plan = filtered(make(), request.policy)
        if targets.everything:
            plan = limited(plan, request.max_removals)
        elif request.by_event:
            cache.count_released(releasing & released(outcomes, plan))
            wanted, recent = planned_releases(plan, snapshot), cache.recently_released()
            if kept := over_limit(wanted, recent, request.max_removals):
                remaining = filtered(make(kept), request.policy)
                plan = with_kept(remaining, plan, kept, len(wanted | recent), request.max_removals)
        changes = _untried(plan, outcomes)
        if request.dry_run or not changes or rounds == ROUNDS:
            return Report(snapshot, plan, outcomes, dry_run=request.dry_run)
        rounds += 1
        releasing |= planned_releases(plan, snapshot)
        applied, snapshot = await apply(changes, snapshot, systems)
        outcomes += applied
        # An endpoint may have changed during the writes: it is read and planned again.
        targets = replace(targets, endpoints=targets.endpoints | {change.endpoint for change in changes})
        snapshot = _without_stale_reads(snapshot, plan, changes)


def _untried(plan: Plan, outcomes: tuple[Outcome, ...]) -> tuple[Change, ...]:
    """The changes to apply now: each once, or again if somebody else had written first.

    A change that depends on one that was tried and is still planned is left to the next pass: that one failed, or
    the system accepted it and does not show it yet.
    """
    final = {o.change: o for o in outcomes if not o.stale and o.status is not OutcomeStatus.SKIPPED}
    planned = frozenset(plan.changes)
    untried = [change for change in plan.changes if change not in final]
    not_shown = [replace(one, status=OutcomeStatus.FAILED) for change, one in final.items() if change in planned]
    waiting = blocked(untried, not_shown)
    return tuple(change for change in untried if change not in waiting)


def _without_stale_reads(snapshot: Snapshot, plan: Plan, applied: tuple[Change, ...]) -> Snapshot:
    """Invalidate what may have changed during the writes: the endpoints, and who holds a record they need."""
    stale: set[Read[Any]] = {ReadEndpoint(change.endpoint) for change in applied}
    if len(stale) > MANY:  # they are read again by list
        stale |= {read for read in snapshot.answers if isinstance(read, ListEndpoints)}
    if any(finding.code in HELD_BY_OTHERS for finding in plan.findings):
        stale |= {ReadEndpoint(other) for other in snapshot.endpoints().keys() - plan.verdicts.keys()}
        stale |= {ReadZone(zone.id) for zone in snapshot.zones()}
    return snapshot.invalidate(stale)

"""The product on one page: read what is true, decide what should be, make the difference, read again.

Event, manual sync and audit are three doors to this one room. What each step does is a page of its own:
`observe` (with `domain/needs`), `domain/plan`, `domain/policy`, `domain/safety`, `apply`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from shared.domain.changes import Change
from shared.domain.changes.outcome import Outcome, Status, blocked
from shared.domain.changes.pass_results import PassResults
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ListEndpoints, Read, ReadEndpoint, ReadZone, Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.plan import Plan, make_plan
from shared.domain.planning.policy import Policy, permitted
from shared.domain.planning.removal_limit import limited, over_limit, released, releases, with_kept
from shared.domain.reading.endpoints import MANY, endpoints_needed, in_need_of_a_pass
from shared.domain.results.pass_report import Report
from shared.reconciler.apply import apply
from shared.reconciler.ports import Systems
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reader import answers, observe

# A zone made, linked and filled takes three rounds, and one more shows that all is well.
ROUNDS = 5

HELD_BY_OTHERS = frozenset({"wildcard-owned-by-other", "wildcard-served-by-other"})


@dataclass(frozen=True, slots=True)
class ReconcileRequest:
    """What a door asks for.

    `max_removals` limits how many endpoints a pass over everything may undo and, `by_event`, how many live
    endpoints that lost their tag are released within an hour.
    """

    targets: Targets
    policy: Policy = Policy.SYNC
    dry_run: bool = False
    max_removals: int = 20
    by_event: bool = False


async def first_read(
    endpoints: frozenset[ResourceId], systems: Systems, config: DeploymentConfig
) -> dict[ResourceId, Report | Endpoint | NotFound]:
    """What each endpoint is like that a pass can do something for, and the report on each other one.

    Raises nothing for an endpoint that cannot be read: its report has the error.
    """
    snapshot = Snapshot()
    while reads := endpoints_needed(snapshot, endpoints, config):
        snapshot = snapshot.with_results(await answers(reads, systems))
    ours = in_need_of_a_pass(snapshot, endpoints, config)
    return {one: ours.get(one) or _report_on_other(one, snapshot, config) for one in endpoints}


def _report_on_other(endpoint: ResourceId, snapshot: Snapshot, config: DeploymentConfig) -> Report:
    alone = Snapshot(MappingProxyType(snapshot.of_endpoint(endpoint)))
    return Report(alone, make_plan(alone, config, Targets(frozenset({endpoint}))))


async def reconcile(
    order: ReconcileRequest,
    systems: Systems,
    config: DeploymentConfig,
    cache: ProcessCache,
    known: Mapping[ResourceId, Endpoint | NotFound] = MappingProxyType({}),
) -> Report:
    """Bring the world to what tags and settings ask for, as far as it can be read and reached.

    `known`: endpoints that were read since they were asked for, and need not be read again.

    Raises nothing for a system that fails: the report tells what was done, what was not, and whether
    the same order may get further later.
    """
    snapshot, targets = (
        cache.snapshot().with_results({ReadEndpoint(one): told for one, told in known.items()}),
        order.targets,
    )
    outcomes: tuple[Outcome, ...] = ()
    releasing = frozenset[ResourceId]()
    rounds = 0
    while True:
        snapshot = await observe(snapshot, targets, systems, config, cache)
        cache.applied(outcomes, snapshot)
        make = partial(_permitted_plan, snapshot, targets, order, config, cache.results(outcomes))
        plan = make()
        if order.by_event:
            cache.count_released(releasing & released(outcomes, plan))
            plan = _limited_releases(plan, snapshot, order.max_removals, cache.recently_released(), make)
        todo = _untried(plan, outcomes)
        if order.dry_run or not todo or rounds == ROUNDS:
            return Report(snapshot, plan, outcomes, dry_run=order.dry_run)
        rounds += 1
        releasing |= releases(plan, snapshot)
        done, snapshot = await apply(todo, snapshot, systems)
        outcomes += done
        # An endpoint may have changed while we wrote: it is read again, and decided again if it has.
        targets = targets.with_endpoints(change.endpoint for change in todo)
        snapshot = _stale(snapshot, plan, todo)


def _stale(snapshot: Snapshot, plan: Plan, written: tuple[Change, ...]) -> Snapshot:
    """The world without what may have changed while we wrote: our endpoints, and who was in their way.

    Where these are many their lists tell of them.
    """
    again: set[Read[Any]] = {ReadEndpoint(change.endpoint) for change in written}
    if len(again) > MANY:
        again |= {read for read in snapshot.answers if isinstance(read, ListEndpoints)}
    if any(finding.code in HELD_BY_OTHERS for finding in plan.findings):
        others = snapshot.endpoints().keys() - plan.verdicts.keys()
        zones = {ReadZone(zone.id) for zone in snapshot.zones()}
        return snapshot.invalidate({*again, *(ReadEndpoint(one) for one in others), *zones})
    return snapshot.invalidate(again)


def _permitted_plan(
    snapshot: Snapshot,
    targets: Targets,
    order: ReconcileRequest,
    config: DeploymentConfig,
    results: PassResults,
    kept: frozenset[ResourceId] = frozenset(),
) -> Plan:
    plan = permitted(make_plan(snapshot, config, targets, results, kept), order.policy)
    return limited(plan, order.max_removals) if targets.everything else plan


def _limited_releases(
    plan: Plan,
    snapshot: Snapshot,
    limit: int,
    recent: frozenset[ResourceId],
    make: Callable[[frozenset[ResourceId]], Plan],
) -> Plan:
    """The plan, or one that keeps the endpoints whose release exceeds the limit."""
    wanted = releases(plan, snapshot)
    kept = over_limit(wanted, recent, limit)
    return with_kept(make(kept), plan, kept, len(wanted | recent), limit) if kept else plan


def _untried(plan: Plan, outcomes: tuple[Outcome, ...]) -> tuple[Change, ...]:
    """The changes to be made now: each once, and again only if somebody else had written first.

    What depends on one that failed and is still wanted waits for another pass.
    """
    final = [outcome for outcome in outcomes if not outcome.stale and outcome.status is not Status.SKIPPED]
    tried = {outcome.change for outcome in final}
    untried = [change for change in plan.changes if change not in tried]
    wanted = frozenset(plan.changes) if len(untried) < len(plan.changes) else frozenset()
    failed = [o for o in final if o.status is Status.FAILED and o.change in wanted]
    waiting = blocked(untried, failed)
    return tuple(change for change in untried if change not in waiting)

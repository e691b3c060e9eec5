"""The part of a report for each waiting endpoint: its own results, and those that concern every endpoint."""

from collections.abc import Callable, Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from shared.domain.model.findings import IN_PROGRESS
from shared.domain.model.grouping import grouped
from shared.domain.model.ids import ResourceId
from shared.domain.model.snapshot import Snapshot
from shared.domain.results.pass_report import Report


@dataclass(frozen=True, slots=True)
class FailedPass:
    """The last pass of an event that failed for an endpoint, and the first problem of that endpoint."""

    pass_id: str
    at: datetime
    problem: str


def split_report(report: Report, waiting: AbstractSet[ResourceId]) -> dict[ResourceId, Report]:
    """For each waiting endpoint, the report without what concerns only other waiting endpoints.

    Walks through the report once, however many endpoints wait.
    """
    snapshot, plan = report.snapshot, report.plan
    own = {endpoint: snapshot.of_endpoint(endpoint) for endpoint in waiting}
    owned = {read for results in own.values() for read in results}
    common = {read: failed for read, failed in snapshot.unreadable().items() if read not in owned}
    changes = _split(plan.changes, lambda change: change.endpoint, waiting)
    withheld = _split(plan.withheld, lambda change: change.endpoint, waiting)
    # An endpoint in progress makes Event Grid retry its own event, and no other endpoint's.
    ids = set(map(str, waiting))
    findings = [finding for finding in plan.findings if finding.code != IN_PROGRESS or finding.object in ids]
    findings_of = _split(findings, lambda finding: finding.object, ids)
    outcomes = _split(report.outcomes, lambda outcome: outcome.change.endpoint, waiting)
    return {
        endpoint: replace(
            report,
            snapshot=Snapshot(MappingProxyType(common | own[endpoint])),
            plan=replace(
                plan,
                changes=changes(endpoint),
                withheld=withheld(endpoint),
                findings=findings_of(str(endpoint)),
                verdicts={endpoint: plan.verdicts[endpoint]},
            ),
            outcomes=outcomes(endpoint),
        )
        for endpoint in waiting
    }


def _split[T, Key: Hashable](
    items: Iterable[T], key_of: Callable[[T], Key], waiting: AbstractSet[Key]
) -> Callable[[Key], tuple[T, ...]]:
    """By key of `waiting`: the items that belong to no key of `waiting`, then those of that key, in order."""
    keys = ((key_of(item), item) for item in items)
    parts = grouped((key if key in waiting else None, item) for key, item in keys)
    return lambda key: (*parts.get(None, ()), *parts.get(key, ()))

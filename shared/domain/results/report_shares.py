"""Each waiting endpoint's share of the report of a pass over many: its own part, and what concerns all."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import MappingProxyType

from shared.domain.model.findings import IN_PROGRESS
from shared.domain.model.ids import ResourceId
from shared.domain.model.snapshot import Snapshot
from shared.domain.results.pass_report import Report


def shares_of(report: Report, waiting: AbstractSet[ResourceId]) -> dict[ResourceId, Report]:
    """For each endpoint that waits: the report without what is about only the others that wait.

    The report is gone through once, however many wait.
    """
    snapshot, plan = report.snapshot, report.plan
    own = {one: snapshot.of_endpoint(one) for one in waiting}
    common = {
        read: told
        for one in plan.verdicts.keys() - waiting
        for read, told in snapshot.of_endpoint(one).items()
    }
    theirs = {read for reads in own.values() for read in reads}
    common |= {read: told for read, told in snapshot.unreadable().items() if read not in theirs}
    changes = _shared_out(plan.changes, lambda change: change.endpoint, waiting)
    withheld = _shared_out(plan.withheld, lambda change: change.endpoint, waiting)
    # An endpoint in progress brings back its own event, and not those of its neighbours.
    named = set(map(str, waiting))
    told = [one for one in plan.findings if one.code != IN_PROGRESS or one.object in named]
    findings = _shared_out(told, lambda finding: finding.object, named)
    outcomes = _shared_out(report.outcomes, lambda outcome: outcome.change.endpoint, waiting)
    verdicts = _shared_out(plan.verdicts, lambda endpoint: endpoint, waiting)
    return {
        one: replace(
            report,
            snapshot=Snapshot(MappingProxyType(common | own[one])),
            plan=replace(
                plan,
                changes=changes(one),
                withheld=withheld(one),
                findings=findings(str(one)),
                verdicts={told: plan.verdicts[told] for told in sorted(verdicts(one))},
            ),
            outcomes=outcomes(one),
        )
        for one in waiting
    }


def _shared_out[T, Key: Hashable](
    items: Iterable[T], key_of: Callable[[T], Key], waiting: AbstractSet[Key]
) -> Callable[[Key], tuple[T, ...]]:
    """What is nobody's of those who wait, with what belongs to one of them, in order, by its key."""
    parts: defaultdict[Key | None, list[T]] = defaultdict(list)
    for item in items:
        key = key_of(item)
        parts[key if key in waiting else None].append(item)
    return lambda key: (*parts[None], *parts[key])

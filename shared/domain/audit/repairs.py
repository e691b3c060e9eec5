"""What a pass changed, or tried to, with what it was before and what it became."""

from collections.abc import Iterator

from shared.domain.audit.report_model import Repair
from shared.domain.changes.outcome import Status
from shared.domain.results.pass_report import Report


def repairs_of(report: Report) -> Iterator[Repair]:
    """The last word on each change that was tried, in the order in which they were first tried."""
    undone = {outcome.change: outcome for outcome in report.undone}
    last = {outcome.change: outcome for outcome in report.outcomes}
    for change, tried in last.items():
        outcome = undone.get(change, tried)
        status, error = outcome.status, outcome.error
        if change not in undone and status is not Status.DONE:
            if tried.stale:
                continue  # somebody wrote first, and another change was made in its place or none was needed
            status, error = Status.SKIPPED, f"it is so now, although: {error}"
        before, after = change.before_after()
        yield Repair(change.verb, change.object, str(change.endpoint), before, after, status.value, error)

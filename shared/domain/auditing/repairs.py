"""What a pass changed, or tried to, with what it was before and what it became."""

from collections.abc import Iterator

from shared.domain.audited import Repair
from shared.domain.changes import (
    Allow,
    Change,
    CreateZone,
    DeleteRecord,
    Deregister,
    Disallow,
    LinkNetwork,
    PutRecord,
    Register,
)
from shared.domain.marks import MARK
from shared.domain.model import RecordSet
from shared.domain.outcomes import Status
from shared.domain.report import Report

NOTHING = "-"


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
        before, after = before_and_after(change)
        yield Repair(change.verb, change.object, str(change.endpoint), before, after, status.value, error)


def before_and_after(change: Change) -> tuple[str, str]:  # noqa: PLR0911 -- a table
    """What the change's object was and is to become, in a few words each; `-` for nothing."""
    match change:
        case Register():
            return NOTHING, f"{change.id} in {change.region}"
        case Deregister():
            return f"{change.id} in {change.region}", NOTHING
        case Allow():
            return NOTHING, change.id
        case Disallow():
            return change.id, NOTHING
        case PutRecord() | DeleteRecord():
            return _record(change.before), _record(change.after if isinstance(change, PutRecord) else None)
        case CreateZone():
            return NOTHING, "there"
        case LinkNetwork():
            return NOTHING, f"linked to {change.network}"


def _record(record: RecordSet | None) -> str:
    if record is None:
        return NOTHING
    owner = record.metadata.get(MARK)
    return f"{', '.join(record.addresses)}, TTL {record.ttl}, {f'of {owner}' if owner else 'without mark'}"

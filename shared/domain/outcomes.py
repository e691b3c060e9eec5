"""What became of each change, in which order changes go out, and which of them wait for others.

Stage 1: registrations, and records. Stage 2: records that claim an id which stage 1 registers, so that
none claims what the API refused; and one call per service, `remove` before `add`. Stage 3: additions that
wait for a record of stage 2, deregistrations, and deleted records. Stage 4: records that are the last
witness of an id which the stages before take away. So access is given organization first and taken back
services first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched, groupby

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
    RegisterThroughService,
)
from shared.domain.ids import ResourceId
from shared.domain.marks import Claim, claims
from shared.domain.model import RecordSet

# What an API takes in one body is not published. This many GUIDs make 40 KB, ARM ids of the usual length
# 200 KB; should that be too much, the call is refused and made again in halves (see `apply`).
MOST_IN_A_CALL = 1000

type Stages = tuple[tuple[Change, ...], ...]


class Status(StrEnum):
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change. `temporary`: the same change may go through later."""

    change: Change
    status: Status
    error: str = ""
    temporary: bool = False
    stale: bool = False
    """Somebody else wrote first: the change is to be decided anew at once."""


def stages(changes: Iterable[Change]) -> Stages:
    """The changes in the order in which they must go out; those of one stage are independent."""
    known = tuple(changes)
    new = frozenset(change.id.lower() for change in known if isinstance(change, Register))
    late = [change for change in known if isinstance(change, PutRecord) and _claimed(change.after) & new]
    stage_of = {change: _stage(change) for change in known}
    stage_of |= {change: max(2, stage_of[change]) for change in late}
    stage_of |= {c: 3 for c in known if isinstance(c, Allow) and any(_depends(c, other) for other in late)}
    return tuple(tuple(change for change in known if stage_of[change] == stage) for stage in range(1, 5))


def calls(stage: Iterable[Change]) -> list[tuple[Change, ...]]:
    """The changes of one stage, grouped into those that can share one call."""
    ordered = sorted(stage, key=_call_key)
    groups = (group for _, group in groupby(ordered, key=_call_key))
    return [chunk for group in groups for chunk in batched(group, MOST_IN_A_CALL, strict=False)]


def clickhouse_calls(changes: Iterable[Change]) -> int:
    """How many calls to ClickHouse it takes to make these changes."""
    there = [one for one in changes if isinstance(one, Register | Deregister | Allow | Disallow)]
    return sum(len(calls(stage)) for stage in stages(there))


def blocked_by(change: Change, outcomes: Iterable[Outcome]) -> Outcome | None:
    """The failure that this change must not go ahead of: a dependent one is skipped, others go on."""
    for outcome in outcomes:
        if outcome.status is not Status.DONE and _depends(change, outcome.change):
            return outcome
    return None


def _stage(change: Change) -> int:
    match change:
        case Register() | CreateZone() | LinkNetwork():
            return 1
        case PutRecord() | DeleteRecord() if change.witness:
            return 4
        case PutRecord():
            return 1
        case Allow() | Disallow():
            return 2
        case Deregister() | DeleteRecord():
            return 3


def _call_key(change: Change) -> tuple[str, str]:
    match change:
        case RegisterThroughService():
            return ("one", f"{change.object}/{change.id}")
        case Register() | Deregister() | Allow() | Disallow():
            return ("many", change.object)
        case PutRecord() | DeleteRecord() | CreateZone():
            return ("one", change.object)
        case LinkNetwork():
            return ("one", f"{change.object}/{change.network}")


def _depends(change: Change, other: Change) -> bool:  # noqa: PLR0911 -- a table
    match change, other:
        case Allow(), Register():
            return change.id == other.id
        case Allow(), PutRecord():
            return any(claim.lent for claim in _claims_of(other.after, change.endpoint))
        case Deregister(), Disallow():
            return change.id.lower() == other.id.lower()
        case PutRecord(), Register():
            return other.id.lower() in _claimed(change.after)
        case PutRecord() | DeleteRecord(), Disallow() | Deregister():
            return other.id.lower() in change.witness
        case DeleteRecord(), PutRecord():
            left = {claim.endpoint for claim in claims(change.before).values()}
            return any(_claims_of(other.after, one) for one in left)
    return False


def _claimed(record: RecordSet) -> frozenset[str]:
    """The ids that the record tells to be registered by us."""
    return frozenset(one for c in claims(record).values() if c.ours for one in c.ids)


def _claims_of(record: RecordSet, endpoint: ResourceId) -> list[Claim]:
    return [claim for claim in claims(record).values() if claim.endpoint == endpoint]

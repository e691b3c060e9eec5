"""What became of each change, in which order changes go out, and which of them wait for others.

Stage 1: registrations, and records. Stage 2: records that claim an id which stage 1 registers, so that
none claims what the API refused; and one call per service, `remove` before `add`. Stage 3: additions that
wait for a record of stage 2, deregistrations, and deleted records. Stage 4: records that are the last
witness of an id which the stages before take away, or which another record of this stage will tell: that
one goes first, and a stage of its own is made for each step of such a chain. So access is given
organization first and taken back services first.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched

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
from shared.domain.dependence import Key, claimed, holds_up, waits_for

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
    """What became of one change. `temporary`: the same change may go through later without anybody's doing.

    `forbidden`: it may once a key or a right is in order.
    """

    change: Change
    status: Status
    error: str = ""
    temporary: bool = False
    stale: bool = False
    """Somebody else wrote first: the change is to be decided anew at once."""
    forbidden: bool = False

    @property
    def curable(self) -> bool:
        """Whether another delivery of the event may get it made."""
        return self.temporary or self.forbidden


def stages(changes: Iterable[Change]) -> Stages:
    """The changes in the order in which they must go out; those of one stage are independent."""
    known = tuple(changes)
    new = frozenset(change.id.lower() for change in known if isinstance(change, Register))
    late = {c for c in known if isinstance(c, PutRecord) and not claimed(c.after).isdisjoint(new)}
    awaited = frozenset(key for change in late for key in holds_up(change))
    found: tuple[list[Change], ...] = ([], [], [], [])
    for change in known:
        stage = _stage(change)
        if isinstance(change, PutRecord) and change in late:
            stage = max(2, stage)
        elif awaited and isinstance(change, Allow) and not awaited.isdisjoint(waits_for(change)):
            stage = 3
        found[stage - 1].append(change)
    return (*map(tuple, found[:3]), *_one_after_another(found[3]))


def _one_after_another(last: list[Change]) -> Stages:
    """Records that cease to tell of an id, each after the record that is to tell of it instead."""
    found = []
    while last:
        awaited = frozenset(key for change in last for key in holds_up(change))
        ready: list[Change] = []
        later: list[Change] = []
        for change in last:
            (ready if awaited.isdisjoint(waits_for(change)) else later).append(change)
        # Those that wait for each other in a ring go out together: none of them can be first.
        found.append(tuple(ready or later))
        last = later if ready else []
    return tuple(found) or ((),)


def calls(stage: Iterable[Change]) -> list[tuple[Change, ...]]:
    """The changes of one stage, grouped into those that can share one call."""
    groups: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in stage:
        groups[_call_key(change)].append(change)
    ordered = (groups[key] for key in sorted(groups))
    return [chunk for group in ordered for chunk in batched(group, MOST_IN_A_CALL, strict=False)]


def blocked(changes: Iterable[Change], outcomes: Iterable[Outcome]) -> dict[Change, Outcome]:
    """The changes that must not go ahead, each with the failure that it waits for; others may go on."""
    failures: dict[Key, Outcome] = {}
    for outcome in outcomes:
        if outcome.status is not Status.DONE:
            for key in holds_up(outcome.change):
                failures.setdefault(key, outcome)
    if not failures:
        return {}
    waiting = ((change, next(filter(None, map(failures.get, waits_for(change))), None)) for change in changes)
    return {change: failure for change, failure in waiting if failure}


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

"""The outcome of each change, what a pass learns from outcomes, and the order in which changes go out.

| stage | changes                                                       |
|-------|---------------------------------------------------------------|
| 1     | registrations, records, zones, links                          |
| 2     | allow lists (one call per service, `remove` before `add`), deleted records |
| 3     | deregistrations                                               |

So access is granted registration first, and removed allow lists first. Records depend on neither.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched
from types import MappingProxyType

from shared.domain.changes.base import Change, Key
from shared.domain.changes.clickhouse import Register
from shared.domain.model.errors import UNKNOWN_CAUSE, Cause, CauseKind
from shared.domain.model.grouping import grouped
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Registration

# ClickHouse publishes no limit on the size of a body. This many GUIDs make 40 KB, ARM ids of the usual length 200 KB;
# `apply` repeats a refused call in halves.
MOST_IN_A_CALL = 1000
STAGES = (1, 2, 3)


class OutcomeStatus(StrEnum):
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one change. `temporary`: the same change may succeed later."""

    change: Change
    status: OutcomeStatus
    error: str = ""
    temporary: bool = False
    cause: Cause = UNKNOWN_CAUSE

    @property
    def stale(self) -> bool:
        """Whether the object changed since it was read, so that the change must be planned again."""
        return self.cause.kind is CauseKind.CHANGED

    @property
    def retryable(self) -> bool:
        """Whether a retry of the event may succeed."""
        return self.temporary or self.cause.forbidden or self.cause.kind is CauseKind.LOCKED


@dataclass(frozen=True, slots=True)
class PassResults:
    """What this pass, and earlier ones in this process, have learned about the systems by their changes.

    `add_refused`: the API refuses the organization's deprecated `add`, so register through a service.

    Of this pass only, with ids in lower case: `registered`, the registrations that the API accepted; `unmarked`, those
    of them that were removed again because their description was not stored; `deregistrations_refused`, the ids that
    the key may not deregister; `locked_zones`, where a management lock refused a write; `names_taken`, the zone and
    name of each record set that was refused because a record of another type has the name.
    """

    add_refused: bool = False
    registered: Mapping[str, Register] = MappingProxyType({})
    unmarked: frozenset[str] = frozenset()
    deregistrations_refused: frozenset[str] = frozenset()
    locked_zones: frozenset[ResourceId] = frozenset()
    names_taken: frozenset[tuple[ResourceId, str]] = frozenset()


NO_RESULTS = PassResults()


def stages(changes: Iterable[Change]) -> tuple[tuple[Change, ...], ...]:
    """The changes in the order in which they go out; those of one stage are independent."""
    all_changes = tuple(changes)
    return tuple(tuple(change for change in all_changes if change.stage == stage) for stage in STAGES)


def calls(stage: Iterable[Change]) -> list[tuple[Change, ...]]:
    """The changes of one stage, grouped by call."""
    groups = grouped((change.batch_key, change) for change in stage)
    return [chunk for _, group in sorted(groups.items()) for chunk in batched(group, MOST_IN_A_CALL, strict=False)]


def blocked(changes: Iterable[Change], outcomes: Iterable[Outcome]) -> dict[Change, Outcome]:
    """The changes that must be skipped, each with the first of these outcomes that it requires."""
    blockers: dict[Key, Outcome] = {}
    for outcome in outcomes:
        for key in outcome.change.provides():
            blockers.setdefault(key, outcome)
    pairs = ((change, next(filter(None, map(blockers.get, change.requires())), None)) for change in changes)
    return {change: blocker for change, blocker in pairs if blocker}


def unconfirmed(changes: Iterable[Change], registrations: Iterable[Registration]) -> frozenset[Change]:
    """The registrations among the changes that the API has not returned with our mark: they give no access."""
    returned = {(one.id.lower(), one.description) for one in registrations}
    made = (change for change in changes if isinstance(change, Register))
    return frozenset(change for change in made if (change.id.lower(), change.description) not in returned)

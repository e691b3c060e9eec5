"""What became of each change, in which order changes go out, and which wait for others.

| stage | changes                                                       |
|-------|---------------------------------------------------------------|
| 1     | registrations, records, zones, links                          |
| 2     | allow lists (one call per service, `remove` before `add`), deleted records |
| 3     | deregistrations                                               |

So access is given registration first and taken away allow lists first; records do not depend on either.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched

from shared.domain.changes import Change, Key
from shared.domain.model.errors import UNKNOWN_CAUSE, Cause

# No limit on the size of a body is published. This many GUIDs make 40 KB, ARM ids of the usual length 200 KB;
# a call that is refused is made again in halves (see `apply`).
MOST_IN_A_CALL = 1000
STAGES = (1, 2, 3)

type Stages = tuple[tuple[Change, ...], ...]


class Status(StrEnum):
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change. `temporary`: the same change may succeed later without anybody's help.

    `forbidden`: it may succeed once a key or a permission is corrected.
    """

    change: Change
    status: Status
    error: str = ""
    temporary: bool = False
    stale: bool = False
    """Somebody else wrote first: decide again at once."""
    forbidden: bool = False
    locked: bool = False
    """A management lock forbids it."""
    name_taken: bool = False
    """A record of another type has the name."""
    cause: Cause = UNKNOWN_CAUSE

    @property
    def retryable(self) -> bool:
        """Whether another delivery of the event may succeed."""
        return self.temporary or self.forbidden or self.locked


def stages(changes: Iterable[Change]) -> Stages:
    """The changes in the order in which they go out; those of one stage are independent."""
    known = tuple(changes)
    return tuple(tuple(change for change in known if change.stage == stage) for stage in STAGES)


def calls(stage: Iterable[Change]) -> list[tuple[Change, ...]]:
    """The changes of one stage, grouped by call."""
    groups: defaultdict[str, list[Change]] = defaultdict(list)
    for change in stage:
        groups[change.batch_key].append(change)
    ordered = (groups[key] for key in sorted(groups))
    return [chunk for group in ordered for chunk in batched(group, MOST_IN_A_CALL, strict=False)]


def blocked(changes: Iterable[Change], outcomes: Iterable[Outcome]) -> dict[Change, Outcome]:
    """The changes that must not go ahead, each with the failure that it waits for."""
    failures: dict[Key, Outcome] = {}
    for outcome in outcomes:
        if outcome.status is not Status.DONE:
            for key in outcome.change.provides():
                failures.setdefault(key, outcome)
    if not failures:
        return {}
    waiting = ((change, next(filter(None, map(failures.get, change.requires())), None)) for change in changes)
    return {change: failure for change, failure in waiting if failure}

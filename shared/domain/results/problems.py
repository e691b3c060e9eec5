"""What kept a pass from finishing: one problem for each cause, with its remedy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.errors import Cause, CauseKind, System
from shared.domain.model.grouping import grouped
from shared.domain.model.remedies import remedy_for
from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import Read

_DEFAULT_REMEDIES = {
    True: "Repeat the request. If the error persists, correct what it names.",
    False: "Correct what the error names; the same request will be refused again.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`text`: what failed and why, with the system's error. `remedy`: what resolves it."""

    text: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        return {"problem": self.text, "remedy": self.remedy}


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str
    system: System
    cause: Cause
    temporary: bool

    @property
    def group(self) -> tuple[object, ...]:
        """Failures of one group have one cause, as far as is known."""
        if self.cause.kind is CauseKind.UNKNOWN:
            return (self.system, self.cause.status or self.text)
        return (self.system, self.cause.kind, self.cause.scope)


def problems_of(reads: Mapping[Read[Any], ReadFailed], undone: Iterable[Outcome]) -> tuple[Problem, ...]:
    """The problems of failed reads and of changes that were not made.

    Failures of one system with the same cause are one problem, which names the first of them.
    """
    failures = [_Failure(one.reason, read.system, one.cause, one.temporary) for read, one in reads.items()]
    failures += [
        _Failure(f"{o.change.verb} {o.change.summary()}: {o.error}", o.change.system, o.cause, o.temporary)
        for o in sorted(undone, key=lambda outcome: outcome.status is OutcomeStatus.SKIPPED)
    ]
    groups = grouped((failure.group, failure) for failure in dict.fromkeys(failures))
    return tuple(_problem(*group) for group in groups.values())


def _problem(first: _Failure, *others: _Failure) -> Problem:
    more = f" (and {len(others)} more with the same cause)" if others else ""
    permissions = sorted({failure.cause.action for failure in (first, *others)} - {""})
    remedy = remedy_for(replace(first.cause, action=", ".join(permissions)), first.system)
    return Problem(f"{first.text}{more}", remedy or _DEFAULT_REMEDIES[first.temporary])

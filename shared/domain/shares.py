"""Each waiter's share of a report on many endpoints: its own part, and what concerns all.

The report is gone through once, however many wait for their share.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from shared.domain.findings import IN_PROGRESS
from shared.domain.ids import ResourceId
from shared.domain.report import Report
from shared.domain.world import Read, World


@dataclass(frozen=True)
class Shares:
    """A report, and the endpoints that somebody waits for; what is none of theirs is everybody's."""

    report: Report
    waiting: AbstractSet[ResourceId]

    def of(self, endpoint: ResourceId) -> Report:
        """The report without what concerns the others that are waited for, which have shares of their own."""
        return replace(
            self.report,
            world=self._world_of(endpoint),
            plan=replace(
                self.report.plan,
                changes=(*self._changes[None], *self._changes[endpoint]),
                findings=(*self._findings[None], *self._findings[endpoint]),
                verdicts={one: self.report.plan.verdicts[one] for one in self._told_to(endpoint)},
            ),
            outcomes=(*self._outcomes[None], *self._outcomes[endpoint]),
        )

    def _whose(self, endpoint: ResourceId) -> ResourceId | None:
        return endpoint if endpoint in self.waiting else None

    @cached_property
    def _changes(self) -> "_Parts[Any]":
        return _parts(self.report.plan.changes, lambda change: self._whose(change.endpoint))

    @cached_property
    def _findings(self) -> "_Parts[Any]":
        named = {str(one): one for one in self.waiting}
        # An endpoint in progress brings back its own event, and not those of its neighbours.
        told = (one for one in self.report.plan.findings if one.code != IN_PROGRESS or one.object in named)
        return _parts(told, lambda finding: named.get(finding.object))

    @cached_property
    def _outcomes(self) -> "_Parts[Any]":
        return _parts(self.report.outcomes, lambda outcome: self._whose(outcome.change.endpoint))

    @cached_property
    def _everybodys(self) -> tuple[ResourceId, ...]:
        return tuple(one for one in self.report.plan.verdicts if one not in self.waiting)

    def _told_to(self, endpoint: ResourceId) -> list[ResourceId]:
        return sorted({*self._everybodys, endpoint} & self.report.plan.verdicts.keys())

    @cached_property
    def _common(self) -> dict[Read[Any], Any]:
        """Of the world, what every share tells: the troubles that are no waiter's own, and everybody's endpoints."""
        own = {read for one in self.waiting for read in self.report.world.of_endpoint(one)}
        troubles = {r: a for r, a in self.report.world.unreadable().items() if r not in own}
        return troubles | {
            r: a for one in self._everybodys for r, a in self.report.world.of_endpoint(one).items()
        }

    def _world_of(self, endpoint: ResourceId) -> World:
        return World(MappingProxyType(self._common | self.report.world.of_endpoint(endpoint)))


type _Parts[T] = defaultdict[ResourceId | None, list[T]]


def _parts[T](items: Iterable[T], whose: Callable[[T], ResourceId | None]) -> _Parts[T]:
    found: _Parts[T] = defaultdict(list)
    for item in items:
        found[whose(item)].append(item)
    return found

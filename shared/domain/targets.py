"""Whom a pass is about, and whom it acts for."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.ids import ResourceId
from shared.domain.marks import claimants
from shared.domain.model import Endpoint
from shared.domain.verdicts import Verdict, verdict_on
from shared.domain.view import View


@dataclass(frozen=True, slots=True)
class Targets:
    """What a pass is about: these endpoints, or (`everything`) all in scope and all we own."""

    endpoints: frozenset[ResourceId] = frozenset()
    everything: bool = False

    def with_endpoints(self, more: Iterable[ResourceId]) -> "Targets":
        return Targets(self.endpoints | frozenset(more), everything=self.everything)


def actors(view: View, targets: Targets) -> frozenset[ResourceId]:
    """The endpoints that a pass acts for: its targets, and those whom the end of another concerns.

    Those are the ones found gone or untagged on the way, and the ones that may wait for a record of theirs.
    """
    seen = view.world.endpoints()
    holding = claimants(view.world.records(), view.rules.owner)
    ours = holding | view.owned.keys()
    if targets.everything:
        return frozenset(seen) | targets.endpoints | ours
    undone = {one for one in ours & seen.keys() if verdict_on(view, one) is Verdict.UNDO}
    freed = [zone for zone in view.zones if claimants(zone.records.values(), view.rules.owner) & undone]
    networks = frozenset[ResourceId]().union(*(zone.networks for zone in freed))
    waiting = {
        one for one, found in seen.items() if isinstance(found, Endpoint) and found.network in networks
    }
    return targets.endpoints | undone | waiting

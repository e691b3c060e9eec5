"""What a process remembers from pass to pass. Nothing here is needed for a pass to be right."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.domain.changes import Register, RegisterThroughService
from shared.domain.ids import ResourceId
from shared.domain.model import Config
from shared.domain.needs import Links
from shared.domain.outcomes import Outcome, Status
from shared.domain.world import Read, ReadConfig, ReadZone, World


@dataclass
class Memory:
    """`configs` never change while a service lives, so they are answers. `links` are only hints.

    `add_refused`: the organization's deprecated `add` was refused last time it was tried.
    """

    configs: dict[Read[Any], Config] = field(default_factory=dict)
    links: dict[ResourceId, frozenset[ResourceId]] = field(default_factory=dict)
    add_refused: bool = False

    def world(self) -> World:
        """The world a pass begins with."""
        return World(MappingProxyType(dict(self.configs)))

    def hints(self) -> Links:
        return MappingProxyType(self.links)

    def observed(self, world: World) -> None:
        """Keep what the next pass can use of this world."""
        self.configs |= {
            read: answer
            for read, answer in world.answers.items()
            if isinstance(read, ReadConfig) and isinstance(answer, Config)
        }
        self._relink(world)

    def _relink(self, world: World) -> None:
        """Forget what was known of the zones that were read, and keep what is known now."""
        asked = {read.id for read in world.answers if isinstance(read, ReadZone)}
        kept = {network: known - asked for network, known in self.links.items()}
        for zone in world.zones():
            for network in zone.networks:
                kept[network] = kept.get(network, frozenset()) | {zone.id}
        self.links = {network: known for network, known in kept.items() if known}

    def applied(self, outcomes: tuple[Outcome, ...], world: World) -> None:
        """Learn whether the API takes the organization's `add`, from what was refused and is not there."""
        there = {registration.id.lower() for registration in world.registrations() or ()}
        for outcome in outcomes:
            refused = outcome.status is Status.FAILED and not outcome.temporary
            if isinstance(outcome.change, Register) and refused and outcome.change.id.lower() not in there:
                self.add_refused = not isinstance(outcome.change, RegisterThroughService)

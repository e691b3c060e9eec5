"""Read what a decision needs: in rounds, each round's independent reads together."""

import asyncio
from typing import Any

from shared.domain.errors import PrivateLinkError, TemporaryError
from shared.domain.model import Reading, Unreadable
from shared.domain.needs import needs
from shared.domain.rules import Rules
from shared.domain.targets import Targets
from shared.domain.world import (
    ListAddresses,
    ListEndpoints,
    ListZones,
    Read,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
    World,
)
from shared.memory import Memory
from shared.ports import Systems


async def observe(world: World, targets: Targets, systems: Systems, rules: Rules, memory: Memory) -> World:
    """`world`, with everything read that the plan for `targets` depends on.

    A read that fails is told as Unreadable; nothing is raised for it.
    """
    while reads := needs(world, targets, rules, memory.hints()):
        answers = await asyncio.gather(*(_answer(read, systems) for read in reads))
        world = world.learn(dict(zip(reads, answers, strict=True)))
    memory.observed(world)
    return world


async def _answer(read: Read[Any], systems: Systems) -> Reading[Any]:
    try:
        return await _ask(read, systems)
    except PrivateLinkError as error:
        return Unreadable(str(error), temporary=isinstance(error, TemporaryError))


async def _ask(read: Read[Any], systems: Systems) -> Reading[Any]:  # noqa: PLR0911 -- a table, a line per read
    match read:
        case ReadEndpoint(endpoint):
            return await systems.network.endpoint(endpoint)
        case ListEndpoints(scope):
            return await systems.network.endpoints(scope)
        case ReadAddresses(interface):
            return await systems.network.addresses(interface)
        case ListAddresses(scope):
            return await systems.network.addresses_in(scope)
        case ListZones(scope):
            return await systems.dns.zones(scope)
        case ReadZone(zone):
            return await systems.dns.zone(zone)
        case ReadRegistrations():
            return await systems.clickhouse.registrations()
        case ReadServices():
            return await systems.clickhouse.services()
        case ReadConfig(service):
            return await systems.clickhouse.config(service)
    raise AssertionError(f"no system answers {read}")

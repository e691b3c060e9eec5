"""Read what a decision needs: in rounds, each round's independent reads together."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import ForbiddenError, PrivateLinkError, RefusedError, TemporaryError
from shared.domain.model.resources import ReadFailed, ReadResult
from shared.domain.model.snapshot import (
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
    Snapshot,
)
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.reading import needs
from shared.domain.reading.endpoints import FEW
from shared.reconciler.ports import Systems
from shared.reconciler.process_cache import ProcessCache


async def observe(
    snapshot: Snapshot, targets: Targets, systems: Systems, config: DeploymentConfig, cache: ProcessCache
) -> Snapshot:
    """`world`, with everything read that the plan for the targets depends on.

    A read that fails is told as ReadFailed; nothing is raised for it.
    """
    while reads := needs(snapshot, targets, config, cache.hints()):
        snapshot = snapshot.with_results(await answers(reads, systems, cache))
    cache.observed(snapshot)
    return snapshot


async def answers(
    reads: Iterable[Read[Any]], systems: Systems, cache: ProcessCache | None = None
) -> Mapping[Read[Any], ReadResult[Any]]:
    """The answers to these reads, which are made together, but for configs that `memory` has got meanwhile.

    Many configs would wait for the rate limit: the config cache is waited for first.
    """
    reads = list(reads)
    if cache and cache.loading_configs and sum(isinstance(read, ReadConfig) for read in reads) > FEW:
        await asyncio.wait([cache.loading_configs])
    known = cache.configs if cache else {}
    told = {read: known.get(read) for read in reads}
    asked = [read for read, answer in told.items() if answer is None]
    news = await asyncio.gather(*(_answer(read, systems) for read in asked))
    return told | dict(zip(asked, news, strict=True))


async def _answer(read: Read[Any], systems: Systems) -> ReadResult[Any]:
    try:
        return await _ask(read, systems)
    except PrivateLinkError as error:
        return unreadable(error)


def unreadable(error: PrivateLinkError) -> ReadFailed:
    return ReadFailed(
        str(error),
        temporary=isinstance(error, TemporaryError),
        forbidden=isinstance(error, ForbiddenError),
        refused=isinstance(error, RefusedError),
        cause=error.cause,
    )


async def _ask(read: Read[Any], systems: Systems) -> ReadResult[Any]:  # noqa: PLR0911 -- a table, a line per read
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

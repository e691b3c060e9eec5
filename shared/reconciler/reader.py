"""Read what a plan needs: in rounds, with the independent reads of a round in parallel."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.model import snapshot as reads
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import PrivateLinkError, TemporaryError
from shared.domain.model.resources import ReadFailed, ReadResult
from shared.domain.model.snapshot import Read, Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.reading import needs
from shared.domain.reading.endpoints import FEW
from shared.reconciler.ports import Systems
from shared.reconciler.process_cache import ProcessCache


async def read_needed(
    snapshot: Snapshot, targets: Targets, systems: Systems, config: DeploymentConfig, cache: ProcessCache
) -> Snapshot:
    """The snapshot with everything read that the plan for the targets depends on.

    A read that fails is in it as ReadFailed; nothing is raised.
    """
    while needed := needs(snapshot, targets, config, cache.hints):
        snapshot = snapshot.with_results(await read_all(needed, systems, cache))
    return snapshot


async def read_all(
    needed: Iterable[Read[Any]], systems: Systems, cache: ProcessCache | None = None
) -> Mapping[Read[Any], ReadResult[Any]]:
    """The results of these reads, made in parallel; configs come from the cache where it has them.

    Many configs exceed the rate limit, so the reader waits for the stored config cache first.
    """
    needed = list(needed)
    if cache and cache.loading_configs and sum(isinstance(read, reads.ReadConfig) for read in needed) > FEW:
        await asyncio.wait([cache.loading_configs])
    cached = {read: cache.configs[read] for read in needed if read in cache.configs} if cache else {}
    missing = [read for read in needed if read not in cached]
    results = await asyncio.gather(*(_result(read, systems) for read in missing))
    return {**cached, **dict(zip(missing, results, strict=True))}


def read_failed(error: PrivateLinkError) -> ReadFailed:
    return ReadFailed(str(error), isinstance(error, TemporaryError), error.cause)


async def _result(read: Read[Any], systems: Systems) -> ReadResult[Any]:  # noqa: C901, PLR0911 -- a table
    try:
        match read:
            case reads.ReadEndpoint(endpoint):
                return await systems.network.endpoint(endpoint)
            case reads.ListEndpoints(scope):
                return await systems.network.endpoints(scope)
            case reads.ReadAddresses(interface):
                return await systems.network.addresses(interface)
            case reads.ListAddresses(scope):
                return await systems.network.addresses_in(scope)
            case reads.ListZones(scope):
                return await systems.dns.zones(scope)
            case reads.ReadZone(zone):
                return await systems.dns.zone(zone)
            case reads.ReadRegistrations():
                return await systems.clickhouse.registrations()
            case reads.ReadServices():
                return await systems.clickhouse.services()
            case reads.ReadConfig(service):
                return await systems.clickhouse.config(service)
    except PrivateLinkError as error:
        return read_failed(error)
    raise AssertionError(f"no system reads {read}")

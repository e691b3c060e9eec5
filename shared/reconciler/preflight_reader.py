"""Reads the input of the preflight: independent reads concurrently, and only reads.

Five calls to ClickHouse Cloud; about ten to Azure for a scope, its zones and its event subscriptions, and at most 40
for resources that the lists omit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import PrivateLinkError
from shared.domain.model.ids import Kind, ResourceId, Scope
from shared.domain.model.resources import NotFound, ReadResult
from shared.domain.preflight.places import permission_places, unlisted
from shared.domain.preflight.preflight_snapshot import (
    ApiKey,
    Caller,
    Deliveries,
    EventSubscription,
    PreflightSnapshot,
    StoreState,
)
from shared.domain.preflight.rbac import Permission
from shared.reconciler.ports import ClickHouse, Dns, Network
from shared.reconciler.reader import read_failed


class AzurePreflight(Protocol):
    """Reads of Azure for the preflight only. Every method may raise TemporaryError or PermanentError."""

    async def identity(self) -> str: ...

    async def rights(self, at: str) -> tuple[Permission, ...] | NotFound: ...

    async def event_subscriptions(self, subscription: str) -> tuple[EventSubscription, ...]: ...

    async def deliveries(self, topic: str, end: datetime) -> Deliveries: ...


class ClickHousePreflight(ClickHouse, Protocol):
    """Reads of ClickHouse Cloud for the preflight only. Every method may raise TemporaryError or PermanentError."""

    async def caller(self) -> Caller: ...

    async def keys(self) -> tuple[ApiKey, ...]: ...

    async def roles(self) -> int: ...


@dataclass(frozen=True, slots=True)
class PreflightSystems:
    """The systems to read. `store`: reads the state of the report store; None without one."""

    azure: AzurePreflight
    network: Network
    dns: Dns
    clickhouse: ClickHousePreflight
    store: Callable[[], Awaitable[ReadResult[StoreState] | None]]


async def read_preflight(
    systems: PreflightSystems, config: DeploymentConfig, settings: PreflightSnapshot
) -> PreflightSnapshot:
    """The input of the preflight: `settings`, and what was read.

    Raises nothing for a system that fails: its parts are ReadFailed.
    """
    snapshot, clickhouse, store = await asyncio.gather(
        _azure(systems, config, settings), _clickhouse(systems.clickhouse), systems.store()
    )
    snapshot = replace(snapshot, store=store, **clickhouse)
    return await _permissions(systems, config, snapshot) if isinstance(snapshot.identity, str) else snapshot


async def _clickhouse(api: ClickHousePreflight) -> Mapping[str, Any]:
    """The parts of the snapshot that ClickHouse Cloud answers."""
    reads: Mapping[str, Callable[[], Awaitable[Any]]] = {
        "registrations": api.registrations,
        "services": api.services,
        "caller": api.caller,
        "keys": api.keys,
        "roles": api.roles,
    }
    return await _each(reads, lambda part: reads[part]())


async def _azure(systems: PreflightSystems, config: DeploymentConfig, snapshot: PreflightSnapshot) -> PreflightSnapshot:
    """The reads at each scope and each subscription with endpoints, then those of what the lists contain."""
    snapshot = replace(snapshot, identity=await _answer(systems.azure.identity()))
    if not isinstance(snapshot.identity, str):
        return snapshot
    endpoints, interfaces, zone_lists, event_subscriptions = await asyncio.gather(
        _each(config.endpoint_scopes, systems.network.endpoints),
        _each(config.endpoint_scopes, systems.network.addresses_in),
        _each(config.dns_scopes, systems.dns.zones),
        _each(_subscriptions(config), systems.azure.event_subscriptions),
    )
    snapshot = replace(
        snapshot,
        endpoints=endpoints,
        interfaces=interfaces,
        zone_lists=zone_lists,
        event_subscriptions=event_subscriptions,
    )
    lists = (listed for listed in event_subscriptions.values() if isinstance(listed, tuple))
    topics = {subscription.topic for listed in lists for subscription in listed}
    zones, deliveries = await asyncio.gather(
        _each(snapshot.listed_zones(), systems.dns.zone),
        _each(topics, lambda topic: systems.azure.deliveries(topic, snapshot.at)),
    )
    return replace(snapshot, zones=zones, deliveries=deliveries)


async def _permissions(
    systems: PreflightSystems, config: DeploymentConfig, snapshot: PreflightSnapshot
) -> PreflightSnapshot:
    """The reads that show what the lists omit. They depend on zones, registrations and lists."""

    async def by_id(resource: ResourceId) -> object:
        is_endpoint = resource.type == Kind.PRIVATE_ENDPOINT.value
        return await (systems.network.endpoint if is_endpoint else systems.network.addresses)(resource)

    rights, resources = await asyncio.gather(
        _each({*permission_places(snapshot, config), *_subscriptions(config)}, systems.azure.rights),
        _each(unlisted(snapshot, config), by_id),
    )
    return replace(snapshot, rights=rights, by_id=resources)


def _subscriptions(config: DeploymentConfig) -> set[str]:
    return {str(Scope(scope.subscription)) for scope in config.endpoint_scopes}


async def _each[K, T](keys: Iterable[K], read: Callable[[K], Awaitable[T | NotFound]]) -> Mapping[K, ReadResult[T]]:
    known = tuple(keys)
    answers = await asyncio.gather(*(_answer(read(key)) for key in known))
    return MappingProxyType(dict(zip(known, answers, strict=True)))


async def _answer[T](read: Awaitable[T | NotFound]) -> ReadResult[T]:
    try:
        return await read
    except PrivateLinkError as error:
        return read_failed(error)

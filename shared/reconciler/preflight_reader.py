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

from shared.domain.model import snapshot as reads
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import PrivateLinkError
from shared.domain.model.ids import Scope
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
from shared.reconciler.ports import ClickHouse, Systems
from shared.reconciler.reader import read_all, read_failed


class Azure(Protocol):
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
class PreflightSystems(Systems):
    """The systems to read. `store`: reads the state of the report store; None without one."""

    clickhouse: ClickHousePreflight
    azure: Azure
    store: Callable[[], Awaitable[ReadResult[StoreState] | None]]


async def read_preflight(
    systems: PreflightSystems, config: DeploymentConfig, settings: PreflightSnapshot
) -> PreflightSnapshot:
    """The input of the preflight: `settings`, and what was read.

    Raises nothing for a system that fails: its parts are ReadFailed.
    """
    api = systems.clickhouse
    of_key: Mapping[str, Callable[[], Awaitable[Any]]] = {"caller": api.caller, "keys": api.keys, "roles": api.roles}
    snapshot, access, key, store = await asyncio.gather(
        _azure(systems, config, settings),
        read_all([reads.ReadRegistrations(), reads.ReadServices()], systems),
        _each(of_key, lambda part: of_key[part]()),
        systems.store(),
    )
    snapshot = replace(snapshot, state=snapshot.state.with_results(access), store=store, **key)
    return await _permissions(systems, config, snapshot) if isinstance(snapshot.identity, str) else snapshot


async def _azure(systems: PreflightSystems, config: DeploymentConfig, snapshot: PreflightSnapshot) -> PreflightSnapshot:
    """The reads at each scope and each subscription with endpoints, then those of what the lists contain."""
    snapshot = replace(snapshot, identity=await _answer(systems.azure.identity()))
    if not isinstance(snapshot.identity, str):
        return snapshot
    scopes, zone_lists = config.endpoint_scopes, map(reads.ListZones, config.dns_scopes)
    lists = [*map(reads.ListEndpoints, scopes), *map(reads.ListAddresses, scopes), *zone_lists]
    answers, event_subscriptions = await asyncio.gather(
        read_all(lists, systems), _each(_subscriptions(config), systems.azure.event_subscriptions)
    )
    state = snapshot.state.with_results(answers)
    snapshot = replace(snapshot, state=state, event_subscriptions=event_subscriptions)
    known = (listed for listed in event_subscriptions.values() if isinstance(listed, tuple))
    topics = {subscription.topic for listed in known for subscription in listed}
    zones, deliveries = await asyncio.gather(
        read_all(map(reads.ReadZone, snapshot.listed_zones()), systems),
        _each(topics, lambda topic: systems.azure.deliveries(topic, snapshot.at)),
    )
    return replace(snapshot, state=state.with_results(zones), deliveries=deliveries)


async def _permissions(
    systems: PreflightSystems, config: DeploymentConfig, snapshot: PreflightSnapshot
) -> PreflightSnapshot:
    """The reads that show what the lists omit. They depend on zones, registrations and lists."""
    rights, resources = await asyncio.gather(
        _each({*permission_places(snapshot, config), *_subscriptions(config)}, systems.azure.rights),
        read_all(unlisted(snapshot, config), systems),
    )
    return replace(snapshot, rights=rights, state=snapshot.state.with_results(resources))


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

"""Reads the input of the preflight: independent reads concurrently, and only reads.

Five calls to ClickHouse Cloud; about ten to Azure for a scope, its zones and its event subscriptions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import PrivateLinkError
from shared.domain.model.ids import Scope
from shared.domain.model.resources import Endpoint, NotFound, ReadResult
from shared.domain.planning.policy import Policies
from shared.domain.preflight.azure import endpoint_groups, write_places
from shared.domain.preflight.preflight_snapshot import (
    ApiKey,
    Caller,
    Deliveries,
    EventSubscription,
    PreflightSnapshot,
    StoreState,
)
from shared.domain.preflight.rbac import Permission
from shared.reconciler.ports import ClickHouse, Dns
from shared.reconciler.reader import read_failed


class AzurePreflight(Protocol):
    """Reads of Azure for the preflight only. Every method may raise TemporaryError or PermanentError."""

    async def identity(self) -> str: ...

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]: ...

    async def interfaces(self, scope: Scope) -> int: ...

    async def rights(self, at: str) -> tuple[Permission, ...] | NotFound: ...

    async def event_subscriptions(self, subscription: str) -> tuple[EventSubscription, ...]: ...

    async def deliveries(self, topic: str, end: datetime) -> Deliveries: ...


class ClickHousePreflight(ClickHouse, Protocol):
    """Reads of ClickHouse Cloud for the preflight only. Every method may raise TemporaryError or PermanentError."""

    async def caller(self) -> Caller: ...

    async def keys(self) -> tuple[ApiKey, ...]: ...

    async def roles(self) -> int: ...


class StorePreflight(Protocol):
    async def state(self) -> ReadResult[StoreState]: ...


@dataclass(frozen=True, slots=True)
class PreflightSystems:
    """The systems to read. `store` is None where no reports are stored."""

    azure: AzurePreflight
    dns: Dns
    clickhouse: ClickHousePreflight
    store: StorePreflight | None
    key_id: str
    organization: str
    period: timedelta
    policies: Policies = field(default_factory=Policies)


async def read_preflight(systems: PreflightSystems, config: DeploymentConfig) -> PreflightSnapshot:
    """The input of the preflight. Raises nothing for a system that fails: its parts are ReadFailed."""
    empty = PreflightSnapshot(
        at=datetime.now(UTC),
        key_id=systems.key_id,
        organization=systems.organization,
        period=systems.period,
        policies=systems.policies,
    )
    api = systems.clickhouse
    azure, clickhouse, store = await asyncio.gather(
        _azure(systems, config, empty),
        asyncio.gather(
            _answer(api.registrations()),
            _answer(api.services()),
            _answer(api.caller()),
            _answer(api.keys()),
            _answer(api.roles()),
        ),
        systems.store.state() if systems.store else asyncio.sleep(0, None),
    )
    registrations, services, caller, keys, roles = clickhouse
    snapshot = replace(
        azure,
        registrations=registrations,
        services=services,
        caller=caller,
        keys=keys,
        roles=roles,
        store=store,
    )
    return await _with_rights(systems, snapshot, endpoint_groups(snapshot, config))


async def _azure(systems: PreflightSystems, config: DeploymentConfig, empty: PreflightSnapshot) -> PreflightSnapshot:
    identity = await _answer(systems.azure.identity())
    snapshot = replace(empty, identity=identity)
    if not isinstance(identity, str):
        return snapshot
    snapshot = await _scopes(systems, config, snapshot)
    return await _details(systems, config, snapshot)


async def _scopes(
    systems: PreflightSystems, config: DeploymentConfig, snapshot: PreflightSnapshot
) -> PreflightSnapshot:
    """The reads at each scope, and at each subscription with endpoints."""
    subscriptions = {str(Scope(scope.subscription)) for scope in config.endpoint_scopes}
    places = {*map(str, (*config.endpoint_scopes, *config.dns_scopes)), *subscriptions}
    places |= {str(config.zone_group)} if config.zone_group else set()
    endpoints, interfaces, lists, rights, events = await asyncio.gather(
        _each(config.endpoint_scopes, systems.azure.endpoints),
        _each(config.endpoint_scopes, systems.azure.interfaces),
        _each(config.dns_scopes, systems.dns.zones),
        _each(sorted(places), systems.azure.rights),
        _each(sorted(subscriptions), systems.azure.event_subscriptions),
    )
    return replace(
        snapshot,
        endpoints=endpoints,
        interfaces=interfaces,
        zone_lists=lists,
        rights=rights,
        event_subscriptions=events,
    )


async def _details(
    systems: PreflightSystems, config: DeploymentConfig, snapshot: PreflightSnapshot
) -> PreflightSnapshot:
    """The reads of what the lists contain: zones, permissions, deliveries of system topics."""
    places = (*write_places(snapshot, config), *endpoint_groups(snapshot, config))
    listed = (some for some in snapshot.event_subscriptions.values() if isinstance(some, tuple))
    zones, with_rights, deliveries = await asyncio.gather(
        _each(sorted(snapshot.found_zones()), systems.dns.zone),
        _with_rights(systems, snapshot, places),
        _each(
            sorted({one.topic for some in listed for one in some}),
            lambda topic: systems.azure.deliveries(topic, snapshot.at),
        ),
    )
    return replace(with_rights, zones=zones, deliveries=deliveries)


async def _with_rights(
    systems: PreflightSystems, snapshot: PreflightSnapshot, places: Iterable[object]
) -> PreflightSnapshot:
    """The snapshot with the permissions at these places, where an identity could be used at all."""
    unread = sorted({str(place) for place in places} - snapshot.rights.keys())
    if not isinstance(snapshot.identity, str) or not unread:
        return snapshot
    rights = await _each(unread, systems.azure.rights)
    return replace(snapshot, rights=MappingProxyType({**snapshot.rights, **rights}))


async def _each[K, T](keys: Iterable[K], read: Callable[[K], Awaitable[T | NotFound]]) -> Mapping[K, ReadResult[T]]:
    known = tuple(keys)
    answers = await asyncio.gather(*(_answer(read(key)) for key in known))
    return MappingProxyType(dict(zip(known, answers, strict=True)))


async def _answer[T](read: Awaitable[T | NotFound]) -> ReadResult[T]:
    try:
        return await read
    except PrivateLinkError as error:
        return read_failed(error)

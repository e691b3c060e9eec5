"""Look at everything that the preflight judges: in rounds, what does not depend on one another together.

Only reads. ClickHouse Cloud is asked five times; Azure some ten times for a scope, its zones and its events.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import PrivateLinkError
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.planning.policy import Policies
from shared.domain.preflight.azure import write_places
from shared.domain.preflight.preflight_snapshot import (
    ApiKey,
    Caller,
    Deliveries,
    EventSubscription,
    Inspected,
    Seen,
    StoreSeen,
)
from shared.domain.preflight.rbac import WRITE_RECORDS, Permission, lacking
from shared.reconciler.ports import ClickHouse, Dns
from shared.reconciler.reader import read_failed


class AzureInspection(Protocol):
    """What of Azure only a preflight asks for. Every method may raise TemporaryError or PermanentError."""

    async def identity(self) -> str: ...

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]: ...

    async def interfaces(self, scope: Scope) -> int: ...

    async def rights(self, at: str) -> tuple[Permission, ...]: ...

    async def event_subscriptions(self, subscription: str) -> tuple[EventSubscription, ...]: ...

    async def deliveries(self, topic: str, end: datetime) -> Deliveries: ...


class ClickHouseInspection(ClickHouse, Protocol):
    """What of ClickHouse Cloud only a preflight asks for. Every method may raise TemporaryError or PermanentError."""

    async def caller(self) -> Caller: ...

    async def keys(self) -> tuple[ApiKey, ...]: ...

    async def roles(self) -> int: ...


class StoreInspection(Protocol):
    async def look(self) -> Seen[StoreSeen]: ...


@dataclass(frozen=True, slots=True)
class Inspection:
    """Whom to ask. `store` is None where no reports are kept; `ahead` is filled as systems answer."""

    azure: AzureInspection
    dns: Dns
    clickhouse: ClickHouseInspection
    store: StoreInspection | None
    ahead: Mapping[str, float]
    key_id: str
    organization: str
    period: timedelta
    policies: Policies = field(default_factory=Policies)


async def inspect(asked: Inspection, config: DeploymentConfig) -> Inspected:
    """What is to be seen. Raises nothing for a system that fails: it is seen as ReadFailed."""
    seen = Inspected(
        at=datetime.now(UTC),
        key_id=asked.key_id,
        organization=asked.organization,
        period=asked.period,
        policies=asked.policies,
    )
    seen, clickhouse, store = await asyncio.gather(
        _azure(asked, config, seen), _clickhouse(asked, seen), _store(asked)
    )
    return replace(
        seen,
        registrations=clickhouse.registrations,
        services=clickhouse.services,
        caller=clickhouse.caller,
        keys=clickhouse.keys,
        roles=clickhouse.roles,
        store=store,
        clocks=MappingProxyType(dict(asked.ahead)),
    )


async def _clickhouse(asked: Inspection, seen: Inspected) -> Inspected:
    api = asked.clickhouse
    registrations, services, caller, keys, roles = await asyncio.gather(
        _answer(api.registrations()),
        _answer(api.services()),
        _answer(api.caller()),
        _answer(api.keys()),
        _answer(api.roles()),
    )
    return replace(
        seen, registrations=registrations, services=services, caller=caller, keys=keys, roles=roles
    )


async def _store(asked: Inspection) -> Seen[StoreSeen] | None:
    return await asked.store.look() if asked.store else None


async def _azure(asked: Inspection, config: DeploymentConfig, seen: Inspected) -> Inspected:
    identity = await _answer(asked.azure.identity())
    seen = replace(seen, identity=identity)
    if not isinstance(identity, str):
        return seen
    seen = await _scopes(asked, config, seen)
    return await _within(asked, config, seen)


async def _scopes(asked: Inspection, config: DeploymentConfig, seen: Inspected) -> Inspected:
    """What is asked of each scope, and of each subscription with endpoints."""
    subscriptions = {str(Scope(scope.subscription)) for scope in config.endpoint_scopes}
    places = {*map(str, (*config.endpoint_scopes, *config.dns_scopes)), *subscriptions}
    places |= {str(config.zone_group)} if config.zone_group else set()
    endpoints, interfaces, lists, rights, events = await asyncio.gather(
        _each(config.endpoint_scopes, asked.azure.endpoints),
        _each(config.endpoint_scopes, asked.azure.interfaces),
        _each(config.dns_scopes, asked.dns.zones),
        _each(sorted(places), asked.azure.rights),
        _each(sorted(subscriptions), asked.azure.event_subscriptions),
    )
    return replace(
        seen,
        endpoints=endpoints,
        interfaces=interfaces,
        zone_lists=lists,
        rights=rights,
        event_subscriptions=events,
    )


async def _within(asked: Inspection, config: DeploymentConfig, seen: Inspected) -> Inspected:
    """What is asked of what was found: zones, the rights where records are written, system topics."""
    found = sorted(seen.found_zones())
    places = [str(place) for place in write_places(seen, config) if str(place) not in seen.rights]
    listed = (some for some in seen.event_subscriptions.values() if isinstance(some, tuple))
    topics = sorted({one.topic for some in listed for one in some})
    zones, rights, deliveries = await asyncio.gather(
        _each(found, asked.dns.zone),
        _each(places, asked.azure.rights),
        _each(topics, lambda topic: asked.azure.deliveries(topic, seen.at)),
    )
    seen = replace(
        seen, zones=zones, rights=MappingProxyType({**seen.rights, **rights}), deliveries=deliveries
    )
    closer = await _each([str(zone) for zone in found if _is_untold(seen, zone)], asked.azure.rights)
    return replace(seen, rights=MappingProxyType({**seen.rights, **closer}))


def _is_untold(seen: Inspected, zone: ResourceId) -> bool:
    """Whether the rights on a zone's group do not say that its records may be written."""
    rights = seen.rights.get(str(Scope(zone.subscription, zone.resource_group)))
    return not isinstance(rights, tuple) or bool(lacking(rights, WRITE_RECORDS))


async def _each[K, T](
    things: Iterable[K], ask: Callable[[K], Awaitable[T | NotFound]]
) -> Mapping[K, Seen[T]]:
    known = tuple(things)
    answers = await asyncio.gather(*(_answer(ask(one)) for one in known))
    return MappingProxyType(dict(zip(known, answers, strict=True)))


async def _answer[T](asked: Awaitable[T | NotFound]) -> Seen[T]:
    try:
        return await asked
    except PrivateLinkError as error:
        return read_failed(error)

"""Which private DNS zones to read.

The zone of a service is all of its host name after the first label. So its config says which zones count. Where
no config is known yet (a cold process reads zones and configs at the same time), or ever will be (of an
endpoint that is gone), the names of the zones must do.

| for                                                       | of the zones listed, those are read                  |
|-----------------------------------------------------------|------------------------------------------------------|
| an endpoint whose Private Link service is known by config | that have the name of that service's zone            |
| any other that is to be connected                         | that may be ClickHouse's, and name its alias's region |
| one that is gone or untagged; the audit                   | that may be ClickHouse's, or have a service's name   |
"""

from collections.abc import Callable, Iterator
from typing import Any

from shared.domain.model.deployment_config import tagged_zone
from shared.domain.model.ids import BadIdError, ResourceId, in_scope
from shared.domain.model.resources import Endpoint, Zone, is_clickhouse_zone
from shared.domain.model.snapshot import ListZones, Read, ReadZone
from shared.domain.planning.classification import private_link
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.reading.read_hints import Hints


def every(index: PlanningIndex, hints: Hints) -> Iterator[Read[Any]]:
    """All zones for ClickHouse: a record of an endpoint that is gone may be in any of them."""
    yield from (ListZones(scope) for scope in index.config.dns_scopes)
    known = {
        zone for zones in hints.links.values() for zone in zones if in_scope(zone, index.config.dns_scopes)
    }
    configured = frozenset(index.services.zone_names.values())
    listed = {
        zone
        for zone in index.snapshot.listed_zones()
        if is_clickhouse_zone(zone.name) or zone.name in configured
    }
    yield from (ReadZone(zone) for zone in sorted(listed | known))


def of_endpoint(index: PlanningIndex, endpoint: Endpoint, hints: Hints) -> Iterator[Read[Any]]:
    """The zone its tag names, the zones that are remembered for it, or all that may be."""
    scopes, serves = index.config.dns_scopes, _serving(index, endpoint)
    yield from by_tag(index, endpoint)
    known = _remembered(index, endpoint, hints)
    first = [ReadZone(zone) for zone in sorted(known) if serves(zone) and in_scope(zone, scopes)]
    yield from first
    if any(read not in index.snapshot for read in first) or _found(index, endpoint, first, serves):
        return
    yield from (ListZones(scope) for scope in scopes)
    yield from (ReadZone(zone) for zone in sorted(index.snapshot.listed_zones()) if serves(zone))


def _remembered(index: PlanningIndex, endpoint: Endpoint, hints: Hints) -> frozenset[ResourceId]:
    """The zones last seen linked to its network or, where zones are central, all that were last listed."""
    if index.config.central:
        return hints.listed
    return hints.links.get(endpoint.network, frozenset()) if endpoint.network else frozenset()


def _found(
    index: PlanningIndex, endpoint: Endpoint, first: list[ReadZone], serves: Callable[[ResourceId], bool]
) -> bool:
    """Whether no list is needed: a remembered zone is there or, where zones are not central, one that is linked."""
    if index.config.central:
        return any(isinstance(index.snapshot.get(read), Zone) for read in first)
    linked = index.dns.linked.get(endpoint.network, []) if endpoint.network else []
    return any(serves(zone.id) for zone in linked)


def by_tag(index: PlanningIndex, endpoint: Endpoint) -> Iterator[ReadZone]:
    try:
        zone = tagged_zone(endpoint)
    except BadIdError:
        return  # told by the plan
    if zone and in_scope(zone, index.config.dns_scopes):
        yield ReadZone(zone)


def _serving(index: PlanningIndex, endpoint: Endpoint) -> Callable[[ResourceId], bool]:
    """Whether a zone is the one for the endpoint; as long as that is not known, whether it may be."""
    if link := private_link(index, endpoint):
        name = index.services.zone_names[link.target.lower()]
        return lambda zone: zone.name == name
    regions = {connection.region for connection in endpoint.connections}
    return lambda zone: is_clickhouse_zone(zone.name) and not regions.isdisjoint(zone.name.split("."))

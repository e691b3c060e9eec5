"""Which private DNS zones to read."""

from collections.abc import Iterator
from typing import Any

from shared.domain.hints import Hints
from shared.domain.ids import BadIdError, ResourceId, in_scope
from shared.domain.model import Endpoint, Zone
from shared.domain.rules import zone_tagged
from shared.domain.view import View
from shared.domain.world import ListZones, Read, ReadZone


def every(view: View, hints: Hints) -> Iterator[Read[Any]]:
    """All zones for ClickHouse: a record of an endpoint that is gone may be in any of them."""
    yield from (ListZones(scope) for scope in view.rules.dns_scopes)
    known = {
        zone for zones in hints.links.values() for zone in zones if in_scope(zone, view.rules.dns_scopes)
    }
    yield from (ReadZone(zone) for zone in sorted(view.world.listed_zones() | known))


def of_endpoint(view: View, endpoint: Endpoint, hints: Hints) -> Iterator[Read[Any]]:
    """The zone its tag names, the zones that are remembered for it, or all that may be."""
    scopes = view.rules.dns_scopes
    yield from by_tag(view, endpoint)
    known = _remembered(view, endpoint, hints)
    first = [ReadZone(zone) for zone in sorted(known) if _serves(zone, endpoint) and in_scope(zone, scopes)]
    yield from first
    if any(read not in view.world for read in first) or _found(view, endpoint, first):
        return
    yield from (ListZones(scope) for scope in scopes)
    yield from (ReadZone(zone) for zone in sorted(view.world.listed_zones()) if _serves(zone, endpoint))


def _remembered(view: View, endpoint: Endpoint, hints: Hints) -> frozenset[ResourceId]:
    """The zones last seen linked to its network or, where zones are central, all that were last listed."""
    if view.rules.central:
        return hints.listed
    return hints.links.get(endpoint.network, frozenset()) if endpoint.network else frozenset()


def _found(view: View, endpoint: Endpoint, first: list[ReadZone]) -> bool:
    """Whether no list is needed: a remembered zone is there or, where zones are not central, one that is linked."""
    if view.rules.central:
        return any(isinstance(view.world.get(read), Zone) for read in first)
    return _linked(view, endpoint)


def by_tag(view: View, endpoint: Endpoint) -> Iterator[ReadZone]:
    try:
        zone = zone_tagged(endpoint)
    except BadIdError:
        return  # told by the plan
    if zone and in_scope(zone, view.rules.dns_scopes):
        yield ReadZone(zone)


def _serves(zone: ResourceId, endpoint: Endpoint) -> bool:
    """Whether the zone's region is that of an alias the endpoint is connected to."""
    region = zone.name.partition(".")[0]
    return any(f".{region}." in connection.target.lower() for connection in endpoint.connections)


def _linked(view: View, endpoint: Endpoint) -> bool:
    linked = view.dns.linked.get(endpoint.network, []) if endpoint.network else []
    return any(_serves(zone.id, endpoint) for zone in linked)

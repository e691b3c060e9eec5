"""Which private DNS zones to read.

A service's private endpoint config names its zone: the zone is everything after the first label of the host name.
If no config is known yet, or the endpoint no longer exists, zones are chosen by name:

| for an endpoint                                | zones that are read, of those listed                              |
|------------------------------------------------|-------------------------------------------------------------------|
| whose Private Link service is known            | those with the name of that service's zone                        |
| whose Private Link service is not known        | those with a ClickHouse zone name that contains the alias's region |
| that is deleted or untagged; and for the audit | those with a ClickHouse zone name, or the name of a service's zone |
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shared.domain.model.deployment_config import ZONE_TAG
from shared.domain.model.ids import Kind, ResourceId, in_scope
from shared.domain.model.resources import Endpoint, Zone, is_clickhouse_zone
from shared.domain.model.snapshot import ListZones, Read, ReadZone, Snapshot
from shared.domain.planning.classification import zone_name_of
from shared.domain.planning.planning_index import PlanningIndex


@dataclass(frozen=True, slots=True)
class Hints:
    """What earlier passes saw: it decides which zones are read first, and nothing else.

    `links`: the zones linked to each virtual network. `listed`: all zones in DNS_ZONE_SCOPES at the last complete
    listing.
    """

    links: Mapping[ResourceId, frozenset[ResourceId]] = MappingProxyType({})
    listed: frozenset[ResourceId] = frozenset()

    def updated(self, snapshot: Snapshot) -> "Hints":
        """The hints after a pass with this snapshot."""
        zones_read = {read.id for read in snapshot.answers if isinstance(read, ReadZone)}
        links = {network: zones - zones_read for network, zones in self.links.items()}
        for zone in snapshot.zones():
            links |= {network: links.get(network, frozenset()) | {zone.id} for network in zone.networks}
        lists = [answer for read, answer in snapshot.answers.items() if isinstance(read, ListZones)]
        complete = lists and all(isinstance(answer, tuple) for answer in lists)
        return Hints(MappingProxyType(links), snapshot.listed_zones() if complete else self.listed)


def all_zones(index: PlanningIndex, hints: Hints) -> Iterator[Read[Any]]:
    """All zones for ClickHouse: any of them may have a record of a deleted endpoint."""
    scopes, names = index.config.dns_scopes, frozenset(index.services.zone_names.values())
    yield from (ListZones(scope) for scope in scopes)
    linked = {zone for zones in hints.links.values() for zone in zones if in_scope(zone, scopes)}
    listed = index.snapshot.listed_zones()
    usable = {zone for zone in listed if is_clickhouse_zone(zone.name) or zone.name in names}
    yield from (ReadZone(zone) for zone in sorted(usable | linked))


def zones_for(index: PlanningIndex, endpoint: Endpoint, hints: Hints) -> Iterator[Read[Any]]:
    """The zones that the hints name or, if none of these is usable, all listed."""
    scopes, is_candidate = index.config.dns_scopes, _candidates(index, endpoint)
    linked = hints.links.get(endpoint.network, frozenset()) if endpoint.network else frozenset()
    hinted = hints.listed if index.config.central else linked
    first = [ReadZone(zone) for zone in sorted(hinted) if is_candidate(zone) and in_scope(zone, scopes)]
    yield from first
    if any(read not in index.snapshot for read in first):
        return
    if index.config.central:
        usable = any(isinstance(index.snapshot.get(read), Zone) for read in first)
    else:
        at_network = index.dns.linked.get(endpoint.network, []) if endpoint.network else []
        usable = any(is_candidate(zone.id) for zone in at_network)
    if usable:
        return
    yield from (ListZones(scope) for scope in scopes)
    yield from (ReadZone(zone) for zone in sorted(index.snapshot.listed_zones()) if is_candidate(zone))


def zone_in_tag(index: PlanningIndex, endpoint: Endpoint) -> Iterator[ReadZone]:
    zone = ResourceId.find(endpoint.tags.get(ZONE_TAG, ""), Kind.ZONE)  # the plan reports a mistake in it
    if zone and in_scope(zone, index.config.dns_scopes):
        yield ReadZone(zone)


def _candidates(index: PlanningIndex, endpoint: Endpoint) -> Callable[[ResourceId], bool]:
    """Whether a zone is the one for the endpoint or, while that is not known, may be."""
    if name := zone_name_of(index, endpoint):
        return lambda zone: zone.name == name
    regions = {connection.region for connection in endpoint.connections}
    return lambda zone: is_clickhouse_zone(zone.name) and not regions.isdisjoint(zone.name.split("."))

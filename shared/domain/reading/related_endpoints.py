"""Which other private endpoints to read: current holders of records, and endpoints that wait for a record."""

from collections.abc import Iterator
from typing import Any

from shared.domain.model.deployment_config import ZONE_TAG
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import WILDCARD, Endpoint
from shared.domain.model.snapshot import ListEndpoints, Read, ReadEndpoint
from shared.domain.ownership.marks import endpoints_in
from shared.domain.planning.affected_endpoints import Targets, freed_records
from shared.domain.planning.classification import Verdict, verdict_on, zone_name_of
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.reading.endpoints import FEW


def holders(index: PlanningIndex, tagged: list[Endpoint]) -> list[ReadEndpoint]:
    """The holders of records in the zones that may get records of these endpoints."""
    config = index.config
    networks = {endpoint.network for endpoint in tagged}
    by_tag = {endpoint.tags.get(ZONE_TAG, "").lower() for endpoint in tagged}
    by_name = {zone_name_of(index, endpoint) for endpoint in tagged} if config.central else set()
    zones = [
        zone
        for zone in index.dns.zones
        if zone.networks & networks
        or zone.id.name in by_name
        or str(zone.id).lower() in by_tag
        or (config.zone_group and config.zone_group.covers(zone.id))
    ]
    records = [record for zone in zones for record in zone.records.values()]
    return [ReadEndpoint(one) for one in sorted(endpoints_in(records, config.owner)) if config.in_endpoint_scopes(one)]


def waiting(index: PlanningIndex, targets: Targets) -> Iterator[Read[Any]]:
    """Registered endpoints of the region that may wait for a record which this pass frees."""
    zones = {record.zone.name for record in freed_records(index, targets)}
    if not zones:
        return
    # The regions of these zones: by the configs of services, and by the labels of the zone names.
    services = index.services
    regions = {label for name in zones for label in name.split(".")}
    regions |= {services.by_id[one].region for one, config in services.configs.items() if config.zone in zones}
    endpoint_of = index.access.ownership.endpoint_of
    near = {one.id.lower() for one in index.access.registrations.values() if one.region in regions}
    wildcards = (record for record in index.snapshot.records() if record.name == WILDCARD)
    known = index.snapshot.endpoints().keys() | endpoints_in(wildcards, index.config.owner)
    unread = {endpoint_of[id_] for id_ in near & endpoint_of.keys()} - known
    unread = {one for one in unread if index.config.in_endpoint_scopes(one)}
    if len(unread) <= FEW and near <= endpoint_of.keys():
        yield from (ReadEndpoint(one) for one in sorted(unread))
    else:
        yield from (ListEndpoints(scope) for scope in index.config.endpoint_scopes)


def owned_but_not_listed(index: PlanningIndex) -> list[ResourceId]:
    """Endpoints of which this deployment owns something and that no list has: each gets a read of its own."""
    if any(ListEndpoints(scope) not in index.snapshot for scope in index.config.endpoint_scopes):
        return []
    owned = index.dns.holders | index.access.ownership.ids_of.keys()
    return sorted(one for one in owned if verdict_on(index, one) is not Verdict.OUT_OF_SCOPE)

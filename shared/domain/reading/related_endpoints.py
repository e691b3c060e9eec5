"""Which other private endpoints to read: those who hold what these want, or wait for what these leave."""

from collections.abc import Iterator
from typing import Any

from shared.domain.model.deployment_config import ZONE_TAG
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import WILDCARD, Endpoint
from shared.domain.model.snapshot import ListEndpoints, Read, ReadEndpoint
from shared.domain.ownership.marks import endpoints_in
from shared.domain.planning.affected_endpoints import Targets, freed
from shared.domain.planning.classification import Verdict, verdict_on, zone_name_of
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.reading.endpoints import FEW


def holders(index: PlanningIndex, connecting: list[Endpoint]) -> Iterator[ReadEndpoint]:
    """The endpoints that hold a record in a zone where one of these wants it, or may be linked to."""
    networks = {endpoint.network for endpoint in connecting}
    tagged = {endpoint.tags.get(ZONE_TAG, "").lower() for endpoint in connecting}
    group = index.config.zone_group
    central = {zone_name_of(index, endpoint) for endpoint in connecting} if index.config.central else set()
    zones = [
        z
        for z in index.dns.zones
        if z.networks & networks
        or z.id.name in central
        or str(z.id).lower() in tagged
        or (group and group.covers(z.id))
    ]
    records = [record for zone in zones for record in zone.records.values()]
    holders = endpoints_in(records, index.config.owner)
    yield from (ReadEndpoint(one) for one in sorted(holders) if index.config.may_ask(one))


def waiting(index: PlanningIndex, targets: Targets) -> Iterator[Read[Any]]:
    """Registered endpoints that may wait for a record which the targets, or holders that are gone, leave free."""
    seen = index.snapshot.endpoints()
    zones = {record.zone.name for record in freed(index, targets)}
    if not zones:
        return
    regions = _regions_of(index, zones)
    near = {
        endpoint
        for registered, endpoint in index.access.ownership.endpoint_of.items()
        if index.access.registrations[registered].region in regions and index.config.may_ask(endpoint)
    }
    wildcards = (record for record in index.snapshot.records() if record.name == WILDCARD)
    unseen = near - seen.keys() - endpoints_in(wildcards, index.config.owner)
    unnamed = {
        registered
        for registered, registration in index.access.registrations.items()
        if registered not in index.access.ownership.endpoint_of and registration.region in regions
    }
    if len(unseen) <= FEW and not unnamed:
        yield from (ReadEndpoint(one) for one in sorted(unseen))
    else:
        yield from (ListEndpoints(scope) for scope in index.config.endpoint_scopes)


def _regions_of(index: PlanningIndex, zones: set[str]) -> set[str]:
    """The regions of the services in zones of these names: by their configs, and by the labels of the names."""
    labels = {label for name in zones for label in name.split(".")}
    known = index.services
    return labels | {known.by_id[one].region for one, found in known.configs.items() if found.zone in zones}


def owned_but_unseen(index: PlanningIndex) -> list[ResourceId]:
    """Endpoints we own something for that no list told of: each is asked for by itself."""
    if any(ListEndpoints(scope) not in index.snapshot for scope in index.config.endpoint_scopes):
        return []
    ours = index.dns.holders | index.access.ownership.ids_of.keys()
    return sorted(one for one in ours if verdict_on(index, one) is not Verdict.OUT_OF_SCOPE)

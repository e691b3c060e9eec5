"""Which private endpoints to read, one by one or by the list of a scope: those of the pass, current holders of
records, and endpoints that wait for a record.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.domain.model.deployment_config import ZONE_TAG, DeploymentConfig
from shared.domain.model.grouping import grouped
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import WILDCARD, Endpoint, NotFound
from shared.domain.model.snapshot import ListEndpoints, Read, ReadEndpoint, Snapshot
from shared.domain.ownership.marks import endpoints_in
from shared.domain.planning.affected_endpoints import Targets, freed_records
from shared.domain.planning.classification import Verdict, concerns_us, is_decided, verdict_on, zone_name_of
from shared.domain.planning.planning_index import PlanningIndex

# More single reads than this cost more than the lists of all scopes.
FEW = 5
# More than this many in one scope are read by its list: ARM permits 25 reads a second.
MANY = 25


def endpoints_needed(snapshot: Snapshot, endpoints: Iterable[ResourceId], config: DeploymentConfig) -> list[Read[Any]]:
    """The first round: the reads of these endpoints that are not in the snapshot."""
    in_scopes = [one for one in sorted(endpoints) if config.in_endpoint_scopes(one)]
    return list(single_reads_or_lists(snapshot, in_scopes, config, ReadEndpoint, ListEndpoints))


def in_need_of_a_pass(
    snapshot: Snapshot, endpoints: Iterable[ResourceId], config: DeploymentConfig
) -> dict[ResourceId, Endpoint | NotFound]:
    """Those of these endpoints that may need changes, so that more is read for them."""
    return {
        one: found
        for one in sorted(endpoints)
        if isinstance(found := snapshot.get(ReadEndpoint(one)), Endpoint | NotFound)
        and concerns_us(found, config)
        and not is_decided(found, config)
    }


def single_reads_or_lists(
    snapshot: Snapshot,
    wanted: Iterable[ResourceId],
    config: DeploymentConfig,
    single: Callable[[ResourceId], Read[Any]],
    listing: Callable[[Scope], Read[Any]],
) -> Iterator[Read[Any]]:
    """A read for each resource that is not in the snapshot; or first, if a scope has many of them, its list."""
    scopes = config.endpoint_scopes
    unread = ((one, read) for one in wanted if (read := single(one)) not in snapshot)
    reads_of = grouped((next((scope for scope in scopes if scope.covers(one)), None), read) for one, read in unread)
    for scope, reads in reads_of.items():
        if scope and len(reads) > MANY and listing(scope) not in snapshot:
            yield listing(scope)
        else:
            yield from reads


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

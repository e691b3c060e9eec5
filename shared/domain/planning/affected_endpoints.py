"""Which endpoints a pass changes something for: its targets, and others that a change of a target affects.

A record that an endpoint frees is transferred in the same pass to an endpoint that waits for it:

| an endpoint that a record of this deployment names                    | the record           |
|-----------------------------------------------------------------------|----------------------|
| has the verdict RELEASE                                               | is freed             |
| has the verdict MANAGE, and its address belongs to another zone       | is freed             |
| has the verdict MANAGE, and is not granted the service of that name   | is freed             |
| has another address, and holds the wildcard                           | is possibly freed    |
| holds the wildcard alone, and is now tagged `clickhouse-dns: shared`  | is possibly freed    |
| any other, not known well enough, or with a mistake in its tag        | is not freed         |

"Possibly": the wildcard may now lead to another Private Link service, or be open to other endpoints that share.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from shared.domain.model.deployment_config import ZONE_TAG, shares
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import WILDCARD, Endpoint, RecordSet, Zone
from shared.domain.model.snapshot import addresses_of
from shared.domain.ownership.marks import endpoints_of, holders_of
from shared.domain.planning.classification import Verdict, desired_access, verdict_on, zone_name_of
from shared.domain.planning.dns.zone_selection import zone_for
from shared.domain.planning.planning_index import PlanningIndex


@dataclass(frozen=True, slots=True)
class Targets:
    """What a pass is for: these endpoints, or (`everything`) all in scope and all that this deployment owns."""

    endpoints: frozenset[ResourceId] = frozenset()
    everything: bool = False


def affected_endpoints(index: PlanningIndex, targets: Targets) -> frozenset[ResourceId]:
    """The targets, the record holders that were not found, the endpoints that may wait for a record which these
    or a target free, and the endpoints that share a record with a target which no longer shares.

    Another endpoint is never released because a list that was read for something else lacks it.
    """
    if targets.everything:
        known = frozenset(index.snapshot.endpoints())
        return known | targets.endpoints | index.dns.holders | index.access.ownership.ids_of.keys()
    waiting = _waiting_for(index, {record.zone for record in freed_records(index, targets)})
    return targets.endpoints | _deleted_holders(index) | waiting | _in_records_of(index, targets.endpoints)


def freed_records(index: PlanningIndex, targets: Targets) -> list[RecordSet]:
    """The records of this deployment that the targets, and holders that were not found, free or possibly free."""
    leaving = targets.endpoints | _deleted_holders(index)
    return [one for one in index.dns.owned_records if any(_frees(index, one, at) for at in endpoints_of(one) & leaving)]


def _deleted_holders(index: PlanningIndex) -> frozenset[ResourceId]:
    deleted = (one for one in index.dns.holders if index.release_reason(one) == "deleted")
    return frozenset(one for one in deleted if index.config.in_endpoint_scopes(one))


def _frees(index: PlanningIndex, record: RecordSet, holder: ResourceId) -> bool:
    verdict, desired = verdict_on(index, holder), desired_access(index, holder)
    if verdict is not Verdict.MANAGE or desired is None:
        return verdict is Verdict.RELEASE
    only_adds, zone_name = desired.selection.only_adds, index.services.zone_names[desired.alias]
    zone = None if only_adds else zone_for(index, desired.endpoint, zone_name)
    if isinstance(zone, Zone) and zone.id != record.zone:
        return True
    if record.name == WILDCARD:
        return _changes_wildcard(index, record, desired.endpoint)
    undecided = desired.selection.undecided_labels
    if not isinstance(zone, Zone) or undecided is None:
        return False
    return record.name not in desired.selection.labels | undecided


def _changes_wildcard(index: PlanningIndex, record: RecordSet, endpoint: Endpoint) -> bool:
    """Whether the endpoint has another address than the wildcard, or now permits others to share it."""
    holders = holders_of(record)
    recorded = {address for address, holder in holders.items() if holder == endpoint.id}
    current = addresses_of(index.snapshot, endpoint)
    moved = isinstance(current, tuple) and bool(current) and not recorded <= set(current)
    return moved or (shares(endpoint) and len(holders) == len(recorded))


def _in_records_of(index: PlanningIndex, targets: frozenset[ResourceId]) -> frozenset[ResourceId]:
    """The endpoints in one record with a target that is tagged and does not share."""
    alone = {one for one in targets if index.is_tagged(one) and (found := index.endpoint(one)) and not shares(found)}
    records = map(endpoints_of, index.dns.owned_records)
    others = {one for holders in records if holders & alone for one in holders - alone}
    return frozenset(one for one in others if index.endpoint(one) and index.config.in_endpoint_scopes(one))


def _waiting_for(index: PlanningIndex, zones: AbstractSet[ResourceId]) -> set[ResourceId]:
    """The endpoints that may want a record in one of the zones: by their tag, their network or their service.

    With DNS_ZONE_CHOICE=central, an endpoint whose service is not known yet may as well.
    """
    if not zones:
        return set()
    tags = {str(zone).lower() for zone in zones}
    tagged = [found for one in index.snapshot.endpoints() if index.is_tagged(one) and (found := index.endpoint(one))]
    by_tag = {one.id for one in tagged if one.tags.get(ZONE_TAG, "").strip().lower() in tags}
    if index.config.central:
        names = {zone.name for zone in zones} | (set() if index.services.configs_complete else {None})
        return by_tag | {one.id for one in tagged if zone_name_of(index, one) in names}
    networks = frozenset[ResourceId]().union(*(zone.networks for zone in index.dns.zones if zone.id in zones))
    return by_tag | {one.id for one in tagged if one.network in networks}

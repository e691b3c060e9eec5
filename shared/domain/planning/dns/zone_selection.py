"""Which private DNS zone holds an endpoint's record, and what prevents a record."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.domain.changes.dns import CreateZone, LinkNetwork
from shared.domain.model.deployment_config import ZONE_TAG, shares
from shared.domain.model.errors import System
from shared.domain.model.findings import Finding
from shared.domain.model.ids import BadIdError, Kind, ResourceId, in_scope
from shared.domain.model.remedies import unreadable
from shared.domain.model.resources import Endpoint, ReadFailed, RecordSet, Zone
from shared.domain.model.snapshot import ReadZone, addresses_of
from shared.domain.ownership.marks import endpoints_of
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.selection import DesiredAccess


@dataclass(frozen=True, slots=True)
class RecordTarget(DesiredAccess):
    """An endpoint with the verdict MANAGE whose addresses belong to a zone."""

    zone: Zone
    addresses: tuple[str, ...]


type Blocker = Finding | CreateZone | LinkNetwork


def record_target(index: PlanningIndex, desired: DesiredAccess) -> RecordTarget | Blocker | None:
    """The zone and the addresses for the endpoint, or what prevents a record; None while it has no address."""
    addresses = addresses_for(index, desired.endpoint)
    if isinstance(addresses, Finding):
        return addresses
    if not addresses:
        return None
    zone = zone_for(index, desired.endpoint, index.services.zone_names[desired.alias])
    if not isinstance(zone, Zone):
        return zone
    return RecordTarget(desired.endpoint, desired.connection, desired.selection, zone, addresses)


def addresses_for(index: PlanningIndex, endpoint: Endpoint) -> tuple[str, ...] | Finding:
    """The private addresses of the endpoint; none if Azure has not assigned any yet."""
    addresses = addresses_of(index.snapshot, endpoint)
    if isinstance(addresses, ReadFailed):
        return unreadable(str(endpoint.id), addresses, System.AZURE, "its network interface: ")
    return addresses


def zone_for(index: PlanningIndex, endpoint: Endpoint, name: str) -> Zone | Blocker:
    """The zone of that name for the endpoint; otherwise the finding, or the change that provides the zone.

    The zone in the endpoint's tag or, by DNS_ZONE_CHOICE, the zone linked to its virtual network, or the only zone
    of that name in DNS_ZONE_SCOPES.
    """
    if ZONE_TAG in endpoint.tags:
        return _tagged_zone(index, endpoint, name)
    at = str(endpoint.id)
    named = index.dns.named.get(name, [])
    linked = index.dns.linked.get(endpoint.network, []) if endpoint.network else []
    candidates = named if index.config.central else [zone for zone in linked if zone.id.name == name]
    error = index.dns.read_error(name)
    if error and (index.config.central or not candidates):
        return unreadable(at, error, System.AZURE, f"the zones named {name}: ")
    if len(candidates) > 1:
        ids = ", ".join(str(zone.id) for zone in candidates)
        where = "DNS_ZONE_SCOPES has" if index.config.central else "its virtual network is linked to"
        return Finding("zone-ambiguous", at, f"{where} several zones named {name}: {ids}")
    return candidates[0] if candidates else _provide_zone(index, endpoint, name, named)


def _tagged_zone(index: PlanningIndex, endpoint: Endpoint, name: str) -> Zone | Finding:
    at = str(endpoint.id)
    try:
        zone = ResourceId.parse(endpoint.tags[ZONE_TAG], Kind.ZONE)
    except BadIdError as error:
        return Finding("zone-not-usable", at, f"its tag {ZONE_TAG}: {error}")
    if not in_scope(zone, index.config.dns_scopes):
        return Finding("zone-not-usable", at, f"the zone in its tag, {zone}, is outside DNS_ZONE_SCOPES")
    if zone.name != name:
        return Finding("zone-not-usable", at, f"the zone in its tag, {zone}, is not named {name}")
    match index.snapshot.get(ReadZone(zone)):
        case Zone() as found:
            return found
        case ReadFailed() as failed:
            return unreadable(at, failed, System.AZURE, "the zone in its tag: ")
        case _:
            return Finding("zone-missing", at, f"the zone in its tag, {zone}, does not exist")


def _provide_zone(index: PlanningIndex, endpoint: Endpoint, name: str, named: list[Zone]) -> Blocker:
    """The change that creates or links the zone, if DNS_ZONE_RESOURCE_GROUP is set; otherwise the finding.

    | the zone in DNS_ZONE_RESOURCE_GROUP                                  | outcome                   |
    |----------------------------------------------------------------------|---------------------------|
    | does not exist                                                       | created, linked next      |
    | has only records that lead to endpoints of this network              | linked                    |
    | leads to an endpoint of another network; both are tagged `shared`    | linked                    |
    | leads to another network's endpoint, or to an unknown one            | unchanged: zone-not-linked |

    A linked network resolves all records of the zone, and may not reach the addresses of another network.
    """
    group = index.config.zone_group
    zone = (
        group and group.resource_group and ResourceId(group.subscription, group.resource_group, Kind.ZONE.value, name)
    )
    if zone and index.config.central and not named:
        return CreateZone(endpoint.id, zone)
    if zone and endpoint.network:
        found = next((one for one in named if one.id == zone), None)
        if found is None:
            return CreateZone(endpoint.id, zone)
        link = LinkNetwork(endpoint.id, zone, endpoint.network)
        elsewhere = [record for record in found.records.values() if not _leads_here(index, endpoint, record)]
        if not elsewhere:
            return link
        first = elsewhere[0]
        return _not_linked(link, f"its record {first.name} leads elsewhere ({', '.join(first.addresses)})")
    if named:
        zones = ", ".join(str(one.id) for one in named)
        message = f"no zone {name} is linked to {endpoint.network}; not linked: {zones}"
        return Finding("zone-not-linked", str(endpoint.id), message)
    return Finding("zone-missing", str(endpoint.id), f"there is no zone {name} in DNS_ZONE_SCOPES")


def _leads_here(index: PlanningIndex, endpoint: Endpoint, record: RecordSet) -> bool:
    """Whether clients in the endpoint's network reach all addresses of the record, as far as is known."""
    holders = endpoints_of(record)
    others = [index.endpoint(one) for one in holders - {endpoint.id}]
    return bool(holders) and all(
        one and (one.network == endpoint.network or (shares(one) and shares(endpoint))) for one in others
    )


def without_conflicting_links(blockers: Iterable[Blocker], targets: Iterable[RecordTarget]) -> Iterator[Blocker]:
    """The blockers, except links of networks to zones that get records for another network in this pass."""
    first: dict[ResourceId, tuple[ResourceId, ResourceId | None]] = {}
    for target in targets:
        if not shares(target.endpoint):
            first.setdefault(target.zone.id, (target.endpoint.id, target.endpoint.network))
    for blocker in blockers:
        if not isinstance(blocker, LinkNetwork):
            yield blocker
            continue
        other, network = first.setdefault(blocker.zone, (blocker.endpoint, blocker.network))
        yield blocker if network == blocker.network else _not_linked(blocker, f"{other} comes first")


def _not_linked(link: LinkNetwork, reason: str) -> Finding:
    message = f"{link.zone} exists, but {link.network} is not linked to it: {reason}"
    return Finding("zone-not-linked", str(link.endpoint), message)

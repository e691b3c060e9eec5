"""Where an endpoint's address belongs: which zone, and what stands in the way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.domain.changes import CreateZone, LinkNetwork
from shared.domain.model.deployment_config import ZONE_TAG, shares, tagged_zone
from shared.domain.model.findings import Finding
from shared.domain.model.ids import BadIdError, Kind, ResourceId, in_scope
from shared.domain.model.resources import Endpoint, ReadFailed, RecordSet, Zone
from shared.domain.model.snapshot import ReadEndpoint, ReadZone, addresses_of
from shared.domain.ownership.marks import holders_of
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.service_index import Selection


@dataclass(frozen=True, slots=True)
class RecordTarget:
    """An endpoint whose address belongs into a zone.

    `alias` is the Private Link service it reaches, `labels` are the names, within the zone, of the
    services it was granted. `perhaps` are the names of those of which it is not decided whether it gets them;
    None: there are such whose names could not be read.
    """

    endpoint: Endpoint
    zone: Zone
    alias: str
    addresses: tuple[str, ...]
    labels: frozenset[str]
    perhaps: frozenset[str] | None = frozenset()

    @property
    def shares(self) -> bool:
        return shares(self.endpoint)


type Blocker = Finding | CreateZone | LinkNetwork


def zone_for(index: PlanningIndex, endpoint: Endpoint, name: str) -> Zone | Blocker:
    """The zone of that name for the endpoint; or what is missing, or the change that would provide it.

    The zone in the endpoint's tag, or else by DNS_ZONE_CHOICE the one that is linked to its network, or the
    only one in DNS_ZONE_SCOPES.
    """
    if ZONE_TAG in endpoint.tags:
        return _tagged_zone(index, endpoint, name)
    if index.config.central:
        return _central_zone(index, endpoint, name)
    at = str(endpoint.id)
    networks_zones = index.dns.linked.get(endpoint.network, []) if endpoint.network else []
    linked = [zone for zone in networks_zones if zone.id.name == name]
    if len(linked) > 1:
        ids = ", ".join(str(zone.id) for zone in linked)
        return Finding("zone-ambiguous", at, f"its virtual network is linked to several zones {name}: {ids}")
    if linked:
        return linked[0]
    if reason := index.dns.why_unsure(name):
        return Finding("unreadable", at, f"the zones named {name}: {reason}")
    named = index.dns.named.get(name, [])
    return _made(index, endpoint, name, named) or _missing(endpoint, name, named)


def _central_zone(index: PlanningIndex, endpoint: Endpoint, name: str) -> Zone | Blocker:
    """The only zone of that name in DNS_ZONE_SCOPES, whatever it is linked to; links are left to others."""
    at = str(endpoint.id)
    if reason := index.dns.why_unsure(name):
        return Finding("unreadable", at, f"the zones named {name}: {reason}")
    named = index.dns.named.get(name, [])
    if len(named) > 1:
        ids = ", ".join(str(zone.id) for zone in named)
        return Finding("zone-ambiguous", at, f"there are several zones {name} in DNS_ZONE_SCOPES: {ids}")
    if named:
        return named[0]
    ours = _zone_in_group(index, name)
    return CreateZone(endpoint.id, ours) if ours else _missing(endpoint, name, named)


def labels_perhaps(index: PlanningIndex, chosen: Selection) -> frozenset[str] | None:
    """The names that may be an endpoint's yet, because of what is held; None if not all of them are known.

    What SERVICE_FILTER does not permit gets no record, whatever an ambiguous name may mean.
    """
    held = chosen.undecided & (index.services.permitted | index.services.perhaps_permitted)
    return index.services.labels_of(held) if held <= index.services.configs.keys() else None


def addresses_for(index: PlanningIndex, endpoint: Endpoint) -> tuple[str, ...] | Finding:
    """The addresses that belong into the record; none if there are none yet (see `progress`)."""
    addresses = addresses_of(index.snapshot, endpoint)
    if isinstance(addresses, ReadFailed):
        return Finding("unreadable", str(endpoint.id), f"its network interface: {addresses.reason}")
    return addresses


def settled(obstacles: Iterable[Blocker], placed: Iterable[RecordTarget]) -> Iterator[Blocker]:
    """The obstacles, without links of networks to zones that will get records for another network in this pass."""
    first: dict[ResourceId, tuple[ResourceId, ResourceId | None]] = {}
    for one in (one for one in placed if not one.shares):
        first.setdefault(one.zone.id, (one.endpoint.id, one.endpoint.network))
    for obstacle in obstacles:
        if not isinstance(obstacle, LinkNetwork):
            yield obstacle
            continue
        other, network = first.setdefault(obstacle.zone, (obstacle.endpoint, obstacle.network))
        yield obstacle if network == obstacle.network else _not_linked(obstacle, f"{other} comes first")


def _made(
    index: PlanningIndex, endpoint: Endpoint, name: str, named: list[Zone]
) -> CreateZone | LinkNetwork | Finding | None:
    """The change that makes or links the zone, where the settings name a resource group for it.

    | the zone in DNS_ZONE_RESOURCE_GROUP                              | outcome                  |
    |------------------------------------------------------------------|--------------------------|
    | none                                                             | made, and linked next    |
    | no record that leads to somebody of another network              | linked                   |
    | leads to another network's endpoint; both are tagged shared      | linked                   |
    | leads to another network's endpoint, or nobody knows whose       | left: zone-not-linked    |

    A network that is linked looks up all records of the zone, and may not reach the addresses of another's.
    """
    ours = _zone_in_group(index, name)
    if not ours or not endpoint.network:
        return None
    zone = next((zone for zone in named if zone.id == ours), None)
    if zone is None:
        return CreateZone(endpoint.id, ours)
    link = LinkNetwork(endpoint.id, ours, endpoint.network)
    leading = [r for r in zone.records.values() if not _leads_here(index, endpoint, r)]
    if not leading:
        return link
    return _not_linked(
        link, f"its record {leading[0].name} leads elsewhere ({', '.join(leading[0].addresses)})"
    )


def _zone_in_group(index: PlanningIndex, name: str) -> ResourceId | None:
    """The zone of that name in DNS_ZONE_RESOURCE_GROUP, existing or not; None if that is not set."""
    group = index.config.zone_group
    if not group or not group.resource_group:
        return None
    return ResourceId(group.subscription, group.resource_group, Kind.ZONE.value, name)


def _leads_here(index: PlanningIndex, endpoint: Endpoint, record: RecordSet) -> bool:
    """Whether those who look the record up from the endpoint's network reach what it leads to, as far as is known."""
    holders = set(holders_of(record).values())
    found = [index.snapshot.get(ReadEndpoint(one)) for one in holders - {endpoint.id}]
    return bool(holders) and all(isinstance(one, Endpoint) and _together(endpoint, one) for one in found)


def _together(one: Endpoint, other: Endpoint) -> bool:
    return one.network == other.network or (shares(one) and shares(other))


def _not_linked(link: LinkNetwork, why: str) -> Finding:
    told = f"{link.zone} is there, but {link.network} is not linked to it: {why}"
    return Finding("zone-not-linked", str(link.endpoint), told)


def _missing(endpoint: Endpoint, name: str, named: list[Zone]) -> Finding:
    at = str(endpoint.id)
    if named:
        return Finding("zone-not-linked", at, f"no zone {name} is linked to {endpoint.network}")
    return Finding("zone-missing", at, f"there is no zone {name} in DNS_ZONE_SCOPES")


def _tagged_zone(index: PlanningIndex, endpoint: Endpoint, name: str) -> Zone | Finding:
    at = str(endpoint.id)
    try:
        wanted = tagged_zone(endpoint)
    except BadIdError as error:
        return Finding("zone-not-usable", at, f"its tag {ZONE_TAG}: {error}")
    assert wanted is not None, "asked only where the tag is there"
    if not in_scope(wanted, index.config.dns_scopes):
        return Finding("zone-not-usable", at, f"the zone in its tag, {wanted}, lies outside DNS_ZONE_SCOPES")
    if wanted.name != name:
        return Finding("zone-not-usable", at, f"the zone in its tag, {wanted}, is not named {name}")
    match index.snapshot.get(ReadZone(wanted)):
        case Zone() as zone:
            return zone
        case ReadFailed(reason):
            return Finding("unreadable", at, f"the zone in its tag: {reason}")
        case _:
            return Finding("zone-missing", at, f"the zone in its tag, {wanted}, does not exist")

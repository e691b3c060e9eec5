"""What to read next, told from what has been read so far: each answer of `needs` is one round trip.

| Round | for one endpoint                                                                    |
|-------|-------------------------------------------------------------------------------------|
| 1     | the private endpoint, unless it was looked at already                               |
| 2     | if it concerns us: its network interface, registrations, services, and the zone     |
|       | remembered for its virtual network, or else the lists of zones                      |
| 3     | configs not remembered (if none was, registrations only now), zones just heard of   |
| 4     | only where a record is held for an endpoint not yet seen: that endpoint; and where  |
|       | a record is left free: the registered endpoints that may wait for it                |

An endpoint without our tag that is not on a Private Link service by alias needs nothing after round 1.
Where many of a scope are to be read, its list is read first, and by itself only what that does not tell of.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.domain.hints import Hints
from shared.domain.ids import BadIdError, ResourceId, Scope, in_scope
from shared.domain.marks import claimants, record_is_ours
from shared.domain.model import WILDCARD, Absent, Endpoint, Service
from shared.domain.rules import ZONE_TAG, Rules, zone_tagged
from shared.domain.targets import Targets, actors
from shared.domain.verdicts import Verdict, concerns_us, private_link, verdict_on
from shared.domain.view import View
from shared.domain.world import (
    ListAddresses,
    ListEndpoints,
    ListZones,
    Read,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
    World,
)

# More single reads than this cost more than the lists of all scopes.
FEW = 5
# More than this many in one scope are read by its list: ARM gives back 25 reads a second.
MANY = 25


def needs(world: World, targets: Targets, rules: Rules, hints: Hints) -> list[Read[Any]]:
    """The reads not yet made that the plan depends on, the likeliest to matter first; none: all is known."""
    view = View(world, rules)
    wanted = dict.fromkeys(_all(view, targets, hints))
    return [read for read in wanted if read not in world]


def endpoints_needed(world: World, endpoints: Iterable[ResourceId], rules: Rules) -> list[Read[Any]]:
    """The first round: the reads not yet made that tell of these endpoints themselves."""
    asking = [one for one in sorted(endpoints) if rules.may_ask(one)]
    return list(_each(world, asking, rules, ReadEndpoint, ListEndpoints))


def in_need_of_a_pass(
    world: World, endpoints: Iterable[ResourceId], rules: Rules
) -> dict[ResourceId, Endpoint | Absent]:
    """Those of these endpoints that concern us, so that more is to be read."""
    found = {one: world.get(ReadEndpoint(one)) for one in endpoints}
    known = {one: told for one, told in found.items() if isinstance(told, Endpoint | Absent)}
    return {one: told for one, told in known.items() if concerns_us(told, rules)}


def _each(
    world: World,
    wanted: Iterable[ResourceId],
    rules: Rules,
    single: Callable[[ResourceId], Read[Any]],
    listing: Callable[[Scope], Read[Any]],
) -> Iterator[Read[Any]]:
    """Each that is not known by itself, or, where there are many in a scope, its list first."""
    unknown: defaultdict[Scope | None, list[Read[Any]]] = defaultdict(list)
    for one in wanted:
        if (read := single(one)) not in world:
            scope = next((scope for scope in rules.endpoint_scopes if scope.covers(one)), None)
            unknown[scope].append(read)
    for scope, reads in unknown.items():
        if scope and len(reads) > MANY and listing(scope) not in world:
            yield listing(scope)
        else:
            yield from reads


def _all(view: View, targets: Targets, hints: Hints) -> Iterator[Read[Any]]:
    yield from endpoints_needed(view.world, targets.endpoints, view.rules)
    if targets.everything:
        for scope in view.rules.endpoint_scopes:
            yield from (ListEndpoints(scope), ListAddresses(scope))
    concerned = _concerned(view, targets)
    if not concerned and not targets.everything:
        return
    yield ReadServices()
    connecting = [e for e in concerned if isinstance(e, Endpoint) and view.rules.request_of(e) is not None]
    if not (targets.everything and _lists_pending(view)):
        interfaces = [nic for e in connecting for nic in e.interfaces if not e.addresses]
        yield from _each(view.world, interfaces, view.rules, ReadAddresses, ListAddresses)
    configs = [read for read in _configs(view, connecting, hints) if read not in view.world]
    yield from configs
    if len(configs) > FEW and not targets.everything:
        return  # They wait for the rate limit: what is read later is newer, and is also for those who join.
    if targets.everything or len(connecting) < len(concerned) or not _configs_come_next(view):
        yield ReadRegistrations()
    yield from _explaining(view, connecting, hints)
    if targets.everything or len(connecting) < len(concerned):
        yield from _every_zone(view, hints)
        yield from (read for one in connecting for read in _zone_by_tag(view, one))
    else:
        yield from (read for one in connecting for read in _zones_for(view, one, hints))
    yield from _holders(view, connecting)
    if targets.everything:
        yield from (ReadEndpoint(one) for one in _owned_but_unseen(view))
    else:
        yield from _waiting(view)


def _configs_come_next(view: View) -> bool:
    """Whether a round for configs is sure to come, with which what is not needed before can be read."""
    return ReadServices() not in view.world and not any(
        isinstance(one, ReadConfig) for one in view.world.answers
    )


def _concerned(view: View, targets: Targets) -> list[Endpoint | Absent]:
    mine = [one for one in sorted(actors(view, targets)) if view.rules.may_ask(one)]
    return list(in_need_of_a_pass(view.world, mine, view.rules).values())


def _lists_pending(view: View) -> bool:
    return any(ListAddresses(scope) not in view.world for scope in view.rules.endpoint_scopes)


def _configs(view: View, connecting: list[Endpoint], hints: Hints) -> Iterator[ReadConfig]:
    """The configs of the selected services and, for an endpoint that none of them explains, of others.

    Which others: one service of the alias's own region first, then that region's, then all. Those that were
    refused for good come last, the one refused longest ago before the others, so that they take nobody's turn.
    """
    alike = {(view.asked(one).request, _targets(one)): one for one in connecting}
    for endpoint in alike.values():
        chosen = view.asked(endpoint).wanted | view.asked(endpoint).doubtful & view.permitted
        steps = [[view.by_id[service] for service in sorted(chosen)], *_search(view, endpoint, hints)]
        for step in steps:
            unread = [service for service in step if ReadConfig(service.id) not in view.world]
            yield from (ReadConfig(service.id) for service in _likely_first(unread, endpoint, hints))
            if unread or private_link(view, endpoint):
                break


def _explaining(view: View, connecting: list[Endpoint], hints: Hints) -> Iterator[ReadConfig]:
    """The configs that tell where the holders of these endpoints' wildcards lead."""
    holders = [view.world.get(read) for read in _holders(view, connecting)]
    for holder in (found for found in holders if isinstance(found, Endpoint)):
        for step in _search(view, holder, hints):
            unread = [service for service in step if ReadConfig(service.id) not in view.world]
            if private_link(view, holder):
                break
            yield from (ReadConfig(service.id) for service in unread)
            if unread:
                break


def _targets(endpoint: Endpoint) -> tuple[str, ...]:
    return tuple(connection.target for connection in endpoint.connections)


def _search(view: View, endpoint: Endpoint, hints: Hints) -> list[list[Service]]:
    known = _likely_first(view.services, endpoint, hints)
    near = [service for service in known if _is_near(service, endpoint)]
    return [near[:1], near, known]


def _likely_first(services: Iterable[Service], endpoint: Endpoint, hints: Hints) -> list[Service]:
    return sorted(
        services,
        key=lambda one: (hints.refused.get(ReadConfig(one.id), 0.0), not _is_near(one, endpoint)),
    )


def _is_near(service: Service, endpoint: Endpoint) -> bool:
    return any(f".{service.region}." in connection.target.lower() for connection in endpoint.connections)


def _every_zone(view: View, hints: Hints) -> Iterator[Read[Any]]:
    """All zones for ClickHouse: a record of an endpoint that is gone may be in any of them."""
    yield from (ListZones(scope) for scope in view.rules.dns_scopes)
    known = {
        zone for zones in hints.links.values() for zone in zones if in_scope(zone, view.rules.dns_scopes)
    }
    yield from (ReadZone(zone) for zone in sorted(view.world.listed_zones() | known))


def _zones_for(view: View, endpoint: Endpoint, hints: Hints) -> Iterator[Read[Any]]:
    """The zone its tag names, or the one last seen linked to its network, or all that may be.

    And those where a record of it was seen: it may have been moved. Of an endpoint with a zone tag of which
    no record was seen, all zones that may be, as it may have had one before it got the tag.
    """
    scopes = view.rules.dns_scopes
    held = hints.holding.get(endpoint.id, frozenset())
    yield from (ReadZone(zone) for zone in sorted(held) if in_scope(zone, scopes))
    if ZONE_TAG in endpoint.tags:
        yield from _zone_by_tag(view, endpoint)
        if held:
            return
    linked = hints.links.get(endpoint.network, frozenset()) if endpoint.network else frozenset()
    first = [ReadZone(zone) for zone in sorted(linked) if _serves(zone, endpoint) and in_scope(zone, scopes)]
    yield from first
    if any(read not in view.world for read in first) or _linked(view, endpoint):
        return
    yield from (ListZones(scope) for scope in scopes)
    yield from (ReadZone(zone) for zone in sorted(view.world.listed_zones()) if _serves(zone, endpoint))


def _zone_by_tag(view: View, endpoint: Endpoint) -> Iterator[ReadZone]:
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
    linked = view.linked.get(endpoint.network, []) if endpoint.network else []
    return any(_serves(zone.id, endpoint) for zone in linked)


def _holders(view: View, connecting: list[Endpoint]) -> Iterator[ReadEndpoint]:
    """The endpoints that hold a record in a zone where one of these wants it, or may be linked to."""
    networks = {endpoint.network for endpoint in connecting}
    tagged = {endpoint.tags.get(ZONE_TAG, "").lower() for endpoint in connecting}
    group = view.rules.zone_group
    zones = [
        z
        for z in view.zones
        if z.networks & networks or str(z.id).lower() in tagged or (group and group.covers(z.id))
    ]
    records = [record for zone in zones for record in zone.records.values()]
    holders = claimants(records, view.rules.owner)
    yield from (ReadEndpoint(one) for one in sorted(holders) if view.rules.may_ask(one))


def _waiting(view: View) -> Iterator[Read[Any]]:
    """Registered endpoints that may wait for a record which an endpoint that is undone leaves free."""
    seen = view.world.endpoints()
    undone = {one for one in seen if verdict_on(view, one) is Verdict.UNDO}
    ours = [r for r in view.world.records() if record_is_ours(r, view.rules.owner)]
    freed = [record for record in ours if claimants([record], view.rules.owner) & undone]
    regions = {record.zone.name.partition(".")[0] for record in freed}
    near = {
        endpoint
        for registered, endpoint in view.marked.items()
        if view.registrations[registered].region in regions and view.rules.may_ask(endpoint)
    }
    wildcards = (record for record in ours if record.name == WILDCARD)
    unseen = near - seen.keys() - claimants(wildcards, view.rules.owner)
    unnamed = {
        registered
        for registered, registration in view.registrations.items()
        if registered not in view.marked and registration.region in regions
    }
    if len(unseen) <= FEW and not unnamed:
        yield from (ReadEndpoint(one) for one in sorted(unseen))
    else:
        yield from (ListEndpoints(scope) for scope in view.rules.endpoint_scopes)


def _owned_but_unseen(view: View) -> list[ResourceId]:
    """Endpoints we own something for that no list told of: each is asked for by itself."""
    if any(ListEndpoints(scope) not in view.world for scope in view.rules.endpoint_scopes):
        return []
    holding = claimants(view.world.records(), view.rules.owner)
    return sorted(one for one in holding | view.owned.keys() if verdict_on(view, one) is not Verdict.OUTSIDE)

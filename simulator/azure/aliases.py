"""Record sets of type CNAME. No other record set can have the same name."""

from simulator import world
from simulator.azure.bodies import body_of, section, text
from simulator.azure.conditions import check
from simulator.azure.errors import name_conflict, record_not_found
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State, Zone
from simulator.azure.zones import zone_of
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.Network/privateDnsZones/CNAME"


def get(state: State, target: Target, _request: Request) -> Reply:
    zone = zone_of(state, target)
    alias = zone.aliases.get(target.name.lower())
    if alias is None:
        raise record_not_found(target)
    return Reply(200, render(zone, alias))


def listing(state: State, target: Target, request: Request) -> Reply:
    zone = zone_of(state, target)
    return page(request, state.page_size, zone.aliases.items(), lambda alias: render(zone, alias))


def put(state: State, target: Target, request: Request) -> Reply:
    zone, properties = zone_of(state, target), section(body_of(request), "properties")
    old = zone.aliases.get(target.name.lower())
    check(request, old.etag if old else None, target.name)
    if target.name.lower() in zone.records:
        raise name_conflict(target)
    alias = world.Alias(
        name=old.name if old else target.name,
        cname=text(section(properties, "cnameRecord"), "cname"),
        ttl=properties.get("ttl", 3600),
    )
    zone.aliases[target.name.lower()] = alias
    return Reply(200 if old else 201, render(zone, alias))


def delete(state: State, target: Target, request: Request) -> Reply:
    zone = zone_of(state, target)
    old = zone.aliases.get(target.name.lower())
    check(request, old.etag if old else None, target.name)
    return Reply(204 if zone.aliases.pop(target.name.lower(), None) is None else 200)


def render(zone: Zone, alias: world.Alias) -> Json:
    return {
        "id": f"{zone.zone.id}/CNAME/{alias.name}",
        "name": alias.name,
        "type": TYPE,
        "etag": alias.etag,
        "properties": {
            "fqdn": f"{alias.name}.{last(zone.zone.id)}.",
            "ttl": alias.ttl,
            "cnameRecord": {"cname": alias.cname},
            "isAutoRegistered": False,
        },
    }

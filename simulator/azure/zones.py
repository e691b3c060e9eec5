"""Private DNS zones and their links to virtual networks."""

from dataclasses import replace

from simulator import world
from simulator.azure.access import readable
from simulator.azure.bodies import body_of, section, tags_of, text
from simulator.azure.conditions import check
from simulator.azure.errors import ArmError, bad_request, parent_not_found, resource_not_found
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State, Zone
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.Network/privateDnsZones"
LINK_TYPE = f"{TYPE}/virtualNetworkLinks"


def zone_of(state: State, target: Target) -> Zone:
    """Return the zone of a link or record set."""
    zone = state.zones.get(target.parent.lower())
    if zone is None:
        raise parent_not_found(last(target.parent))
    return zone


def get(state: State, target: Target, _request: Request) -> Reply:
    zone = state.zones.get(target.key)
    if zone is None:
        raise resource_not_found(f"{TYPE}/{target.name}", target.group)
    return Reply(200, render(zone))


def listing(state: State, target: Target, request: Request) -> Reply:
    rows = (row for row in state.zones.items() if target.holds(row[0]))
    return page(request, state.page_size, readable(state.denied, TYPE, rows), render)


def put(state: State, target: Target, request: Request) -> Reply:
    old, body = state.zones.get(target.key), body_of(request)
    check(request, old.zone.etag if old else None, target.name)
    if str(body.get("location", "global")).lower() != "global":
        raise bad_request("The location of a private DNS zone must be 'global'.", "LocationNotAvailableForResourceType")
    changed = world.Zone(id=old.zone.id if old else target.id, tags=tags_of(body))
    zone = state.zones[target.key] = replace(old, zone=changed) if old else Zone(changed)
    return Reply(200 if old else 201, render(zone))


def delete(state: State, target: Target, request: Request) -> Reply:
    zone = state.zones.get(target.key)
    check(request, zone.zone.etag if zone else None, target.name)
    if zone is None:
        return Reply(204)
    if zone.links:
        message = f"Can not delete resource {target.id} before nested resources are deleted."
        raise ArmError(409, "CannotDeleteResource", message)
    del state.zones[target.key]
    return Reply(200)


def render(zone: Zone) -> Json:
    return {
        "id": zone.zone.id,
        "name": last(zone.zone.id),
        "type": TYPE,
        "etag": zone.zone.etag,
        "location": "global",
        "tags": zone.zone.tags,
        "properties": {
            "provisioningState": "Succeeded",
            "maxNumberOfRecordSets": 25000,
            "maxNumberOfVirtualNetworkLinks": 1000,
            "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
            "numberOfRecordSets": len(zone.records) + len(zone.aliases) + 1,
            "numberOfVirtualNetworkLinks": len(zone.links),
            "numberOfVirtualNetworkLinksWithRegistration": sum(
                link.registration_enabled for link in zone.links.values()
            ),
        },
    }


def get_link(state: State, target: Target, _request: Request) -> Reply:
    zone = zone_of(state, target)
    link = zone.links.get(target.name.lower())
    if link is None:
        raise resource_not_found(f"{TYPE}/{last(target.parent)}/virtualNetworkLinks/{target.name}", target.group)
    return Reply(200, _render_link(zone, link))


def list_links(state: State, target: Target, request: Request) -> Reply:
    zone = zone_of(state, target)
    return page(request, state.page_size, zone.links.items(), lambda link: _render_link(zone, link))


def put_link(state: State, target: Target, request: Request) -> Reply:
    zone, body = zone_of(state, target), body_of(request)
    old = zone.links.get(target.name.lower())
    check(request, old.etag if old else None, target.name)
    properties = section(body, "properties")
    network = text(section(properties, "virtualNetwork"), "id")
    _refuse_second_link(state, target, network)
    link = world.Link(
        name=old.name if old else target.name,
        virtual_network=network,
        registration_enabled=bool(properties.get("registrationEnabled")),
        tags=tags_of(body),
    )
    zone.links[target.name.lower()] = link
    return Reply(200 if old else 201, _render_link(zone, link))


def delete_link(state: State, target: Target, request: Request) -> Reply:
    zone = zone_of(state, target)
    link = zone.links.get(target.name.lower())
    check(request, link.etag if link else None, target.name)
    return Reply(204 if zone.links.pop(target.name.lower(), None) is None else 200)


def _refuse_second_link(state: State, target: Target, network: str) -> None:
    """Raise ArmError if the network does not exist, or is already linked to a zone of this name."""
    if network.lower() not in state.networks:
        raise bad_request(f"The resource '{network}' was not found.", "InvalidResourceReference")
    name = last(target.parent)
    for key, zone in state.zones.items():
        if last(key) != name.lower():
            continue
        for link_name, link in zone.links.items():
            same_link = key == target.parent.lower() and link_name == target.name.lower()
            if link.virtual_network.lower() == network.lower() and not same_link:
                raise _overlapping(last(zone.zone.id), name)


def _overlapping(first: str, second: str) -> ArmError:
    message = (
        "A virtual network cannot be linked to multiple zones with overlapping namespaces. "
        f"You tried to link virtual network with '{first}' and '{second}' zones."
    )
    return ArmError(400, "BadRequest", message, wrapped=False)


def _render_link(zone: Zone, link: world.Link) -> Json:
    return {
        "id": f"{zone.zone.id}/virtualNetworkLinks/{link.name}",
        "name": link.name,
        "type": LINK_TYPE,
        "etag": link.etag,
        "location": "global",
        "tags": link.tags,
        "properties": {
            "provisioningState": "Succeeded",
            "registrationEnabled": link.registration_enabled,
            "virtualNetwork": {"id": link.virtual_network},
            "virtualNetworkLinkState": "Completed",
        },
    }

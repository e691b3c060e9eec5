"""Virtual networks and subnets, as far as private endpoints need them."""

from simulator import world
from simulator.azure.access import readable
from simulator.azure.bodies import body_of, items, section, tags_of, text, texts
from simulator.azure.errors import ArmError, parent_not_found, resource_not_found
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.schema import guid
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.Network/virtualNetworks"
SUBNET_TYPE = f"{TYPE}/subnets"


def get(state: State, target: Target, _request: Request) -> Reply:
    network = state.networks.get(target.key)
    if network is None:
        raise resource_not_found(f"{TYPE}/{target.name}", target.group)
    return Reply(200, render(network))


def listing(state: State, target: Target, request: Request) -> Reply:
    rows = (row for row in state.networks.items() if target.holds(row[0]))
    return page(request, state.page_size, readable(state.denied, TYPE, rows), render)


def put(state: State, target: Target, request: Request) -> Reply:
    body, old = body_of(request), state.networks.get(target.key)
    properties = section(body, "properties")
    prefixes = texts(section(properties, "addressSpace"), "addressPrefixes") or ["10.0.0.0/16"]
    network = world.VirtualNetwork(
        id=old.id if old else target.id,
        location=text(body, "location"),
        address_prefix=prefixes[0],
        subnets=tuple(_subnet(text(subnet, "name"), subnet) for subnet in items(properties, "subnets")),
        tags=tags_of(body),
    )
    state.networks[target.key] = network
    return Reply(200 if old else 201, render(network))


def get_subnet(state: State, target: Target, _request: Request) -> Reply:
    network = _network(state, target)
    for subnet in network.subnets:
        if subnet.name.lower() == target.name.lower():
            return Reply(200, _render_subnet(network, subnet))
    raise ArmError(404, "NotFound", f"Resource {target.id} not found.")


def list_subnets(state: State, target: Target, request: Request) -> Reply:
    network = _network(state, target)
    rows = ((subnet.name.lower(), subnet) for subnet in network.subnets)
    return page(request, state.page_size, rows, lambda subnet: _render_subnet(network, subnet))


def put_subnet(state: State, target: Target, request: Request) -> Reply:
    network, subnet = _network(state, target), _subnet(target.name, body_of(request))
    others = tuple(s for s in network.subnets if s.name.lower() != subnet.name.lower())
    changed = network.model_copy(update={"subnets": (*others, subnet), "etag": guid()})
    state.networks[network.id.lower()] = changed
    return Reply(201 if len(others) == len(network.subnets) else 200, _render_subnet(changed, subnet))


def render(network: world.VirtualNetwork) -> Json:
    return {
        "name": last(network.id),
        "id": network.id,
        "etag": f'W/"{network.etag}"',
        "type": TYPE,
        "location": network.location,
        "tags": network.tags,
        "properties": {
            "provisioningState": "Succeeded",
            "addressSpace": {"addressPrefixes": [network.address_prefix]},
            "subnets": [_render_subnet(network, subnet) for subnet in network.subnets],
        },
    }


def _render_subnet(network: world.VirtualNetwork, subnet: world.Subnet) -> Json:
    return {
        "name": subnet.name,
        "id": f"{network.id}/subnets/{subnet.name}",
        "etag": f'W/"{network.etag}"',
        "type": SUBNET_TYPE,
        "properties": {"provisioningState": "Succeeded", "addressPrefix": subnet.prefix},
    }


def _network(state: State, target: Target) -> world.VirtualNetwork:
    network = state.networks.get(target.parent.lower())
    if network is None:
        raise parent_not_found(last(target.parent))
    return network


def _subnet(name: str, body: Json) -> world.Subnet:
    properties = section(body, "properties")
    prefix = next(iter(texts(properties, "addressPrefixes")), None) or text(properties, "addressPrefix")
    return world.Subnet(name=name, prefix=prefix)

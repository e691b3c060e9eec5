"""Private endpoints."""

from typing import Any

from simulator import world
from simulator.azure.access import readable
from simulator.azure.bodies import body_of, items, section, tags_of, text, texts
from simulator.azure.errors import bad_request, resource_not_found
from simulator.azure.lifecycle import apply_creation_hold, poll_headers, refuse_busy, remove
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.Network/privateEndpoints"
_MANUAL, _AUTOMATIC = "manualPrivateLinkServiceConnections", "privateLinkServiceConnections"
_DESCRIPTIONS = {
    "Pending": "Awaiting approval",
    "Approved": "Approved",
    "Rejected": "Removed from the allow list",
    "Disconnected": "The Private Link service was deleted",
}


def get(state: State, target: Target, _request: Request) -> Reply:
    endpoint = state.endpoints.get(target.key)
    if endpoint is None:
        raise resource_not_found(f"{TYPE}/{target.name}", target.group)
    return Reply(200, render(endpoint))


def listing(state: State, target: Target, request: Request) -> Reply:
    rows = (row for row in state.endpoints.items() if target.holds(row[0]))
    return page(request, state.page_size, readable(state.denied, TYPE, rows), render)


def put(state: State, target: Target, request: Request) -> Reply:
    """Create or replace an endpoint. A replacement keeps its GUID, address and network interface."""
    old = state.endpoints.get(target.key)
    refuse_busy(old)
    requested = _read(state, body_of(request), old.id if old else target.id)
    if requested.address and not (old and old.address == requested.address):
        subnet = state.subnet(requested.subnet)
        assert subnet
        state.addresses.check(requested.subnet, subnet.prefix, requested.address)
    stored = state.store_endpoint(_replaced(requested, old) if old else apply_creation_hold(state, requested))
    busy = stored.provisioning_state != "Succeeded"
    headers = poll_headers(state, target, request, stored.location, "creation") if busy else {}
    return Reply(200 if old else 201, render(stored), headers)


def delete(state: State, target: Target, request: Request) -> Reply:
    """Accept the deletion. Its operation has already succeeded, unless deletions are held."""
    if target.key not in state.endpoints:
        return Reply(204)
    headers = poll_headers(state, target, request, state.endpoints[target.key].location, "deletion")
    remove(state, target.key)
    return Reply(202, headers=headers)


def render(endpoint: world.PrivateEndpoint) -> Json:
    body: Json = {
        "name": last(endpoint.id),
        "id": endpoint.id,
        "etag": f'W/"{endpoint.etag}"',
        "type": TYPE,
        "location": endpoint.location,
    }
    if endpoint.tags:
        body["tags"] = endpoint.tags
    return body | {"properties": _properties(endpoint)}


def _properties(endpoint: world.PrivateEndpoint) -> Json:
    array = _MANUAL if endpoint.manual else _AUTOMATIC
    connections: dict[str, list[Json]] = {_AUTOMATIC: [], _MANUAL: []}
    connections[array].append(_connection(endpoint, array))
    rendered = {
        "provisioningState": endpoint.provisioning_state,
        "resourceGuid": endpoint.resource_guid,
        **connections,
        "customNetworkInterfaceName": endpoint.custom_network_interface_name,
        "subnet": {"id": endpoint.subnet},
        "ipConfigurations": list(endpoint.ip_configurations),
        "networkInterfaces": [{"id": endpoint.network_interface}],
        "customDnsConfigs": [],
    }
    if "networkInterfaces" in endpoint.missing:
        rendered["networkInterfaces"] = []
    if "resourceGuid" in endpoint.missing:
        del rendered["resourceGuid"]
    return rendered


def _connection(endpoint: world.PrivateEndpoint, array: str) -> Json:
    name = endpoint.connection_name or last(endpoint.id)
    rendered: Json = {
        "provisioningState": endpoint.provisioning_state,
        "privateLinkServiceId": endpoint.private_link_service,
        "groupIds": list(endpoint.group_ids),
        "requestMessage": endpoint.request_message,
    }
    if "connectionState" not in endpoint.missing:
        rendered["privateLinkServiceConnectionState"] = {
            "status": endpoint.connection,
            "description": _DESCRIPTIONS[endpoint.connection],
            "actionsRequired": "None",
        }
    return {
        "name": name,
        "id": f"{endpoint.id}/{array}/{name}",
        "type": f"{TYPE}/{array}",
        "properties": rendered,
    }


def _read(state: State, body: Json, endpoint_id: str) -> world.PrivateEndpoint:
    properties = section(body, "properties")
    subnet = text(section(properties, "subnet"), "id")
    if state.subnet(subnet) is None:
        message = f"Resource {subnet} referenced by resource {endpoint_id} was not found."
        raise bad_request(message, "InvalidResourceReference")
    return world.PrivateEndpoint(
        id=endpoint_id,
        location=text(body, "location"),
        subnet=subnet,
        tags=tags_of(body),
        custom_network_interface_name=properties.get("customNetworkInterfaceName") or "",
        ip_configurations=tuple(items(properties, "ipConfigurations")),
        address=_static_address(properties),
        **_read_connection(properties),
    )


def _read_connection(properties: Json) -> dict[str, Any]:
    manual, automatic = items(properties, _MANUAL), items(properties, _AUTOMATIC)
    if len(manual) + len(automatic) != 1:
        message = f"A private endpoint must have exactly one connection, in {_MANUAL} or {_AUTOMATIC}."
        raise bad_request(message, "InvalidPrivateEndpointConnections")
    connection = (manual or automatic)[0]
    details = section(connection, "properties")
    return {
        "connection_name": text(connection, "name"),
        "private_link_service": text(details, "privateLinkServiceId"),
        "request_message": details.get("requestMessage") or "",
        "group_ids": tuple(texts(details, "groupIds")),
        "manual": bool(manual),
    }


def _static_address(properties: Json) -> str | None:
    configurations = items(properties, "ipConfigurations")
    return text(section(configurations[0], "properties"), "privateIPAddress") if configurations else None


def _replaced(requested: world.PrivateEndpoint, old: world.PrivateEndpoint) -> world.PrivateEndpoint:
    same_subnet = requested.subnet.lower() == old.subnet.lower()
    same_service = requested.private_link_service.lower() == old.private_link_service.lower()
    kept = {
        "resource_guid": old.resource_guid,
        "network_interface": old.network_interface,
        "custom_network_interface_name": old.custom_network_interface_name,
        "address": requested.address or (old.address if same_subnet else None),
        "connection": old.connection if same_service else "Pending",
        "pinned": old.pinned and same_service,
        "missing": old.missing,
    }
    return requested.model_copy(update=kept)

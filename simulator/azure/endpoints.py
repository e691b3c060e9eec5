"""Private endpoints."""

from typing import Any

from simulator import world
from simulator.azure.access import readable
from simulator.azure.bodies import body_of, items, section, tags_of, text, texts
from simulator.azure.errors import bad_request, resource_not_found
from simulator.azure.lifecycle import begun, poll_headers, refuse_busy, remove
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
    "Disconnected": "The Private Link service is gone",
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
    """Create, or replace all but what makes the endpoint itself: its GUID, address and interface."""
    old = state.endpoints.get(target.key)
    refuse_busy(old)
    wanted = _read(state, body_of(request), old.id if old else target.id)
    if wanted.address and not (old and old.address == wanted.address):
        subnet = state.subnet(wanted.subnet)
        assert subnet
        state.addresses.check(wanted.subnet, subnet.prefix, wanted.address)
    stored = state.store_endpoint(_carried_over(wanted, old) if old else begun(state, wanted))
    busy = stored.provisioning_state != "Succeeded"
    headers = poll_headers(state, target, request, stored.location, "creation") if busy else {}
    return Reply(200 if old else 201, render(stored), headers)


def delete(state: State, target: Target, request: Request) -> Reply:
    """Accept the removal; the operation it answers with has already succeeded, unless deletions are held."""
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
    told = {
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
        told["networkInterfaces"] = []
    if "resourceGuid" in endpoint.missing:
        del told["resourceGuid"]
    return told


def _connection(endpoint: world.PrivateEndpoint, array: str) -> Json:
    name = endpoint.connection_name or last(endpoint.id)
    told: Json = {
        "provisioningState": endpoint.provisioning_state,
        "privateLinkServiceId": endpoint.private_link_service,
        "groupIds": list(endpoint.group_ids),
        "requestMessage": endpoint.request_message,
    }
    if "connectionState" not in endpoint.missing:
        told["privateLinkServiceConnectionState"] = {
            "status": endpoint.connection,
            "description": _DESCRIPTIONS[endpoint.connection],
            "actionsRequired": "None",
        }
    return {
        "name": name,
        "id": f"{endpoint.id}/{array}/{name}",
        "type": f"{TYPE}/{array}",
        "properties": told,
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


def _carried_over(wanted: world.PrivateEndpoint, old: world.PrivateEndpoint) -> world.PrivateEndpoint:
    stays = wanted.subnet.lower() == old.subnet.lower()
    same = wanted.private_link_service.lower() == old.private_link_service.lower()
    kept = {
        "resource_guid": old.resource_guid,
        "network_interface": old.network_interface,
        "custom_network_interface_name": old.custom_network_interface_name,
        "address": wanted.address or (old.address if stays else None),
        "connection": old.connection if same else "Pending",
        "pinned": old.pinned and same,
        "missing": old.missing,
    }
    return wanted.model_copy(update=kept)

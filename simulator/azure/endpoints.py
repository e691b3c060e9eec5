"""Private endpoints."""

from typing import Any

from simulator import world
from simulator.azure.access import readable
from simulator.azure.bodies import body_of, items, section, tags_of, text, texts
from simulator.azure.errors import bad_request, resource_not_found
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.schema import guid
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
    wanted = _read(state, body_of(request), old.id if old else target.id)
    if wanted.address and not (old and old.address == wanted.address):
        subnet = state.subnet(wanted.subnet)
        assert subnet
        state.addresses.check(wanted.subnet, subnet.prefix, wanted.address)
    stored = state.store_endpoint(_carried_over(wanted, old) if old else wanted)
    return Reply(200 if old else 201, render(stored))


def delete(state: State, target: Target, request: Request) -> Reply:
    """Accept the removal; the operation it answers with has already succeeded."""
    if target.key not in state.endpoints:
        return Reply(204)
    location = state.endpoints[target.key].location
    state.drop_endpoint(target.key)
    subscription = f"{request.origin}/subscriptions/{target.subscription}"
    base = f"{subscription}/providers/Microsoft.Network/locations/{location}"
    version, operation = request.param("api-version"), guid()
    headers = {
        "azure-asyncoperation": f"{base}/operations/{operation}?api-version={version}",
        "location": f"{base}/operationResults/{operation}?api-version={version}",
    }
    return Reply(202, headers=headers)


def operation(_state: State, _target: Target, _request: Request) -> Reply:
    return Reply(200, {"status": "Succeeded"})


def operation_result(_state: State, _target: Target, _request: Request) -> Reply:
    return Reply(204)


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
    return {
        "provisioningState": "Succeeded",
        "resourceGuid": endpoint.resource_guid,
        **connections,
        "customNetworkInterfaceName": endpoint.custom_network_interface_name,
        "subnet": {"id": endpoint.subnet},
        "ipConfigurations": list(endpoint.ip_configurations),
        "networkInterfaces": [{"id": endpoint.network_interface}],
        "customDnsConfigs": [],
    }


def _connection(endpoint: world.PrivateEndpoint, array: str) -> Json:
    name = endpoint.connection_name or last(endpoint.id)
    return {
        "name": name,
        "id": f"{endpoint.id}/{array}/{name}",
        "type": f"{TYPE}/{array}",
        "properties": {
            "provisioningState": "Succeeded",
            "privateLinkServiceId": endpoint.private_link_service,
            "groupIds": list(endpoint.group_ids),
            "requestMessage": endpoint.request_message,
            "privateLinkServiceConnectionState": {
                "status": endpoint.connection,
                "description": _DESCRIPTIONS[endpoint.connection],
                "actionsRequired": "None",
            },
        },
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
    }
    return wanted.model_copy(update=kept)

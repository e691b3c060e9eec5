"""Network interfaces of private endpoints."""

from simulator import world
from simulator.azure.access import readable
from simulator.azure.errors import resource_not_found
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.Network/networkInterfaces"


def get(state: State, target: Target, _request: Request) -> Reply:
    owner = state.nics.get(target.key)
    if owner is None or not _exists(state.endpoints[owner]):
        raise resource_not_found(f"{TYPE}/{target.name}", target.group)
    return Reply(200, render(state.endpoints[owner]))


def listing(state: State, target: Target, request: Request) -> Reply:
    known = ((nic, state.endpoints[owner]) for nic, owner in state.nics.items() if target.holds(nic))
    rows = (row for row in known if _exists(row[1]))
    return page(request, state.page_size, readable(state.denied, TYPE, rows), render)


def _address(endpoint: world.PrivateEndpoint) -> Json:
    return {} if "privateIPAddress" in endpoint.missing else {"privateIPAddress": endpoint.address}


def _exists(endpoint: world.PrivateEndpoint) -> bool:
    return "networkInterfaces" not in endpoint.missing


def render(endpoint: world.PrivateEndpoint) -> Json:
    nic = endpoint.network_interface or ""
    configuration = f"privateEndpointIpConfig.{endpoint.resource_guid}"
    return {
        "name": last(nic),
        "id": nic,
        "etag": f'W/"{endpoint.etag}"',
        "type": TYPE,
        "location": endpoint.location,
        "properties": {
            "provisioningState": "Succeeded",
            "ipConfigurations": [
                {
                    "name": configuration,
                    "id": f"{nic}/ipConfigurations/{configuration}",
                    "type": f"{TYPE}/ipConfigurations",
                    "properties": {
                        "provisioningState": "Succeeded",
                        **_address(endpoint),
                        "privateIPAllocationMethod": "Dynamic",
                        "subnet": {"id": endpoint.subnet},
                        "primary": True,
                        "privateIPAddressVersion": "IPv4",
                    },
                }
            ],
            "privateEndpoint": {"id": endpoint.id},
            "nicType": "Standard",
        },
    }

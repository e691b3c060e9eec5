"""What we rely on of azure-mgmt-network without its API description promising it."""

import inspect

from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.network.aio.operations import NetworkInterfacesOperations, PrivateEndpointsOperations
from azure.mgmt.network.models import PrivateEndpointProperties

from shared.adapters.azure_network import API_VERSION


def test_requests_of_our_own() -> None:
    """The client takes requests of our own through its pipeline."""
    assert list(inspect.signature(NetworkManagementClient.send_request).parameters)[:2] == ["self", "request"]


def test_api_version() -> None:
    """We speak the version of the API that the SDK speaks, whose answers it was made for."""
    for operation in (PrivateEndpointsOperations.get, NetworkInterfacesOperations.get):
        assert f'"{API_VERSION}"' in inspect.getsource(operation)


def test_resource_guid_is_still_undeclared() -> None:
    """The day the SDK declares resourceGuid, its models may be asked for it plainly."""
    assert not hasattr(PrivateEndpointProperties, "resource_guid")

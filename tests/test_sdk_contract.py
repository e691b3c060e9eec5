"""What we rely on of azure-mgmt-network without its API description promising it."""

import pytest
from azure.mgmt.network.models import PrivateEndpoint

from shared.adapters.azure_network import endpoint_from

GUID = "4c8ad43e-195c-4673-9cc0-e26969210f4f"
ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg1"
    "/providers/Microsoft.Network/privateEndpoints/pe1"
)
TOLD = {"id": ID, "properties": {"resourceGuid": GUID, "provisioningState": "Succeeded"}}


def test_resource_guid_is_kept() -> None:
    """The SDK's model keeps resourceGuid, which it does not declare, where we look for it."""
    endpoint = PrivateEndpoint(TOLD)
    assert endpoint.properties is not None
    assert endpoint.properties.get("resourceGuid") == GUID
    assert endpoint["properties"]["resourceGuid"] == GUID
    assert endpoint_from(endpoint).guid == GUID


def test_resource_guid_is_still_undeclared() -> None:
    """The day the SDK declares resourceGuid, its model may be asked for it plainly."""
    endpoint = PrivateEndpoint(TOLD)
    with pytest.raises(AttributeError):
        _ = endpoint.properties.resource_guid  # type: ignore[union-attr]

"""Making private DNS zones and their links, through azure-mgmt-privatedns: ARM goes on after its answer.

Slow to import, and seldom needed: to be imported when something is made.
"""

from hashlib import sha256

from azure.mgmt.privatedns.aio import PrivateDnsManagementClient
from azure.mgmt.privatedns.models import (
    PrivateZone,
    SubResource,
    VirtualNetworkLink,
    VirtualNetworkLinkProperties,
)

from shared.domain.ids import ResourceId

# DNS is not in a region, and ARM wants that said.
EVERYWHERE = "global"
NEW_ONLY = {"If-None-Match": "*"}


async def make_zone(client: PrivateDnsManagementClient, zone: ResourceId) -> None:
    """Make a zone that does not exist yet, and wait until it is there."""
    body = PrivateZone(location=EVERYWHERE)
    poller = await client.private_zones.begin_create_or_update(
        zone.resource_group, zone.name, body, headers=NEW_ONLY, polling_interval=1
    )
    await poller.result()


async def make_link(client: PrivateDnsManagementClient, zone: ResourceId, network: ResourceId) -> None:
    """Link a zone to a virtual network, without registration, and wait until it is linked."""
    properties = VirtualNetworkLinkProperties(
        virtual_network=SubResource(id=str(network)), registration_enabled=False
    )
    body = VirtualNetworkLink(location=EVERYWHERE, properties=properties)
    at = (zone.resource_group, zone.name, _link_name(network))
    poller = await client.virtual_network_links.begin_create_or_update(
        *at, body, headers=NEW_ONLY, polling_interval=1
    )
    await poller.result()


def _link_name(network: ResourceId) -> str:
    """A name that tells the network, and is another one for another network of the same name."""
    return f"{network.name[:60]}-{sha256(str(network).encode()).hexdigest()[:12]}"

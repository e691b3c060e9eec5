"""Private DNS zones, their links and their A record sets, through azure-mgmt-privatedns.

Every write carries a bare If-Match or `If-None-Match: *` of our own making: the SDK sends no header at
all for `etag=` alone and quotes the etag with a match condition, while the service tells it bare.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from azure.mgmt.privatedns.models import (
    ARecord,
    PrivateZone,
    RecordSetProperties,
    SubResource,
    VirtualNetworkLink,
    VirtualNetworkLinkProperties,
)
from azure.mgmt.privatedns.models import RecordSet as AzureRecordSet

from shared.adapters.arm import ArmClients, ask, ask_or_absent, collect
from shared.adapters.retrying import Budget
from shared.adapters.shapes import items, text
from shared.domain.errors import PermanentError
from shared.domain.ids import BadIdError, Kind, ResourceId, Scope
from shared.domain.model import ZONE_SUFFIX, Absent, RecordSet, Zone

A = "A"
# DNS is not in a region, and ARM wants that said.
EVERYWHERE = "global"
NEW_ONLY = {"If-None-Match": "*"}


@dataclass(frozen=True, slots=True)
class AzureDns:
    """The port `Dns` over ARM."""

    clients: ArmClients
    budget: Budget

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        operations = self.clients.dns(scope.subscription).private_zones
        group = scope.resource_group
        return await ask(
            self.budget.for_one_read(),
            f"listing the private DNS zones of {scope}",
            lambda: collect(operations.list_by_resource_group(group) if group else operations.list()),
            _zones,
        )

    async def zone(self, zone: ResourceId) -> Zone | Absent:
        client = self.clients.dns(zone.subscription)
        at = (zone.resource_group, zone.name)
        reads = self.budget.for_one_read()
        networks, records = await asyncio.gather(
            ask_or_absent(
                reads,
                f"listing the virtual network links of {zone}",
                lambda: collect(client.virtual_network_links.list(*at)),
                _networks,
            ),
            ask_or_absent(
                reads,
                f"listing the records of {zone}",
                lambda: collect(client.record_sets.list_by_type(*at, A)),
                lambda told: [record_from(zone, one) for one in told],
            ),
        )
        if isinstance(networks, Absent) or isinstance(records, Absent):
            return Absent()
        return Zone(zone, networks, MappingProxyType({one.name: one for one in records}))

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        operations = self.clients.dns(record.zone.subscription).record_sets
        condition = {"If-Match": replacing} if replacing else NEW_ONLY
        return await ask(
            self.budget.for_writes(),
            f"writing record {record.name} of {record.zone}",
            lambda: operations.create_or_update(
                record.zone.resource_group, record.zone.name, A, record.name, _body(record), headers=condition
            ),
            lambda told: record_from(record.zone, told),
        )

    async def delete(self, record: RecordSet) -> None:
        operations = self.clients.dns(record.zone.subscription).record_sets
        what = f"deleting record {record.name} of {record.zone}"
        if not record.etag:
            raise PermanentError(f"{what}: it has no etag, and without one nothing is deleted")
        await ask_or_absent(
            self.budget.for_writes(),
            what,
            lambda: operations.delete(
                record.zone.resource_group,
                record.zone.name,
                A,
                record.name,
                headers={"If-Match": record.etag},
            ),
            lambda _: None,
        )

    async def create_zone(self, zone: ResourceId) -> None:
        operations = self.clients.dns(zone.subscription).private_zones

        async def create() -> None:
            body = PrivateZone(location=EVERYWHERE)
            at = (zone.resource_group, zone.name)
            await (
                await operations.begin_create_or_update(*at, body, headers=NEW_ONLY, polling_interval=1)
            ).result()

        await ask(self.budget.for_writes(), f"creating private DNS zone {zone}", create, lambda _: None)

    async def link(self, zone: ResourceId, network: ResourceId) -> None:
        operations = self.clients.dns(zone.subscription).virtual_network_links

        async def create() -> None:
            body = VirtualNetworkLink(
                location=EVERYWHERE,
                properties=VirtualNetworkLinkProperties(
                    virtual_network=SubResource(id=str(network)), registration_enabled=False
                ),
            )
            at = (zone.resource_group, zone.name, _link_name(network))
            await (
                await operations.begin_create_or_update(*at, body, headers=NEW_ONLY, polling_interval=1)
            ).result()

        await ask(
            self.budget.for_writes(), f"linking {network} to private DNS zone {zone}", create, lambda _: None
        )


def _link_name(network: ResourceId) -> str:
    """A name that tells the network, and is another one for another network of the same name."""
    return f"{network.name[:60]}-{sha256(str(network).encode()).hexdigest()[:12]}"


def record_from(zone: ResourceId, json: Mapping[str, Any]) -> RecordSet:
    """An A record set from ARM's JSON."""
    properties = json.get("properties") or {}
    told = [text(one.get("ipv4Address")) for one in items(properties.get("aRecords"))]
    metadata = properties.get("metadata") or {}
    return RecordSet(
        zone=zone,
        name=text(json["name"]).lower(),
        ttl=int(properties.get("ttl") or 0),
        addresses=tuple(sorted(address for address in told if address)),
        metadata=MappingProxyType({key: text(value) for key, value in metadata.items()}),
        etag=text(json.get("etag")) or None,
    )


def _zones(told: list[Mapping[str, Any]]) -> tuple[ResourceId, ...]:
    ours = [one["id"] for one in told if one["id"].lower().endswith(ZONE_SUFFIX)]
    return tuple(zone for one in ours if (zone := _known(one, Kind.ZONE)))


def _networks(links: list[Mapping[str, Any]]) -> frozenset[ResourceId]:
    told = [((one.get("properties") or {}).get("virtualNetwork") or {}).get("id") for one in links]
    return frozenset(network for one in told if one and (network := _known(one, Kind.VIRTUAL_NETWORK)))


def _known(told: str, kind: Kind) -> ResourceId | None:
    """The id; None for one of a form we do not know, which then is no zone or network of ours."""
    try:
        return ResourceId.parse(told, kind)
    except BadIdError:
        return None


def _body(record: RecordSet) -> AzureRecordSet:
    addresses = [ARecord(ipv4_address=address) for address in record.addresses]
    properties = RecordSetProperties(ttl=record.ttl, a_records=addresses, metadata=dict(record.metadata))
    return AzureRecordSet(properties=properties)

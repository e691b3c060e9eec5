"""Private DNS zones, their links and their A record sets, through azure-mgmt-privatedns.

Every write carries a bare If-Match or `If-None-Match: *` of our own making: the SDK sends no header at
all for `etag=` alone and quotes the etag with a match condition, while the service tells it bare.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from azure.mgmt.privatedns.models import ARecord, RecordSetProperties
from azure.mgmt.privatedns.models import RecordSet as AzureRecordSet

from shared.adapters.arm import ArmClients, ask, ask_or_absent, collect
from shared.adapters.retrying import Budget
from shared.domain.ids import BadIdError, Kind, ResourceId, Scope
from shared.domain.model import ZONE_SUFFIX, Absent, RecordSet, Zone

A = "A"


@dataclass(frozen=True, slots=True)
class AzureDns:
    """The port `Dns` over ARM."""

    clients: ArmClients
    budget: Budget

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        operations = self.clients.dns(scope.subscription).private_zones
        group = scope.resource_group
        listed = await ask(
            self.budget.reads,
            f"listing the private DNS zones of {scope}",
            lambda: collect(operations.list_by_resource_group(group) if group else operations.list()),
        )
        ours = (one["id"] for one in listed if one["id"].lower().endswith(ZONE_SUFFIX))
        return tuple(ResourceId.parse(one, Kind.ZONE) for one in ours)

    async def zone(self, zone: ResourceId) -> Zone | Absent:
        client = self.clients.dns(zone.subscription)
        at = (zone.resource_group, zone.name)
        reads = self.budget.reads
        links, records = await asyncio.gather(
            ask_or_absent(
                reads,
                f"listing the virtual network links of {zone}",
                lambda: collect(client.virtual_network_links.list(*at)),
            ),
            ask_or_absent(
                reads,
                f"listing the records of {zone}",
                lambda: collect(client.record_sets.list_by_type(*at, A)),
            ),
        )
        if isinstance(links, Absent) or isinstance(records, Absent):
            return Absent()
        sets = (record_from(zone, one) for one in records)
        return Zone(zone, _networks(links), MappingProxyType({one.name: one for one in sets}))

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        operations = self.clients.dns(record.zone.subscription).record_sets
        condition = {"If-Match": replacing} if replacing else {"If-None-Match": "*"}
        written = await ask(
            self.budget.writes,
            f"writing record {record.name} of {record.zone}",
            lambda: operations.create_or_update(
                record.zone.resource_group, record.zone.name, A, record.name, _body(record), headers=condition
            ),
        )
        return record_from(record.zone, written)

    async def delete(self, record: RecordSet) -> None:
        operations = self.clients.dns(record.zone.subscription).record_sets
        await ask_or_absent(
            self.budget.writes,
            f"deleting record {record.name} of {record.zone}",
            lambda: operations.delete(
                record.zone.resource_group,
                record.zone.name,
                A,
                record.name,
                headers={"If-Match": record.etag},
            ),
        )


def record_from(zone: ResourceId, json: Mapping[str, Any]) -> RecordSet:
    """An A record set from ARM's JSON."""
    properties = json.get("properties") or {}
    told = [one.get("ipv4Address") for one in properties.get("aRecords") or []]
    return RecordSet(
        zone=zone,
        name=json["name"].lower(),
        ttl=int(properties.get("ttl") or 0),
        addresses=tuple(sorted(address for address in told if address)),
        metadata=MappingProxyType(dict(properties.get("metadata") or {})),
        etag=json.get("etag"),
    )


def _networks(links: list[Mapping[str, Any]]) -> frozenset[ResourceId]:
    told = [((one.get("properties") or {}).get("virtualNetwork") or {}).get("id") for one in links]
    return frozenset(network for one in told if one and (network := _network(one)))


def _network(text: str) -> ResourceId | None:
    """The linked network; None for one whose id has a form we do not know, which then matches no endpoint."""
    try:
        return ResourceId.parse(text, Kind.VIRTUAL_NETWORK)
    except BadIdError:
        return None


def _body(record: RecordSet) -> AzureRecordSet:
    addresses = [ARecord(ipv4_address=address) for address in record.addresses]
    properties = RecordSetProperties(ttl=record.ttl, a_records=addresses, metadata=dict(record.metadata))
    return AzureRecordSet(properties=properties)

"""Private DNS zones, their virtual network links and A record sets, through azure-mgmt-privatedns.

Every write has the header If-Match with a bare etag, or `If-None-Match: *`. With `etag=` alone the SDK sends no
condition, and with a match condition a quoted etag, which the service does not use.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from shared.adapters.azure.clients import ArmClients, ask, ask_or_absent, every, parsed
from shared.adapters.json_fields import optional_list, optional_str
from shared.adapters.retry import Budget
from shared.domain.model.errors import PermanentError
from shared.domain.model.ids import Kind, ResourceId, Scope
from shared.domain.model.resources import NotFound, RecordSet, Zone

A = "A"
NEW_ONLY = {"If-None-Match": "*"}
# The location of resources that are in no region.
GLOBAL = "global"
NEW_RESOURCE: Mapping[str, Any] = {"headers": NEW_ONLY, "polling_interval": 1}

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AzureDns:
    """The port `Dns` over ARM."""

    clients: ArmClients
    budget: Budget

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        async def listed() -> list[ResourceId | None]:
            zones, group = (await self.clients.dns(scope.subscription)).private_zones, scope.resource_group
            listing = partial(zones.list_by_resource_group, group) if group else zones.list
            return await every(lambda json: ResourceId.find(json["id"], Kind.ZONE), listing)

        what = f"listing the private DNS zones of {scope}"
        return tuple(filter(None, await ask(self.budget.for_one_read(), what, listed)))

    async def zone(self, zone: ResourceId) -> Zone | NotFound:
        group_and_name = zone.resource_group, zone.name

        async def links() -> list[ResourceId | None]:
            client = await self.clients.dns(zone.subscription)
            return await every(_linked, partial(client.virtual_network_links.list, *group_and_name))

        async def record_sets() -> list[RecordSet]:
            client = await self.clients.dns(zone.subscription)
            listing = partial(client.record_sets.list_by_type, *group_and_name, A)
            return await every(partial(record_from, zone), listing)

        reads = self.budget.for_one_read()
        networks, records = await asyncio.gather(
            ask_or_absent(reads, f"listing the virtual network links of {zone}", links),
            ask_or_absent(reads, f"listing the records of {zone}", record_sets),
        )
        if isinstance(networks, NotFound) or isinstance(records, NotFound):
            return NotFound()
        by_name = MappingProxyType({record.name: record for record in records})
        return Zone(zone, frozenset(filter(None, networks)), by_name)

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        async def write() -> RecordSet:
            records = (await self.clients.dns(record.zone.subscription)).record_sets
            condition = {"If-Match": replacing} if replacing else NEW_ONLY
            written = await records.create_or_update(*_at(record), _body(record), headers=condition)
            return parsed(partial(record_from, record.zone), written)

        return await ask(self.budget.for_writes(), f"writing record {record.name} of {record.zone}", write)

    async def delete(self, record: RecordSet) -> None:
        async def delete() -> None:
            records = (await self.clients.dns(record.zone.subscription)).record_sets
            await records.delete(*_at(record), headers={"If-Match": record.etag})

        what = f"deleting record {record.name} of {record.zone}"
        if not record.etag:
            raise PermanentError(f"{what}: not deleted, because its etag is not known")
        await ask_or_absent(self.budget.for_writes(), what, delete)

    async def create_zone(self, zone: ResourceId) -> None:
        await self._create(f"creating private DNS zone {zone}", "private_zones", zone)

    async def link(self, zone: ResourceId, network: ResourceId) -> None:
        properties = {"virtualNetwork": {"id": str(network)}, "registrationEnabled": False}
        what = f"linking {network} to private DNS zone {zone}"
        await self._create(what, "virtual_network_links", zone, _link_name(network), properties=properties)

    async def _create(self, what: str, operations: str, zone: ResourceId, *below: str, **body: Json) -> None:
        """Create the zone, or the resource of that name below it, by these operations of the SDK."""

        async def create() -> None:
            client = getattr(await self.clients.dns(zone.subscription), operations)
            at = (zone.resource_group, zone.name, *below)
            poller = await client.begin_create_or_update(*at, {"location": GLOBAL, **body}, **NEW_RESOURCE)
            await poller.result()

        await ask(self.budget.for_writes(), what, create)


def record_from(zone: ResourceId, json: Json) -> RecordSet:
    """An A record set from ARM's JSON."""
    properties = json.get("properties") or {}
    addresses = [optional_str(item.get("ipv4Address")) for item in optional_list(properties.get("aRecords"))]
    metadata = properties.get("metadata") or {}
    return RecordSet(
        zone=zone,
        name=optional_str(json["name"]).lower(),
        ttl=int(properties.get("ttl") or 0),
        addresses=tuple(sorted(filter(None, addresses))),
        metadata=MappingProxyType({key: optional_str(value) for key, value in metadata.items()}),
        etag=optional_str(json.get("etag")) or None,
    )


def _linked(json: Json) -> ResourceId | None:
    """The linked network; None if its id has another form, which the networks of private endpoints do not have."""
    network = ((json.get("properties") or {}).get("virtualNetwork") or {}).get("id")
    return ResourceId.find(network, Kind.VIRTUAL_NETWORK) if network else None


def _at(record: RecordSet) -> tuple[str, str, str, str]:
    return record.zone.resource_group, record.zone.name, A, record.name


def _body(record: RecordSet) -> Any:
    addresses = [{"ipv4Address": address} for address in record.addresses]
    return {"properties": {"ttl": record.ttl, "aRecords": addresses, "metadata": dict(record.metadata)}}


def _link_name(network: ResourceId) -> str:
    """A name that contains that of the network, and is unique among networks of the same name."""
    return f"{network.name[:60]}-{sha256(str(network).encode()).hexdigest()[:12]}"

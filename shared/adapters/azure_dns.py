"""Private DNS zones, their links and their A record sets, in ARM's JSON.

Every write carries a bare If-Match or `If-None-Match: *`: the service tells its etags bare, and would not
know a quoted one, such as azure-mgmt-privatedns sends with a match condition. Zones and links are made
through that SDK (zone_making), because their making goes on after the answer.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shared.adapters.arm import ArmClients, Json, ask, ask_or_absent
from shared.adapters.retrying import Budget
from shared.adapters.shapes import items, text
from shared.domain.errors import PermanentError
from shared.domain.ids import BadIdError, Kind, ResourceId, Scope
from shared.domain.model import Absent, RecordSet, Zone

API_VERSION = "2024-06-01"
A = "A"
NEW_ONLY = {"If-None-Match": "*"}


@dataclass(frozen=True, slots=True)
class AzureDns:
    """The port `Dns` over ARM."""

    clients: ArmClients
    budget: Budget

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        return await ask(
            self.budget.for_one_read(),
            f"listing the private DNS zones of {scope}",
            lambda: self._listed(f"{scope}/providers/{Kind.ZONE.value}"),
            _zones,
        )

    async def zone(self, zone: ResourceId) -> Zone | Absent:
        reads = self.budget.for_one_read()
        networks, records = await asyncio.gather(
            ask_or_absent(
                reads,
                f"listing the virtual network links of {zone}",
                lambda: self._listed(f"{zone}/virtualNetworkLinks"),
                _networks,
            ),
            ask_or_absent(
                reads,
                f"listing the records of {zone}",
                lambda: self._listed(f"{zone}/{A}"),
                lambda told: [record_from(zone, one) for one in told],
            ),
        )
        if isinstance(networks, Absent) or isinstance(records, Absent):
            return Absent()
        return Zone(zone, networks, MappingProxyType({one.name: one for one in records}))

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        condition = {"If-Match": replacing} if replacing else NEW_ONLY
        return await ask(
            self.budget.for_writes(),
            f"writing record {record.name} of {record.zone}",
            lambda: self.clients.dns.put(_path(record), API_VERSION, _body(record), condition),
            lambda told: record_from(record.zone, told),
        )

    async def delete(self, record: RecordSet) -> None:
        what = f"deleting record {record.name} of {record.zone}"
        if not record.etag:
            raise PermanentError(f"{what}: it has no etag, and without one nothing is deleted")
        condition = {"If-Match": record.etag}
        await ask_or_absent(
            self.budget.for_writes(),
            what,
            lambda: self.clients.dns.delete(_path(record), API_VERSION, condition),
            lambda _: None,
        )

    async def create_zone(self, zone: ResourceId) -> None:
        from shared.adapters.zone_making import make_zone  # noqa: PLC0415 -- slow, and seldom needed

        client = self.clients.dns_sdk(zone.subscription)
        what = f"creating private DNS zone {zone}"
        await ask(self.budget.for_writes(), what, lambda: make_zone(client, zone), lambda _: None)

    async def link(self, zone: ResourceId, network: ResourceId) -> None:
        from shared.adapters.zone_making import make_link  # noqa: PLC0415 -- slow, and seldom needed

        client = self.clients.dns_sdk(zone.subscription)
        what = f"linking {network} to private DNS zone {zone}"
        await ask(self.budget.for_writes(), what, lambda: make_link(client, zone, network), lambda _: None)

    async def _listed(self, path: str) -> list[Json]:
        return await self.clients.dns.pages(path, API_VERSION)


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
    return tuple(zone for one in told if (zone := _known(one["id"], Kind.ZONE)))


def _networks(links: list[Mapping[str, Any]]) -> frozenset[ResourceId]:
    told = [((one.get("properties") or {}).get("virtualNetwork") or {}).get("id") for one in links]
    return frozenset(network for one in told if one and (network := _known(one, Kind.VIRTUAL_NETWORK)))


def _known(told: str, kind: Kind) -> ResourceId | None:
    """The id; None for one of a form we do not know, which then is no zone or network of ours."""
    try:
        return ResourceId.parse(told, kind)
    except BadIdError:
        return None


def _path(record: RecordSet) -> str:
    return f"{record.zone}/{A}/{record.name}"


def _body(record: RecordSet) -> Json:
    addresses = [{"ipv4Address": address} for address in record.addresses]
    properties = {"ttl": record.ttl, "aRecords": addresses, "metadata": dict(record.metadata)}
    return {"properties": properties}

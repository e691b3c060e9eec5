"""Changes in Azure Private DNS: record sets, zones and their links to virtual networks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from shared.domain.changes.base import NOTHING, Change, Key, Sign
from shared.domain.model.errors import System
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import RecordSet
from shared.domain.ownership.marks import MARK, endpoints_of


@dataclass(frozen=True, slots=True)
class RecordChange(Change, ABC):
    """A change of exactly the version of a record set that was read."""

    system: ClassVar[System] = System.AZURE
    drift: ClassVar[str] = "record-drift"
    details: ClassVar[tuple[str, ...]] = ("before", "after")

    before: RecordSet | None
    after: RecordSet | None

    @property
    @abstractmethod
    def record(self) -> RecordSet:
        """The record set, as it is after the change or, if it is deleted, before."""

    @property
    def zone(self) -> ResourceId:
        return self.record.zone

    @property
    def object(self) -> str:
        return f"{self.zone}/A/{self.record.name}"

    def _labeled(self) -> str:
        return f"record {self.record.name} in {_with_group(self.zone)}"

    def before_after(self) -> tuple[str, str]:
        return self._with_reason(_record_text(self.before)), _record_text(self.after)


@dataclass(frozen=True, slots=True)
class PutRecord(RecordChange):
    """Write a record set: create it (`before` is None), or replace it."""

    verb: ClassVar[str] = "put-record"
    stage: ClassVar[int] = 1

    after: RecordSet

    @property
    def record(self) -> RecordSet:
        return self.after

    def taken_from(self) -> frozenset[ResourceId]:
        return endpoints_of(self.before) - endpoints_of(self.after)

    @property
    def sign(self) -> Sign:
        return "~" if self.before else "+"

    def provides(self) -> Iterator[Key]:
        return (("written", endpoint) for endpoint in endpoints_of(self.after))

    def _subject(self) -> str:
        return f"{self._difference()} in {self.object}"

    def _difference(self) -> str:
        after = _addresses(self.after)
        if self.before is None:
            return after
        if (before := _addresses(self.before)) != after:
            return f"{before} -> {after}"
        return f"{after}, {'TTL' if self.before.ttl != self.after.ttl else 'ownership metadata'}"

    def fact(self) -> str:
        name, after = self._labeled(), _addresses(self.after)
        if self.before is None:
            return f"{name} does not exist, should have {after}"
        if self.before.addresses != self.after.addresses:
            return f"{name} has {_addresses(self.before)}, should have {after}"
        if self.before.ttl != self.after.ttl:
            return f"{name} has TTL {self.before.ttl}, should have {self.after.ttl}"
        return f"{name} has {after}, but its ownership metadata is missing or outdated"


@dataclass(frozen=True, slots=True)
class DeleteRecord(RecordChange):
    """Delete a record set, once its endpoints have their record elsewhere."""

    verb: ClassVar[str] = "delete-record"
    stage: ClassVar[int] = 2

    before: RecordSet
    after: None = field(default=None, init=False)

    @property
    def record(self) -> RecordSet:
        return self.before

    def taken_from(self) -> frozenset[ResourceId]:
        return endpoints_of(self.before) | {self.endpoint}

    def requires(self) -> Iterator[Key]:
        return (("written", endpoint) for endpoint in endpoints_of(self.before))

    def _subject(self) -> str:
        return f"{_addresses(self.before)} in {self.object}"

    def fact(self) -> str:
        return self._with_reason(f"{self._labeled()} has {_addresses(self.before)}", "but")


@dataclass(frozen=True, slots=True)
class ZoneChange(Change, ABC):
    """A change of a zone itself. Zones and links are never deleted."""

    system: ClassVar[System] = System.AZURE
    stage: ClassVar[int] = 1

    zone: ResourceId

    @property
    def object(self) -> str:
        return str(self.zone)


@dataclass(frozen=True, slots=True)
class CreateZone(ZoneChange):
    """Create a private DNS zone where none of that name exists."""

    verb: ClassVar[str] = "create-zone"
    drift: ClassVar[str] = "zone-missing"

    def fact(self) -> str:
        return f"zone {_with_group(self.zone)} does not exist"


@dataclass(frozen=True, slots=True)
class LinkNetwork(ZoneChange):
    """Link a virtual network to a zone, without auto-registration."""

    verb: ClassVar[str] = "link-network"
    drift: ClassVar[str] = "zone-not-linked"
    details: ClassVar[tuple[str, ...]] = ("network",)

    network: ResourceId

    @property
    def batch_key(self) -> str:
        return f"{self.object}/{self.network}"

    def _subject(self) -> str:
        return f"{self.network} to {self.object}"

    def fact(self) -> str:
        return f"zone {_with_group(self.zone)} is not linked to virtual network {_with_group(self.network)}"

    def _content(self) -> str:
        return f"linked to {self.network}"


DnsChange = RecordChange | ZoneChange


def _with_group(id_: ResourceId) -> str:
    return f"{id_.name} ({id_.resource_group})"


def _addresses(record: RecordSet) -> str:
    return ", ".join(record.addresses) or "no address"


def _record_text(record: RecordSet | None) -> str:
    if record is None:
        return NOTHING
    owner = record.metadata.get(MARK)
    return f"{', '.join(record.addresses)}, TTL {record.ttl}, {f'owner {owner}' if owner else 'no owner'}"

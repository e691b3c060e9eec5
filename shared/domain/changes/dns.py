"""Changes in Azure Private DNS: record sets, zones and their links to virtual networks."""

from abc import ABC
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shared.domain.changes.base import NOTHING, Change, Key, Sign
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import RecordSet
from shared.domain.ownership.marks import MARK, holders_of


@dataclass(frozen=True, slots=True)
class PutRecord(Change):
    """Write a record set: create it (`before` is None), or replace exactly the version that was read."""

    verb: ClassVar[str] = "put-record"
    drift: ClassVar[str] = "record-drift"
    stage: ClassVar[int] = 1

    before: RecordSet | None
    after: RecordSet

    @property
    def zone(self) -> ResourceId:
        return self.after.zone

    @property
    def object(self) -> str:
        return _name(self.after)

    def taken_from(self) -> frozenset[ResourceId]:
        return _holders(self.before) - _holders(self.after)

    @property
    def sign(self) -> Sign:
        return "~" if self.before else "+"

    def provides(self) -> Iterator[Key]:
        return (("written", endpoint) for endpoint in _holders(self.after))

    def _summary(self, service_names: Mapping[str, str]) -> str:  # noqa: ARG002 -- see the base
        return f"{self._difference()} in {self.object}"

    def _difference(self) -> str:
        after = _addresses(self.after)
        if self.before is None:
            return after
        if (before := _addresses(self.before)) != after:
            return f"{before} -> {after}"
        return f"{after}, {'TTL' if self.before.ttl != self.after.ttl else 'ownership metadata'}"

    def details(self) -> Mapping[str, Any]:
        return {"before": _record_json(self.before), "after": _record_json(self.after)}

    def before_after(self) -> tuple[str, str]:
        return self._with_reason(_record_text(self.before)), _record_text(self.after)


@dataclass(frozen=True, slots=True)
class DeleteRecord(Change):
    """Delete exactly the version of a record set that was read, once its endpoints have their record elsewhere."""

    verb: ClassVar[str] = "delete-record"
    drift: ClassVar[str] = "record-drift"
    stage: ClassVar[int] = 2

    before: RecordSet

    @property
    def zone(self) -> ResourceId:
        return self.before.zone

    @property
    def object(self) -> str:
        return _name(self.before)

    def taken_from(self) -> frozenset[ResourceId]:
        return _holders(self.before) | {self.endpoint}

    def requires(self) -> Iterator[Key]:
        return (("written", endpoint) for endpoint in _holders(self.before))

    def _summary(self, service_names: Mapping[str, str]) -> str:  # noqa: ARG002 -- see the base
        return f"{_addresses(self.before)} in {self.object}"

    def details(self) -> Mapping[str, Any]:
        return {"before": _record_json(self.before), "after": None}

    def before_after(self) -> tuple[str, str]:
        return self._with_reason(_record_text(self.before)), NOTHING


@dataclass(frozen=True, slots=True)
class ZoneChange(Change, ABC):
    """A change of a zone itself. Zones and links are never deleted."""

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

    def _summary(self, service_names: Mapping[str, str]) -> str:  # noqa: ARG002 -- see the base
        return self.object

    def before_after(self) -> tuple[str, str]:
        return NOTHING, "created"


@dataclass(frozen=True, slots=True)
class LinkNetwork(ZoneChange):
    """Link a virtual network to a zone, without auto-registration."""

    verb: ClassVar[str] = "link-network"
    drift: ClassVar[str] = "zone-not-linked"

    network: ResourceId

    @property
    def batch_key(self) -> str:
        return f"{self.object}/{self.network}"

    def _summary(self, service_names: Mapping[str, str]) -> str:  # noqa: ARG002 -- see the base
        return f"{self.network} to {self.object}"

    def details(self) -> Mapping[str, Any]:
        return {"network": str(self.network)}

    def before_after(self) -> tuple[str, str]:
        return NOTHING, f"linked to {self.network}"


def _name(record: RecordSet) -> str:
    return f"{record.zone}/A/{record.name}"


def _holders(record: RecordSet | None) -> frozenset[ResourceId]:
    return frozenset(holders_of(record).values()) if record else frozenset()


def _addresses(record: RecordSet) -> str:
    return ", ".join(record.addresses) or "no address"


def _record_json(record: RecordSet | None) -> Mapping[str, Any] | None:
    if record is None:
        return None
    metadata = dict(sorted(record.metadata.items()))
    return {"ttl": record.ttl, "addresses": list(record.addresses), "metadata": metadata}


def _record_text(record: RecordSet | None) -> str:
    if record is None:
        return NOTHING
    owner = record.metadata.get(MARK)
    return f"{', '.join(record.addresses)}, TTL {record.ttl}, {f'owner {owner}' if owner else 'no owner'}"

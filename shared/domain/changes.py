"""The changes a plan is made of: sorted, serialisable, each one of a single kind on a single object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from shared.domain.ids import ResourceId
from shared.domain.marks import claims
from shared.domain.model import Pairs, RecordSet


@dataclass(frozen=True, slots=True)
class Register:
    """Put an endpoint's id into the organization, with our mark."""

    verb: ClassVar[str] = "register"
    drift: ClassVar[str] = "registration-missing"
    removes: ClassVar[bool] = False

    endpoint: ResourceId
    id: str
    region: str
    description: str

    @property
    def object(self) -> str:
        return "organization"


@dataclass(frozen=True, slots=True)
class RegisterThroughService(Register):
    """Put an endpoint's id into the organization and on one service's allow list, in one call.

    For an API that refuses the organization's deprecated `add`.
    """

    verb: ClassVar[str] = "register-through-service"

    service: str = ""

    @property
    def object(self) -> str:
        return f"service {self.service}"


@dataclass(frozen=True, slots=True)
class Deregister:
    """Take an id out of the organization: its endpoint is gone, untagged or recreated, or has another id now."""

    verb: ClassVar[str] = "deregister"
    drift: ClassVar[str] = "registration-orphaned"
    removes: ClassVar[bool] = True

    endpoint: ResourceId
    id: str
    region: str

    @property
    def object(self) -> str:
        return "organization"


@dataclass(frozen=True, slots=True)
class Allow:
    """Put an id on a service's allow list."""

    verb: ClassVar[str] = "allow"
    drift: ClassVar[str] = "allow-list-missing"
    removes: ClassVar[bool] = False

    endpoint: ResourceId
    id: str
    service: str

    @property
    def object(self) -> str:
        return f"service {self.service}"


@dataclass(frozen=True, slots=True)
class Disallow:
    """Take an id off a service's allow list; `id` is spelled as the list spells it."""

    verb: ClassVar[str] = "disallow"
    drift: ClassVar[str] = "allow-list-extra"
    removes: ClassVar[bool] = True

    endpoint: ResourceId
    id: str
    service: str

    @property
    def object(self) -> str:
        return f"service {self.service}"


@dataclass(frozen=True, slots=True)
class PutRecord:
    """Write a record set: create it (`before` is None) or replace just the version that was read.

    `witness` are the ids which nothing but the old version tells to be ours, and the new one does not:
    what is left of them elsewhere must be gone first.
    """

    verb: ClassVar[str] = "put-record"
    drift: ClassVar[str] = "record-drift"

    endpoint: ResourceId
    before: RecordSet | None
    after: RecordSet
    witness: frozenset[str] = frozenset()

    @property
    def removes(self) -> bool:
        """Whether somebody leaves the record by it, or it takes the last witness of an id away."""
        return bool(self.witness) or not _claiming(self.before) <= _claiming(self.after)

    @property
    def object(self) -> str:
        return f"{self.after.zone}/A/{self.after.name}"


@dataclass(frozen=True, slots=True)
class DeleteRecord:
    """Delete just the version of a record set that was read; `witness` as for PutRecord."""

    verb: ClassVar[str] = "delete-record"
    drift: ClassVar[str] = "record-drift"
    removes: ClassVar[bool] = True

    endpoint: ResourceId
    before: RecordSet
    witness: frozenset[str] = frozenset()

    @property
    def object(self) -> str:
        return f"{self.before.zone}/A/{self.before.name}"


@dataclass(frozen=True, slots=True)
class CreateZone:
    """Make a private DNS zone where none of that name is; we never delete one."""

    verb: ClassVar[str] = "create-zone"
    drift: ClassVar[str] = "zone-missing"
    removes: ClassVar[bool] = False

    endpoint: ResourceId
    zone: ResourceId

    @property
    def object(self) -> str:
        return str(self.zone)


@dataclass(frozen=True, slots=True)
class LinkNetwork:
    """Link a virtual network to a zone, without registration of its machines; we never unlink one."""

    verb: ClassVar[str] = "link-network"
    drift: ClassVar[str] = "zone-not-linked"
    removes: ClassVar[bool] = False

    endpoint: ResourceId
    zone: ResourceId
    network: ResourceId

    @property
    def object(self) -> str:
        return str(self.zone)


def _claiming(record: RecordSet | None) -> set[ResourceId]:
    return {claim.endpoint for claim in claims(record).values()} if record else set()


type Change = (
    Register
    | RegisterThroughService
    | Deregister
    | Allow
    | Disallow
    | PutRecord
    | DeleteRecord
    | CreateZone
    | LinkNetwork
)


def told(change: Change) -> str:
    """The change in words, after its verb: which id or address, and where."""
    match change:
        case PutRecord():
            return f"{', '.join(change.after.addresses)} in {change.object}"
        case DeleteRecord() | CreateZone():
            return change.object
        case LinkNetwork():
            return f"{change.network} to {change.object}"
        case _:
            return (
                f"{change.id} on {change.object}" if isinstance(change, Allow | Disallow) else f"{change.id}"
            )


def sort_key(change: Change) -> tuple[bool, str, str, str, str]:
    """The order in which a plan tells its changes: additions first, then by endpoint and object."""
    return (change.removes, str(change.endpoint), change.verb, change.object, getattr(change, "id", ""))


def as_json(change: Change) -> dict[str, object]:
    """The change as every consumer shows it: dry run, log, HTTP answer."""
    basics: dict[str, object] = {
        "change": change.verb,
        "object": change.object,
        "endpoint": str(change.endpoint),
    }
    match change:
        case PutRecord():
            return {**basics, "before": record_json(change.before), "after": record_json(change.after)}
        case DeleteRecord():
            return {**basics, "before": record_json(change.before), "after": None}
        case Register() | Deregister():
            return {**basics, "id": change.id, "region": change.region}
        case Allow() | Disallow():
            return {**basics, "id": change.id}
        case CreateZone():
            return basics
        case LinkNetwork():
            return {**basics, "network": str(change.network)}


def record_json(record: RecordSet | None) -> Mapping[str, object] | None:
    if record is None:
        return None
    pairs: Pairs = dict(sorted(record.metadata.items()))
    return {"ttl": record.ttl, "addresses": list(record.addresses), "metadata": pairs}

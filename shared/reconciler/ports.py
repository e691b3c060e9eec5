"""The outside systems: three that the pass sees, and where is told what it did. Vendor types and errors end
in the adapters.

Every method may raise TemporaryError or PermanentError. Reads tell a 404 as NotFound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Config, Endpoint, NotFound, RecordSet, Registration, Service, Zone

if TYPE_CHECKING:  # loaded with whoever publishes
    from shared.domain.audit.outcome_events import OutcomeEvent


class Network(Protocol):
    """Private endpoints and their network interfaces in Azure Resource Manager."""

    async def endpoint(self, endpoint: ResourceId) -> Endpoint | NotFound: ...

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]: ...

    async def addresses(self, interface: ResourceId) -> tuple[str, ...] | NotFound:
        """The private IPv4 addresses of a network interface."""
        ...

    async def addresses_in(self, scope: Scope) -> Mapping[ResourceId, tuple[str, ...]]:
        """The same for all network interfaces in a scope."""
        ...


class Dns(Protocol):
    """Azure Private DNS. Every write is conditional, and raises ChangedError if somebody wrote first."""

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        """The zones in a scope whose name is one of ClickHouse's."""
        ...

    async def zone(self, zone: ResourceId) -> Zone | NotFound: ...

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        """Write a record set: in place of the version with that etag, or (None) only if there is none."""
        ...

    async def delete(self, record: RecordSet) -> None:
        """Delete the record set if it still has the etag of `record`; one that is gone is no error."""
        ...

    async def create_zone(self, zone: ResourceId) -> None:
        """Make a zone; ChangedError if there is one."""
        ...

    async def link(self, zone: ResourceId, network: ResourceId) -> None:
        """Link a virtual network to a zone, without registration; ChangedError if it is linked."""
        ...


class ClickHouse(Protocol):
    """The ClickHouse Cloud API, for one organization."""

    async def registrations(self) -> tuple[Registration, ...]: ...

    async def services(self) -> tuple[Service, ...]: ...

    async def config(self, service: str) -> Config | NotFound: ...

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        """Change the organization's registrations; all of them afterwards, if the API told."""
        ...

    async def update_allow_list(
        self, service: str, add: tuple[str, ...], remove: tuple[str, ...]
    ) -> Service | None:
        """Change a service's allow list, `remove` first; the service afterwards, if the API told."""
        ...

    async def register_through(self, service: str, endpoint_id: str, description: str) -> Registration | None:
        """Register an id and put it on the service's allow list; the registration, if the answer has it."""
        ...


class ReportStore(Protocol):
    """Documents by name, such as history/2026-11-23/06-00-00.json, which outlive the process."""

    async def read(self, name: str) -> bytes | NotFound: ...

    async def write(self, name: str, document: bytes) -> None:
        """Write all of it or nothing, in place of what was there: the last who writes wins."""
        ...


class Topic(Protocol):
    """Whoever wants to know what became of endpoints."""

    async def publish(self, events: "Sequence[OutcomeEvent]") -> None:
        """Publish all of them; some may have been published where it raises."""
        ...


@dataclass(frozen=True, slots=True)
class Systems:
    """The systems as one pass sees them: within its deadline, and read-only if it is a dry run."""

    network: Network
    dns: Dns
    clickhouse: ClickHouse

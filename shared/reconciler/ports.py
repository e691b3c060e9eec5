"""The outside systems as protocols. Vendor types and errors end in the adapters.

Every method may raise TemporaryError or PermanentError. Reads return NotFound for a 404.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Config, Endpoint, NotFound, RecordSet, Registration, Service, Zone

if TYPE_CHECKING:  # only publishers load it
    from shared.domain.audit.outcome_events import OutcomeEvent


class Network(Protocol):
    """Private endpoints and their network interfaces in Azure Resource Manager."""

    async def endpoint(self, endpoint: ResourceId) -> Endpoint | NotFound: ...

    async def endpoints(self, scope: Scope) -> tuple[Endpoint, ...]: ...

    async def addresses(self, interface: ResourceId) -> tuple[str, ...] | NotFound:
        """The private IPv4 addresses of a network interface."""

    async def addresses_in(self, scope: Scope) -> Mapping[ResourceId, tuple[str, ...]]:
        """The same for all network interfaces in a scope."""


class Dns(Protocol):
    """Azure Private DNS. Every write is conditional: the cause is CHANGED if somebody else wrote first."""

    async def zones(self, scope: Scope) -> tuple[ResourceId, ...]:
        """The zones in a scope that have a name of a ClickHouse zone."""

    async def zone(self, zone: ResourceId) -> Zone | NotFound: ...

    async def put(self, record: RecordSet, replacing: str | None) -> RecordSet:
        """Write a record set: replace the version with that etag or, with None, create it."""

    async def delete(self, record: RecordSet) -> None:
        """Delete the record set if it still has the etag of `record`; a missing one is no error."""

    async def create_zone(self, zone: ResourceId) -> None:
        """Create a zone. The cause is CHANGED if it exists."""

    async def link(self, zone: ResourceId, network: ResourceId) -> None:
        """Link a virtual network to a zone, without autoregistration. The cause is CHANGED if it is linked."""


class ClickHouse(Protocol):
    """The ClickHouse Cloud API, for one organization."""

    async def registrations(self) -> tuple[Registration, ...]: ...

    async def services(self) -> tuple[Service, ...]: ...

    async def config(self, service: str) -> Config | NotFound: ...

    async def update_registrations(
        self, add: tuple[Registration, ...], remove: tuple[Registration, ...]
    ) -> tuple[Registration, ...] | None:
        """Change the organization's registrations. Returns all of them, if the response has them."""

    async def update_allow_list(self, service: str, add: tuple[str, ...], remove: tuple[str, ...]) -> Service | None:
        """Change a service's allow list, `remove` first. Returns the service, if the response has it."""

    async def register_through(self, service: str, endpoint_id: str, description: str) -> Registration | None:
        """Register an id and allow it on the service. Returns the registration, if the response has it."""


class ReportStore(Protocol):
    """Documents by name, such as history/2026-11-23/06-00-00.json, which outlive the process."""

    async def read(self, name: str) -> bytes | NotFound: ...

    async def write(self, name: str, document: bytes) -> None:
        """Write the whole document or nothing; the last writer wins."""


class Topic(Protocol):
    """Receives outcome events."""

    async def publish(self, events: "Sequence[OutcomeEvent]") -> None:
        """Publish all events; when it raises, some may have been published."""


@dataclass(frozen=True, slots=True)
class Systems:
    """The systems of one pass: within its deadline, and read-only for a dry run."""

    network: Network
    dns: Dns
    clickhouse: ClickHouse

"""The audit report: one document for the report store, the status page and the JSON API.

Ids of endpoints, networks and zones are ARM ids with names in lower case; ids of services are ClickHouse's.
Times are in UTC. Everything is sorted, so that equal states give equal documents.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shared.domain.model.findings import Severity
from shared.domain.model.resources import Connection
from shared.domain.planning.classification import Verdict
from shared.domain.planning.policy import Policy
from shared.domain.results.pass_report import NO_CALLS, Calls


class Health(StrEnum):
    """The health of an endpoint, a service, a zone, or of everything in a report. The worst first."""

    ERROR = "error"
    UNKNOWN = "unknown"
    """It could not be read."""
    WARNING = "warning"
    WAITING = "waiting"
    """No problem, but not ready, such as before an approval or during provisioning in Azure."""
    HEALTHY = "healthy"
    NOT_MANAGED = "not-managed"
    """Not managed by this deployment, such as out of scope or without the tag."""

    @property
    def rank(self) -> int:
        return tuple(Health).index(self)

    @staticmethod
    def worst(several: Iterable["Health"]) -> "Health":
        """The worst of several; healthy if there are none."""
        return min(several, key=lambda one: one.rank, default=Health.HEALTHY)


UNREADABLE = "unreadable"
"""The code of a finding on what could not be read."""


@dataclass(frozen=True, slots=True)
class AuditedFinding:
    """A finding. `first_seen`: since when no audit has found it gone.

    `object`: the id of an endpoint or a zone, a scope, or the name of what could not be read. `seen`: false if
    this audit could not read the object; `last_seen` is then the time of the last audit that could.
    """

    code: str
    severity: Severity
    object: str
    message: str
    remedy: str
    first_seen: datetime
    last_seen: datetime
    seen: bool = True

    @property
    def is_info(self) -> bool:
        return self.severity is Severity.INFO

    @property
    def health(self) -> Health:
        """The health of its object, as far as this finding shows."""
        if self.is_info:
            return Health.HEALTHY
        return Health(self.severity) if self.seen and self.code != UNREADABLE else Health.UNKNOWN


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that the audit attempted. `status`: done, failed or skipped.

    `before` and `after` describe the object before and after the change; `-` for nothing.
    """

    change: str
    object: str
    endpoint: str
    before: str
    after: str
    status: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class WithheldRemoval:
    """A removal that the audit was not permitted to make. `fact`: what there is, and why it should be removed."""

    change: str
    object: str
    endpoint: str
    fact: str


@dataclass(frozen=True, slots=True)
class AuditedEndpoint:
    """A private endpoint. `verdict`: see `domain/planning/classification.py`.

    `alias`: the organization's Private Link service that it is connected to; `region`: the region of that
    service; `zone`: the private DNS zone that has its record. `services`: the ids of the services that allow
    it. `hostnames`: the host names for clients, by service name (only with up to 500 endpoints). `tag_value`:
    null without the tag. `registered`: its registered ids. `pending_since`: since when each audit has seen its
    connection pending.
    """

    id: str
    verdict: str
    health: Health
    guid: str = ""
    network: str = ""
    alias: str = ""
    region: str = ""
    zone: str = ""
    addresses: tuple[str, ...] = ()
    connections: tuple[Connection, ...] = ()
    services: tuple[str, ...] = ()
    hostnames: dict[str, str] = field(default_factory=dict, hash=False)
    pending_since: datetime | None = None
    tag_value: str | None = None
    registered: tuple[str, ...] = ()

    @property
    def deleted(self) -> bool:
        """Whether Azure does not have it. An untagged endpoint still has a network and a GUID."""
        return self.verdict == Verdict.RELEASE and not (self.guid or self.network or self.connections)


@dataclass(frozen=True, slots=True)
class AllowedId:
    """An allow-list entry. `endpoint`: the ARM id of its endpoint, empty if unknown.

    `ours`: whether this deployment may remove it.
    """

    id: str
    endpoint: str
    ours: bool


@dataclass(frozen=True, slots=True)
class AuditedService:
    """A ClickHouse service on Azure. `alias` and `hostname` are empty if its config is unknown."""

    id: str
    name: str
    region: str
    state: str
    health: Health
    alias: str = ""
    hostname: str = ""
    allow_list: tuple[AllowedId, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditedRecord:
    """An A record set. `ours`: whether this deployment owns it; `endpoints`: the endpoints it resolves to."""

    name: str
    ttl: int
    addresses: tuple[str, ...]
    ours: bool
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditedZone:
    """A private DNS zone for ClickHouse services. `networks`: the virtual networks linked to it."""

    id: str
    name: str
    health: Health
    networks: tuple[str, ...] = ()
    records: tuple[AuditedRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """The counts of one audit. `errors`, `warnings` and `infos` count findings."""

    at: datetime
    errors: int
    warnings: int
    infos: int
    repaired: int
    endpoints: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """One audit. `sentence` summarizes it.

    `period_seconds`: the time between two scheduled audits. `complete`: whether everything was processed before
    the deadline; `left`: what was not. `withheld`: the removals that AUDIT_POLICY or MAX_REMOVALS does not permit;
    `allow_removals`: the value of allowRemovals with which a sync of everything makes them. `history`: the earlier
    audits and this one, oldest first.
    """

    owner: str
    pass_id: str
    started: datetime
    finished: datetime
    period_seconds: int
    policy: str
    health: Health
    sentence: str
    complete: bool = True
    left: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    calls: Calls = NO_CALLS
    verdicts: dict[str, int] = field(default_factory=dict, hash=False)
    findings: tuple[AuditedFinding, ...] = ()
    repairs: tuple[Repair, ...] = ()
    withheld: tuple[WithheldRemoval, ...] = ()
    allow_removals: int = 0
    endpoints: tuple[AuditedEndpoint, ...] = ()
    services: tuple[AuditedService, ...] = ()
    zones: tuple[AuditedZone, ...] = ()
    history: tuple[HistoryPoint, ...] = ()
    schema_version: Literal[1] = 1

    @property
    def objects(self) -> tuple[AuditedEndpoint | AuditedService | AuditedZone, ...]:
        return (*self.endpoints, *self.services, *self.zones)

    @property
    def withheld_by(self) -> str:
        """The setting that withholds removals."""
        return "MAX_REMOVALS" if self.policy == Policy.SYNC else f"AUDIT_POLICY={self.policy}"

"""What an audit tells: one document, the same for the report store, the page and whoever reads its JSON.

Ids of endpoints, networks and zones are ARM ids with names in lower case, spelled the same wherever they
stand; those of services are ClickHouse's. Times are in UTC. Everything is sorted, so that equal worlds make
equal documents.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shared.domain.results.pass_report import NO_CALLS, Calls


class Health(StrEnum):
    """How something fares, in one word: an endpoint, a service, a zone, or all together."""

    WELL = "well"
    WAITING = "waiting"
    """Nothing is wrong, but something is still to happen, such as an approval or provisioning in Azure."""
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """It could not be read."""
    LEFT_ALONE = "left-alone"
    """It is none of ours to look after: out of scope, or connected to a stranger."""


@dataclass(frozen=True, slots=True)
class AuditedFinding:
    """A finding, with since when it has been seen without a gap. `severity`: error, warning or info.

    `object`: the id of an endpoint or a zone, a scope, or the name of what could not be read. `last_seen`
    is earlier than this audit where this one could not look.
    """

    code: str
    severity: str
    object: str
    message: str
    remedy: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Repair:
    """A change the audit made, or tried to. `status`: done, failed or skipped.

    `before` and `after` are what the object was and became, in a few words each; `-` for nothing.
    """

    change: str
    object: str
    endpoint: str
    before: str
    after: str
    status: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class AuditedConnection:
    """`target`: a Private Link service's alias or ARM id. `status`: as Azure names it."""

    target: str
    status: str


@dataclass(frozen=True, slots=True)
class AuditedEndpoint:
    """A private endpoint. `verdict`: see `domain/verdicts`.

    `alias` is the Private Link service of the organization that it reaches, `region` that service's
    region, `zone` the private DNS zone it has a record in. `services` are the ids of those that it is
    allowed to reach, `hostnames` what clients must use, by service name (of 500 endpoints at most).
    `asks` is the value of its tag, None without it. `registered` are its ids that are registered.
    `pending_since`: since when audits have seen its connection pending.
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
    connections: tuple[AuditedConnection, ...] = ()
    services: tuple[str, ...] = ()
    hostnames: dict[str, str] = field(default_factory=dict, hash=False)
    pending_since: datetime | None = None
    asks: str | None = None
    registered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowedId:
    """An entry of an allow list. `endpoint`: whose id it is, or empty if that is not known.

    `ours`: whether it is this deployment's to remove.
    """

    id: str
    endpoint: str
    ours: bool


@dataclass(frozen=True, slots=True)
class AuditedService:
    """A ClickHouse service on Azure. `alias` and `hostname` are empty while its config is not known."""

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
    """An A record set. `ours`: whether this deployment wrote it; `endpoints`: whose addresses it tells."""

    name: str
    ttl: int
    addresses: tuple[str, ...]
    ours: bool
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditedZone:
    """A private DNS zone of one of ClickHouse's names, and the virtual networks that are linked to it."""

    id: str
    name: str
    health: Health
    networks: tuple[str, ...] = ()
    records: tuple[AuditedRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """An earlier audit in a few numbers. `errors`, `warnings` and `infos` are findings."""

    at: datetime
    errors: int
    warnings: int
    infos: int
    repaired: int
    endpoints: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """One audit. `sentence` is what to know if one reads nothing else.

    `period_seconds` is the time between two audits by the schedule. `complete`: whether all was reached
    before the deadline; `left` says what was not. `history` begins with the
    oldest audit and ends with this one.
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
    endpoints: tuple[AuditedEndpoint, ...] = ()
    services: tuple[AuditedService, ...] = ()
    zones: tuple[AuditedZone, ...] = ()
    history: tuple[HistoryPoint, ...] = ()
    schema_version: Literal[1] = 1

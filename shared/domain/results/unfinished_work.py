"""The names of what a pass did not finish, for the audit report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.model.ids import ResourceId
from shared.domain.model.snapshot import (
    ListAddresses,
    ListEndpoints,
    ListZones,
    Read,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
)
from shared.domain.results.pass_report import Report


@dataclass(frozen=True, slots=True)
class FailedPass:
    """The last pass of an event that failed for an endpoint, and the first problem of that endpoint."""

    pass_id: str
    at: datetime
    problem: str


def failed_passes(shares: Mapping[ResourceId, Report], now: datetime) -> dict[str, FailedPass]:
    """The endpoints with problems, by ARM id."""
    return {
        str(endpoint): FailedPass(share.pass_id, now, share.problems[0])
        for endpoint, share in shares.items()
        if share.problems
    }


def unfinished_work(report: Report) -> tuple[str, ...]:
    """The reads and changes that may succeed on another try, sorted."""
    reads = {read_name(read) for read, failed in report.snapshot.unreadable().items() if failed.temporary}
    changes = (outcome.change for outcome in report.undone if outcome.temporary)
    return tuple(sorted(reads | {f"{change.verb} {change.summary()}" for change in changes}))


def read_name(read: Read[Any]) -> str:  # noqa: PLR0911 -- a table
    """What a read is about, for a message."""
    match read:
        case ListEndpoints(scope):
            return f"private endpoints of {scope}"
        case ListAddresses(scope):
            return f"network interfaces of {scope}"
        case ListZones(scope):
            return f"private DNS zones of {scope}"
        case ReadEndpoint(id_) | ReadAddresses(id_) | ReadZone(id_):
            return str(id_)
        case ReadConfig(service):
            return f"private endpoint config of service {service}"
        case ReadServices():
            return "services of the organization"
        case ReadRegistrations():
            return "registrations of the organization"
    raise AssertionError(f"{read} has no name")

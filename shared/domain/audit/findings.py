"""The findings of one audit run on its own: the plan's, drift, and everything that could not be read."""

from collections.abc import Iterator

from shared.domain.audit.context import AuditContext
from shared.domain.model.findings import Finding
from shared.domain.model.snapshot import (
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
)
from shared.domain.planning.endpoint_findings import service_unread
from shared.domain.planning.policy import drift
from shared.domain.results.unfinished_work import name_of

UNREADABLE = "unreadable"


def findings_of(context: AuditContext) -> frozenset[Finding]:
    return frozenset(
        {*context.report.plan.findings, *map(drift, context.unapplied), *_read_failures(context)}
    )


def _read_failures(context: AuditContext) -> Iterator[Finding]:
    """A finding for each failed read and misread service. The plan reports those of single endpoints."""
    for service in context.index.services.unread:
        yield Finding(UNREADABLE, service.id or "organization", service_unread(service))
    for read, answer in context.report.snapshot.unreadable().items():
        match read:
            case ReadEndpoint() | ReadAddresses():
                continue
            case ReadConfig() if answer.refused:
                continue
            case ReadConfig(service=object_):
                pass
            case ReadZone(id=zone):
                object_ = str(zone)
            case ReadServices() | ReadRegistrations():
                object_ = "organization"
            case _:
                object_ = name_of(read)
        yield Finding(UNREADABLE, object_, answer.reason)

"""The private endpoints in the audit report."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from shared.domain.audit.comparison import Rows
from shared.domain.audit.context import AuditContext
from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, Health
from shared.domain.model.findings import IN_PROGRESS, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import ConnectionStatus, Endpoint
from shared.domain.model.snapshot import ReadEndpoint, addresses_of
from shared.domain.planning.classification import Verdict, private_link_connection

# Above this number of endpoints the report has host names only with the services.
MOST_WITH_HOSTNAMES = 500
_BY_VERDICT: Mapping[str, Health] = {
    Verdict.UNKNOWN: Health.UNKNOWN,
    Verdict.RELEASE: Health.NOT_MANAGED,
    Verdict.OUT_OF_SCOPE: Health.NOT_MANAGED,
}


def endpoint_rows(
    context: AuditContext, findings: AbstractSet[Finding], previous: Rows, now: datetime
) -> Iterator[AuditedEndpoint]:
    """The rows, sorted by id, without their health. `previous`: the rows of the previous audit.

    An endpoint without the tag is included if it is connected to the organization, or has a finding or a change.
    """
    reported = {finding.object for finding in findings}
    reported |= {str(outcome.change.endpoint) for outcome in context.report.outcomes}
    for id_, verdict in context.report.plan.verdicts.items():
        endpoint = context.report.snapshot.get(ReadEndpoint(id_))
        existing = endpoint if isinstance(endpoint, Endpoint) else None
        connected = existing is not None and private_link_connection(context.index, existing) is not None
        if verdict is not Verdict.RELEASE or str(id_) in reported or connected:
            yield _row(context, id_, existing, previous.get(str(id_)), now)


def _row(
    context: AuditContext, id_: ResourceId, endpoint: Endpoint | None, previous: AuditedEndpoint | None, now: datetime
) -> AuditedEndpoint:
    plan, index = context.report.plan, context.index
    verdict = plan.verdicts[id_]
    since = previous.pending_since if previous else None
    if endpoint is None:
        kept = since if verdict is Verdict.UNKNOWN else None
        return AuditedEndpoint(str(id_), verdict.value, Health.HEALTHY, pending_since=kept)
    link = private_link_connection(index, endpoint)
    pending = link is not None and link.status == ConnectionStatus.PENDING
    recreated = previous is None or previous.guid not in ("", endpoint.guid)
    addresses = addresses_of(context.report.snapshot, endpoint)
    allowed = {entry.service.id for key in endpoint.ids for entry in index.access.entries_of(key)}
    registered = {*endpoint.ids, *index.access.ownership.ids_of.get(endpoint.id, ())}
    registered &= index.access.registrations.keys()
    return AuditedEndpoint(
        id=str(id_),
        verdict=verdict.value,
        health=Health.HEALTHY,
        guid=endpoint.guid,
        network=str(endpoint.network or ""),
        alias=link.target if link else "",
        region=index.services.region_of(link.target) if link else "",
        zone=str(min(context.record_zones.get(id_, []), default="")),
        addresses=addresses if isinstance(addresses, tuple) else (),
        connections=endpoint.connections,
        services=tuple(sorted(allowed)),
        hostnames=dict(plan.hostnames.get(id_, {})) if len(plan.hostnames) <= MOST_WITH_HOSTNAMES else {},
        pending_since=((None if recreated else since) or now) if pending else None,
        tag_value=endpoint.tags.get(context.config.tag.lower()),
        registered=tuple(sorted(index.access.registrations[key].id for key in registered)),
    )


def with_health(
    rows: Iterable[AuditedEndpoint], findings: Iterable[AuditedFinding], context: AuditContext
) -> tuple[AuditedEndpoint, ...]:
    """The rows with their health: the worst of the verdict, the findings, and what could not be read."""
    by_object: defaultdict[str, list[AuditedFinding]] = defaultdict(list)
    for one in findings:
        if one.seen:
            by_object[one.object].append(one)
    return tuple(replace(row, health=_health_of(row, by_object[row.id], context)) for row in rows)


def _health_of(row: AuditedEndpoint, findings: list[AuditedFinding], context: AuditContext) -> Health:
    health = _BY_VERDICT.get(row.verdict, Health.HEALTHY)
    in_progress = any(one.code == IN_PROGRESS for one in findings)
    if health is Health.HEALTHY and (row.pending_since or in_progress):
        health = Health.WAITING
    unread = () if context.access_readable else (Health.UNKNOWN,)
    return Health.worst([health, *unread, *(one.health for one in findings if not one.is_info)])

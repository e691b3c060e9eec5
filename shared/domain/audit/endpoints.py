"""A row for each private endpoint that has to do with us."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.audit.context import Facts
from shared.domain.audit.report_model import AuditedConnection, AuditedEndpoint, Health
from shared.domain.model.findings import IN_PROGRESS, Severity
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, Status
from shared.domain.model.snapshot import ReadEndpoint, addresses_of
from shared.domain.planning.classification import Verdict, private_link

# With more endpoints than these, the host names are to be looked up at the services.
MOST_WITH_HOSTNAMES = 500

type Rows = dict[str, AuditedEndpoint]


def endpoint_rows(facts: Facts, before: Rows, now: datetime) -> Iterator[AuditedEndpoint]:
    """The rows, sorted by id, all of them well so far. `before` are those of the audit before.

    Endpoints without our tag are left out, unless they lead to the organization or something is told of them.
    """
    told = {finding.object for finding in facts.findings}
    told |= {str(outcome.change.endpoint) for outcome in facts.report.outcomes}
    for endpoint, verdict in facts.report.plan.verdicts.items():
        found = facts.report.snapshot.get(ReadEndpoint(endpoint))
        there = found if isinstance(found, Endpoint) else None
        leads_here = there is not None and private_link(facts.index, there) is not None
        if verdict is not Verdict.RELEASE or str(endpoint) in told or leads_here:
            yield _row(facts, endpoint, there, before.get(str(endpoint)), now)


def _row(
    facts: Facts, at: ResourceId, found: Endpoint | None, before: AuditedEndpoint | None, now: datetime
) -> AuditedEndpoint:
    verdict = facts.report.plan.verdicts[at]
    since = before.pending_since if before else None
    if found is None:
        kept = since if verdict is Verdict.UNKNOWN else None
        return AuditedEndpoint(str(at), verdict.value, Health.WELL, pending_since=kept)
    link = private_link(facts.index, found)
    pending = link is not None and link.status == Status.PENDING
    same = before is not None and before.guid in ("", found.guid)
    many = len(facts.report.plan.hostnames) > MOST_WITH_HOSTNAMES
    addresses = addresses_of(facts.report.snapshot, found)
    return AuditedEndpoint(
        id=str(at),
        verdict=verdict.value,
        health=Health.WELL,
        guid=found.guid,
        network=str(found.network or ""),
        alias=link.target if link else "",
        region=facts.index.services.region_of(link.target) if link else "",
        zone=str(min(facts.zones_of.get(at, []), default="")),
        addresses=addresses if isinstance(addresses, tuple) else (),
        connections=tuple(AuditedConnection(one.target, one.status) for one in found.connections),
        services=_services(facts, found),
        hostnames={} if many else dict(facts.report.plan.hostnames.get(at, {})),
        pending_since=((since if same else None) or now) if pending else None,
        asks=found.tags.get(facts.config.tag.lower()),
        registered=_registered(facts, found),
    )


def _services(facts: Facts, endpoint: Endpoint) -> tuple[str, ...]:
    listing = facts.index.access.listing
    return tuple(sorted({one.id for key in endpoint.ids for one in listing.get(key, ())}))


def _registered(facts: Facts, endpoint: Endpoint) -> tuple[str, ...]:
    keys = {*endpoint.ids, *facts.index.access.ownership.ids_of.get(endpoint.id, ())}
    known = facts.index.access.registrations
    return tuple(sorted(known[key].id for key in keys if key in known))


def health_of(row: AuditedEndpoint, codes: dict[str, Severity], *, sees_access: bool) -> Health:
    """How the endpoint fares, given the codes and severities of what is told of it."""
    if row.verdict in (Verdict.OUT_OF_SCOPE, Verdict.FOREIGN_SERVICE):
        return Health.LEFT_ALONE
    if any(severity > Severity.INFO for code, severity in codes.items() if code != "unreadable"):
        return Health.WRONG
    if row.verdict == Verdict.UNKNOWN or "unreadable" in codes or not sees_access:
        return Health.UNKNOWN
    if row.verdict == Verdict.RELEASE:
        return Health.LEFT_ALONE
    return Health.WAITING if row.pending_since or IN_PROGRESS in codes else Health.WELL

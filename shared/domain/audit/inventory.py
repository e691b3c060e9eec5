"""The ClickHouse services on Azure with their allow lists, and the private DNS zones, in the audit report."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from shared.domain.audit.context import AuditContext
from shared.domain.audit.report_model import AllowedId, AuditedRecord, AuditedService, AuditedZone, Health
from shared.domain.changes.clickhouse import Allow, Disallow, RegisterThroughService
from shared.domain.changes.dns import DnsChange
from shared.domain.model.findings import CATALOGUE, Finding
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.resources import ReadFailed, RecordSet, Service, Zone
from shared.domain.model.snapshot import ReadConfig, ReadZone
from shared.domain.ownership.marks import holders_of, is_owned_record
from shared.domain.planning.classification import desired_access
from shared.domain.planning.dns.zone_selection import RecordTarget, record_target

RECORD_BLOCKED = frozenset({"wildcard-foreign", "wildcard-owned-by-other", "record-full"})


def service_rows(context: AuditContext) -> tuple[AuditedService, ...]:
    """The rows, sorted by name and id."""
    changes = (one for one in context.unapplied if isinstance(one, Allow | Disallow | RegisterThroughService))
    problems = _by_object((change.service, change.drift) for change in changes)
    ordered = sorted(context.index.services.all, key=lambda one: (one.name, one.id))
    return tuple(_service(context, service, problems.get(service.id, [])) for service in ordered)


def _by_object[K](codes: Iterable[tuple[K, str]]) -> Mapping[K, list[Health]]:
    healths: defaultdict[K, list[Health]] = defaultdict(list)
    for object_, code in codes:
        healths[object_].append(Health(CATALOGUE[code][0]))
    return healths


def _service(context: AuditContext, service: Service, problems: list[Health]) -> AuditedService:
    config = context.index.services.configs.get(service.id)
    owned = context.index.access.ownership.endpoint_of
    entries = tuple(
        AllowedId(entry, context.endpoint_by_id.get(entry.lower(), ""), entry.lower() in owned)
        for entry in sorted(service.allow_list)
    )
    return AuditedService(
        id=service.id,
        name=service.label,
        region=service.region,
        state=service.state,
        health=Health.worst([_service_health(context, service, entries), *problems]),
        alias=config.alias if config else "",
        hostname=config.hostname if config else "",
        allow_list=entries,
    )


def _service_health(context: AuditContext, service: Service, entries: tuple[AllowedId, ...]) -> Health:
    if service.id in context.index.services.without_private_link:
        return Health.NOT_MANAGED
    config = context.report.snapshot.get(ReadConfig(service.id))
    if not service.readable or isinstance(config, ReadFailed):
        return Health.UNKNOWN
    managed = service.id in context.index.services.permitted or any(entry.ours for entry in entries)
    return Health.HEALTHY if managed else Health.NOT_MANAGED


def zone_rows(context: AuditContext, findings: AbstractSet[Finding]) -> tuple[AuditedZone, ...]:
    """The rows, sorted by id, including zones that could not be read."""
    drifts = ((change.zone, change.drift) for change in context.unapplied if isinstance(change, DnsChange))
    problems = _by_object([*drifts, *_blocked_zones(context, findings)])
    reads = context.report.snapshot.unreadable()
    zones = [_zone(context, zone, problems.get(zone.id, [])) for zone in context.index.dns.zones]
    zones += [AuditedZone(str(read.id), read.id.name, Health.UNKNOWN) for read in reads if isinstance(read, ReadZone)]
    return tuple(sorted(zones, key=lambda row: row.id))


def _zone(context: AuditContext, zone: Zone, problems: list[Health]) -> AuditedZone:
    return AuditedZone(
        id=str(zone.id),
        name=zone.id.name,
        health=Health.worst(problems),
        networks=tuple(sorted(map(str, zone.networks))),
        records=tuple(_record(context, zone.records[name]) for name in sorted(zone.records)),
    )


def _record(context: AuditContext, record: RecordSet) -> AuditedRecord:
    owned = is_owned_record(record, context.config.owner)
    endpoints = {str(endpoint) for endpoint in holders_of(record).values()} if owned else set[str]()
    return AuditedRecord(record.name, record.ttl, record.addresses, owned, tuple(sorted(endpoints)))


def _blocked_zones(context: AuditContext, findings: AbstractSet[Finding]) -> Iterator[tuple[ResourceId, str]]:
    """The zones in which an existing record prevents the record of an endpoint, with the code of the finding."""
    for finding in findings:
        if finding.code not in RECORD_BLOCKED:
            continue
        desired = desired_access(context.index, ResourceId.parse(finding.object, Kind.PRIVATE_ENDPOINT))
        target = record_target(context.index, desired) if desired else None
        assert isinstance(target, RecordTarget), "only a managed endpoint with a zone gets a record"
        yield target.zone.id, finding.code

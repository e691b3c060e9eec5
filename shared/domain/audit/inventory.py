"""A row for each ClickHouse service on Azure with its allow list, and for each private DNS zone."""

from collections.abc import Iterator

from shared.domain.audit.context import Facts
from shared.domain.audit.report_model import AllowedId, AuditedRecord, AuditedService, AuditedZone, Health
from shared.domain.changes import (
    Allow,
    CreateZone,
    DeleteRecord,
    Disallow,
    LinkNetwork,
    PutRecord,
    RegisterThroughService,
)
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.resources import Endpoint, ReadFailed, RecordSet, Service, Zone
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint, ReadZone
from shared.domain.ownership.marks import holders_of, is_owned_record
from shared.domain.planning.classification import private_link
from shared.domain.planning.dns.zone_selection import zone_for

IN_THE_WAY = frozenset({"wildcard-foreign", "wildcard-owned-by-other", "record-full"})


def service_rows(facts: Facts) -> tuple[AuditedService, ...]:
    """The rows, sorted by name and id."""
    wrong = {
        change.service
        for change in facts.to_be_made
        if isinstance(change, Allow | Disallow | RegisterThroughService)
    }
    ordered = sorted(facts.index.services.all, key=lambda one: (one.name, one.id))
    return tuple(_service(facts, service, wrong) for service in ordered)


def _service(facts: Facts, service: Service, wrong: set[str]) -> AuditedService:
    endpoint_config = facts.index.services.configs.get(service.id)
    entries = tuple(
        AllowedId(entry, facts.whose.get(entry.lower(), ""), facts.is_ours(entry))
        for entry in sorted(service.allow_list)
    )
    return AuditedService(
        id=service.id,
        name=service.label,
        region=service.region,
        state=service.state,
        health=_service_health(facts, service, entries, wrong),
        alias=endpoint_config.alias if endpoint_config else "",
        hostname=endpoint_config.hostname if endpoint_config else "",
        allow_list=entries,
    )


def _service_health(
    facts: Facts, service: Service, entries: tuple[AllowedId, ...], wrong: set[str]
) -> Health:
    if service.id in wrong:
        return Health.WRONG
    if service.id in facts.index.services.without_private_link:
        return Health.LEFT_ALONE
    if not service.readable or isinstance(facts.report.snapshot.get(ReadConfig(service.id)), ReadFailed):
        return Health.UNKNOWN
    ours = service.id in facts.index.services.permitted or any(entry.ours for entry in entries)
    return Health.WELL if ours else Health.LEFT_ALONE


def zone_rows(facts: Facts) -> tuple[AuditedZone, ...]:
    """The rows, sorted by id: also of zones that could not be read."""
    wrong = set(_wrong_zones(facts))
    unread = facts.report.snapshot.unreadable()
    dark = [
        AuditedZone(str(read.id), read.id.name, Health.UNKNOWN)
        for read in unread
        if isinstance(read, ReadZone)
    ]
    seen = [_zone(facts, zone, wrong) for zone in facts.index.dns.zones]
    return tuple(sorted([*seen, *dark], key=lambda row: row.id))


def _zone(facts: Facts, zone: Zone, wrong: set[ResourceId]) -> AuditedZone:
    return AuditedZone(
        id=str(zone.id),
        name=zone.id.name,
        health=Health.WRONG if zone.id in wrong else Health.WELL,
        networks=tuple(sorted(map(str, zone.networks))),
        records=tuple(_record(facts, zone.records[name]) for name in sorted(zone.records)),
    )


def _record(facts: Facts, record: RecordSet) -> AuditedRecord:
    ours = is_owned_record(record, facts.config.owner)
    endpoints = {str(endpoint) for endpoint in holders_of(record).values()} if ours else set[str]()
    return AuditedRecord(record.name, record.ttl, record.addresses, ours, tuple(sorted(endpoints)))


def _wrong_zones(facts: Facts) -> Iterator[ResourceId]:
    """The zones with drift, and those where something that is not the endpoint's is in its way."""
    for change in facts.to_be_made:
        match change:
            case PutRecord(after=record) | DeleteRecord(before=record):
                yield record.zone
            case CreateZone(zone=zone) | LinkNetwork(zone=zone):
                yield zone
            case _:
                pass
    for finding in facts.findings:
        if finding.code in IN_THE_WAY:
            yield _zone_wanted(facts, finding.object)


def _zone_wanted(facts: Facts, endpoint: str) -> ResourceId:
    """The zone that the endpoint wants a record in, of which a finding told that it cannot have it."""
    found = facts.report.snapshot.get(ReadEndpoint(ResourceId.parse(endpoint, Kind.PRIVATE_ENDPOINT)))
    assert isinstance(found, Endpoint), "only an endpoint that was read wants a record"
    link = private_link(facts.index, found)
    assert link is not None, "only one that is to be connected does"
    zone = zone_for(facts.index, found, facts.index.services.zone_names[link.target.lower()])
    assert isinstance(zone, Zone), "only in a zone that was read can something be in its way"
    return zone.id

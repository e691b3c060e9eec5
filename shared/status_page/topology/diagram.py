"""Sorts what is in a report into regions, and builds their topology diagrams. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from shared.domain.audit.report_model import AuditedFinding, AuditReport
from shared.status_page.index import Index
from shared.status_page.topology.model import Diagram
from shared.status_page.topology.region import Region

NO_REGION = "No Private Link service of this organization"
NOT_READABLE = "Not readable"
DELETED = "Deleted"


def diagrams(index: Index) -> tuple[Diagram, ...]:
    """One diagram for each region, one of what could not be read, one of what belongs to no region; the worst first."""
    regions: defaultdict[str, Region] = defaultdict(lambda: Region(index))
    homes = _homes(index.report)
    for one in index.report.endpoints:
        regions[homes[one.id]].endpoints.append(one)
    for service in index.report.services:
        regions[service.region or NO_REGION].services.append(service)
    for zone in index.report.zones:
        regions[homes[zone.id]].zones.append(zone)
    for finding in _unreadable(index):
        regions[NOT_READABLE].unreadable.append(finding)
    built = [region.diagram(title) for title, region in regions.items()]
    return tuple(sorted(built, key=lambda one: (one.state.rank, one.title == NO_REGION, one.title)))


def _homes(report: AuditReport) -> dict[str, str]:
    """The region of each endpoint and zone, by id.

    An endpoint without a region takes that of another endpoint in its network. A zone takes that of the services
    whose host names are in it, or else the label of its name that is the region of a service, or else the first.
    """
    neighbours = {one.network.lower(): one.region for one in report.endpoints if one.region and one.network}
    zones = {one.hostname.partition(".")[2]: one.region for one in report.services if one.hostname}
    regions = {one.region for one in report.services}
    homes = {one.id: zones.get(one.name) or _region_of(one.name, regions) for one in report.zones}
    for one in report.endpoints:
        unknown = DELETED if one.deleted else NO_REGION if one.network else NOT_READABLE
        homes[one.id] = one.region or neighbours.get(one.network.lower(), unknown)
    return homes


def _region_of(zone: str, regions: AbstractSet[str]) -> str:
    labels = zone.split(".")
    return next((label for label in labels if label in regions), labels[0])


def _unreadable(index: Index) -> Iterator[AuditedFinding]:
    """The findings about what has no row in the report, such as the private endpoints of a scope."""
    report = index.report
    known = {one.id.lower() for one in report.objects}
    for one in index.findings:
        if one.code == "unreadable" and one.object.lower() not in known:
            yield one

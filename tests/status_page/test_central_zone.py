"""The page of a deployment with a central zone."""

from shared.domain.audit.report_model import Health
from shared.domain.model.deployment_config import ZoneChoice
from shared.status_page import render
from tests.support.audits import audit, codes, well
from tests.support.worlds import deployment, endpoint, guid, pe, record, registered, service, zone


def test_served_by_another() -> None:
    """If an endpoint of another spoke has the record, the report is healthy and the page names that endpoint."""
    snapshot = well(
        endpoint(1, vnet="spoke-1"),
        endpoint(2, vnet="spoke-2"),
        services=[service("main", guid(1), guid(2))],
        registrations=[registered(1), registered(2)],
        zones=[zone(record(1), vnets=("hub",))],
    )
    report = audit(snapshot, by=deployment(zone_choice=ZoneChoice.CENTRAL))
    assert report.health is Health.HEALTHY
    assert [one.health for one in report.endpoints] == [Health.HEALTHY, Health.HEALTHY]
    assert [one.health for one in report.zones] == [Health.HEALTHY]
    assert codes(report) == {"wildcard-served-by-other"}
    page = render(report, report.finished)
    assert f"is held by {pe(1)}, through which clients reach the same services" in page

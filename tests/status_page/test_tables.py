"""The rows of the tables and the history, sorted, grouped and limited."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.audit.report_model import AllowedId, Health
from shared.status_page import render
from shared.status_page.formatting import resource_name
from shared.status_page.index import Index
from shared.status_page.render import MOST_BARS
from shared.status_page.tables import (
    MOST_ROWS,
    allow_list_summary,
    connection_state,
    endpoint_groups,
    finding_groups,
    service_groups,
)
from tests.support.sample_reports import FINISHED, NOW, all_well, finding, guid, history, large, troubled

TROUBLED, LARGE = Index(troubled()), Index(large())


def test_findings_are_sorted() -> None:
    """Errors come before warnings, warnings before infos. Within a severity the newest comes first."""
    assert [one.severity for one in TROUBLED.findings] == ["error"] * 6 + ["warning"] * 2 + ["info"]
    ages = [one.first_seen for one in TROUBLED.findings[:6]]
    assert ages == sorted(ages, reverse=True)


def test_the_object_of_a_finding() -> None:
    """A finding links to the row of its endpoint in any letter case. A finding about another object has no link."""
    report = troubled()
    drift, orphan = report.findings[0].object, report.findings[-1].object
    assert TROUBLED.anchor(drift.upper()) == TROUBLED.anchors[drift.lower()]
    assert TROUBLED.name(drift) == "pe-clickhouse-etl"
    assert TROUBLED.anchor(orphan) == ""
    assert [one.code for one in TROUBLED.about(drift.upper())] == ["record-drift"]


def test_findings_that_this_audit_did_not_see() -> None:
    """A finding that this audit did not see comes last, says so, and neither counts nor sets a state."""
    report = all_well()
    endpoint = report.endpoints[0]
    drift = replace(finding("record-drift", endpoint.id, "old"), seen=False, last_seen=NOW - timedelta(hours=5))
    late = finding("event-late", report.endpoints[1].id, "new")
    changed = replace(
        report,
        findings=(drift, late),
        endpoints=(replace(endpoint, health=Health.UNKNOWN), *report.endpoints[1:]),
    )
    index = Index(changed)
    assert index.findings == (late, drift)
    assert index.alerts(endpoint.id) == ()
    assert index.endpoints[0].health is Health.UNKNOWN
    page = render(changed, NOW)
    assert "not seen by this audit; last seen 5 hours ago:" in page
    assert '<b>1</b><span class="part">1 info</span><span class="part">1 not seen</span>' in page
    assert '<code class="error">record-drift' not in page


def test_many_findings_are_grouped_by_code() -> None:
    """More than 40 findings are grouped by code, the worst first."""
    groups = finding_groups(LARGE)
    assert [(group.title, group.sign, group.summary) for group in groups] == [
        ("record-drift", "error", "20 findings: 20 errors"),
        ("no-service-selected", "info", "25 findings: 25 infos"),
    ]
    assert len(finding_groups(TROUBLED)) == 1


def test_names() -> None:
    """A service id is shown as its name, with or without a word before it. Other text is unchanged."""
    analytics = troubled().services[0]
    names = [TROUBLED.name(one) for one in (analytics.id, f"service {analytics.id}", "organization")]
    assert names == ["analytics", "analytics", "organization"]


def test_endpoints_are_sorted() -> None:
    """The worst endpoints come first."""
    states = [one.health for one in TROUBLED.endpoints]
    others = [Health.UNKNOWN, Health.WARNING, Health.WAITING, Health.HEALTHY]
    assert states == [Health.ERROR] * 4 + others


def test_the_state_of_an_endpoint() -> None:
    """The state is the status of the connection, or the verdict if the connection does not count."""
    states = {resource_name(one.id): connection_state(one) for one in TROUBLED.endpoints}
    assert states["pe-clickhouse-notebooks"] == "Rejected"
    assert states["pe-unknown-vendor"] == "connected to a foreign service"
    assert states["pe-sandbox"] == "out of scope"
    assert states["pe-clickhouse-reports"] == "not readable"


def test_many_services_of_an_endpoint() -> None:
    """An endpoint's row names 12 services and counts the others."""
    report = all_well()
    wide = replace(report.endpoints[0], services=tuple(guid(str(n)) for n in range(30)))
    assert "and 18 more" in render(replace(report, endpoints=(wide,)), NOW)


def test_many_endpoints_are_grouped() -> None:
    """1 000 endpoints are grouped by region, the worst first. None is missing."""
    groups = endpoint_groups(LARGE)
    assert len(groups) == 20
    assert groups[0].summary == "50 endpoints: 10 errors, 40 healthy"
    assert [group.sign for group in groups[:3]] == [Health.ERROR, Health.ERROR, Health.HEALTHY]
    assert len({row.id for group in groups for row in group.rows}) == 1000


def test_the_number_of_rows_is_limited() -> None:
    """Of more endpoints than the limit, the worst are shown."""
    rows = [row for group in endpoint_groups(Index(large(3000))) for row in group.rows]
    assert len(rows) == MOST_ROWS
    assert [row.health for row in rows].count(Health.ERROR) == 60


def test_allow_lists() -> None:
    """An entry of an endpoint is shown by the endpoint's name, any other entry by its id."""
    analytics, _, events, _ = troubled().services
    names = [TROUBLED.entry(entry)[1] for entry in analytics.allow_list]
    assert names == ["pe-clickhouse-app", "pe-clickhouse-jobs"]
    assert allow_list_summary(events) == "2 ids, 1 foreign"
    assert TROUBLED.entry(events.allow_list[1]) == ("", events.allow_list[1].id)


def test_a_long_allow_list() -> None:
    """A service's row shows 60 managed and 60 foreign entries and counts the others."""
    report = all_well()
    entries = tuple(AllowedId(guid(str(n)), "", ours=n % 2 == 0) for n in range(500))
    page = render(replace(report, services=(replace(report.services[0], allow_list=entries),)), NOW)
    assert "500 ids, 250 foreign" in page
    assert page.count("and 190 more") == 2


def test_many_services_are_grouped_by_region() -> None:
    """100 services are grouped by region."""
    groups = service_groups(LARGE)
    assert len(groups) == 20
    assert groups[0].summary == "5 services: 5 healthy"


def test_the_chart_has_a_bar_for_each_audit() -> None:
    """A bar has a unit of height for each error and warning, and its tooltip has the numbers."""
    page = render(replace(all_well(), history=history(0, 2, 4, warnings=4)), NOW)
    assert 'viewBox="0 0 240 8"' in page
    assert '<rect class="errors" x="221" y="6" width="8" height="2"/>' in page
    assert '<rect class="warnings" x="221" y="2" width="8" height="4"/>' in page
    assert page.count('<rect class="none"') == 1
    assert "23 Nov 2026, 05:45 UTC: 2 errors, 4 warnings, 1 info, 0 repaired, 6 endpoints</title>" in page


def test_the_chart_shows_missing_audits() -> None:
    """A line marks a pause that is longer than the schedule's period."""
    early, late = history(1, 1)
    page = render(replace(all_well(), history=(replace(early, at=FINISHED - timedelta(hours=9)), late)), NOW)
    assert page.count('<path class="gap"') == 1
    assert '<path class="gap"' not in render(all_well(), NOW)


def test_the_chart_is_limited() -> None:
    """A single audit has no chart. Of very many audits the newest are shown."""
    assert "The history starts with the next audit." in render(replace(all_well(), history=history(3)), NOW)
    page = render(replace(all_well(), history=history(*[0] * 500)), NOW)
    assert page.count('<rect class="none"') == MOST_BARS
    assert "to 23 Nov 2026, 06:00 UTC. Latest: 0 errors" in page

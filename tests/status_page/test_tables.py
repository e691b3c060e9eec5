"""The rows of the tables, and the chart beneath them."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.audit.report_model import AllowedId, Health
from shared.status_page.chart import MOST_BARS, chart
from shared.status_page.endpoints_table import MOST_SERVICES, endpoint_rows, grouped_endpoints
from shared.status_page.findings_table import finding_rows, grouped_findings
from shared.status_page.groups import MOST_ROWS
from shared.status_page.index import Index
from shared.status_page.services_table import MOST_ENTRIES, grouped_services, service_rows
from tests.support.sample_reports import FINISHED, PERIOD, all_well, finding, guid, history, large, troubled

TROUBLED, LARGE = Index(troubled()), Index(large())


def test_findings_come_worst_and_newest_first() -> None:
    """Errors come before warnings and these before the rest; among equals the newest comes first."""
    rows = finding_rows(TROUBLED)
    assert [row.finding.severity for row in rows] == ["error"] * 6 + ["warning"] * 2 + ["info"]
    ages = [row.finding.first_seen for row in rows[:6]]
    assert ages == sorted(ages, reverse=True)


def test_a_finding_leads_to_what_it_is_about() -> None:
    """A finding about an endpoint leads to its row, in whatever case its id is spelled; others lead nowhere."""
    report = troubled()
    loud = replace(report.findings[0], object=report.findings[0].object.upper())
    rows = finding_rows(Index(replace(report, findings=(loud, report.findings[-1]))))
    assert [row.name for row in rows] == ["pe-clickhouse-etl", f"{guid('gone')[:8]}…"]
    assert rows[0].anchor == TROUBLED.anchors[report.findings[0].object.lower()]
    assert rows[1].anchor == ""


def test_a_severity_we_do_not_know_comes_first() -> None:
    """What we do not know the gravity of is not hidden at the end."""
    odd = replace(finding("record-drift", "x", "y"), severity="fatal")
    rows = finding_rows(Index(replace(troubled(), findings=(*troubled().findings, odd))))
    assert rows[0].finding is odd


def test_many_findings_are_grouped_by_code() -> None:
    """More than a screenful are told by code, the gravest first."""
    groups = grouped_findings(finding_rows(LARGE))
    assert [(group.title, group.summary) for group in groups] == [
        ("record-drift", "20 errors"),
        ("no-service-selected", "25 findings"),
    ]
    assert len(grouped_findings(finding_rows(TROUBLED))) == 1


def test_a_change_tells_its_object_by_name() -> None:
    """An id is told by its name also where a word stands before it, and an object that is none as it is."""
    analytics = troubled().services[0]
    assert [TROUBLED.name(one) for one in (analytics.id, f"service {analytics.id}", "organization")] == [
        "analytics",
        "analytics",
        "organization",
    ]


def test_endpoints_come_worst_first() -> None:
    """Whatever needs a look comes before what does not."""
    healths = [row.endpoint.health for row in endpoint_rows(TROUBLED)]
    lesser = [Health.UNKNOWN, Health.WAITING, Health.WELL]
    assert healths == [Health.WRONG] * 5 + lesser


def test_the_state_of_an_endpoint() -> None:
    """It is the connection's, in Azure's words, unless the connection is not what counts."""
    states = {row.name: row.state for row in endpoint_rows(TROUBLED)}
    assert states["pe-clickhouse-notebooks"] == "Rejected"
    assert states["pe-unknown-vendor"] == "connected to a foreign service"
    assert states["pe-sandbox"] == "out of scope"
    assert states["pe-clickhouse-reports"] == "could not be read"


def test_many_services_of_an_endpoint() -> None:
    """Beyond a dozen, what an endpoint reaches is told as a number."""
    report = all_well()
    wide = replace(report.endpoints[0], services=tuple(guid(str(n)) for n in range(30)))
    row = endpoint_rows(Index(replace(report, endpoints=(wide,))))[0]
    assert (len(row.services), row.more_services) == (MOST_SERVICES, 30 - MOST_SERVICES)


def test_many_endpoints_are_grouped() -> None:
    """1 000 are told by region and there by network, those with something wrong first, and none is lost."""
    groups = grouped_endpoints(endpoint_rows(LARGE))
    assert len(groups) == 20
    assert groups[0].summary == "50 endpoints: 10 wrong, 40 well"
    assert [group.sign for group in groups[:3]] == ["wrong", "wrong", "well"]
    inner = [group for region in groups for group in region.groups]
    assert len(inner) == 200
    names = {row.anchor for group in inner for row in group.rows}
    assert len(names) == 1000


def test_no_more_rows_than_a_browser_likes() -> None:
    """Of more endpoints than that, the worst are kept."""
    rows = endpoint_rows(Index(large(3000)))
    assert len(rows) == MOST_ROWS
    assert [row.endpoint.health for row in rows].count(Health.WRONG) == 60


def test_allow_lists() -> None:
    """Ours are told by the names of their endpoints, those of others by their ids."""
    rows = {row.service.name: row for row in service_rows(TROUBLED)}
    assert [name for _, name in rows["analytics"].ours] == ["pe-clickhouse-app", "pe-clickhouse-jobs"]
    assert rows["events"].counts == "1 ours, 1 foreign"
    assert rows["events"].others[0][0] == ""
    assert rows["events-eu"].codes == ()


def test_a_long_allow_list_is_cut() -> None:
    """Beyond some dozens, entries are told as a number."""
    report = all_well()
    entries = tuple(AllowedId(guid(str(n)), "", ours=n % 2 == 0) for n in range(500))
    long = replace(report, services=(replace(report.services[0], allow_list=entries),))
    row = service_rows(Index(long))[0]
    assert len(row.ours) == len(row.others) == MOST_ENTRIES
    assert row.more_ours == row.more_others == 250 - MOST_ENTRIES
    assert row.counts == "250 ours, 250 foreign"


def test_many_services_are_grouped_by_region() -> None:
    """100 services are told by region."""
    groups = grouped_services(service_rows(LARGE))
    assert len(groups) == 20
    assert groups[0].summary == "5 services: 5 well"


def test_the_chart_has_a_bar_for_each_audit() -> None:
    """A bar is as high as its findings are many, and tells its numbers."""
    drawn = chart(history(0, 2, 4, warnings=4), timedelta(seconds=PERIOD))
    assert drawn is not None
    assert [bar.errors for bar in drawn.bars] == [0, 28.0, 56.0]
    assert [bar.warnings for bar in drawn.bars] == [0, 56.0, 56.0]
    assert drawn.most == 8
    assert (
        drawn.bars[1].full
        == "23 Nov 2026, 05:45 UTC: 2 errors, 4 warnings, 1 to know, 0 repaired, 6 endpoints"
    )


def test_the_chart_shows_where_audits_are_missing() -> None:
    """After a longer time than the schedule's there is a gap."""
    early, late = history(1, 1)
    drawn = chart((replace(early, at=FINISHED - timedelta(hours=9)), late), timedelta(seconds=PERIOD))
    assert drawn is not None
    assert [bar.gap for bar in drawn.bars] == [False, True]


def test_the_chart_has_a_beginning_and_an_end() -> None:
    """One audit is no history; of very many the newest are drawn."""
    assert chart(history(3), timedelta(seconds=PERIOD)) is None
    assert chart((), timedelta(seconds=PERIOD)) is None
    drawn = chart(history(*[0] * 500), timedelta(seconds=PERIOD))
    assert drawn is not None
    assert len(drawn.bars) == MOST_BARS
    assert drawn.bars[0].x > drawn.left
    assert drawn.last == FINISHED

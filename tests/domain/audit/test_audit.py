"""What one audit tells of endpoints, services, zones, and of all together."""

import sys
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.audit.report_model import AllowedId, AuditedRecord, AuditReport, Health
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Scope
from shared.domain.model.snapshot import (
    ListEndpoints,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadZone,
    Snapshot,
)
from shared.domain.results.pass_report import Report
from tests.support.audits import audit, codes, finding, report_of, row, well
from tests.support.plans import plan_of
from tests.support.worlds import (
    ALIAS,
    FORBIDDEN,
    REGION,
    SCOPE,
    STRANGE_ALIAS,
    SUBSCRIPTION,
    TIMED_OUT,
    address,
    deployment,
    endpoint,
    foreign,
    foreign_record,
    guid,
    network,
    pe,
    record,
    registered,
    service,
    service_id,
    snapshot,
    zone,
    zone_id,
)


def test_all_is_well() -> None:
    """Where all is as it should be, everything is well, and one sentence says so."""
    report = audit(well())
    assert report.health is Health.WELL
    assert report.sentence == "All is well with 1 private endpoint."
    assert (report.findings, report.repairs, report.problems, report.left) == ((), (), (), ())
    assert report.complete
    assert report.verdicts == {"manage": 1}
    healths = [one.health for rows in (report.endpoints, report.services, report.zones) for one in rows]
    assert healths == [Health.WELL] * 3


def test_rows() -> None:
    """The rows tell where everything is and who has what."""
    report = audit(well(services=[service("main", guid(1), "strange-id")]))
    told = row(report, pe(1))
    assert (told.guid, told.tag_value, told.registered) == (guid(1), "*", (guid(1),))
    assert (told.alias, told.region, told.network) == (ALIAS, REGION, str(network()))
    assert (told.zone, told.addresses) == (str(zone_id()), (address(1),))
    assert told.services == (service_id("main"),)
    assert list(told.hostnames) == ["main"]
    (main,) = report.services
    assert (main.alias, main.hostname) == (ALIAS, told.hostnames["main"])
    assert main.allow_list == (
        AllowedId(guid(1), str(pe(1)), ours=True),
        AllowedId("strange-id", "", ours=False),
    )
    (there,) = report.zones
    assert there.networks == (str(network()),)
    assert there.records == (AuditedRecord("*", 300, (address(1),), ours=True, endpoints=(str(pe(1)),)),)


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        (well(registrations=[]), {"endpoint"}),
        (well(services=[service("main")]), {"endpoint", "service"}),
        (well(zones=[zone(record(1, ttl=9))]), {"endpoint", "zone"}),
        (well(zones=[zone(foreign_record())]), {"endpoint", "zone"}),
        (well(endpoint(1, status="Rejected")), {"endpoint"}),
        (well(endpoint(1, status="Disconnected")), {"endpoint"}),
        (well(pe(1)), {"endpoint", "service", "zone"}),
    ],
)
def test_where_it_is_wrong(seen: Snapshot, wrong: set[str]) -> None:
    """What is wrong is marked where it is wrong: at the endpoint, the service, the zone."""
    report = audit(seen)
    rows: dict[str, Any] = {"endpoint": report.endpoints, "service": report.services, "zone": report.zones}
    assert {name for name, those in rows.items() if any(one.health is Health.WRONG for one in those)} == wrong
    assert report.health is Health.WRONG
    assert "1 needs attention" in report.sentence


@pytest.mark.parametrize(
    ("seen", "by", "health"),
    [
        (well(endpoint(1, status="Pending")), deployment(), Health.WAITING),
        (well(endpoint(1, alias=STRANGE_ALIAS)), deployment(), Health.LEFT_ALONE),
        (well(), deployment(scopes=(Scope(SUBSCRIPTION, "rg-other"),)), Health.LEFT_ALONE),
        (well(also={ReadEndpoint(pe(1)): FORBIDDEN}), deployment(), Health.UNKNOWN),
        (well(also={ReadRegistrations(): TIMED_OUT}), deployment(), Health.UNKNOWN),
        (well(also={ReadZone(zone_id()): FORBIDDEN}), deployment(), Health.UNKNOWN),
    ],
)
def test_neither_well_nor_wrong(seen: Snapshot, by: DeploymentConfig, health: Health) -> None:
    """An endpoint may wait, be none of ours to look after, or be out of our sight."""
    assert row(audit(seen, by=by), pe(1)).health is health


def test_in_progress() -> None:
    """An endpoint that Azure is still at work on is reported as such, and what it lacks is no drift."""
    unmade = well(replace(endpoint(1), state="Updating"), registrations=[], zones=[zone()])
    report = audit(unmade)
    assert codes(report) == {"endpoint-in-progress"}
    assert (row(report, pe(1)).health, report.health) == (Health.WAITING, Health.WAITING)
    assert report.sentence == "Of 1 private endpoint, 1 is not ready yet."
    assert not report.problems
    assert codes(audit(Report(unmade, plan_of(unmade), dry_run=True))) == {"endpoint-in-progress"}


@pytest.mark.parametrize(
    ("state", "code", "health"),
    [("Deleting", "endpoint-in-progress", Health.WAITING), ("Failed", "endpoint-failed", Health.WRONG)],
)
def test_deleting_and_failed(state: str, code: str, health: Health) -> None:
    """An endpoint that is being deleted or has failed is reported as what it is, and is no drift."""
    report = audit(well(replace(endpoint(1), state=state)))
    assert codes(report) == {code}
    assert row(report, pe(1)).health is health
    assert not report.problems


def test_waiting() -> None:
    """An endpoint that waits for its approval is nothing wrong, and is told."""
    report = audit(well(endpoint(1, status="Pending")))
    assert report.health is Health.WAITING
    assert report.sentence == "Of 1 private endpoint, 1 is not ready yet."


def test_untagged() -> None:
    """Endpoints without our tag are counted, and told only if they lead to the organization."""
    seen = well(endpoint(1), endpoint(2, None), endpoint(3, None, alias=STRANGE_ALIAS))
    report = audit(seen)
    assert [one.id for one in report.endpoints] == [str(pe(1)), str(pe(2))]
    assert row(report, pe(2)).health is Health.LEFT_ALONE
    assert report.verdicts == {"manage": 1, "release": 2}


def test_nobody_asks() -> None:
    """A world without tagged endpoints is well."""
    report = audit(snapshot(endpoint(1, None, alias=STRANGE_ALIAS)))
    assert (report.health, report.sentence) == (Health.WELL, "No private endpoint asks for access.")


def test_unreadable_services_and_zones() -> None:
    """A service whose config, and a zone that, could not be read is unknown, and there is a finding about it."""
    seen = well(also={ReadConfig(service_id("main")): FORBIDDEN, ReadZone(zone_id()): FORBIDDEN})
    report = audit(seen)
    assert [report.services[0].health, report.zones[0].health] == [Health.UNKNOWN] * 2
    objects = {one.object for one in report.findings if one.code == "unreadable"}
    assert {service_id("main"), str(zone_id())} <= objects


def test_what_could_not_be_listed() -> None:
    """A list that could not be read is a finding, and nothing is said to be well because of it."""
    report = audit(snapshot(also={ListEndpoints(SCOPE): FORBIDDEN}))
    assert finding(report, "unreadable").object == f"private endpoints of {SCOPE}"
    assert report.health is Health.UNKNOWN


def test_services_left_alone() -> None:
    """A service that SERVICE_FILTER does not permit, and that has nothing of ours, is left alone."""
    seen = well(services=[service("main", guid(1)), service("other", "strange-id")])
    healths = {one.name: one.health for one in audit(seen, by=deployment(service_filter="main")).services}
    assert healths == {"main": Health.WELL, "other": Health.LEFT_ALONE}


def test_entries_under_a_foreign_registration() -> None:
    """Entries of an id that somebody else registered are not ours, whatever a record of ours names."""
    seen = well(services=[service("main", guid(1))], registrations=[foreign(guid(1))])
    (main,) = audit(seen).services
    assert main.allow_list == (AllowedId(guid(1), str(pe(1)), ours=False),)


def test_an_endpoint_beside_a_foreign_registration() -> None:
    """An endpoint that is registered by its other id beside a foreign one is well, and both ids are reported."""
    arm = endpoint(1).arm_id
    seen = well(
        services=[service("main", guid(1), arm)],
        registrations=[foreign(guid(1)), registered(1, id_=arm)],
    )
    report = audit(seen)
    assert codes(report) == {"registration-foreign"}
    assert row(report, pe(1)).registered == tuple(sorted({guid(1), arm}))
    assert (report.health, row(report, pe(1)).health) == (Health.WELL, Health.WELL)


def test_what_a_limit_withholds() -> None:
    """Removals that are too many are each told of, beside the finding that they are too many."""
    report = audit(report_of(well(pe(1)), max_removals=0))
    assert {"removals-over-limit", "registration-orphaned", "allow-list-extra", "record-drift"} <= codes(
        report
    )


@pytest.mark.parametrize(("answer", "complete"), [(TIMED_OUT, False), (FORBIDDEN, True)])
def test_left(answer: Any, *, complete: bool) -> None:
    """What another try may reach was left, by name; what is refused was not."""
    report = audit(well(also={ReadZone(zone_id()): answer}))
    assert report.complete is complete
    assert report.left == (() if complete else (str(zone_id()),))
    assert ("Not reached: 1 object" in report.sentence) is not complete


def test_host_names_of_many() -> None:
    """Of more than 500 endpoints no host names are told: they are at the services, and would be told too often."""
    many = [endpoint(n, zone_tag="x") for n in range(1, 502)]
    report = audit(snapshot(*many))
    assert len(report.endpoints) == 501
    assert not any(one.hostnames for one in report.endpoints)


def test_equal_worlds_make_equal_reports() -> None:
    """The order in which the world was read leaves no trace in the report."""
    seen = well(
        endpoint(1), endpoint(2), endpoint(3, None), services=[service("main", guid(1)), service("b")]
    )
    turned = Snapshot(dict(reversed(list(seen.answers.items()))))
    assert audit(seen) == audit(turned)


def test_a_report_is_a_report() -> None:
    """What was passed on stands in the report as it was."""
    report = audit(well())
    assert (report.owner, report.pass_id, report.policy, report.period_seconds) == (
        "tests",
        "pass-0",
        "report",
        900,
    )
    assert report.calls.clickhouse == 2
    assert isinstance(report, AuditReport)


def steps_of(endpoints: int) -> int:
    """How many calls of functions the second audit of so many endpoints comes to, half of them with drift."""
    there = [endpoint(n) for n in range(1, endpoints + 1)]
    seen = snapshot(
        *there,
        services=[service(f"s{n}", *(guid(m) for m in range(1, endpoints + 1))) for n in range(3)],
        registrations=[registered(n) for n in range(1, endpoints + 1, 2)],
        zones=[zone(record(1))],
    )
    report = report_of(seen)
    before = audit(report, minute=0)
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        audit(report, before, minute=15)
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_with_the_world() -> None:
    """Ten times as many endpoints make at most twelve times as much work."""
    assert steps_of(1000) <= 12 * steps_of(100)


@pytest.mark.parametrize(("vnets", "code"), [((), "zone-not-linked"), (None, "zone-missing")])
def test_zone_to_be_made_or_linked(vnets: tuple[str, ...] | None, code: str) -> None:
    """A zone that is to be linked is marked wrong; one that is to be made has no row before it is there."""
    zones = [] if vnets is None else [zone(vnets=vnets)]
    report = audit(well(zones=zones), by=deployment(zone_group=Scope(SUBSCRIPTION, "rg-dns")))
    assert code in codes(report)
    assert [one.health for one in report.zones] == [Health.WRONG] * len(zones)

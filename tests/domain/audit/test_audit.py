"""One audit: its endpoints, services and zones, and their health."""

import sys
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.audit.report_model import AllowedId, AuditedRecord, AuditReport, Health
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import Cause, CauseKind
from shared.domain.model.ids import Scope
from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import (
    ListEndpoints,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadZone,
    Snapshot,
)
from shared.domain.planning.policy import Policy, filtered
from shared.domain.planning.removal_limit import limited
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


def test_no_problems() -> None:
    """Without drift, everything is healthy, and the sentence says so."""
    report = audit(well())
    assert report.health is Health.HEALTHY
    assert report.sentence == "No problems found: 1 private endpoint."
    assert (report.findings, report.repairs, report.problems, report.left) == ((), (), (), ())
    assert report.complete
    assert report.verdicts == {"manage": 1}
    healths = [one.health for rows in (report.endpoints, report.services, report.zones) for one in rows]
    assert healths == [Health.HEALTHY] * 3


def test_rows() -> None:
    """The rows have where everything is, and which endpoint has access to what."""
    report = audit(well(services=[service("main", guid(1), "foreign-id")]))
    first = row(report, pe(1))
    assert (first.guid, first.tag_value, first.registered) == (guid(1), "*", (guid(1),))
    assert (first.alias, first.region, first.network) == (ALIAS, REGION, str(network()))
    assert (first.zone, first.addresses) == (str(zone_id()), (address(1),))
    assert first.services == (service_id("main"),)
    assert list(first.hostnames) == ["main"]
    (main,) = report.services
    assert (main.alias, main.hostname) == (ALIAS, first.hostnames["main"])
    assert main.allow_list == (
        AllowedId(guid(1), str(pe(1)), ours=True),
        AllowedId("foreign-id", "", ours=False),
    )
    (only_zone,) = report.zones
    assert only_zone.networks == (str(network()),)
    assert only_zone.records == (AuditedRecord("*", 300, (address(1),), ours=True, endpoints=(str(pe(1)),)),)


@pytest.mark.parametrize(
    ("seen", "errors", "warnings"),
    [
        (well(registrations=[]), {"endpoint"}, set()),
        (well(services=[service("main")]), {"endpoint", "service"}, set()),
        (well(zones=[zone(record(1, ttl=9))]), {"endpoint", "zone"}, set()),
        (well(zones=[zone(foreign_record())]), {"endpoint", "zone"}, set()),
        (well(endpoint(1, status="Rejected")), {"endpoint"}, set()),
        (well(endpoint(1, status="Disconnected")), {"endpoint"}, set()),
        (well(pe(1)), {"endpoint", "zone"}, {"service"}),
        (
            well(
                endpoint(1),
                endpoint(2),
                services=[service("main", guid(1), guid(2))],
                registrations=[registered(1), registered(2)],
            ),
            set(),
            {"endpoint", "zone"},
        ),
    ],
)
def test_unhealthy_objects(seen: Snapshot, errors: set[str], warnings: set[str]) -> None:
    """Drift marks the endpoint, the service and the zone that have it, with the severity of its finding."""
    report = audit(seen)
    rows: dict[str, Any] = {"endpoint": report.endpoints, "service": report.services, "zone": report.zones}
    for health, names in ((Health.ERROR, errors), (Health.WARNING, warnings)):
        assert {name for name, of_kind in rows.items() if any(one.health is health for one in of_kind)} == names
    assert report.health is (Health.ERROR if errors else Health.WARNING)
    assert "1 needs attention" in report.sentence


@pytest.mark.parametrize(
    ("seen", "by", "health"),
    [
        (well(endpoint(1, status="Pending")), deployment(), Health.WAITING),
        (well(endpoint(1, alias=STRANGE_ALIAS)), deployment(), Health.ERROR),
        (well(), deployment(scopes=(Scope(SUBSCRIPTION, "rg-other"),)), Health.WARNING),
        (well(also={ReadEndpoint(pe(1)): FORBIDDEN}), deployment(), Health.UNKNOWN),
        (well(also={ReadRegistrations(): TIMED_OUT}), deployment(), Health.UNKNOWN),
        (well(also={ReadZone(zone_id()): FORBIDDEN}), deployment(), Health.UNKNOWN),
    ],
)
def test_other_healths(seen: Snapshot, by: DeploymentConfig, health: Health) -> None:
    """An endpoint can be waiting, connected elsewhere, out of scope but still registered, or unreadable."""
    assert row(audit(seen, by=by), pe(1)).health is health


def test_in_progress() -> None:
    """An endpoint that Azure is still provisioning is reported as in progress; what it lacks is not drift."""
    unmade = well(replace(endpoint(1), state="Updating"), registrations=[], zones=[zone()])
    report = audit(unmade)
    assert codes(report) == {"endpoint-in-progress"}
    assert (row(report, pe(1)).health, report.health) == (Health.WAITING, Health.WAITING)
    assert report.sentence == "No problems found: 1 private endpoint, 1 is not ready yet."
    assert not report.problems
    assert codes(audit(Report(unmade, plan_of(unmade), dry_run=True))) == {"endpoint-in-progress"}


@pytest.mark.parametrize(
    ("state", "code", "health"),
    [("Deleting", "endpoint-in-progress", Health.WAITING), ("Failed", "endpoint-failed", Health.ERROR)],
)
def test_deleting_and_failed(state: str, code: str, health: Health) -> None:
    """An endpoint that is being deleted, or has failed, is reported as that, and not as drift."""
    report = audit(well(replace(endpoint(1), state=state)))
    assert codes(report) == {code}
    assert row(report, pe(1)).health is health
    assert not report.problems


def test_waiting() -> None:
    """An endpoint that waits for its approval is not a problem, and is counted in the sentence."""
    report = audit(well(endpoint(1, status="Pending")))
    assert report.health is Health.WAITING
    assert report.sentence == "No problems found: 1 private endpoint, 1 is not ready yet."


def test_untagged() -> None:
    """Endpoints without the tag are counted, and listed only if they are connected to the organization."""
    seen = well(endpoint(1), endpoint(2, None), endpoint(3, None, alias=STRANGE_ALIAS))
    report = audit(seen)
    assert [one.id for one in report.endpoints] == [str(pe(1)), str(pe(2))]
    assert row(report, pe(2)).health is Health.NOT_MANAGED
    assert report.verdicts == {"manage": 1, "release": 2}


def test_no_requests() -> None:
    """Without tagged endpoints there are no problems."""
    report = audit(snapshot(endpoint(1, None, alias=STRANGE_ALIAS)))
    assert (report.health, report.sentence) == (
        Health.HEALTHY,
        "No problems found: no private endpoint requests access.",
    )


def test_unreadable_services_and_zones() -> None:
    """A service without a readable config, and a zone that could not be read, are unknown, with a finding each."""
    seen = well(also={ReadConfig(service_id("main")): FORBIDDEN, ReadZone(zone_id()): FORBIDDEN})
    report = audit(seen)
    assert [report.services[0].health, report.zones[0].health] == [Health.UNKNOWN] * 2
    objects = {one.object for one in report.findings if one.code == "unreadable"}
    assert {service_id("main"), str(zone_id())} <= objects


def test_unlisted_scope() -> None:
    """A list that could not be read is a finding, and the report is not healthy."""
    report = audit(snapshot(also={ListEndpoints(SCOPE): FORBIDDEN}))
    assert report.sentence.startswith("Not everything could be read: no private endpoint was read.")
    assert finding(report, "unreadable").object == f"private endpoints of {SCOPE}"
    assert report.health is Health.UNKNOWN


def test_services_left_alone() -> None:
    """A service that SERVICE_FILTER does not permit, and without an owned entry, is not managed."""
    seen = well(services=[service("main", guid(1)), service("other", "foreign-id")])
    healths = {one.name: one.health for one in audit(seen, by=deployment(service_filter="main")).services}
    assert healths == {"main": Health.HEALTHY, "other": Health.NOT_MANAGED}


def test_a_service_without_private_link() -> None:
    """A service whose private endpoint config is refused, and which no tag selects, is not managed."""
    no_private_link = ReadFailed("no Private Link", temporary=False, cause=Cause(CauseKind.REFUSED))
    seen = snapshot(
        endpoint(1, "main"),
        services=[service("main", guid(1)), service("other")],
        registrations=[registered(1)],
        zones=[zone(record(1))],
        also={ReadConfig(service_id("other")): no_private_link},
    )
    assert {one.name: one.health for one in audit(seen).services} == {
        "main": Health.HEALTHY,
        "other": Health.NOT_MANAGED,
    }


def test_entries_under_a_foreign_registration() -> None:
    """Entries of an id that is registered outside this deployment are not owned, whatever an owned record says."""
    seen = well(services=[service("main", guid(1))], registrations=[foreign(guid(1))])
    (main,) = audit(seen).services
    assert main.allow_list == (AllowedId(guid(1), str(pe(1)), ours=False),)


def test_registration_beside_a_foreign_one() -> None:
    """An endpoint registered with its other id beside a foreign registration is healthy; both ids are listed."""
    arm = endpoint(1).arm_id
    seen = well(
        services=[service("main", guid(1), arm)],
        registrations=[foreign(guid(1)), registered(1, id_=arm)],
    )
    report = audit(seen)
    assert codes(report) == {"registration-foreign"}
    assert row(report, pe(1)).registered == tuple(sorted({guid(1), arm}))
    assert (report.health, row(report, pe(1)).health) == (Health.HEALTHY, Health.HEALTHY)


def test_removals_over_limit() -> None:
    """Each removal that MAX_REMOVALS holds back is a finding, and its remedy names the limit."""
    report = audit(report_of(well(pe(1)), max_removals=0), policy="sync")
    held_back = {one.code for one in report.findings if "MAX_REMOVALS holds it back" in one.remedy}
    assert held_back == {"registration-orphaned", "allow-list-extra", "record-drift"}
    assert codes(report) == held_back | {"removals-over-limit"}


@pytest.mark.parametrize(("answer", "complete"), [(TIMED_OUT, False), (FORBIDDEN, True)])
def test_not_reached(answer: Any, *, complete: bool) -> None:
    """A read that can succeed later was not reached, and is named; a refused read is not."""
    report = audit(well(also={ReadZone(zone_id()): answer}))
    assert report.complete is complete
    assert report.left == (() if complete else (str(zone_id()),))
    assert ("Not reached: 1 object" in report.sentence) is not complete


def test_host_names_of_many() -> None:
    """With more than 500 endpoints, host names are listed only with the services."""
    many = [endpoint(n, zone_tag="x") for n in range(1, 502)]
    report = audit(snapshot(*many))
    assert len(report.endpoints) == 501
    assert not any(one.hostnames for one in report.endpoints)


def test_order_of_reads() -> None:
    """The report does not depend on the order of the reads."""
    seen = well(endpoint(1), endpoint(2), endpoint(3, None), services=[service("main", guid(1)), service("b")])
    reversed_ = Snapshot(dict(reversed(list(seen.answers.items()))))
    assert audit(seen) == audit(reversed_)


def test_run_details() -> None:
    """The report has the details of its run."""
    report = audit(well())
    assert (report.owner, report.pass_id, report.policy, report.period_seconds) == (
        "tests",
        "pass-0",
        "report",
        900,
    )
    assert report.calls.clickhouse == 2
    assert isinstance(report, AuditReport)


def calls_of(endpoints: int) -> int:
    """The number of function calls of a second audit of that many endpoints, half of them with drift."""
    existing = [endpoint(n) for n in range(1, endpoints + 1)]
    seen = snapshot(
        *existing,
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


def test_linear_work() -> None:
    """Ten times as many endpoints take at most twelve times as many calls."""
    assert calls_of(1000) <= 12 * calls_of(100)


@pytest.mark.parametrize(("vnets", "code"), [((), "zone-not-linked"), (None, "zone-missing")])
def test_zone_to_create_or_link(vnets: tuple[str, ...] | None, code: str) -> None:
    """A zone without its link is unhealthy; a zone that does not exist has no row."""
    zones = [] if vnets is None else [zone(vnets=vnets)]
    report = audit(well(zones=zones), by=deployment(zone_group=Scope(SUBSCRIPTION, "rg-dns")))
    assert code in codes(report)
    assert [one.health for one in report.zones] == [Health.ERROR] * len(zones)


@pytest.mark.parametrize(
    ("policy", "limit", "withheld", "setting"),
    [
        ("sync", 0, True, "MAX_REMOVALS"),
        ("sync", 1, False, "MAX_REMOVALS"),
        ("upsert", 20, True, "AUDIT_POLICY=upsert"),
        ("report", 20, True, "AUDIT_POLICY=report"),
    ],
)
def test_withheld_removals(policy: str, limit: int, *, withheld: bool, setting: str) -> None:
    """Each removal that a policy or the limit withholds is in the report, with its fact and what permits it."""
    world = well(pe(1))
    plan = limited(filtered(plan_of(world), Policy(policy)), limit)
    report = audit(Report(world, plan), policy=policy)
    assert [one.change for one in report.withheld] == [change.verb for change in plan.withheld]
    assert bool(report.withheld) is withheld
    assert all("pe-1 is deleted" in one.fact for one in report.withheld)
    assert (report.allow_removals, report.withheld_by) == (int(withheld), setting)


def test_withheld_additions() -> None:
    """An addition that the policy does not permit is drift, and no withheld removal."""
    world = well(registrations=[])
    report = audit(Report(world, filtered(plan_of(world), Policy.REPORT)))
    assert (report.withheld, report.allow_removals) == ((), 0)

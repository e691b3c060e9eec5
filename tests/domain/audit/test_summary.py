"""The summary of an audit report: health, sentence, counts and findings never contradict each other."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.audit.report_model import (
    AuditedEndpoint,
    AuditedFinding,
    AuditedService,
    AuditedZone,
    AuditReport,
    Health,
    Repair,
)
from shared.domain.audit.summary import NO_PROBLEMS, banner, summarized
from shared.domain.model.findings import CATALOGUE
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint, ReadRegistrations, ReadServices, ReadZone
from shared.domain.model.text import counted
from shared.domain.planning.classification import Verdict
from tests.support.audits import at, audit, codes, well
from tests.support.sample_reports import FINISHED, PERIOD, all_well, troubled
from tests.support.worlds import (
    ALIAS,
    FORBIDDEN,
    STRANGE_ALIAS,
    TIMED_OUT,
    endpoint,
    foreign_record,
    guid,
    pe,
    record,
    registered,
    service,
    service_id,
    zone,
    zone_id,
)

HEALTHS = st.sampled_from(Health)


def _finding(code: str, *, seen: bool) -> AuditedFinding:
    severity, remedy = CATALOGUE[code]
    return AuditedFinding(code, severity, "object", "message", remedy, at(0), at(0), seen)


FINDINGS = st.lists(st.builds(_finding, st.sampled_from(sorted(CATALOGUE)), seen=st.booleans()), max_size=3)
BAD_VERDICTS = {Verdict.FOREIGN_SERVICE, Verdict.FAILED, Verdict.UNKNOWN}
# The audit never calls an endpoint with one of these verdicts healthy: test_any_audit_is_consistent.
ENDPOINTS = st.builds(AuditedEndpoint, st.just("pe"), st.sampled_from([*Verdict]), HEALTHS).filter(
    lambda row: row.verdict not in BAD_VERDICTS or row.health in (Health.ERROR, Health.WARNING, Health.UNKNOWN)
)
SERVICES = st.builds(AuditedService, *map(st.just, ("id", "name", "region", "state")), HEALTHS)
ZONES = st.builds(AuditedZone, st.just("id"), st.just("name"), HEALTHS)
STATUSES = st.sampled_from(["done", "failed", "skipped"])
REPAIRS = st.builds(Repair, *map(st.just, ("allow", "service", "pe", "-", "id")), STATUSES)
REPORTS = st.builds(
    AuditReport,
    complete=st.booleans(),
    problems=st.sampled_from([(), ("HTTP 503",)]),
    left=st.just(()),
    findings=FINDINGS.map(tuple),
    repairs=st.lists(REPAIRS, max_size=2).map(tuple),
    endpoints=st.lists(ENDPOINTS, max_size=3).map(tuple),
    services=st.lists(SERVICES, max_size=1).map(tuple),
    zones=st.lists(ZONES, max_size=1).map(tuple),
    history=st.just(()),
)


def _assert_consistent(report: AuditReport) -> None:
    serious = [one for one in report.findings if not one.is_info]
    healths = [row.health for row in report.endpoints]
    healths += [row.health for row in report.services] + [row.health for row in report.zones]
    verdicts = {row.verdict for row in report.endpoints}
    healthy = report.health in (Health.HEALTHY, Health.WAITING)
    assert report.sentence.startswith(f"{NO_PROBLEMS}: ") is healthy
    if healthy:
        assert not serious
        assert not report.problems
        assert report.complete
        assert not verdicts & BAD_VERDICTS
        assert not {Health.ERROR, Health.WARNING, Health.UNKNOWN} & set(healths)
        assert "failed" not in {repair.status for repair in report.repairs}
    if report.health is Health.HEALTHY:
        assert Health.WAITING not in healths
    current = [one for one in report.findings if one.seen]
    assert ("Findings: " in report.sentence) is any(not one.is_info for one in current)
    for one in serious:
        assert report.health.rank <= one.health.rank
    errors = [one for one in current if one.health is Health.ERROR]
    failed = [repair for repair in report.repairs if repair.status == "failed"]
    assert (report.health is Health.ERROR) is bool(errors or failed or Health.ERROR in healths)
    assert report.sentence.startswith("Problems found: ") is (report.health is Health.ERROR)
    assert report.sentence.startswith("Warnings found: ") is (report.health is Health.WARNING)
    point = report.history[-1]
    assert point.errors + point.warnings + point.infos == len(current)
    for counted_as, verb in (
        ((Health.ERROR, Health.WARNING), "need"),
        ((Health.UNKNOWN,), "could not be read"),
        ((Health.WAITING,), "not ready"),
    ):
        count = sum(row.health in counted_as for row in report.endpoints)
        assert (
            f" {count} {verb}" in report.sentence
            or f" {count} is {verb}" in report.sentence
            or f" {count} are {verb}" in report.sentence
        ) is bool(count)


@settings(max_examples=300, deadline=None)
@given(REPORTS)
def test_any_report_is_consistent(report: AuditReport) -> None:
    """Whatever a report contains, its health, sentence, counts and findings agree."""
    _assert_consistent(summarized(report))


@settings(max_examples=150, deadline=None)
@given(
    tags=st.lists(st.sampled_from([None, "*", "main", "nobody", ""]), min_size=1, max_size=2),
    alias=st.sampled_from([ALIAS, STRANGE_ALIAS]),
    status=st.sampled_from(["Approved", "Pending", "Rejected"]),
    state=st.sampled_from(["Succeeded", "Failed", "Updating", "Deleting"]),
    registrations=st.sampled_from([[], [registered(1)]]),
    allowed=st.booleans(),
    zones=st.sampled_from([[], [zone()], [zone(record(1))], [zone(foreign_record())]]),
    unreadable=st.dictionaries(
        st.sampled_from(
            [
                ReadEndpoint(pe(1)),
                ReadRegistrations(),
                ReadServices(),
                ReadZone(zone_id()),
                ReadConfig(service_id("main")),
            ]
        ),
        st.sampled_from([FORBIDDEN, TIMED_OUT]),
        max_size=2,
    ),
)
def test_any_audit_is_consistent(
    *,
    tags: list[str | None],
    alias: str,
    status: str,
    state: str,
    registrations: list[object],
    allowed: bool,
    zones: list[object],
    unreadable: dict[object, object],
) -> None:
    """Whatever an audit and the next one find, each report is consistent; each endpoint with a problem counts."""
    endpoints = [replace(endpoint(n, tag, status=status, alias=alias), state=state) for n, tag in enumerate(tags, 1)]
    services = [service("main", *([guid(1)] if allowed else []))]
    parts = {"services": services, "registrations": registrations, "zones": zones}
    first = audit(well(*endpoints, **parts))
    second = audit(well(*endpoints, **parts, also=unreadable), first, minute=15)
    for report in (first, second):
        _assert_consistent(report)
        for row in report.endpoints:
            found = [one.health for one in report.findings if one.object == row.id and one.seen]
            assert row.health.rank <= min((one.rank for one in found), default=row.health.rank)
            assert (row.health is Health.ERROR) is (Health.ERROR in found)
            assert row.health is not Health.WARNING or Health.WARNING in found


def test_foreign_service() -> None:
    """A tagged endpoint that is connected to a foreign service is a problem, and is counted as one."""
    report = audit(well(endpoint(1, alias=STRANGE_ALIAS)))
    assert "not-a-clickhouse-endpoint" in codes(report)
    assert report.health is Health.ERROR
    assert report.sentence.startswith("Problems found: 1 private endpoint, 1 needs attention. Findings: ")


@pytest.mark.parametrize(
    ("seconds", "overdue"),
    [(-3600, False), (0, False), (PERIOD, False), (2 * PERIOD, False), (2 * PERIOD + 1, True), (10**7, True)],
)
def test_overdue_after_two_periods(seconds: int, overdue: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A report is overdue when it is older than two periods of the schedule."""
    shown = banner(all_well(), FINISHED + timedelta(seconds=seconds))
    assert shown.overdue is overdue
    assert shown.health is (Health.UNKNOWN if overdue else Health.HEALTHY)
    assert shown.age >= timedelta()


def test_period_of_the_report() -> None:
    """A daily audit is not overdue after an hour."""
    daily = replace(all_well(), period_seconds=24 * 3600)
    assert not banner(daily, FINISHED + timedelta(hours=47)).overdue
    assert banner(daily, FINISHED + timedelta(hours=49)).overdue


def test_banner() -> None:
    """The banner has the report's health and sentence; for an overdue report, the time of the last audit."""
    current = banner(troubled(), FINISHED)
    assert (current.health, current.sentence) == (Health.ERROR, troubled().sentence)
    overdue = banner(troubled(), FINISHED + timedelta(hours=5))
    assert overdue.sentence == "No audit has finished since 2026-11-23 06:00 UTC."


@pytest.mark.parametrize(("number", "text"), [(0, "0 audits"), (1, "1 audit"), (2, "2 audits")])
def test_counts(number: int, text: str) -> None:
    """Nouns agree with their numbers."""
    assert counted(number, "audit") == text

"""An audit compared with the previous audit."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.audit import summary
from shared.domain.audit.comparison import newly_seen
from shared.domain.audit.report_model import Health
from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import ListEndpoints, ReadEndpoint, ReadRegistrations, Snapshot
from shared.domain.results.report_shares import FailedPass
from tests.support.audits import GRACE, at, audit, codes, finding, row, well
from tests.support.worlds import (
    FORBIDDEN,
    SCOPE,
    endpoint,
    guid,
    pe,
    record,
    registered,
    service,
    snapshot,
    zone,
)

UNREGISTERED = well(registrations=[])


def test_first_and_last_seen() -> None:
    """A finding has when it was first and last seen."""
    first = audit(UNREGISTERED, minute=0)
    later = finding(audit(UNREGISTERED, first, minute=15), "registration-missing")
    assert (later.first_seen, later.last_seen) == (at(0), at(15))


def test_gap() -> None:
    """A finding that was gone in between is first seen again."""
    report = audit(UNREGISTERED, audit(well(), audit(UNREGISTERED, minute=0), minute=15), minute=30)
    assert finding(report, "registration-missing").first_seen == at(30)


def test_changing_message() -> None:
    """A finding with another message each time is still the same finding."""
    hidden = [well(also={ReadEndpoint(pe(1)): ReadFailed(f"403 (request {n})", temporary=False)}) for n in (1, 2)]
    report = audit(hidden[1], audit(hidden[0], minute=0), minute=15)
    assert finding(report, "unreadable").first_seen == at(0)


def test_several_of_a_kind() -> None:
    """Several findings of one code about one object are distinguished by their message."""
    one, both = service("a", guid(1)), [service("a"), service("b")]
    first = audit(well(services=[one, service("b")]), minute=0)
    report = audit(well(services=both), first, minute=15)
    seen = {one.message.split(" ")[1]: one.first_seen for one in report.findings if one.code == "allow-list-missing"}
    assert seen == {"a": at(15), "b": at(0)}


@pytest.mark.parametrize(
    "unreadable",
    [
        {ReadEndpoint(pe(1)): FORBIDDEN},
        {ReadRegistrations(): FORBIDDEN},
    ],
)
def test_not_seen(unreadable: dict[Any, Any]) -> None:
    """A finding that an audit could not verify is kept, marked as not seen, and not counted as current."""
    first = audit(UNREGISTERED, minute=0)
    dark = audit(well(registrations=[], also=unreadable), first, minute=15)
    kept = finding(dark, "registration-missing")
    assert (kept.first_seen, kept.last_seen, kept.seen) == (at(0), at(0), False)
    assert kept.message == finding(first, "registration-missing").message
    assert (dark.health, row(dark, pe(1)).health) == (Health.UNKNOWN, Health.UNKNOWN)
    assert "registration-missing" not in dark.sentence
    assert dark.history[-1].errors == sum(one.seen and one.severity == "error" for one in dark.findings)
    darker = audit(well(registrations=[], also=unreadable), dark, minute=20)
    assert finding(darker, "registration-missing") == kept
    assert not [one for one in newly_seen(darker, dark) if not one.seen]
    assert finding(audit(UNREGISTERED, darker, minute=30), "registration-missing").first_seen == at(0)


def test_unlisted_scope() -> None:
    """Findings of endpoints in a scope that could not be listed are kept as well."""
    first = audit(well(registrations=[], zones=[], services=[service("main")]), minute=0)
    dark = audit(snapshot(also={ListEndpoints(SCOPE): FORBIDDEN}), first, minute=15)
    assert finding(dark, "registration-missing").last_seen == at(0)


def test_gone() -> None:
    """A finding that is resolved is not in the report."""
    assert codes(audit(well(), audit(UNREGISTERED, minute=0), minute=15)) == set()


@pytest.mark.parametrize(("minutes", "stuck"), [(14, False), (15, True), (500, True)])
def test_pending(minutes: int, *, stuck: bool) -> None:
    """A connection that is pending for longer than PENDING_GRACE is an error since it was first seen pending."""
    pending = well(endpoint(1, status="Pending"))
    first = audit(pending, minute=0)
    report = audit(pending, first, minute=minutes)
    assert row(report, pe(1)).pending_since == at(0)
    found = finding(report, "pending-too-long" if stuck else "endpoint-pending")
    assert (found.severity, found.first_seen) == ("error" if stuck else "info", at(0))
    assert row(report, pe(1)).health is (Health.ERROR if stuck else Health.WAITING)
    assert len(report.findings) == 1


def test_pending_without_a_service() -> None:
    """An endpoint that requests no service stays pending, which is not an error."""
    seen = well(endpoint(1, "", status="Pending"), services=[service("main")])
    report = audit(seen, audit(seen, minute=0), minute=60)
    assert codes(report) == {"endpoint-pending", "no-service-selected"}


def test_pending_again() -> None:
    """Pending time starts again if the endpoint was recreated, or approved in between."""
    pending = well(endpoint(1, status="Pending"))
    first = audit(pending, minute=0)
    again = well(
        endpoint(1, status="Pending", guid_number=9),
        services=[service("main", guid(9))],
        registrations=[registered(9, by=1)],
        zones=[zone(record(1, guid_number=9))],
    )
    assert row(audit(again, first, minute=30), pe(1)).pending_since == at(30)
    assert row(audit(pending, audit(well(), first, minute=15), minute=30), pe(1)).pending_since == at(30)


def test_pending_while_unreadable() -> None:
    """Pending time continues if the endpoint could not be read in between."""
    pending = well(endpoint(1, status="Pending"))
    dark = well(also={ReadEndpoint(pe(1)): FORBIDDEN})
    report = audit(pending, audit(dark, audit(pending, minute=0), minute=5), minute=20)
    assert row(report, pe(1)).pending_since == at(0)
    assert finding(report, "pending-too-long").first_seen == at(0)


NOTHING = snapshot(services=[service("main")], zones=[zone()])
UNSERVED = snapshot(endpoint(1), services=[service("main")], zones=[zone()])
RETAGGED = well(endpoint(1, "other"), services=[service("main", guid(1)), service("other")])
RECREATED = well(endpoint(1, guid_number=9))


@pytest.mark.parametrize(
    ("then", "now"),
    [(NOTHING, UNSERVED), (well(), well(pe(1))), (well(), RETAGGED), (well(), RECREATED)],
    ids=["created", "deleted", "retagged", "recreated"],
)
def test_missed_event(then: Snapshot, now: Snapshot) -> None:
    """A change that no event brought into effect is late at first, and missed after PENDING_GRACE."""
    first = audit(now, audit(then, minute=0), minute=10)
    late = finding(first, "event-late")
    assert (late.severity, late.object, late.first_seen) == ("info", str(pe(1)), at(10))
    second = audit(now, first, minute=20)
    assert finding(second, "event-late").first_seen == at(10)
    third = audit(now, second, minute=10 + GRACE / timedelta(minutes=1))
    missed = finding(third, "event-missed")
    assert (missed.severity, missed.first_seen) == ("warning", at(10))


@pytest.mark.parametrize(
    ("now", "what"),
    [(well(pe(1)), "it was deleted"), (well(endpoint(1, None)), "it was untagged"), (RETAGGED, "it changed")],
)
def test_what_happened_to_the_endpoint(now: Snapshot, what: str) -> None:
    """A late event of a deleted or untagged endpoint is reported as that."""
    first = audit(now, audit(well(), minute=0), minute=10)
    assert finding(first, "event-late").message.startswith(f"{what} since the previous audit, and no event")
    missed = finding(audit(now, first, minute=60), "event-missed").message
    assert missed == f"{what}, and no event has brought this into effect since 2026-11-23 06:10 UTC"


def test_an_escalated_finding_is_new() -> None:
    """A finding that escalates keeps its first_seen, and is announced under its new code, once."""
    pending = well(endpoint(1, status="Pending"))
    first = audit(pending, minute=0)
    second = audit(pending, first, minute=20)
    third = audit(pending, second, minute=35)
    assert [one.code for one in newly_seen(second, first)] == ["pending-too-long"]
    assert [one.code for one in newly_seen(first, second)] == ["endpoint-pending"]
    assert [*newly_seen(third, second)] == []


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (well(), UNREGISTERED),
        (well(), well(services=[service("main")])),
        (well(), well(zones=[zone()])),
        (NOTHING, well()),
        (well(also={ReadEndpoint(pe(1)): FORBIDDEN}), UNREGISTERED),
        (snapshot(services=[service("main")], also={ListEndpoints(SCOPE): FORBIDDEN}), UNREGISTERED),
    ],
    ids=["registration", "allow list", "record", "event processed", "was unreadable", "was unlisted"],
)
def test_no_missed_event(then: Snapshot, now: Snapshot) -> None:
    """A manual change raises no event, and drift of an endpoint that could not be read before can be old."""
    report = audit(now, audit(then, minute=0), minute=60)
    assert not codes(report) & {"event-late", "event-missed"}


def test_failed_pass_of_an_event() -> None:
    """If the event arrived and its pass failed, it is not late: the drift finding names the pass until repaired."""
    failed = {str(pe(1)): FailedPass("p7", at(5), "put-record: HTTP 403")}
    first = audit(UNSERVED, audit(NOTHING, minute=0), minute=10, failed_passes=failed)
    second = audit(UNSERVED, first, minute=60, failed_passes=failed)
    for report in (first, second):
        assert not codes(report) & {"event-late", "event-missed"}
        remedy = finding(report, "record-drift").remedy
        assert remedy.endswith("its last failed pass is pass p7, 2026-11-23 06:05 UTC: put-record: HTTP 403")
    assert codes(audit(well(), second, minute=75, failed_passes=failed)) == set()


def test_failed_pass_of_an_earlier_event() -> None:
    """A pass that failed before the change says nothing about the event of the change."""
    failed = {str(pe(1)): FailedPass("p7", at(5), "put-record: HTTP 403")}
    report = audit(UNSERVED, audit(NOTHING, minute=6), minute=10, failed_passes=failed)
    assert "event-late" in codes(report)


def test_event_that_fails_late() -> None:
    """An event that arrives after it was reported as late, and fails, is no longer late."""
    late = audit(UNSERVED, audit(NOTHING, minute=0), minute=10)
    failed = {str(pe(1)): FailedPass("p7", at(12), "put-record: HTTP 403")}
    assert "event-late" not in codes(audit(UNSERVED, late, minute=20, failed_passes=failed))


def test_first_audit_misses_no_event() -> None:
    """Without a previous audit, changes are unknown."""
    assert not codes(audit(UNSERVED)) & {"event-late", "event-missed"}


def test_delayed_event() -> None:
    """A delayed event resolves the finding."""
    late = audit(UNSERVED, audit(NOTHING, minute=0), minute=10)
    assert codes(audit(well(), late, minute=40)) == set()


def test_history() -> None:
    """Each audit adds a point to the history, which has a limited length."""
    first = audit(UNREGISTERED, minute=0)
    second = audit(well(), first, minute=15)
    assert [(one.at, one.errors, one.endpoints) for one in second.history] == [(at(0), 1, 1), (at(15), 0, 1)]
    report = second
    for minute in range(summary.MOST_POINTS):
        report = audit(NOTHING, report, minute=30 + minute)
    assert len(report.history) == summary.MOST_POINTS
    assert report.history[0].at == at(30)


def test_newly_seen() -> None:
    """Newly seen findings are those that the previous audit did not have; without one, all."""
    first = audit(UNREGISTERED, minute=0)
    assert [one.code for one in newly_seen(first, None)] == ["registration-missing"]
    both = audit(well(registrations=[], services=[service("main")]), first, minute=15)
    assert [one.code for one in newly_seen(both, first)] == ["allow-list-missing"]

import json
from typing import Any

import pytest

from shared.domain.changes.clickhouse import Allow, Register
from shared.domain.changes.dns import DeleteRecord
from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.errors import Cause, CauseKind
from shared.domain.model.snapshot import ReadAddresses, ReadRegistrations, ReadServices, Snapshot
from shared.domain.planning.plan import Plan
from shared.domain.results.pass_report import Report
from tests.support.plans import plan_of
from tests.support.worlds import (
    ALIAS,
    FORBIDDEN,
    MISSHAPEN,
    REGION,
    TIMED_OUT,
    ZONE_NAME,
    address,
    endpoint,
    guid,
    interface,
    pe,
    record,
    snapshot,
    zone,
)

register, allow = Register(pe(1), guid(1), REGION, ""), Allow(pe(1), guid(1), "s1")
delete = DeleteRecord(pe(2), record(2))


def failed(change: Register | Allow | DeleteRecord, *, temporary: bool) -> Outcome:
    return Outcome(change, OutcomeStatus.FAILED, "it did not work", temporary=temporary)


@pytest.mark.parametrize(
    ("left", "outcomes", "problems", "temporary"),
    [
        ([], [], [], False),
        ([], [Outcome(register, OutcomeStatus.DONE)], [], False),
        ([], [failed(register, temporary=True)], [], False),
        (
            [register],
            [failed(register, temporary=True)],
            [f"register {guid(1)} for {REGION}: it did not work"],
            True,
        ),
        (
            [register],
            [failed(register, temporary=False)],
            [f"register {guid(1)} for {REGION}: it did not work"],
            False,
        ),
        (
            [register],
            [Outcome(register, OutcomeStatus.DONE)],
            [f"register {guid(1)} for {REGION}: applied, but not present on re-read"],
            True,
        ),
        (
            [allow],
            [],
            [f"allow {guid(1)} on service s1: not applied within the rounds of this pass"],
            True,
        ),
        (
            [register],
            [failed(register, temporary=False), failed(register, temporary=True)],
            [f"register {guid(1)} for {REGION}: it did not work"],
            True,
        ),
    ],
)
def test_problems(
    left: list[Register | Allow], outcomes: list[Outcome], problems: list[str], *, temporary: bool
) -> None:
    """A problem is a change that is still to be made at the end, not a failed one that is no longer needed."""
    report = Report(Snapshot(), Plan(tuple(left)), tuple(outcomes))
    assert list(report.problems) == problems
    assert report.retryable is temporary
    assert Report(Snapshot(), Plan(tuple(left)), dry_run=True).problems == ()


@pytest.mark.parametrize(
    ("answer", "retryable", "forbidden"),
    [(TIMED_OUT, True, False), (FORBIDDEN, True, True), (MISSHAPEN, False, False)],
)
def test_unread(answer: object, *, retryable: bool, forbidden: bool) -> None:
    """A failed read is one problem, and says whether a retry may succeed."""
    seen = snapshot(also={ReadServices(): answer, ReadRegistrations(): answer})
    report = Report(seen, Plan())
    assert report.problems == (getattr(answer, "reason"),)  # noqa: B009
    assert (report.retryable, report.forbidden) == (retryable, forbidden)


def test_forbidden_change() -> None:
    """A change that fails for a key or permission is retryable while it is still to be made."""
    outcome = Outcome(register, OutcomeStatus.FAILED, "401", cause=Cause(CauseKind.INVALID_CREDENTIAL))
    undone = Report(Snapshot(), Plan((register,)), (outcome,))
    assert (undone.retryable, undone.forbidden) == (True, True)
    made = Report(Snapshot(), Plan(), (outcome,))
    assert (made.retryable, made.forbidden) == (False, False)


def test_json() -> None:
    """A report is one JSON document with endpoints, plan or outcomes, and problems."""
    seen = snapshot(endpoint(1), pe(2), zones=[zone()])
    plan = plan_of(seen)
    dry = Report(seen, plan, dry_run=True).as_json()
    assert json.loads(json.dumps(dry)) == dry
    assert dry["dryRun"] is True
    assert dry["endpoints"] == [
        {
            "id": str(pe(1)),
            "verdict": "manage",
            "resourceGuid": guid(1),
            "addresses": [address(1)],
            "connections": [{"to": ALIAS, "status": "Approved"}],
            "hostnames": {"main": f"main.{ZONE_NAME}"},
        },
        {"id": str(pe(2)), "verdict": "release"},
    ]
    assert [one["change"] for one in dry["plan"]] == ["allow", "put-record", "register"]  # type: ignore[attr-defined]
    assert (dry["outcomes"], dry["problems"], dry["retryable"]) == ([], [], False)


def test_json_of_outcomes() -> None:
    """A pass that wrote reports the outcome of each change, and no plan."""
    outcomes = (Outcome(register, OutcomeStatus.DONE), failed(allow, temporary=True))
    shown = Report(snapshot(), Plan((allow,)), outcomes).as_json()
    assert shown["plan"] == []
    basics = {"endpoint": str(pe(1)), "id": guid(1)}
    assert shown["outcomes"] == [
        {**basics, "change": "register", "object": "organization", "region": REGION, "status": "done"},
        {
            **basics,
            "change": "allow",
            "object": "service s1",
            "status": "failed",
            "error": "it did not work",
            "retryable": True,
        },
    ]
    assert shown["retryable"] is True


def test_unreadable_addresses() -> None:
    """An endpoint whose addresses could not be read is reported without addresses."""
    seen = snapshot(endpoint(1), also={ReadAddresses(interface(1)): FORBIDDEN})
    shown: Any = Report(seen, plan_of(seen)).as_json()["endpoints"]
    assert [one["addresses"] for one in shown] == [[]]

import pytest

from shared.domain.planning.policy import Policy, filtered
from shared.domain.planning.removal_limit import limited
from tests.support.plans import plan_of
from tests.support.worlds import (
    endpoint,
    guid,
    pe,
    record,
    registered,
    service,
    snapshot,
    zone,
)

# Endpoint 1 is to be made, 2 is gone, 3 is untagged, 4 was recreated.
EVERYTHING = plan_of(
    snapshot(
        endpoint(1),
        pe(2),
        endpoint(3, None),
        endpoint(4),
        services=[service("main", guid(2), guid(3), guid(9))],
        registrations=[registered(2), registered(3), registered(9, by=4)],
        zones=[zone(record(2))],
    )
)
ADDITIONS = ["allow pe-1", "register pe-1", "allow pe-4", "register pe-4"]
# The record is handed over from 2 to 1: who leaves it, is removed from it.
REMOVALS = ["put-record pe-1", *(f"{verb} pe-{n}" for n in (2, 3, 4) for verb in ("deregister", "disallow"))]


def changes(plan: object) -> list[str]:
    made = getattr(plan, "changes", ())
    return [f"{change.verb} {change.endpoint.name}" for change in made]


@pytest.mark.parametrize(
    ("policy", "expected", "drift"),
    [
        (Policy.SYNC, ADDITIONS + REMOVALS, set()),
        (Policy.UPSERT, ADDITIONS, {"registration-orphaned", "allow-list-extra", "record-drift"}),
        (
            Policy.REPORT,
            [],
            {
                *("registration-orphaned", "allow-list-extra"),
                *("registration-missing", "allow-list-missing", "record-drift"),
            },
        ),
    ],
)
def test_policy(policy: Policy, expected: list[str], drift: set[str]) -> None:
    """A policy lets through all, no removal, or nothing; every change that it stops becomes a finding."""
    assert changes(EVERYTHING) == ADDITIONS + REMOVALS
    plan = filtered(EVERYTHING, policy)
    assert changes(plan) == expected
    news = set(plan.findings) - set(EVERYTHING.findings)
    assert {one.code for one in news} == drift
    assert len(news) == len(EVERYTHING.changes) - len(expected)
    assert {one.message for one in news} == {change.fact() for change in plan.withheld}
    assert list(plan.findings) == sorted(plan.findings)
    assert set(plan.withheld) == set(EVERYTHING.changes) - set(plan.changes)


@pytest.mark.parametrize("limit", [2, 3, 100])
def test_within_limit(limit: int) -> None:
    """A plan that releases no more endpoints than the limit is unchanged; a recreated one does not count."""
    assert limited(EVERYTHING, limit) is EVERYTHING


@pytest.mark.parametrize("limit", [0, 1])
def test_over_limit(limit: int) -> None:
    """A plan that would release more endpoints than the limit has no removals, only its other changes and a finding."""
    plan = limited(EVERYTHING, limit)
    assert changes(plan) == ADDITIONS
    (reported,) = set(plan.findings) - set(EVERYTHING.findings)
    assert reported.code == "removals-over-limit"
    assert reported.message.startswith(f"2 endpoints would be released, the limit is {limit}")
    assert set(plan.withheld) == {change for change in EVERYTHING.changes if change.removes}


def test_nothing_to_undo() -> None:
    """A limit of none does not stand in the way of a plan without removals."""
    plan = plan_of(snapshot(endpoint(1)))
    assert limited(plan, 0) is plan


def test_whose_drift() -> None:
    """A finding about a change that was not permitted is about its endpoint, one about the limit about all."""
    news = set(filtered(EVERYTHING, Policy.REPORT).findings) - set(EVERYTHING.findings)
    assert {one.object for one in news} == {str(pe(n)) for n in (1, 2, 3, 4)}
    reported = set(limited(EVERYTHING, 0).findings) - set(EVERYTHING.findings)
    assert [(one.code, one.object) for one in reported] == [("removals-over-limit", "organization")]

"""The plan as a whole. Its parts are proved beside it: verdicts, access, records, findings."""

import random
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.changes.base import sort_key
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Scope
from shared.domain.model.snapshot import (
    ListZones,
    Read,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
    Snapshot,
)
from shared.domain.planning.classification import Verdict
from shared.domain.planning.plan import Plan
from tests.support.plans import plan_of
from tests.support.worlds import (
    ALIAS,
    FORBIDDEN,
    OTHER_ALIAS,
    SCOPE,
    STRANGE_ALIAS,
    SUBSCRIPTION,
    TIMED_OUT,
    ZONE_NAME,
    deployment,
    endpoint,
    foreign,
    guid,
    pe,
    record,
    registered,
    service,
    snapshot,
    zone,
    zone_id,
)

ELSEWHERE = deployment(scopes=(Scope(SUBSCRIPTION, "rg-other"),))


def verbs(made: Plan) -> list[str]:
    return [change.verb for change in made.changes]


MADE: dict[str, Any] = {
    "registrations": [registered(1)],
    "services": [service("main", guid(1))],
    "zones": [zone(record(1))],
}
UNDONE = ["delete-record", "deregister", "disallow"]


@pytest.mark.parametrize(
    ("seen", "by", "expected", "code"),
    [
        (
            snapshot(endpoint(1), zones=[zone()]),
            deployment(),
            ["allow", "put-record", "register"],
            None,
        ),
        (snapshot(endpoint(1), **MADE), deployment(), [], None),
        (snapshot(pe(1), **MADE), deployment(), UNDONE, None),
        (snapshot(endpoint(1, None), **MADE), deployment(), UNDONE, None),
        (snapshot(endpoint(1), **MADE), ELSEWHERE, [], "outside-scope"),
        (snapshot(pe(1), **MADE), ELSEWHERE, [], "outside-scope"),
        (
            snapshot(endpoint(1, alias=STRANGE_ALIAS), **MADE),
            deployment(),
            [],
            "not-a-clickhouse-endpoint",
        ),
        (snapshot(**MADE, also={ReadEndpoint(pe(1)): FORBIDDEN}), deployment(), [], "unreadable"),
        (
            snapshot(pe(1), **MADE, also={ReadServices(): TIMED_OUT}),
            deployment(),
            ["delete-record"],
            "unreadable",
        ),
        (
            snapshot(pe(1), **MADE, also={ReadServices(): ()}),
            deployment(),
            ["delete-record"],
            "unreadable",
        ),
        (
            snapshot(pe(1), **MADE, also={ReadRegistrations(): TIMED_OUT}),
            deployment(),
            ["delete-record"],
            "unreadable",
        ),
        (snapshot(endpoint(1, ""), **MADE, also={ReadServices(): ()}), deployment(), [], "unreadable"),
        (
            snapshot(endpoint(1), zones=[zone()], also={ReadRegistrations(): FORBIDDEN}),
            deployment(),
            ["put-record"],
            None,
        ),
    ],
)
def test_by_verdict(seen: Snapshot, by: DeploymentConfig, expected: list[str], code: str | None) -> None:
    """What a verdict comes to for registration, allow lists and record is that of the table."""
    made = plan_of(seen, by)
    assert verbs(made) == expected
    assert [finding.code for finding in made.findings] == ([code] if code else [])


@pytest.mark.parametrize(
    ("parts", "reported"),
    [
        ({"registrations": [registered(1)]}, True),
        ({"zones": [zone(record(1))]}, True),
        ({"zones": [zone(record(1, owner="another"))]}, False),
        ({"registrations": [foreign(guid(1))], "services": [service("main", guid(1))]}, False),
        ({}, False),
    ],
    ids=["registered", "in-a-record", "in-a-record-of-others", "others-made-it", "nothing"],
)
def test_outside_scope(parts: dict[str, Any], *, reported: bool) -> None:
    """An endpoint outside scope is reported only if a registration or a record of this deployment names it."""
    made = plan_of(snapshot(endpoint(1), **parts), ELSEWHERE, pe(1))
    assert made.verdicts == {pe(1): Verdict.OUT_OF_SCOPE}
    assert [finding.code for finding in made.findings] == ["outside-scope"] * reported
    assert made.changes == ()


def test_nothing_read() -> None:
    """A target of which nothing was read is reported as unreadable, and nothing is changed for it."""
    made = plan_of(Snapshot(), deployment(), pe(1))
    assert made.verdicts == {pe(1): Verdict.UNKNOWN}
    assert made.changes == ()
    assert [(one.code, one.message) for one in made.findings] == [("unreadable", "it was not read")]


def test_plain_endpoint() -> None:
    """An untagged endpoint of another service is not reported, even if nothing else could be read."""
    plain = endpoint(1, None, alias="/subscriptions/1/some-private-link-service")
    made = plan_of(Snapshot().with_results({ReadEndpoint(pe(1)): plain}), deployment(), pe(1))
    assert (made.changes, made.findings) == ((), ())


def test_hostnames() -> None:
    """The plan has the host names of exactly the services that an endpoint reaches."""
    services = [service("main"), service("test")]
    made = plan_of(snapshot(endpoint(1, "main"), pe(2), services=services))
    assert made.hostnames == {pe(1): {"main": f"main.{ZONE_NAME}"}}


def test_sorted() -> None:
    """A plan is sorted: additions before removals, then by endpoint; findings by code."""
    stale = [registered(8, by=1), registered(9, by=2)]
    made = plan_of(snapshot(endpoint(2, ""), endpoint(1, ""), registrations=stale))
    assert [(c.removes, c.endpoint.name) for c in made.changes] == [
        *((False, "pe-1"), (False, "pe-2")),
        *((True, "pe-1"), (True, "pe-2")),
    ]
    assert list(made.changes) == sorted(made.changes, key=sort_key)
    assert list(made.findings) == sorted(made.findings)


BUSY = snapshot(
    endpoint(1),
    endpoint(2, "main,nobody"),
    endpoint(3, alias=OTHER_ALIAS, vnet="v2"),
    endpoint(4, alias=STRANGE_ALIAS),
    endpoint(5, guid_number=9),
    endpoint(6, None),
    endpoint(11, vnet="v3"),
    pe(7),
    services=[service("main", guid(5), guid(7)), service("test", guid(6)), service("far")],
    elsewhere={"far": OTHER_ALIAS},
    registrations=[registered(5), registered(6), registered(7), registered(8)],
    zones=[zone(record(7)), zone(id_=zone_id("rg-2"), vnets=["v2"])],
    also={
        ReadEndpoint(pe(10)): FORBIDDEN,
        ListZones(SCOPE): FORBIDDEN,
        ListZones(Scope(SUBSCRIPTION, "rg-2")): TIMED_OUT,
        ReadZone(zone_id("rg-3")): TIMED_OUT,
    },
)


@given(st.integers())
def test_order_of_reading(seed: int) -> None:
    """Equal worlds make equal plans, whatever the order in which they were read."""
    answers = list(BUSY.answers.items())
    random.Random(seed).shuffle(answers)  # noqa: S311 -- no secret
    shuffled: dict[Read[Any], Any] = dict(answers)
    made, other = plan_of(BUSY), plan_of(Snapshot(MappingProxyType(shuffled)))
    assert other == made
    assert list(other.verdicts) == list(made.verdicts)


def test_busy_world_is_busy() -> None:
    """The world of the test before has something of everything."""
    made = plan_of(BUSY)
    assert {*verbs(made)} == {"allow", "register", "put-record", "disallow", "deregister"}
    assert {one.value for one in made.verdicts.values()} == {
        "manage",
        "release",
        "foreign-service",
        "unknown",
    }
    assert ALIAS != OTHER_ALIAS

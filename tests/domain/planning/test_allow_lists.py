"""Registrations and allow lists: the tables of `allow_lists`, row by row."""

from typing import Any

import pytest

from shared.domain.changes.base import Change
from shared.domain.changes.clickhouse import Register, RegisterThroughService
from shared.domain.changes.outcome import PassResults
from shared.domain.model.deployment_config import DeploymentConfig, IdKind
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Registration, Service
from shared.domain.model.snapshot import Read, ReadConfig, Snapshot
from shared.domain.ownership.marks import registration_mark
from tests.support.plans import plan_of
from tests.support.worlds import (
    FORBIDDEN,
    OWNER,
    REGION,
    deployment,
    endpoint,
    foreign,
    guid,
    pe,
    record,
    registered,
    service,
    service_id,
    snapshot,
    zone,
)

ARM = endpoint(1).arm_id
BY_ARM_ID = deployment(id_kind=IdKind.RESOURCE_ID)
ours = registered(1)
ours_as_arm = registered(1, id_=ARM)
former = registered(9, by=1)
theirs = foreign(guid(1))


def lists(main: tuple[str, ...] = (), test: tuple[str, ...] = ()) -> tuple[Service, ...]:
    """Two services behind our alias; the tag of the endpoints here selects `main` only."""
    return (service("main", *main), service("test", *test))


def said(change: Change) -> str:
    text = f"{change.verb} {change.summary()}".removesuffix(f", because {change.reason}")
    words = text.removesuffix(f" for {REGION}")
    for name in ("main", "test", "aws"):
        words = words.replace(f"service {name} ({service_id(name)})", name)
    return words.replace(ARM, "ARM").replace(guid(1), "G1").replace(guid(9), "G9")


def changes(seen: Snapshot, by: DeploymentConfig | None = None, *, add_refused: bool = False) -> list[str]:
    plan = plan_of(seen, by, results=PassResults(add_refused=add_refused))
    return [said(change) for change in plan.changes if "record" not in change.verb]


type Row = tuple[DeploymentConfig, list[Registration], tuple[Service, ...], list[str]]


@pytest.mark.parametrize(
    ("by", "registrations", "services", "expected"),
    [
        # its id: the one wanted, not registered
        (deployment(), [], lists(), ["allow G1 on main", "register G1"]),
        (deployment(), [], lists(main=(guid(1),)), ["register G1"]),
        (BY_ARM_ID, [], lists(), ["allow ARM on main", "register ARM"]),
        # the one wanted, ours
        (deployment(), [ours], lists(main=(guid(1),)), []),
        (deployment(), [ours], lists(test=(guid(1),)), ["allow G1 on main", "disallow G1 on test"]),
        (
            deployment(),
            [ours],
            lists(main=(guid(1),), test=(guid(1), guid(8))),
            ["disallow G1 on test"],
        ),
        # the preferred one is foreign: the other kind beside it, and the foreign entries stay
        (deployment(), [theirs], lists(test=(guid(1),)), ["allow ARM on main", "register ARM"]),
        (deployment(), [theirs, ours_as_arm], lists(main=(ARM,), test=(guid(1),)), []),
        (
            deployment(),
            [theirs, ours_as_arm],
            lists(test=(guid(1), ARM)),
            ["allow ARM on main", "disallow ARM on test"],
        ),
        # both are foreign: nothing
        (deployment(), [theirs, foreign(ARM)], lists(test=(guid(1), ARM)), []),
        (BY_ARM_ID, [theirs, foreign(ARM)], lists(), []),
        # its other kind, ours: only after the wanted one is everywhere
        (BY_ARM_ID, [ours], lists(main=(guid(1),)), ["allow ARM on main", "register ARM"]),
        (BY_ARM_ID, [ours, ours_as_arm], lists(main=(guid(1),)), ["allow ARM on main"]),
        (BY_ARM_ID, [ours, ours_as_arm], lists(), ["allow ARM on main"]),
        (
            BY_ARM_ID,
            [ours, ours_as_arm],
            lists(main=(guid(1), ARM), test=(guid(1),)),
            ["deregister G1", "disallow G1 on main", "disallow G1 on test"],
        ),
        (
            deployment(),
            [ours, ours_as_arm],
            lists(main=(guid(1), ARM.upper())),
            ["deregister ARM", f"disallow {ARM.upper()} on main"],
        ),
        # its other kind, foreign
        (BY_ARM_ID, [theirs, ours_as_arm], lists(main=(guid(1), ARM)), []),
        # the preferred one is not foreign any more: migrated
        (deployment(), [ours_as_arm], lists(main=(ARM,)), ["allow G1 on main", "register G1"]),
        # a former one, ours: at once
        (
            deployment(),
            [former],
            lists(main=(guid(9),), test=(guid(9),)),
            [
                "allow G1 on main",
                "register G1",
                "deregister G9",
                "disallow G9 on main",
                "disallow G9 on test",
            ],
        ),
        (deployment(), [former, ours], lists(main=(guid(1),)), ["deregister G9"]),
    ],
)
def test_connect(
    by: DeploymentConfig,
    registrations: list[Registration],
    services: tuple[Service, ...],
    expected: list[str],
) -> None:
    """The differences for an endpoint that is to be connected are those of the table."""
    seen = snapshot(endpoint(1, "main"), services=services, registrations=registrations, zones=[zone()])
    assert changes(seen, by) == expected


def test_register() -> None:
    """A registration is made in the region of the service, and says whose it is and for which endpoint."""
    made = plan_of(snapshot(endpoint(1, "")))
    assert made.changes == (Register(pe(1), guid(1), REGION, registration_mark(OWNER, pe(1))),)


@pytest.mark.parametrize(
    ("tag", "services", "expected"),
    [
        ("*", lists(), ["allow G1 on test", "register-through-service G1 on main"]),
        ("test", lists(), ["register-through-service G1 on test"]),
        ("*", lists(main=(guid(1),)), ["register-through-service G1 on test"]),
        ("", lists(), ["register G1"]),
        ("*", lists(main=(guid(1),), test=(guid(1),)), ["register G1"]),
    ],
)
def test_add_refused(tag: str, services: tuple[Service, ...], expected: list[str]) -> None:
    """Where the organization's `add` is refused, one service registers the endpoint and lets it in.

    Without such a service `add` is tried, so that the API's error is reported.
    """
    assert changes(snapshot(endpoint(1, tag), services=services), add_refused=True) == expected


@pytest.mark.parametrize("who", [pe(1), endpoint(1, None)], ids=["gone", "untagged"])
@pytest.mark.parametrize(
    ("registrations", "services", "expected"),
    [
        ([], lists(), []),
        ([], lists(main=(guid(1),)), []),
        ([theirs], lists(main=(guid(1),)), []),
        ([registered(1, owner="other")], lists(main=(guid(1),)), []),
        ([foreign(guid(1), "")], lists(main=(guid(1),)), []),
        ([registered(1, by=2)], lists(main=(guid(1),)), []),
        ([ours], lists(), ["deregister G1"]),
        (
            [ours, ours_as_arm, former, registered(2)],
            lists(main=(guid(1), guid(2), ARM), test=(guid(9), guid(8))),
            [
                *("deregister ARM", "deregister G1", "deregister G9"),
                *("disallow ARM on main", "disallow G1 on main", "disallow G9 on test"),
            ],
        ),
        ([theirs, ours_as_arm], lists(main=(guid(1), ARM)), ["deregister ARM", "disallow ARM on main"]),
    ],
)
def test_release(
    who: ResourceId, registrations: list[Registration], services: tuple[Service, ...], expected: list[str]
) -> None:
    """Of an endpoint that is deleted or untagged everything that this deployment owns is removed, and nothing else.

    A managed record that names the endpoint does not change that.
    """
    for zones in ([], [zone(record(1))]):
        seen = snapshot(who, services=services, registrations=registrations, zones=zones)
        assert changes(seen) == expected


def made(description: str, *, service: str | None = None) -> PassResults:
    """What a pass knows that has just registered endpoint 1, through a service or not."""
    mark = registration_mark(OWNER, pe(1))
    change = (
        RegisterThroughService(pe(1), guid(1), REGION, mark, service_id(service))
        if service
        else Register(pe(1), guid(1), REGION, mark)
    )
    gone = frozenset({guid(1)}) if description == "gone" else frozenset[str]()
    return PassResults(registered={guid(1): change}, unmarked=gone)


MARK_1 = registration_mark(OWNER, pe(1))


@pytest.mark.parametrize(
    ("description", "through", "listed_on", "expected"),
    [
        # kept
        (MARK_1, None, [], ["allow G1 on main"]),
        # dropped or cut: taken back, unless another service lists it
        ("", None, [], ["deregister G1"]),
        (MARK_1[:40], None, [], ["deregister G1"]),
        ("", None, ["main"], []),
        ("", "main", ["main"], ["deregister G1", "disallow G1 on main"]),
        ("", "main", ["main", "test"], ["disallow G1 on main"]),
        # taken back: not tried again in this pass
        ("gone", None, [], []),
        # other words: somebody else's, made at the same moment
        ("by hand", None, [], ["allow ARM on main", "register ARM"]),
        ("by hand", None, ["main"], ["allow ARM on main", "register ARM"]),
        (
            "by hand",
            "main",
            ["main", "test"],
            ["allow ARM on main", "register ARM", "disallow G1 on main"],
        ),
        (f"{MARK_1} and more", None, [], ["allow ARM on main", "register ARM"]),
    ],
)
def test_a_mark_that_was_not_kept(
    description: str, through: str | None, listed_on: list[str], expected: list[str]
) -> None:
    """A registration of this pass without its mark is taken back, and gives no access."""
    services = [service(name, *[guid(1)] * (name in listed_on)) for name in ("main", "test")]
    registrations = [] if description == "gone" else [foreign(guid(1), description)]
    seen = snapshot(endpoint(1, "main"), services=services, registrations=registrations)
    plan = plan_of(seen, results=made(description, service=through))
    assert [said(change) for change in plan.changes] == expected
    codes = {one.code for one in plan.findings}
    unmarked = description in ("", MARK_1[:40], "gone")
    assert ("registration-mark-not-kept" in codes) is unmarked


def test_services_on_their_way_out_and_other_clouds() -> None:
    """A registered id of this deployment is removed from the allow list of any service, in any state and cloud."""
    services = (
        service("main"),
        service("test", guid(1), state="stopped"),
        service("aws", guid(1), provider="aws"),
    )
    seen = snapshot(pe(1), services=services, registrations=[ours])
    expected = ["deregister G1", "disallow G1 on aws", "disallow G1 on test"]
    assert changes(seen) == expected


def test_other_clouds_registrations() -> None:
    """A registration on another cloud is foreign, whatever its description."""
    aws = Registration(guid(1), "us-east-1", registration_mark(OWNER, pe(1)), provider="aws")
    assert changes(snapshot(pe(1), registrations=[aws])) == []


def test_held_services_keep_both_kinds() -> None:
    """While it is not known where a selected service is, the other kind of id stays allowed there."""
    unknown: dict[Read[Any], Any] = {ReadConfig(service_id("test")): FORBIDDEN}
    services = lists(main=(guid(1), ARM), test=(guid(1),))
    seen = snapshot(endpoint(1), services=services, registrations=[ours, ours_as_arm], also=unknown)
    assert changes(seen, BY_ARM_ID) == []


def test_two_endpoints_one_service() -> None:
    """Each endpoint has its own changes, also on the list of the same service."""
    assert changes(snapshot(endpoint(1), endpoint(2))) == [
        *("allow G1 on main", "register G1"),
        *(f"allow {guid(2)} on main", f"register {guid(2)}"),
    ]


def test_held_services_that_have_both_kinds() -> None:
    """Where the wanted kind of id is on every list that has the other, the other goes, held services included."""
    unknown: dict[Read[Any], Any] = {ReadConfig(service_id("test")): FORBIDDEN}
    services = lists(main=(guid(1), ARM), test=(guid(1), ARM))
    seen = snapshot(endpoint(1), services=services, registrations=[ours, ours_as_arm], also=unknown)
    assert changes(seen, BY_ARM_ID) == ["deregister G1", "disallow G1 on main", "disallow G1 on test"]

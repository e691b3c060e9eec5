"""A mistake in a tag removes nothing from its endpoint: neither access, nor a registration, nor a record."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.changes.dns import PutRecord
from shared.domain.changes.outcome import PassResults
from shared.domain.model.deployment_config import IdKind
from shared.domain.model.resources import Endpoint, RecordSet
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.plan import Plan
from tests.support.plans import plan_of
from tests.support.worlds import (
    OTHER_ALIAS,
    STRANGE_ALIAS,
    address,
    deployment,
    endpoint,
    guid,
    pe,
    record,
    registered,
    service,
    service_id,
    shared_record,
    snapshot,
    zone,
    zone_id,
)

NOTHING_REMOVED = "; nothing is removed for this endpoint until the tag is corrected"
SECOND = zone_id("rg-dns-2")
TWIN = replace(service("twin"), name="main")
MISTAKES = {
    "not understood": "main,tag: env=prod",
    "semicolon": "main,test;other",
    "matches nothing": "main,nobody",
    "matches nothing by tag": "main,tag:team",
    "on another cloud": "main,legacy",
}


def removals(plan: Plan) -> list[str]:
    return [f"{change.verb} {change.endpoint.name}" for change in plan.changes if change.removes]


def messages(plan: Plan, code: str) -> list[str]:
    return [finding.message for finding in plan.findings if finding.code == code]


def world(tag: str | None, **endpoint_parts: Any) -> Snapshot:
    """Endpoint 1 has entries under its GUID, its ARM id and a former GUID, on services that `tag` may not select."""
    one = endpoint(1, tag, **endpoint_parts)
    services = [
        service("main"),
        service("test", guid(1), one.arm_id, guid(9)),
        service("legacy", provider="aws"),
        service("far"),
    ]
    return snapshot(
        one,
        services=services,
        elsewhere={"far": OTHER_ALIAS},
        registrations=[registered(1), registered(1, id_=one.arm_id), registered(9, by=1)],
        zones=[zone(record(1)), zone(id_=SECOND, vnets=())],
    )


@pytest.mark.parametrize("tag", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_adds_and_removes_nothing(tag: str) -> None:
    """What the other selectors select is added; no entry and no registration is removed, of any id."""
    plan = plan_of(world(tag))
    assert [(change.verb, getattr(change, "service", "")) for change in plan.changes] == [("allow", service_id("main"))]
    assert removals(plan_of(world("main"))) == ["deregister pe-1", "disallow pe-1", "disallow pe-1"]


def test_an_ambiguous_name_removes_nothing() -> None:
    """Nothing is removed while a name selects none because several services have it."""
    for tag, services in [("main", [service("main"), TWIN]), ("Main", [service("main"), service("MAIN")])]:
        known = [*services, service("test", guid(1))]
        plan = plan_of(snapshot(endpoint(1, tag), services=known, registrations=[registered(1)]))
        assert plan.changes == ()
        assert any(one.endswith(NOTHING_REMOVED) for one in messages(plan, "bad-selector"))


@pytest.mark.parametrize("tag", ["main", "*", ""])
def test_a_correct_tag_removes_what_it_does_not_select(tag: str) -> None:
    """Without a mistake the tag is the whole truth; an empty one selects nothing."""
    assert removals(plan_of(world(tag)))


def test_an_untagged_endpoint_is_released() -> None:
    """No tag is no mistake."""
    assert "deregister pe-1" in removals(plan_of(world(None)))


def test_a_narrowed_filter_takes_effect() -> None:
    """SERVICE_FILTER is no tag: neither what it does not permit nor what it matches is a mistake in the tag."""
    seen = snapshot(
        endpoint(1, "test"),
        services=[service("main", guid(1)), service("test")],
        registrations=[registered(1)],
    )
    assert removals(plan_of(seen, deployment(service_filter="main,nobody"))) == ["disallow pe-1"]


def test_a_mistake_of_an_endpoint_of_a_foreign_service() -> None:
    """Former ids stay as well where the endpoint is connected to a foreign Private Link service."""
    assert removals(plan_of(world("*", alias=STRANGE_ALIAS))) == ["deregister pe-1", "disallow pe-1"]
    assert removals(plan_of(world("*,nobody", alias=STRANGE_ALIAS))) == []


def test_a_mistake_and_another_kind_of_id() -> None:
    """The other kind of id stays, although the preferred one is allowed everywhere."""
    one = endpoint(1, "main,nobody")
    seen = snapshot(
        one,
        services=[service("main", guid(1), one.arm_id)],
        registrations=[registered(1), registered(1, id_=one.arm_id)],
        zones=[zone(record(1))],
    )
    assert plan_of(seen, deployment(id_kind=IdKind.RESOURCE_ID)).changes == ()


def test_a_mistake_and_another_region() -> None:
    """An id that is registered for another region keeps its registration and entries."""
    far = replace(registered(1), region="eastus2")
    seen = snapshot(
        endpoint(1, "main,nobody"),
        services=[service("main", guid(1))],
        registrations=[far],
        zones=[zone(record(1))],
    )
    assert plan_of(seen).changes == ()


def test_a_registration_without_its_mark_is_taken_back() -> None:
    """What this pass registered without its mark gave no access before: it is removed in spite of a mistake."""
    (made,) = plan_of(snapshot(endpoint(1, "nobody"))).changes
    seen = snapshot(endpoint(1, "nobody"), registrations=[replace(registered(1), description="")], zones=[zone()])
    plan = plan_of(seen, results=PassResults(registered={guid(1): made}))  # type: ignore[dict-item]
    assert removals(plan) == ["deregister pe-1"]


def named(one: RecordSet) -> RecordSet:
    return replace(one, name="far")


FAR: dict[str, Any] = {"services": [service("main"), service("far")], "elsewhere": {"far": OTHER_ALIAS}}


@pytest.mark.parametrize("tag", ["fra", "main,far;main"])
def test_the_record_of_a_service_stays(tag: str) -> None:
    """The record of a service's own name stays while it may be that of a service the tag should select."""
    there = [endpoint(1), endpoint(2, tag, alias=OTHER_ALIAS)]
    zones = [zone(record(1), named(record(2)))]
    assert "delete-record pe-2" not in removals(plan_of(snapshot(*there, zones=zones, **FAR)))
    right = [endpoint(1), endpoint(2, "main", alias=OTHER_ALIAS)]
    assert removals(plan_of(snapshot(*right, zones=zones, **FAR))) == ["delete-record pe-2"]


def test_the_record_in_a_former_zone_stays() -> None:
    """An endpoint that moves to another zone gets its record there, and keeps the former one."""
    moved = endpoint(1, "nobody", zone_tag=str(SECOND))
    zones = [zone(record(1)), zone(id_=SECOND, vnets=())]
    plan = plan_of(snapshot(moved, endpoint(2), zones=zones))
    (put,) = [change for change in plan.changes if isinstance(change, PutRecord)]
    assert (put.endpoint, put.after.zone, removals(plan)) == (pe(1), SECOND, [])
    assert [one.object for one in plan.findings if one.code == "wildcard-owned-by-other"] == [str(pe(2))]


def test_a_new_address_is_written() -> None:
    """A record follows the address of its endpoint: that removes nothing from it."""
    seen = snapshot(endpoint(1, "nobody", guid_number=7), zones=[zone(record(1))])
    (put,) = [change for change in plan_of(seen).changes if isinstance(change, PutRecord)]
    assert put.after.addresses == (address(7),)


@pytest.mark.parametrize(
    ("first", "second", "addresses"),
    [
        (endpoint(1), endpoint(2, "nobody", dns="shared"), None),
        (endpoint(1, "nobody"), endpoint(2, dns="shared"), (address(1),)),
        (endpoint(1), endpoint(2, dns="shared"), (address(1),)),
        (endpoint(1, dns="shared"), endpoint(2, "nobody"), None),
    ],
)
def test_a_shared_record(first: Endpoint, second: Endpoint, addresses: tuple[str, ...] | None) -> None:
    """An endpoint with a mistake in its tag keeps its address in a record that is not shared any more."""
    plan = plan_of(snapshot(first, second, zones=[zone(shared_record(1, 2))]))
    put = [change.after.addresses for change in plan.changes if isinstance(change, PutRecord)]
    assert put == ([addresses] if addresses else [])


@pytest.mark.parametrize(
    ("tag", "code", "message"),
    [
        ("main,nobody", "service-not-found", "no service on Azure matches nobody"),
        (
            "main;test",
            "bad-selector",
            "'main;test' contains a semicolon; separate selectors with commas",
        ),
    ],
)
def test_the_finding_says_so(tag: str, code: str, message: str) -> None:
    """The finding names the mistake, and says that nothing is removed until the tag is corrected."""
    assert messages(plan_of(world(tag)), code) == [message + NOTHING_REMOVED]


def test_no_service_selected() -> None:
    """An endpoint that reaches no service is reported as such, one that keeps its access is not."""
    keeping = snapshot(endpoint(1, "nobody"), services=[service("main", guid(1))], registrations=[registered(1)])
    assert messages(plan_of(keeping), "no-service-selected") == []
    assert messages(plan_of(snapshot(endpoint(1, "nobody"))), "no-service-selected")

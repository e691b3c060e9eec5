"""Which allow-list entries are removable: the table of `allow_lists`, in the resulting plans."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.changes.clickhouse import Deregister, Disallow
from shared.domain.model.deployment_config import IdKind
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.planning.plan import Plan
from tests.support.plans import plan_of
from tests.support.worlds import (
    STRANGE_ALIAS,
    deployment,
    endpoint,
    foreign,
    guid,
    pe,
    registered,
    service,
    service_id,
    snapshot,
    zone,
)

ONLY_MAIN, MISTYPED = deployment(service_filter="main"), deployment(service_filter="mian")
LISTS = [service("main", guid(1)), service("test", guid(1))]
NAMES = {service_id(name): name for name in ("main", "test")}
MAIN, TEST = "disallow main", "disallow test"


def removals(plan: Plan) -> list[str]:
    gone = [f"disallow {NAMES[one.service]}" for one in plan.changes if isinstance(one, Disallow)]
    return gone + [f"deregister {one.id}" for one in plan.changes if isinstance(one, Deregister)]


def kept(plan: Plan) -> list[str]:
    """The services whose entries stay, as the findings say."""
    reported = [one.message for one in plan.findings if one.code == "allow-list-outside-filter"]
    return [name for name in ("main", "test") if any(f"list of {name}:" in one for one in reported)]


GONE, UNTAGGED = pe(1), endpoint(1, None)
RECREATED, STRANGER = endpoint(1, "", guid_number=9), endpoint(1, guid_number=9, alias=STRANGE_ALIAS)
OUT = f"deregister {guid(1)}"


@pytest.mark.parametrize(
    ("who", "by", "expected", "staying"),
    [
        # gone: the id names nobody
        (GONE, deployment(), [MAIN, TEST, OUT], []),
        (GONE, ONLY_MAIN, [MAIN, TEST, OUT], []),
        (GONE, MISTYPED, [MAIN, TEST, OUT], []),
        # recreated: neither does its former GUID
        (RECREATED, ONLY_MAIN, [MAIN, TEST, OUT], []),
        (STRANGER, ONLY_MAIN, [MAIN, TEST, OUT], []),
        # untagged
        (UNTAGGED, deployment(), [MAIN, TEST, OUT], []),
        (UNTAGGED, ONLY_MAIN, [MAIN], ["test"]),
        (UNTAGGED, MISTYPED, [], ["main", "test"]),
        # another selection
        (endpoint(1, ""), deployment(), [MAIN, TEST], []),
        (endpoint(1, ""), ONLY_MAIN, [MAIN], ["test"]),
        (endpoint(1, "test"), ONLY_MAIN, [MAIN], ["test"]),
        (endpoint(1, "*"), MISTYPED, [], ["main", "test"]),
        # connected to a foreign Private Link service, with the id
        (endpoint(1, alias=STRANGE_ALIAS), deployment(), [], []),
    ],
)
def test_entries(who: Endpoint | ResourceId, by: Any, expected: list[str], staying: list[str]) -> None:
    """An entry may go if no endpoint has its id any more, or SERVICE_FILTER permits it; otherwise it is reported."""
    plan = plan_of(snapshot(who, services=LISTS, registrations=[registered(1)]), by)
    assert sorted(removals(plan)) == sorted(expected)
    assert kept(plan) == staying


@pytest.mark.parametrize(("who", "gone"), [(endpoint(1).id, True), (endpoint(1, None), False)])
def test_arm_ids(who: Endpoint | ResourceId, *, gone: bool) -> None:
    """Of a deleted endpoint no entry of its ARM id stays: whoever makes one of that name would be let in."""
    arm = endpoint(1).arm_id
    seen = snapshot(who, services=[service("test", arm)], registrations=[registered(1, id_=arm)])
    plan = plan_of(seen, deployment(service_filter="main", id_kind=IdKind.RESOURCE_ID))
    assert removals(plan) == ([TEST, f"deregister {arm}"] if gone else [])
    assert kept(plan) == ([] if gone else ["test"])


@pytest.mark.parametrize("who", [GONE, UNTAGGED, RECREATED, endpoint(1, "")])
def test_entries_of_foreign_registrations(who: Endpoint | ResourceId) -> None:
    """Entries of a registration that is not ours are never removed."""
    plan = plan_of(snapshot(who, services=LISTS, registrations=[foreign(guid(1))]))
    assert removals(plan) == []


def test_the_other_kind_of_id() -> None:
    """A migration takes the other kind of id out of our domain only, and leaves it registered for the rest."""
    arm = endpoint(1).arm_id
    services = [service("main", guid(1), arm), service("test", guid(1))]
    seen = snapshot(
        endpoint(1), services=services, registrations=[registered(1), registered(1, id_=arm)], zones=[zone()]
    )
    plan = plan_of(seen, replace(ONLY_MAIN, id_kind=IdKind.RESOURCE_ID))
    assert removals(plan) == [MAIN]
    assert [one.code for one in plan.findings if one.code == "id-kind-mixed"]
    assert kept(plan) == ["test"]


def test_why_an_entry_stays() -> None:
    """The finding names the endpoint, the id, the service, and SERVICE_FILTER as the reason."""
    plan = plan_of(snapshot(UNTAGGED, services=LISTS, registrations=[registered(1)]), ONLY_MAIN)
    (finding,) = [one for one in plan.findings if one.code == "allow-list-outside-filter"]
    assert finding.object == str(pe(1))
    assert finding.message == (
        f"the endpoint is untagged, but {guid(1)} stays on the allow list of test: SERVICE_FILTER does not permit "
        "this deployment to change that service"
    )

"""Which entries may go: the table of `entries`, in the plans that come of it."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from shared.domain.changes import Deregister, Disallow
from shared.domain.ids import ResourceId
from shared.domain.marks import Claim, end_of, metadata_for, witness_name
from shared.domain.model import Endpoint, RecordSet
from shared.domain.plan import Plan
from shared.domain.rules import IdKind
from tests.support.plans import plan_of
from tests.support.worlds import (
    STRANGE_ALIAS,
    address,
    endpoint,
    foreign,
    guid,
    pe,
    record,
    registered,
    rules,
    service,
    service_id,
    world,
    zone,
    zone_id,
)

ONLY_MAIN, MISTYPED = rules(service_filter="main"), rules(service_filter="mian")
LISTS = [service("main", guid(1)), service("test", guid(1))]
NAMES = {service_id(name): name for name in ("main", "test")}
MAIN, TEST = "disallow main", "disallow test"


def told_by(owner: str, *lent: str, id_: str = guid(1)) -> RecordSet:
    """The record by which that owner tells that it allowed these services under somebody else's registration."""
    claim = Claim(pe(1), id_, ours=False, lent=frozenset(end_of(service_id(one)) for one in lent))
    metadata = MappingProxyType(metadata_for(owner, {address(1): claim}, {}))
    return RecordSet(zone_id(), witness_name(owner, pe(1)), 300, (address(1),), metadata, "5")


def removals(plan: Plan) -> list[str]:
    gone = [f"disallow {NAMES[one.service]}" for one in plan.changes if isinstance(one, Disallow)]
    return gone + [f"deregister {one.id}" for one in plan.changes if isinstance(one, Deregister)]


def kept(plan: Plan) -> list[str]:
    told = [one.message for one in plan.findings if one.code == "allow-list-outside-filter"]
    return [name for name in ("main", "test") if any(f"list of {name}:" in one for one in told)]


GONE, UNTAGGED = pe(1), endpoint(1, None)
RECREATED, STRANGER = endpoint(1, "", guid_number=9), endpoint(1, guid_number=9, alias=STRANGE_ALIAS)
OUT = f"deregister {guid(1)}"
others: dict[str, Any] = {"zones": [zone(told_by("other", "test"))]}


@pytest.mark.parametrize(
    ("who", "by", "more", "expected", "staying"),
    [
        # gone: the id names nobody
        (GONE, rules(), {}, [MAIN, TEST, OUT], []),
        (GONE, ONLY_MAIN, {}, [MAIN, TEST, OUT], []),
        (GONE, MISTYPED, {}, [MAIN, TEST, OUT], []),
        (GONE, rules(), others, [MAIN, TEST, OUT], []),
        # recreated: neither does its former GUID
        (RECREATED, ONLY_MAIN, {}, [MAIN, TEST, OUT], []),
        (STRANGER, ONLY_MAIN, {}, [MAIN, TEST, OUT], []),
        # untagged
        (UNTAGGED, rules(), {}, [MAIN, TEST, OUT], []),
        (UNTAGGED, ONLY_MAIN, {}, [MAIN], ["test"]),
        (UNTAGGED, MISTYPED, {}, [], ["main", "test"]),
        (UNTAGGED, rules(), others, [MAIN], ["test"]),
        # another selection
        (endpoint(1, ""), rules(), {}, [MAIN, TEST], []),
        (endpoint(1, ""), ONLY_MAIN, {}, [MAIN], ["test"]),
        (endpoint(1, "test"), ONLY_MAIN, {}, [MAIN], ["test"]),
        (endpoint(1, "*"), MISTYPED, {}, [], ["main", "test"]),
        (endpoint(1, "main"), rules(), others, [], ["test"]),
        # a stranger bears the id still
        (endpoint(1, alias=STRANGE_ALIAS), rules(), {}, [], []),
    ],
)
def test_entries(
    who: Endpoint | ResourceId, by: Any, more: dict[str, Any], expected: list[str], staying: list[str]
) -> None:
    """An entry goes where its id names nobody, or where it lies in this deployment's domain; else it is told of."""
    plan = plan_of(world(who, services=LISTS, registrations=[registered(1)], **more), by)
    assert sorted(removals(plan)) == sorted(expected)
    assert kept(plan) == staying


@pytest.mark.parametrize(("who", "gone"), [(endpoint(1).id, True), (endpoint(1, None), False)])
def test_arm_ids(who: Endpoint | ResourceId, *, gone: bool) -> None:
    """Of a deleted endpoint no entry of its ARM id stays: whoever makes one of that name would be let in."""
    arm = endpoint(1).arm_id
    seen = world(who, services=[service("test", arm)], registrations=[registered(1, id_=arm)])
    plan = plan_of(seen, rules(service_filter="main", id_kind=IdKind.RESOURCE_ID))
    assert removals(plan) == ([TEST, f"deregister {arm}"] if gone else [])
    assert kept(plan) == ([] if gone else ["test"])


def test_lent_entries() -> None:
    """What we allowed under somebody else's registration is left, too, where SERVICE_FILTER permits it no more."""
    ours = zone(told_by("tests", "main", "test"))
    seen = world(UNTAGGED, services=LISTS, registrations=[foreign(guid(1))], zones=[ours])
    plan = plan_of(seen, ONLY_MAIN)
    assert (removals(plan), kept(plan)) == ([MAIN], ["test"])
    seen = world(endpoint(1, ""), services=LISTS, registrations=[foreign(guid(1))], zones=[ours])
    plan = plan_of(seen, ONLY_MAIN)
    assert (removals(plan), kept(plan)) == ([MAIN], ["test"])
    seen = world(GONE, services=LISTS, registrations=[foreign(guid(1))], zones=[ours])
    plan = plan_of(seen, ONLY_MAIN)
    assert (removals(plan), kept(plan)) == ([MAIN, TEST], []), "its id names nobody"


def test_the_other_kind_of_id() -> None:
    """A migration takes the other kind of id out of our domain only, and leaves it registered for the rest."""
    arm = endpoint(1).arm_id
    services = [service("main", guid(1), arm), service("test", guid(1))]
    seen = world(
        endpoint(1), services=services, registrations=[registered(1), registered(1, id_=arm)], zones=[zone()]
    )
    plan = plan_of(seen, replace(ONLY_MAIN, id_kind=IdKind.RESOURCE_ID))
    assert removals(plan) == [MAIN]
    assert [one.code for one in plan.findings if one.code == "id-kind-mixed"]


@pytest.mark.parametrize("owner", ["tests", "other"])
def test_whose_word_counts(owner: str) -> None:
    """Only another deployment's records tell that an entry is another's."""
    parts: dict[str, Any] = {"services": LISTS, "registrations": [registered(1)]}
    plan = plan_of(world(UNTAGGED, zones=[zone(told_by(owner, "test"), record(2))], **parts))
    assert kept(plan) == ([] if owner == "tests" else ["test"])


@pytest.mark.parametrize(("id_", "expected"), [(guid(1), [MAIN]), (guid(9), [])])
def test_lent_to_one_that_a_stranger_replaced(id_: str, expected: list[str]) -> None:
    """What we lent an endpoint goes where another has its name, unless that bears the id; the rest is theirs."""
    lent = zone(told_by("tests", "main", id_=id_))
    services = [service("main", id_), service("test", id_)]
    plan = plan_of(world(STRANGER, services=services, registrations=[foreign(id_)], zones=[lent]))
    assert removals(plan) == expected


def test_why_an_entry_stays() -> None:
    """Why an entry stays is told of the endpoint: another's record, or our own SERVICE_FILTER."""
    parts: dict[str, Any] = {"services": LISTS, "registrations": [registered(1)]}
    for plan, why in (
        (plan_of(world(UNTAGGED, **others, **parts)), "another deployment's record tells that it is its"),
        (plan_of(world(UNTAGGED, **parts), ONLY_MAIN), "SERVICE_FILTER does not permit"),
    ):
        (told,) = [one for one in plan.findings if one.code == "allow-list-outside-filter"]
        assert told.object == str(pe(1))
        assert f"list of test: {why}" in told.message

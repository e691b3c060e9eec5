import json
from dataclasses import replace

import pytest

from shared.domain.changes import (
    Allow,
    Change,
    CreateZone,
    DeleteRecord,
    Deregister,
    Disallow,
    LinkNetwork,
    PutRecord,
    Register,
    RegisterThroughService,
    sort_key,
    with_reason,
)
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, RecordSet
from shared.domain.model.snapshot import ReadEndpoint
from tests.support.plans import plan_of
from tests.support.worlds import (
    FORBIDDEN,
    REGION,
    deployment,
    endpoint,
    foreign_record,
    guid,
    network,
    pe,
    record,
    registered,
    service,
    shared_record,
    snapshot,
    zone,
    zone_id,
)

PE, RECORD = str(pe(1)), f"{zone_id()}/A/*"
SHOWN = {"ttl": 300, "addresses": ["10.0.0.1"], "metadata": dict(record(1).metadata)}


@pytest.mark.parametrize(
    ("change", "words", "shown"),
    [
        (
            Register(pe(1), guid(1), REGION, "ours"),
            f"{guid(1)} for {REGION}",
            {"change": "register", "object": "organization", "id": guid(1), "region": REGION},
        ),
        (
            RegisterThroughService(pe(1), guid(1), REGION, "ours", "s1"),
            f"{guid(1)} on service s1",
            {"change": "register-through-service", "object": "service s1", "id": guid(1), "region": REGION},
        ),
        (
            Deregister(pe(1), guid(1), REGION),
            f"{guid(1)} for {REGION}",
            {"change": "deregister", "object": "organization", "id": guid(1), "region": REGION},
        ),
        (
            Allow(pe(1), guid(1), "s1"),
            f"{guid(1)} on service s1",
            {"change": "allow", "object": "service s1", "id": guid(1)},
        ),
        (
            Disallow(pe(1), guid(1), "s1"),
            f"{guid(1)} on service s1",
            {"change": "disallow", "object": "service s1", "id": guid(1)},
        ),
        (
            PutRecord(pe(1), None, record(1)),
            f"10.0.0.1 in {RECORD}",
            {"change": "put-record", "object": RECORD, "before": None, "after": SHOWN},
        ),
        (
            PutRecord(pe(1), record(1), record(1, ttl=60)),
            f"10.0.0.1, TTL in {RECORD}",
            {"change": "put-record", "object": RECORD, "before": SHOWN, "after": {**SHOWN, "ttl": 60}},
        ),
        (
            DeleteRecord(pe(1), record(1)),
            f"10.0.0.1 in {RECORD}",
            {"change": "delete-record", "object": RECORD, "before": SHOWN, "after": None},
        ),
        (CreateZone(pe(1), zone_id()), str(zone_id()), {"change": "create-zone", "object": str(zone_id())}),
        (
            LinkNetwork(pe(1), zone_id(), network()),
            f"{network()} to {zone_id()}",
            {"change": "link-network", "object": str(zone_id()), "network": str(network())},
        ),
    ],
    ids=lambda value: value.verb if hasattr(value, "verb") else "",
)
def test_shown(change: Change, words: str, shown: dict[str, object]) -> None:
    """Summary and JSON show everything that a change does."""
    assert change.summary() == words
    assert json.loads(json.dumps(change.as_json())) == {**shown, "endpoint": PE}


@pytest.mark.parametrize(
    ("change", "sign", "words"),
    [
        (RegisterThroughService(pe(1), guid(1), REGION, "", "s1"), "+", f"{guid(1)} on service main (s1)"),
        (Allow(pe(1), guid(1), "s1"), "+", f"{guid(1)} on service main (s1)"),
        (Disallow(pe(1), guid(1), "s1"), "-", f"{guid(1)} on service main (s1)"),
        (Deregister(pe(1), guid(1), ""), "-", f"{guid(1)} for no region"),
        (CreateZone(pe(1), zone_id()), "+", str(zone_id())),
        (DeleteRecord(pe(1), record(1)), "-", f"10.0.0.1 in {RECORD}"),
        (PutRecord(pe(1), None, record(1)), "+", f"10.0.0.1 in {RECORD}"),
        (PutRecord(pe(1), record(1), record(2)), "~", f"10.0.0.1 -> 10.0.0.2 in {RECORD}"),
        (
            PutRecord(pe(1), foreign_record("10.0.0.1"), replace(record(1), ttl=3600)),
            "~",
            f"10.0.0.1, ownership metadata in {RECORD}",
        ),
        (
            PutRecord(pe(1), replace(record(1), addresses=()), record(1)),
            "~",
            f"no address -> 10.0.0.1 in {RECORD}",
        ),
    ],
)
def test_line_of_a_diff(change: Change, sign: str, words: str) -> None:
    """A diff shows a change with its sign, its object, and the names of services if known."""
    assert (change.sign, change.summary({"s1": "main"})) == (sign, words)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Register(pe(1), guid(1), REGION, ""), "-", f"{guid(1)} in {REGION}"),
        (Deregister(pe(1), guid(1), REGION), f"{guid(1)} in {REGION}", "-"),
        (Allow(pe(1), guid(1), "s1"), "-", guid(1)),
        (Disallow(pe(1), guid(1), "s1"), guid(1), "-"),
        (CreateZone(pe(1), zone_id()), "-", "created"),
        (LinkNetwork(pe(1), zone_id(), network()), "-", f"linked to {network()}"),
        (PutRecord(pe(1), None, record(1)), "-", "10.0.0.1, TTL 300, owner tests"),
        (DeleteRecord(pe(1), foreign_record()), "10.9.9.9, TTL 3600, no owner", "-"),
    ],
)
def test_before_and_after(change: Change, before: str, after: str) -> None:
    """A change shows its object before and after; for a record its addresses, TTL and owner."""
    assert change.before_after() == (before, after)


@pytest.mark.parametrize(
    ("before", "after", "removes"),
    [
        (None, record(1), False),
        (record(1), record(1, ttl=60), False),
        (record(1), shared_record(1, 2), False),
        (shared_record(1, 2), record(1), True),
        (record(1), record(2), True),
        (foreign_record(), record(1), False),
    ],
)
def test_records_that_remove(before: RecordSet | None, after: RecordSet, *, removes: bool) -> None:
    """Writing a record removes if an endpoint loses its place in it."""
    assert PutRecord(pe(1), before, after).removes is removes


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (pe(1), "deleted endpoint pe-1"),
        (endpoint(1, None), "untagged endpoint pe-1"),
        (endpoint(1, "none"), ""),
    ],
    ids=["deleted", "untagged", "tagged"],
)
@pytest.mark.parametrize(
    "change",
    [
        Deregister(pe(1), guid(1), REGION),
        Disallow(pe(1), guid(1), "s1"),
        DeleteRecord(pe(1), record(1)),
        PutRecord(pe(2), record(1), record(2)),
    ],
    ids=lambda change: change.verb,
)
def test_reason(change: Change, seen: Endpoint | ResourceId, reason: str) -> None:
    """A removal says in summary, JSON and before that its endpoint is deleted or untagged; it is the same change."""
    explained = with_reason(change, snapshot(seen, endpoint(2)), deployment())
    suffix = f", {reason}" if reason else ""
    before, after = change.before_after()
    assert explained.reason == reason
    assert explained.summary() == change.summary() + suffix
    assert explained.before_after() == (before + suffix, after)
    assert explained.as_json() == change.as_json() | ({"reason": reason} if reason else {})
    assert explained == change


def test_no_reason() -> None:
    """An addition has no reason, and an endpoint that was not or could not be read is neither deleted nor untagged."""
    known = snapshot(pe(1))
    assert with_reason(Allow(pe(1), guid(1), "s1"), known, deployment()).reason == ""
    for unknown in (snapshot(), snapshot(also={ReadEndpoint(pe(1)): FORBIDDEN})):
        assert with_reason(Disallow(pe(1), guid(1), "s1"), unknown, deployment()).reason == ""


def test_several_reasons() -> None:
    """A record that several endpoints lose names each of them."""
    change = DeleteRecord(pe(1), shared_record(1, 2))
    explained = with_reason(change, snapshot(pe(1), endpoint(2, None)), deployment())
    assert explained.reason == "deleted endpoint pe-1, untagged endpoint pe-2"


def test_reasons_in_a_plan() -> None:
    """The plan for a deleted endpoint gives the reason with each change."""
    services = [service("main", guid(1))]
    plan = plan_of(snapshot(pe(1), services=services, registrations=[registered(1)], zones=[zone(record(1))]))
    assert {change.verb: change.reason for change in plan.changes} == dict.fromkeys(
        ("deregister", "disallow", "delete-record"), "deleted endpoint pe-1"
    )


def test_order() -> None:
    """Additions precede removals; otherwise changes are ordered by endpoint."""
    ordered: list[Change] = [
        Register(pe(2), "a", REGION, ""),
        Disallow(pe(1), "b", "s"),
        Disallow(pe(1), "c", "s"),
    ]
    assert sorted([ordered[2], *ordered[:2]], key=sort_key) == ordered


def test_same() -> None:
    """Changes with the same effect are equal; any difference makes another change."""
    changes = [
        Register(pe(1), "a", REGION, "x"),
        RegisterThroughService(pe(1), "a", REGION, "x"),
        Deregister(pe(1), "a", REGION),
        PutRecord(pe(1), record(1), record(2)),
        PutRecord(pe(1), None, record(2)),
        PutRecord(pe(1), None, record(2, owner="other")),
        DeleteRecord(pe(1), record(1)),
    ]
    assert len({*changes, *changes}) == len(changes)

import json
from dataclasses import replace

import pytest

from shared.domain.changes.base import Change, sort_key
from shared.domain.changes.clickhouse import Allow, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.changes.dns import CreateZone, DeleteRecord, LinkNetwork, PutRecord
from shared.domain.model.resources import RecordSet
from tests.support.worlds import (
    REGION,
    foreign_record,
    guid,
    network,
    pe,
    record,
    shared_record,
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
        (
            RegisterThroughService(pe(1), guid(1), REGION, "", "s1", service_name="main"),
            "+",
            f"{guid(1)} on service main (s1)",
        ),
        (Allow(pe(1), guid(1), "s1", service_name="main"), "+", f"{guid(1)} on service main (s1)"),
        (Disallow(pe(1), guid(1), "s1", service_name="main"), "-", f"{guid(1)} on service main (s1)"),
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
    assert (change.sign, change.summary()) == (sign, words)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Register(pe(1), guid(1), REGION, ""), "-", f"{guid(1)} in {REGION}"),
        (Deregister(pe(1), guid(1), REGION, reason="R"), f"{guid(1)} in {REGION}, because R", "-"),
        (Allow(pe(1), guid(1), "s1"), "-", guid(1)),
        (Disallow(pe(1), guid(1), "s1", reason="R"), f"{guid(1)}, because R", "-"),
        (CreateZone(pe(1), zone_id()), "-", str(zone_id())),
        (LinkNetwork(pe(1), zone_id(), network()), "-", f"linked to {network()}"),
        (PutRecord(pe(1), None, record(1)), "-", "10.0.0.1, TTL 300, owner tests"),
        (
            PutRecord(pe(1), record(1), record(2), reason="R"),
            "10.0.0.1, TTL 300, owner tests, because R",
            "10.0.0.2, TTL 300, owner tests",
        ),
        (DeleteRecord(pe(1), foreign_record()), "10.9.9.9, TTL 3600, no owner", "-"),
    ],
)
def test_before_and_after(change: Change, before: str, after: str) -> None:
    """A change shows its object before and after; for a record its addresses, TTL and owner; a removal its reason."""
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


def test_reason() -> None:
    """Summary and JSON give the reason of a removal, which is the same change with and without it."""
    change = Disallow(pe(1), guid(1), "s1")
    explained = replace(change, reason="pe-1 is deleted")
    assert explained.summary() == f"{change.summary()}, because pe-1 is deleted"
    assert explained.as_json() == change.as_json() | {"reason": "pe-1 is deleted"}
    assert explained == change


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

import json

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
    as_json,
    sort_key,
    told,
)
from tests.support.worlds import REGION, guid, network, pe, record, zone_id

PE, RECORD = str(pe(1)), f"{zone_id()}/A/*"
SHOWN = {"ttl": 300, "addresses": ["10.0.0.1"], "metadata": dict(record(1).metadata)}


@pytest.mark.parametrize(
    ("change", "words", "shown"),
    [
        (
            Register(pe(1), guid(1), REGION, "ours"),
            guid(1),
            {"change": "register", "object": "organization", "id": guid(1), "region": REGION},
        ),
        (
            RegisterThroughService(pe(1), guid(1), REGION, "ours", "s1"),
            guid(1),
            {"change": "register-through-service", "object": "service s1", "id": guid(1), "region": REGION},
        ),
        (
            Deregister(pe(1), guid(1), REGION),
            guid(1),
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
            f"10.0.0.1 in {RECORD}",
            {"change": "put-record", "object": RECORD, "before": SHOWN, "after": {**SHOWN, "ttl": 60}},
        ),
        (
            DeleteRecord(pe(1), record(1)),
            RECORD,
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
    """A change is shown with all that it does, in words and as JSON."""
    assert told(change) == words
    assert json.loads(json.dumps(as_json(change))) == {**shown, "endpoint": PE}


def test_order() -> None:
    """Additions are told before removals, and otherwise by endpoint."""
    ordered: list[Change] = [
        Register(pe(2), "a", REGION, ""),
        Disallow(pe(1), "b", "s"),
        Disallow(pe(1), "c", "s"),
    ]
    assert sorted([ordered[2], *ordered[:2]], key=sort_key) == ordered


def test_same() -> None:
    """Changes that do the same are equal, and what differs in anything is another change."""
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

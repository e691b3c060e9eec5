from dataclasses import replace

import pytest

from shared.domain.changes.base import Change
from shared.domain.changes.clickhouse import Allow, Deregister, Disallow
from shared.domain.changes.dns import DeleteRecord, PutRecord
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.planning.plan import with_reason
from shared.domain.planning.planning_index import PlanningIndex
from tests.support.plans import plan_of
from tests.support.worlds import (
    FORBIDDEN,
    REGION,
    deployment,
    endpoint,
    guid,
    pe,
    record,
    registered,
    service,
    shared_record,
    snapshot,
    zone,
)

REMOVED = (
    Deregister(pe(1), guid(1), REGION),
    Disallow(pe(1), guid(1), "s1"),
    DeleteRecord(pe(1), record(1)),
    PutRecord(pe(2), record(1), record(2)),
)


def reason_of(change: Change, seen: Snapshot) -> str:
    explained = with_reason(PlanningIndex(seen, deployment()), change)
    assert explained == change
    return explained.reason


@pytest.mark.parametrize(
    ("seen", "reasons"),
    [
        (pe(1), ["pe-1 is deleted"] * 4),
        (endpoint(1, None), ["pe-1 is untagged"] * 4),
        (
            endpoint(1, "none"),
            [
                "its region or mark is wrong",
                "the tag of pe-1 does not request it",
                "pe-1 does not need it",
                "",
            ],
        ),
        (
            endpoint(1, guid_number=9),
            ["the id of pe-1 has changed", "the id of pe-1 has changed", "pe-1 does not need it", ""],
        ),
    ],
    ids=["deleted", "untagged", "tagged", "recreated"],
)
def test_reasons(seen: Endpoint | ResourceId, reasons: list[str]) -> None:
    """Each removal has a reason, except that of an address in a record that stays and whose endpoint is managed."""
    assert [reason_of(change, snapshot(seen, endpoint(2))) for change in REMOVED] == reasons


def test_no_reason() -> None:
    """An addition has no reason, and an endpoint that was not or could not be read is neither deleted nor untagged."""
    assert reason_of(Allow(pe(1), guid(1), "s1"), snapshot(pe(1))) == ""
    for unknown in (snapshot(), snapshot(also={ReadEndpoint(pe(1)): FORBIDDEN})):
        assert reason_of(PutRecord(pe(2), record(1), record(2)), unknown) == ""


def test_several_reasons() -> None:
    """A record that several endpoints lose names each of them."""
    reason = reason_of(DeleteRecord(pe(1), shared_record(1, 2)), snapshot(pe(1), endpoint(2, None)))
    assert reason == "pe-1 is deleted and pe-2 is untagged"


def test_reasons_in_a_plan() -> None:
    """The plan for a deleted endpoint gives the reason with each change, and names the service."""
    services = [service("main", guid(1))]
    plan = plan_of(snapshot(pe(1), services=services, registrations=[registered(1)], zones=[zone(record(1))]))
    assert {change.verb: change.reason for change in plan.changes} == dict.fromkeys(
        ("deregister", "disallow", "delete-record"), "pe-1 is deleted"
    )
    disallow = next(change for change in plan.changes if isinstance(change, Disallow))
    assert disallow.summary() == f"{guid(1)} on service main ({disallow.service}), because pe-1 is deleted"


def test_service_names() -> None:
    """A plan names the services whose allow lists it extends, registered before or by the same change."""
    seen = snapshot(endpoint(1), services=[service("main")], registrations=[registered(1)])
    names = [change.service_name for change in plan_of(seen).changes if isinstance(change, Allow)]
    assert names == ["main"]
    assert replace(REMOVED[1], reason="other") == REMOVED[1]

"""What the preflight reads after the lists."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain.model.ids import ResourceId, Scope
from shared.domain.preflight.places import MAX_READS_BY_ID, endpoint_groups, unlisted
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot
from tests.support.worlds import (
    FORBIDDEN,
    SCOPE,
    SUBSCRIPTION,
    deployment,
    endpoint,
    foreign,
    interface,
    pe,
    record,
    registered,
    zone,
    zone_id,
)

LISTED = PreflightSnapshot(
    at=datetime(2026, 11, 23, tzinfo=UTC),
    endpoints={SCOPE: (endpoint(1), endpoint(2, None))},
    interfaces={SCOPE: {interface(1): ("10.0.0.1",)}},
    registrations=(registered(1),),
    zones={zone_id(): zone(record(1))},
)
MANY = tuple(map(registered, range(10, 70)))


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (LISTED, []),
        (replace(LISTED, registrations=(registered(1), registered(7))), [pe(7)]),
        (replace(LISTED, registrations=(registered(7, owner="another"), foreign("g"))), []),
        (replace(LISTED, registrations=FORBIDDEN, zones={zone_id(): zone(record(8))}), [pe(8)]),
        (replace(LISTED, zones={zone_id(): FORBIDDEN}), []),
        (replace(LISTED, interfaces={SCOPE: {}}), [interface(1)]),
        (replace(LISTED, registrations=MANY), list(map(pe, range(10, 10 + MAX_READS_BY_ID)))),
        (replace(LISTED, registrations=(registered(7),), interfaces={SCOPE: FORBIDDEN}), []),
        (replace(LISTED, registrations=(registered(7),), endpoints={SCOPE: FORBIDDEN}), []),
    ],
)
def test_unlisted(snapshot: PreflightSnapshot, expected: list[ResourceId]) -> None:
    """Endpoints in our marks, and interfaces of tagged endpoints, are read by id if complete lists omit them."""
    assert list(unlisted(snapshot, deployment())) == expected


def test_out_of_scope() -> None:
    """An endpoint in a mark that is out of scope is not read, and neither are permissions at its resource group."""
    elsewhere = deployment(scopes=(Scope(SUBSCRIPTION, "rg-other"),))
    snapshot = replace(LISTED, endpoints={}, interfaces={}, registrations=(registered(7),))
    assert (unlisted(snapshot, elsewhere), endpoint_groups(snapshot, elsewhere)) == ((), ())

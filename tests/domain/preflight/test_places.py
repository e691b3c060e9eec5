"""What the preflight reads after the lists."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.model.ids import ResourceId, Scope
from shared.domain.preflight.places import MAX_READS_BY_ID, endpoint_groups, unlisted
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot
from tests.support.preflights import preflight_snapshot
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

STATE: Mapping[str, Any] = {
    "endpoints": {SCOPE: (endpoint(1), endpoint(2, None))},
    "interfaces": {SCOPE: {interface(1): ("10.0.0.1",)}},
    "registrations": (registered(1),),
    "zones": {zone_id(): zone(record(1))},
}
MANY = tuple(map(registered, range(10, 70)))


def listed(**changed: Any) -> PreflightSnapshot:
    """The snapshot whose lists are complete, but for this."""
    return preflight_snapshot(PreflightSnapshot(datetime(2026, 11, 23, tzinfo=UTC)), **{**STATE, **changed})


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (listed(), []),
        (listed(registrations=(registered(1), registered(7))), [pe(7)]),
        (listed(registrations=(registered(7, owner="another"), foreign("g"))), []),
        (listed(registrations=FORBIDDEN, zones={zone_id(): zone(record(8))}), [pe(8)]),
        (listed(zones={zone_id(): FORBIDDEN}), []),
        (listed(interfaces={SCOPE: {}}), [interface(1)]),
        (listed(registrations=MANY), list(map(pe, range(10, 10 + MAX_READS_BY_ID)))),
        (listed(registrations=(registered(7),), interfaces={SCOPE: FORBIDDEN}), []),
        (listed(registrations=(registered(7),), endpoints={SCOPE: FORBIDDEN}), []),
    ],
)
def test_unlisted(snapshot: PreflightSnapshot, expected: list[ResourceId]) -> None:
    """Endpoints in our marks, and interfaces of tagged endpoints, are read by id if complete lists omit them."""
    assert [read.object for read in unlisted(snapshot, deployment())] == list(map(str, expected))


def test_out_of_scope() -> None:
    """An endpoint in a mark that is out of scope is not read, and neither are permissions at its resource group."""
    elsewhere = deployment(scopes=(Scope(SUBSCRIPTION, "rg-other"),))
    snapshot = listed(endpoints={}, interfaces={}, registrations=(registered(7),))
    assert (unlisted(snapshot, elsewhere), endpoint_groups(snapshot, elsewhere)) == ((), ())

"""Whom a pass acts for besides its targets."""

import pytest

from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.planning.affected_endpoints import Targets, affected_endpoints
from shared.domain.planning.planning_index import PlanningIndex
from tests.support.worlds import (
    FORBIDDEN,
    deployment,
    endpoint,
    pe,
    record,
    shared_record,
    snapshot,
    zone,
    zone_id,
)

TOGETHER = shared_record(1, 2)


def acts_for(seen: Snapshot) -> set[ResourceId]:
    """Whom a pass about endpoint 1 acts for besides it."""
    return set(affected_endpoints(PlanningIndex(seen, deployment()), Targets(frozenset({pe(1)})))) - {pe(1)}


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (endpoint(2), {pe(2)}),
        (endpoint(2, vnet="v2"), set()),
        (endpoint(2, vnet="v2", zone_tag=f" {str(zone_id()).upper()} "), {pe(2)}),
        (endpoint(2, None), set()),
    ],
)
def test_who_waits_for_a_record(waiting: Endpoint, expected: set[ResourceId]) -> None:
    """The end of an endpoint concerns those who may want its record: by their network, or by the zone in their tag."""
    assert acts_for(snapshot(pe(1), waiting, zones=[zone(record(1))])) == expected


@pytest.mark.parametrize(
    ("target", "beside", "expected"),
    [
        (endpoint(1), endpoint(2, vnet="v2"), {pe(2)}),
        (endpoint(1, dns="shared"), endpoint(2, vnet="v2"), set()),
        (endpoint(1, None), endpoint(2, vnet="v2"), set()),
        (endpoint(1), None, set()),
    ],
)
def test_who_stands_beside(target: Endpoint, beside: Endpoint | None, expected: set[ResourceId]) -> None:
    """A target that does not share concerns those in its record, as far as they could be read."""
    seen = snapshot(
        target,
        *([beside] if beside else []),
        zones=[zone(TOGETHER)],
        also={} if beside else {ReadEndpoint(pe(2)): FORBIDDEN},
    )
    assert acts_for(seen) == expected

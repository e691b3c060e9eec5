"""Which of an endpoint's services its clients reach through another endpoint that holds the record.

Matters only where DNS_ZONE_CHOICE is `central`: in hub and spoke every endpoint can be reached from everywhere, so
that it makes no difference whose address a record has, as long as that endpoint is let in. Where zones are
linked to networks, nobody knows whether one network reaches the endpoints of another.

| the holder                                                                  | clients reach through it      |
|-----------------------------------------------------------------------------|-------------------------------|
| there, tagged, and connected to the same Private Link service (or pending)  | the services of its own tag   |
| any other                                                                   | none                          |
"""

from collections.abc import Iterable

from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import WILDCARD, Endpoint, Status
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.planning.classification import private_link
from shared.domain.planning.dns.zone_selection import RecordTarget
from shared.domain.planning.planning_index import PlanningIndex

# ClickHouse approves a pending connection within minutes; if it does not, that endpoint has a finding of its own.
_WORKS = frozenset({Status.APPROVED, Status.PENDING})


def out_of_reach(
    index: PlanningIndex, placement: RecordTarget, name: str, holders: Iterable[ResourceId]
) -> frozenset[str]:
    """The first labels of host names that resolve to the record `name` and do not work through one of the holders."""
    wanted = placement.labels if name == WILDCARD else placement.labels & {name}
    return frozenset[str]().union(*(wanted - _reached(index, placement.alias, one) for one in holders))


def _reached(index: PlanningIndex, alias: str, holder: ResourceId) -> frozenset[str]:
    found = index.snapshot.get(ReadEndpoint(holder))
    if not isinstance(found, Endpoint) or index.config.request_of(found) is None:
        return frozenset()
    connection = private_link(index, found)
    if connection is None or connection.target.lower() != alias.lower() or connection.status not in _WORKS:
        return frozenset()
    return index.services.labels_of(index.services.selection(found, connection.target).granted)

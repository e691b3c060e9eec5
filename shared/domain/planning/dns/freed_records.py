"""Which records a pass leaves free, so that those who wait for them are looked for in the same pass.

| an endpoint that a record of ours tells of                              | the record is  |
|-------------------------------------------------------------------------|----------------|
| is undone                                                               | free           |
| is to be connected, and its address belongs into another zone           | free           |
| is to be connected, and is not given the service that the name is for   | free           |
| has another address, and holds the wildcard                             | perhaps free   |
| holds the wildcard alone, and consents to share it                      | perhaps free   |
| any other, or not known well enough                                     | not free       |

"Perhaps": others may have to be told of anew, because the wildcard may lead to another Private Link service
now, or has room for those who consented before.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from shared.domain.model.deployment_config import shares
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import WILDCARD, Endpoint, RecordSet, Zone
from shared.domain.model.snapshot import ReadEndpoint, addresses_of
from shared.domain.ownership.marks import holders_of, is_owned_record
from shared.domain.planning.classification import Verdict, private_link, verdict_on
from shared.domain.planning.dns.zone_selection import labels_perhaps, zone_for
from shared.domain.planning.planning_index import PlanningIndex


def left_free(index: PlanningIndex, among: AbstractSet[ResourceId]) -> Iterator[RecordSet]:
    """The records of ours that one of these endpoints leaves free; see the table above."""
    for record in index.snapshot.records():
        if is_owned_record(record, index.config.owner):
            holders = set(holders_of(record).values())
            if any(_leaves(index, record, one) for one in holders & among):
                yield record


def _leaves(index: PlanningIndex, record: RecordSet, holder: ResourceId) -> bool:
    match verdict_on(index, holder):
        case Verdict.RELEASE:
            return True
        case Verdict.MANAGE:
            found = index.snapshot.get(ReadEndpoint(holder))
            assert isinstance(found, Endpoint), "the verdict says so"
            return _moves(index, record, found) or (
                record.name == WILDCARD and _changes(index, record, found)
            )
        case _:
            return False


def _moves(index: PlanningIndex, record: RecordSet, endpoint: Endpoint) -> bool:
    """Whether it is known that the endpoint's address belongs elsewhere, or to other names."""
    connection = private_link(index, endpoint)
    assert connection is not None, "the verdict says so"
    zone = zone_for(index, endpoint, index.services.zone_names[connection.target.lower()])
    if not isinstance(zone, Zone):
        return False
    if zone.id != record.zone:
        return True
    chosen = index.services.selection(endpoint, connection.target)
    perhaps = labels_perhaps(index, chosen)
    named = record.name != WILDCARD and perhaps is not None
    return named and record.name not in index.services.labels_of(chosen.granted) | (perhaps or frozenset())


def _changes(index: PlanningIndex, record: RecordSet, endpoint: Endpoint) -> bool:
    """Whether the endpoint has another address than the wildcard, or newly lets others join it."""
    holders = holders_of(record)
    mine = {address for address, holder in holders.items() if holder == endpoint.id}
    there = addresses_of(index.snapshot, endpoint)
    moved = isinstance(there, tuple) and bool(there) and not mine <= set(there)
    return moved or (shares(endpoint) and len(holders) == len(mine))

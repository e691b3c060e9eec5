"""Which allow-list entries of our registrations may be removed.

SERVICE_FILTER says which services this deployment may touch, not which entries are wrong: a filter that is
mistyped or narrowed must not take access away.

| the registered id                                         | the entry's service              | the entry   |
|-----------------------------------------------------------|----------------------------------|-------------|
| of no endpoint any more: deleted, or it has another GUID  | any                              | may go      |
| of an endpoint that exists                                | permitted by SERVICE_FILTER      | may go      |
| of an endpoint that exists                                | not permitted by SERVICE_FILTER  | stays       |

Whether removal is wanted is decided in `access`. Where an entry stays, its registration stays, because
deregistering would take the access away too; a finding reports both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, Service
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.planning.planning_index import PlanningIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """An id on a service's allow list; `id` as the list spells it."""

    service: Service
    id: str


def entries_of(index: PlanningIndex, registered: str) -> Iterator[Entry]:
    """The id's entries on the allow lists, of any cloud, by service."""
    for service in index.access.listing.get(registered.lower(), ()):
        exact = registered in service.allow_list
        yield Entry(service, registered if exact else index.access.spelled[service.id, registered.lower()])


def may_go(index: PlanningIndex, endpoint: ResourceId, entry: Entry) -> bool:
    """Whether the table lets an entry of this endpoint's id go."""
    return is_retired(index, endpoint, entry.id) or index.services.permits(entry.service)


def is_retired(index: PlanningIndex, endpoint: ResourceId, registered: str) -> bool:
    """Whether it was read that the endpoint does not exist, or does not have this id."""
    found = index.snapshot.get(ReadEndpoint(endpoint))
    if isinstance(found, Endpoint):
        return bool(found.guid) and registered.lower() not in found.ids
    return isinstance(found, NotFound)


def entry_stays(endpoint: ResourceId, entry: Entry) -> Finding:
    message = (
        f"{entry.id} stays on the allow list of {entry.service.name}: SERVICE_FILTER does not permit "
        "this deployment to change that service"
    )
    return Finding("allow-list-outside-filter", str(endpoint), message)

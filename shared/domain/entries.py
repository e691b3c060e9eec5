"""Which entries of an id of ours are ours to take off allow lists: the domain of this deployment.

SERVICE_FILTER says which services this deployment may touch, not which entries are wrong: two deployments
with different filters may serve one endpoint, and a filter that is mistyped or narrowed must not shut
anybody out. Entries carry no marks; that another deployment made one is told by its records.

| the id                                                  | the entry's service                   | the entry |
|---------------------------------------------------------|---------------------------------------|-----------|
| names nobody: its endpoint is gone, or has another GUID | any                                   | goes      |
| names an endpoint that is there                         | permitted by SERVICE_FILTER           | goes      |
| names an endpoint that is there                         | another deployment tells that it is its | stays   |
| names an endpoint that is there                         | not permitted by SERVICE_FILTER       | stays     |

"Goes" is what may be done; whether it is wanted (untagged, not selected, replaced) is decided in `access`.
Where the id names nobody, an entry that stayed would be waste under a GUID, and under an ARM id a hole for
whoever makes an endpoint of that name again; and a service that takes no other clouds' ids keeps none.
Where an entry stays, the registration stays with it, because to deregister would take the access away too;
a finding tells both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.marks import end_of
from shared.domain.model import Absent, Endpoint, Service
from shared.domain.view import View
from shared.domain.world import ReadEndpoint


@dataclass(frozen=True, slots=True)
class Entry:
    """An id on a service's allow list; `id` as the list spells it."""

    service: Service
    id: str


def entries_of(view: View, registered: str) -> Iterator[Entry]:
    """The id's entries on the allow lists, of any cloud, by service."""
    for service in view.listing.get(registered.lower(), ()):
        told = registered in service.allow_list
        yield Entry(service, registered if told else view.spelled[service.id, registered.lower()])


def may_go(view: View, endpoint: ResourceId, entry: Entry) -> bool:
    """Whether the table lets the entry of an id of this endpoint go."""
    if names_nobody(view, endpoint, entry.id):
        return True
    return view.rules.permits(entry.service) and not _is_anothers(view, entry)


def is_of_another(view: View, entry: Entry) -> bool:
    """Whether the id is registered once more, for the region of the entry's service: the entry goes with that."""
    return entry.service.region in view.beside.get(entry.id.lower(), frozenset())


def names_nobody(view: View, endpoint: ResourceId, registered: str) -> bool:
    """Whether it was read that no endpoint of that place bears the id."""
    found = view.world.get(ReadEndpoint(endpoint))
    if isinstance(found, Endpoint):
        return registered.lower() not in alive(found)
    return isinstance(found, Absent)


def alive(endpoint: Endpoint) -> frozenset[str]:
    """The ids, of both kinds, by which ClickHouse Cloud knows the endpoint as it is now."""
    return frozenset({endpoint.guid.lower(), endpoint.arm_id.lower()})


def told_of(view: View, endpoint: ResourceId, entry: Entry) -> Finding:
    """That an entry stays which nobody asks for, and why."""
    why = "another deployment's record tells that it is its" if _is_anothers(view, entry) else _NOT_PERMITTED
    told = f"{entry.id} stays on the allow list of {entry.service.name}: {why}"
    return Finding("allow-list-outside-filter", str(endpoint), told)


_NOT_PERMITTED = "SERVICE_FILTER does not permit this deployment to touch it"


def _is_anothers(view: View, entry: Entry) -> bool:
    return end_of(entry.service.id) in view.lent_by_others.get(entry.id.lower(), frozenset())

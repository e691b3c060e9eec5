"""Registrations and allow lists: the changes for each endpoint at ClickHouse Cloud.

Allow-list entries are removed only from services that SERVICE_FILTER permits, except entries of deleted ids: a
filter that is narrowed or mistyped must not remove access. If an entry stays, its registration stays as well,
because deregistering removes the access, too.

| the registered id                                                   | SERVICE_FILTER permits the service | entry     |
|---------------------------------------------------------------------|------------------------------------|-----------|
| belongs to no endpoint: the endpoint is deleted, or has another GUID | yes or no                         | removable |
| belongs to an endpoint that exists                                  | yes                                | removable |
| belongs to an endpoint that exists                                  | no                                 | stays     |
"""

from collections.abc import Iterable, Iterator

from shared.domain.changes.base import Change
from shared.domain.changes.clickhouse import Allow, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, Service
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.ownership.marks import registration_mark
from shared.domain.planning.planning_index import Entry, PlanningIndex
from shared.domain.planning.selection import DesiredAccess


def is_former(index: PlanningIndex, endpoint: ResourceId, registered: str) -> bool:
    """Whether the endpoint is known not to exist, or to have other ids."""
    found = index.snapshot.get(ReadEndpoint(endpoint))
    if isinstance(found, Endpoint):
        return bool(found.guid) and registered.lower() not in found.ids
    return isinstance(found, NotFound)


def is_removable(index: PlanningIndex, endpoint: ResourceId, entry: Entry) -> bool:
    """The last column of the table above."""
    return is_former(index, endpoint, entry.id) or index.services.permits(entry.service)


def plan_release(index: PlanningIndex, endpoint: ResourceId, *, only_former: bool = False) -> Iterator[Change]:
    """Remove all registrations of this deployment for the endpoint, or `only_former` those of former ids."""
    for registered in sorted(index.access.ownership.ids_of.get(endpoint, ())):
        if not only_former or is_former(index, endpoint, registered):
            yield from _remove_id(index, endpoint, registered)


def plan_access(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Change]:
    """The changes for an endpoint with the verdict MANAGE.

    | the endpoint's id (see `ownership` for which one)    | changes                                            |
    |------------------------------------------------------|----------------------------------------------------|
    | is not registered                                    | registered; allowed on the granted services        |
    | is registered by this deployment                     | allow lists changed to match the tag               |
    | is registered by this deployment, for another region | removed; the next round registers it again         |
    | both kinds foreign, or its GUID is not assigned yet  | none                                               |
    | was registered in this pass, its mark was not stored | deregistered; not allowed                          |
    | of the other kind, registered by this deployment     | removed once the id above is allowed everywhere    |
    | former, registered by this deployment                | removed                                            |
    | any, while the tag has a mistake (`service_index`)   | only added; nothing is removed                     |

    Only removable entries are removed. While a service's allow list cannot be read, nothing is deregistered,
    because that list may have the id.
    """
    at = desired.endpoint.id
    id_ = index.access.ownership.id_for(desired.endpoint, index.config)
    unmarked = registered_without_mark(index, at)
    yield from _remove_unmarked(index, at, unmarked)
    if unmarked or id_ is None:
        yield from plan_release(index, at, only_former=True)
    elif is_in_other_region(index, desired, id_):
        if not index.services.unread:
            yield from _remove_id(index, at, id_.lower())
    else:
        yield from _registration_and_entries(index, desired, id_)
        for other in sorted(index.access.ownership.ids_of.get(at, frozenset()) - {id_.lower()}):
            if is_former(index, at, other) or _is_replaced(index, desired, other, id_):
                yield from _remove_id(index, at, other)


def registered_without_mark(index: PlanningIndex, endpoint: ResourceId) -> list[Register]:
    """This pass's registrations of the endpoint whose description the API did not store."""
    made = (one for one in index.results.registered.values() if one.endpoint == endpoint)
    return [one for one in made if _is_unmarked(index, one)]


def _is_unmarked(index: PlanningIndex, made: Register) -> bool:
    found = index.access.registrations.get(made.id.lower())
    if found is None:
        return made.id.lower() in index.results.unmarked
    # A description that is no part of the mark is foreign: somebody else registered the id at the same time.
    return found.description != made.description and made.description.startswith(found.description)


def _remove_unmarked(index: PlanningIndex, endpoint: ResourceId, unmarked: list[Register]) -> Iterator[Change]:
    """Remove what this pass registered and allowed, where the mark of the registration was not stored."""
    for made in index.results.registered.values():
        entries = index.access.entries_of(made.id) if made.endpoint == endpoint else []
        through = made.service if isinstance(made, RegisterThroughService) else None
        added = [entry for entry in entries if entry.service.id == through]
        if index.access.ownership.is_foreign(endpoint, made.id):
            yield from _disallow(endpoint, added)
        registration = index.access.registrations.get(made.id.lower())
        if made in unmarked and registration and added == entries:
            yield Deregister(endpoint, registration.id, registration.region, unmarked=True)


def is_in_other_region(index: PlanningIndex, desired: DesiredAccess, id_: str) -> bool:
    """Whether the id is registered for another region: a recreated endpoint keeps its ARM resource id."""
    registration = index.access.registrations.get(id_.lower())
    return bool(registration and registration.region not in ("", index.services.region_of(desired.alias)))


def unwanted_entries(index: PlanningIndex, desired: DesiredAccess, id_: str) -> list[Entry]:
    """The entries of the id on services that the tag does not select; none while the tag has a mistake."""
    if desired.selection.only_adds:
        return []
    return [one for one in index.access.entries_of(id_) if one.service.id not in desired.selection.retained]


def _registration_and_entries(index: PlanningIndex, desired: DesiredAccess, id_: str) -> Iterator[Change]:
    at, missing = desired.endpoint.id, _missing(index, desired, id_)
    mark = registration_mark(index.config.owner, at)
    if registration := index.access.registrations.get(id_.lower()):
        id_ = registration.id  # another spelling may be another id, registered by the call and without a mark
        unwanted = [one for one in unwanted_entries(index, desired, id_) if is_removable(index, at, one)]
        yield from _disallow(at, unwanted)
    elif index.results.add_refused and missing:
        through = missing.pop(0)
        yield RegisterThroughService(at, id_, through.region, mark, through.id, service_name=through.name)
    else:
        # Also if `add` was refused but there is no service to register through: the API's error is then reported.
        yield Register(at, id_, index.services.region_of(desired.alias), mark)
    yield from (Allow(at, id_, service.id, service_name=service.name) for service in missing)


def _disallow(endpoint: ResourceId, entries: Iterable[Entry]) -> Iterator[Change]:
    return (Disallow(endpoint, one.id, one.service.id, service_name=one.service.name) for one in entries)


def _missing(index: PlanningIndex, desired: DesiredAccess, id_: str) -> list[Service]:
    allowed = {entry.service.id for entry in index.access.entries_of(id_)}
    return [index.services.by_id[service] for service in sorted(desired.selection.granted - allowed)]


def _is_replaced(index: PlanningIndex, desired: DesiredAccess, other: str, id_: str) -> bool:
    """Whether removing `other` removes no access that the endpoint has or may be granted."""
    if id_.lower() not in index.access.registrations or _missing(index, desired, id_):
        return False
    allowed = {entry.service.id for entry in index.access.entries_of(id_)}
    removed = {entry.service.id for entry in index.access.entries_of(other)}
    return not (removed & desired.selection.retained) - allowed


def _remove_id(index: PlanningIndex, endpoint: ResourceId, registered: str) -> Iterator[Change]:
    """Remove the removable entries of a registered id and, if no entry stays, its registration."""
    entries = index.access.entries_of(registered)
    removable = [entry for entry in entries if is_removable(index, endpoint, entry)]
    yield from _disallow(endpoint, removable)
    if removable == entries and not index.services.unread:
        registration = index.access.registrations[registered]
        yield Deregister(endpoint, registration.id, registration.region)

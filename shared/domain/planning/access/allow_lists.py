"""Registrations and allow lists: what each endpoint's verdict comes to at ClickHouse Cloud."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.changes import Allow, Change, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.ownership.marks import registration_mark
from shared.domain.planning.access.entry_removal import Entry, entries_of, is_retired, may_go
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.service_index import Selection


@dataclass(frozen=True, slots=True)
class DesiredAccess:
    """An endpoint that is to be connected, and what it is to get."""

    endpoint: Endpoint
    alias: str
    selection: Selection


def plan_release(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Change]:
    """Remove everything of ours at ClickHouse Cloud for an endpoint that is deleted or untagged."""
    for registered in sorted(index.access.ownership.ids_of.get(endpoint, ())):
        yield from remove_id(index, endpoint, registered)


def plan_release_of_retired(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Change]:
    """Remove what is left under ids that the endpoint does not have any more."""
    for registered in sorted(index.access.ownership.ids_of.get(endpoint, ())):
        if is_retired(index, endpoint, registered):
            yield from remove_id(index, endpoint, registered)


def plan_access(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Change]:
    """The differences for an endpoint that is to be connected.

    | its id (see `ownership` for which one)      | changes                                        |
    |---------------------------------------------|------------------------------------------------|
    | not registered                              | register, allow the granted services           |
    | registered by us                            | allow and disallow what differs from the tag   |
    | registered by us, for another region        | remove it; it is registered anew afterwards    |
    | both ids foreign, or a GUID still missing   | nothing                                        |
    | registered in this pass, mark not kept      | remove it again, give no access                |
    | the other kind, ours                        | remove it once the id above has all its access |
    | a former id, ours                           | remove it                                      |

    Only entries that may go are removed (see `entries`). While a service's allow list could not be read, no
    registration is removed, because that list may have its id.
    """
    at = desired.endpoint.id
    id_ = index.access.ownership.id_for(desired.endpoint, index.config)
    yield from _entries_without_mark(index, at)
    if unmarked := registered_without_mark(index, at):
        yield from (change for one in unmarked for change in _take_back(index, one))
        yield from plan_release_of_retired(index, at)
    elif id_ is None:
        yield from plan_release_of_retired(index, at)
    elif is_in_other_region(index, desired, id_):
        if not index.services.unread:
            yield from remove_id(index, at, id_.lower())
    else:
        yield from _registration_and_list(index, desired, id_)
        yield from _removal_of_other_ids(index, desired, id_)


def registered_without_mark(index: PlanningIndex, endpoint: ResourceId) -> list[Register]:
    """This pass's registrations of the endpoint of which the API did not keep the description.

    One with other words in its description is somebody else's, made at the same moment.
    """
    made = (one for one in index.results.registered.values() if one.endpoint == endpoint)
    return [one for one in made if _is_unmarked(index, one)]


def _is_unmarked(index: PlanningIndex, made: Register) -> bool:
    found = index.access.registrations.get(made.id.lower())
    if found is None:
        return made.id.lower() in index.results.deregistered
    return found.description != made.description and made.description.startswith(found.description)


def _take_back(index: PlanningIndex, made: Register) -> Iterator[Change]:
    registration = index.access.registrations.get(made.id.lower())
    if registration and all(_was_allowed_with(made, entry) for entry in entries_of(index, made.id)):
        yield Deregister(made.endpoint, registration.id, registration.region)


def _entries_without_mark(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Disallow]:
    """The entries that this pass made together with a registration whose mark was not kept."""
    for made in index.results.registered.values():
        if made.endpoint == endpoint and index.access.ownership.is_foreign(endpoint, made.id):
            entries = (one for one in entries_of(index, made.id) if _was_allowed_with(made, one))
            yield from (Disallow(endpoint, entry.id, entry.service.id) for entry in entries)


def _was_allowed_with(made: Register, entry: Entry) -> bool:
    return isinstance(made, RegisterThroughService) and made.service == entry.service.id


def is_in_other_region(index: PlanningIndex, desired: DesiredAccess, id_: str) -> bool:
    """Whether the id is registered for another region: a recreated endpoint keeps its ARM Resource ID."""
    registration = index.access.registrations.get(id_.lower())
    return bool(registration and registration.region not in ("", index.services.region_of(desired.alias)))


def unwanted_entries(index: PlanningIndex, desired: DesiredAccess, id_: str) -> list[Entry]:
    """The entries of the id on services that the tag does not select."""
    keep = desired.selection.kept
    if all(service.id in keep for service in index.access.listing.get(id_.lower(), ())):
        return []
    return [entry for entry in entries_of(index, id_) if entry.service.id not in keep]


def _registration_and_list(index: PlanningIndex, desired: DesiredAccess, id_: str) -> Iterator[Change]:
    at = desired.endpoint.id
    registration = _registration(index, desired, id_)
    if registration:
        yield registration
    already = registration.service if isinstance(registration, RegisterThroughService) else None
    yield from (Allow(at, id_, one) for one in _missing(index, desired, id_) if one != already)
    if not registration:
        gone = [entry for entry in unwanted_entries(index, desired, id_) if may_go(index, at, entry)]
        yield from (Disallow(at, entry.id, entry.service.id) for entry in gone)


def _registration(index: PlanningIndex, desired: DesiredAccess, id_: str) -> Register | None:
    """The change that registers the endpoint; None if it is registered.

    Without a service to register it through, `add` is tried although it was refused, so that the API's own
    error is reported.
    """
    if id_.lower() in index.access.registrations:
        return None
    at = desired.endpoint.id
    mark = registration_mark(index.config.owner, at)
    missing = _missing(index, desired, id_)
    if not index.results.add_refused or not missing:
        return Register(at, id_, index.services.region_of(desired.alias), mark)
    return RegisterThroughService(at, id_, index.services.by_id[missing[0]].region, mark, missing[0])


def _missing(index: PlanningIndex, desired: DesiredAccess, id_: str) -> list[str]:
    """The granted services whose allow list lacks the id."""
    return sorted(
        desired.selection.granted - {service.id for service in index.access.listing.get(id_.lower(), ())}
    )


def _removal_of_other_ids(index: PlanningIndex, desired: DesiredAccess, id_: str) -> Iterator[Change]:
    at = desired.endpoint.id
    for other in sorted(index.access.ownership.ids_of.get(at, frozenset()) - {id_.lower()}):
        if is_retired(index, at, other) or _is_replaced(index, desired, other, id_):
            yield from remove_id(index, at, other)


def _is_replaced(index: PlanningIndex, desired: DesiredAccess, other: str, id_: str) -> bool:
    """Whether no access is lost without `other`, also where it is undecided what should be."""
    if id_.lower() not in index.access.registrations or _missing(index, desired, id_):
        return False
    having = {service.id for service in index.access.listing.get(id_.lower(), ())}
    losing = {service.id for service in index.access.listing.get(other, ())}
    return not (losing & desired.selection.kept) - having


def remove_id(index: PlanningIndex, endpoint: ResourceId, registered: str) -> Iterator[Change]:
    """Remove an id of ours: the entries that may go and, if none stays, the registration."""
    entries = list(entries_of(index, registered))
    going = [entry for entry in entries if may_go(index, endpoint, entry)]
    yield from (Disallow(endpoint, entry.id, entry.service.id) for entry in going)
    if going == entries and not index.services.unread:
        registration = index.access.registrations[registered]
        yield Deregister(endpoint, registration.id, registration.region)

"""Registrations and allow lists: what each endpoint's verdict comes to at ClickHouse Cloud."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.changes import Allow, Change, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.entries import Entry, alive, entries_of, is_of_another, may_go, names_nobody
from shared.domain.ids import ResourceId
from shared.domain.marks import describe, end_of
from shared.domain.model import Endpoint
from shared.domain.verdicts import Selection
from shared.domain.view import View


@dataclass(frozen=True, slots=True)
class Connecting:
    """An endpoint that is to be connected, and what it is to get."""

    endpoint: Endpoint
    alias: str
    selection: Selection


def undo(view: View, endpoint: ResourceId) -> Iterator[Change]:
    """Everything of ours at ClickHouse Cloud for an endpoint that is gone or untagged."""
    for registered in sorted(view.owned.get(endpoint, ())):
        yield from take_out(view, endpoint, registered)
    for registered, ends in sorted(view.lent.get(endpoint, {}).items()):
        yield from _take_back(view, endpoint, registered, ends)


def undo_former(view: View, endpoint: ResourceId) -> Iterator[Change]:
    """What is left of an endpoint that was deleted, where another has its name, and may not be served."""
    for registered in sorted(view.owned.get(endpoint, ())):
        if names_nobody(view, endpoint, registered):
            yield from take_out(view, endpoint, registered)
    for registered, ends in sorted(view.lent.get(endpoint, {}).items()):
        if names_nobody(view, endpoint, registered):
            yield from _take_back(view, endpoint, registered, ends)


def connect(view: View, wish: Connecting) -> Iterator[Change]:
    """The differences for an endpoint that is to be connected.

    | its id                   | registered | on a granted list | on another list | changes              |
    |--------------------------|------------|-------------------|-----------------|----------------------|
    | the one wanted           | no         | no                | –               | register, allow      |
    | the one wanted, ours     | yes        | no                | yes             | allow, disallow      |
    | the one wanted, not ours | yes        | no                | yes             | allow                |
    | the same, other region   | yes        | any               | any             | disallow, deregister |
    | its other kind, ours     | yes        | any               | any             | disallow, deregister |
    | a former one, ours       | yes        | any               | any             | disallow, deregister |

    The other kind goes only after the wanted one is everywhere, so that there is no moment without access;
    it stays while a selected service that lists it could not be read. "Disallow" is said of entries that
    may go (see `entries`); where one stays, or may be on a list that cannot be read, the registration stays.
    """
    at = wish.endpoint.id
    wanted = view.rules.id_of(wish.endpoint)
    owned = view.owned.get(at, frozenset())
    if wanted.lower() in owned and is_elsewhere(view, wish):
        # It is registered anew once it is out; as long as it has to stay, so do its entries.
        yield from () if view.unread else take_out(view, at, wanted.lower())
        return
    registration = _registration(view, wish, wanted)
    if registration:
        yield registration
    already = registration.service if isinstance(registration, RegisterThroughService) else None
    yield from _allow(view, wish, wanted, already)
    ours = wanted.lower() in owned
    for entry in unwanted(view, wish):
        mine = (ours and not is_of_another(view, entry)) or is_lent(view, at, entry)
        if mine and may_go(view, at, entry):
            yield Disallow(at, entry.id, entry.service.id)
    living = alive(wish.endpoint)
    for other in sorted(owned - {wanted.lower()}):
        if other not in living or _replaced(view, wish, other, wanted):
            yield from take_out(view, at, other)
    for other, ends in sorted(view.lent.get(at, {}).items()):
        former = other != wanted.lower()
        if former and (other not in living or _replaced(view, wish, other, wanted)):
            yield from _take_back(view, at, other, ends)


def lent_to(view: View, wish: Connecting) -> frozenset[str]:
    """The ends of the ids of the services allowed by us under somebody else's registration.

    Those that we are about to allow, and those that we did before and that still allow it; but none that the
    API refused to allow in this pass, and that allows it: somebody else was first.
    """
    wanted = view.rules.id_of(wish.endpoint)
    before = view.lent.get(wish.endpoint.id, {}).get(wanted.lower(), frozenset())
    new = {end_of(service) for service in _missing(view, wish, wanted)}
    still = {end_of(service.id) for service in view.listing.get(wanted.lower(), ())}
    others = {end_of(service) for id_, service in view.learned.denied if id_ == wanted.lower()}
    return frozenset(new | ((before & still) - others))


def lent_before(view: View, wish: Connecting) -> str | None:
    """The other kind of its id, if that is somebody else's and we allow it still; None if there is none."""
    for other, ends in sorted(view.lent.get(wish.endpoint.id, {}).items()):
        listed = {end_of(service.id) for service in view.listing.get(other, ())}
        if (
            other in alive(wish.endpoint)
            and other != view.rules.id_of(wish.endpoint).lower()
            and ends & listed
        ):
            return other
    return None


def is_elsewhere(view: View, wish: Connecting) -> bool:
    """Whether its id is registered for another region: an ARM id stays when its endpoint is recreated."""
    registration = view.registrations.get(view.rules.id_of(wish.endpoint).lower())
    return bool(registration and registration.region not in ("", region_of(view, wish.alias)))


def unwanted(view: View, wish: Connecting) -> list[Entry]:
    """The entries of its id on the lists of services that the tag does not ask for."""
    keep = wish.selection.granted | wish.selection.held
    wanted = view.rules.id_of(wish.endpoint)
    if all(service.id in keep for service in view.listing.get(wanted.lower(), ())):
        return []
    return [entry for entry in entries_of(view, wanted) if entry.service.id not in keep]


def is_lent(view: View, endpoint: ResourceId, entry: Entry) -> bool:
    """Whether we made the entry under somebody else's registration."""
    ends = view.lent.get(endpoint, {}).get(entry.id.lower(), frozenset())
    return end_of(entry.service.id) in ends


def _take_back(view: View, endpoint: ResourceId, registered: str, ends: frozenset[str]) -> Iterator[Change]:
    for entry in entries_of(view, registered):
        if end_of(entry.service.id) in ends and may_go(view, endpoint, entry):
            yield Disallow(endpoint, entry.id, entry.service.id)


def _registration(view: View, wish: Connecting, wanted: str) -> Register | None:
    """The change that registers the endpoint; None if it is registered.

    Where there is no service to register it through, the old way is taken although it was refused: the
    API's own words are then told.
    """
    if wanted.lower() in view.registrations:
        return None
    at = wish.endpoint.id
    description = describe(view.rules.owner, at)
    missing = _missing(view, wish, wanted)
    if not view.learned.add_refused or not missing:
        return Register(at, wanted, region_of(view, wish.alias), description)
    return RegisterThroughService(at, wanted, view.by_id[missing[0]].region, description, missing[0])


def is_refused(view: View, wish: Connecting) -> bool:
    """Whether the endpoint's registration failed in this pass, and is not to be tried another way."""
    return _registration(view, wish, view.rules.id_of(wish.endpoint)) in view.learned.refused


def _allow(view: View, wish: Connecting, wanted: str, already: str | None) -> Iterator[Change]:
    for service in _missing(view, wish, wanted):
        if service != already:
            yield Allow(wish.endpoint.id, wanted, service)


def _missing(view: View, wish: Connecting, wanted: str) -> list[str]:
    """The granted services whose allow list has not got the id."""
    return sorted(wish.selection.granted - {service.id for service in view.listing.get(wanted.lower(), ())})


def _replaced(view: View, wish: Connecting, other: str, wanted: str) -> bool:
    """Whether nothing would be lost without `other`, not even where it is unknown what should be."""
    if wanted.lower() not in view.registrations or _missing(view, wish, wanted):
        return False
    having = {service.id for service in view.listing.get(wanted.lower(), ())}
    losing = {service.id for service in view.listing.get(other, ())}
    return not (losing & wish.selection.held) - having


def take_out(view: View, endpoint: ResourceId, registered: str) -> Iterator[Change]:
    """Everything of an id of ours that may go: its registration only if no list can hide an entry of it."""
    entries = [entry for entry in entries_of(view, registered) if not is_of_another(view, entry)]
    going = [entry for entry in entries if may_go(view, endpoint, entry)]
    yield from (Disallow(endpoint, entry.id, entry.service.id) for entry in going)
    registration = view.registrations.get(registered)
    if registration and going == entries and not view.unread:
        yield Deregister(endpoint, registration.id, registration.region)


def region_of(view: View, alias: str) -> str:
    """The region of the services behind an alias: it is the service's side that tells it."""
    return view.by_id[min(view.behind[alias.lower()])].region

"""Registrations and allow lists: what each endpoint's verdict comes to at ClickHouse Cloud."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.changes import Allow, Change, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.marks import describe, end_of
from shared.domain.model import Endpoint, Service
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
        yield from _remove(view, endpoint, registered)
    for registered, ends in sorted(view.lent.get(endpoint, {}).items()):
        yield from _take_back(view, endpoint, registered, ends)


def connect(view: View, wish: Connecting, *, add_refused: bool) -> Iterator[Change]:
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
    it stays while a selected service that lists it could not be read.
    """
    at = wish.endpoint.id
    wanted = view.rules.id_of(wish.endpoint)
    owned = view.owned.get(at, frozenset())
    if wanted.lower() in owned and _elsewhere(view, wish, wanted):
        yield from _remove(view, at, wanted.lower())
        return  # It is registered anew once it is out.
    registration = _registration(view, wish, wanted, add_refused=add_refused)
    if registration:
        yield registration
    already = registration.service if isinstance(registration, RegisterThroughService) else None
    yield from _allow(view, wish, wanted, already)
    ours = wanted.lower() in owned
    for service, change in _unwanted(view, wish, wanted):
        if ours or _is_lent(view, at, wanted, service):
            yield change
    alive = _alive(wish.endpoint)
    for other in sorted(owned - {wanted.lower()}):
        if other not in alive or _replaced(view, wish, other, wanted):
            yield from _remove(view, at, other)
    for other, ends in sorted(view.lent.get(at, {}).items()):
        former = other != wanted.lower()
        if former and (other not in alive or _replaced(view, wish, other, wanted)):
            yield from _take_back(view, at, other, ends)


def tell(view: View, wish: Connecting) -> Iterator[Finding]:
    """What a person should know about the registration and the allow lists of an endpoint."""
    at = str(wish.endpoint.id)
    wanted = view.rules.id_of(wish.endpoint)
    owned = view.owned.get(wish.endpoint.id, frozenset())
    registration = view.registrations.get(wanted.lower())
    if registration and wanted.lower() not in owned:
        yield Finding(
            "registration-foreign", at, f"{wanted} was registered by somebody else; it is left as it is"
        )
        for service, change in _unwanted(view, wish, wanted):
            if not _is_lent(view, wish.endpoint.id, wanted, service):
                yield Finding(
                    "allow-list-extra", at, f"{change.id} is on the allow list of {service.name}, not by us"
                )
    if (owned - {wanted.lower()}) & _alive(wish.endpoint):
        yield Finding(
            "id-kind-mixed", at, f"it is registered under another kind of id than {view.rules.id_kind}"
        )


def left_behind(view: View, endpoint: ResourceId) -> Iterator[Finding]:
    """What stays of an endpoint that is undone, because somebody else registered it."""
    for registered in sorted(view.lent.get(endpoint, {})):
        if registered in view.registrations:
            told = f"{registered} was registered by somebody else; that registration is left as it is"
            yield Finding("registration-foreign", str(endpoint), told)


def lent_to(view: View, wish: Connecting) -> frozenset[str]:
    """The ends of the ids of the services allowed by us under somebody else's registration.

    Those that we are about to allow, and those that we did before and that still allow it.
    """
    wanted = view.rules.id_of(wish.endpoint)
    before = view.lent.get(wish.endpoint.id, {}).get(wanted.lower(), frozenset())
    new = {end_of(service) for service in _missing(view, wish, wanted)}
    still = {end_of(service.id) for service in view.listing.get(wanted.lower(), ())}
    return frozenset(new | (before & still))


def _is_lent(view: View, endpoint: ResourceId, registered: str, service: Service) -> bool:
    return end_of(service.id) in view.lent.get(endpoint, {}).get(registered.lower(), frozenset())


def _take_back(view: View, endpoint: ResourceId, registered: str, ends: frozenset[str]) -> Iterator[Change]:
    yield from (change for s, change in _listed(view, endpoint, registered) if end_of(s.id) in ends)


def _alive(endpoint: Endpoint) -> frozenset[str]:
    """The ids, of both kinds, by which ClickHouse Cloud knows the endpoint as it is now."""
    return frozenset({endpoint.guid.lower(), endpoint.arm_id.lower()})


def _elsewhere(view: View, wish: Connecting, wanted: str) -> bool:
    """Whether the id is registered for another region: an ARM id stays when its endpoint is recreated."""
    registration = view.registrations.get(wanted.lower())
    return bool(registration and registration.region not in ("", region_of(view, wish.alias)))


def _registration(view: View, wish: Connecting, wanted: str, *, add_refused: bool) -> Register | None:
    """The change that registers the endpoint; None if it is registered.

    Where there is no service to register it through, the old way is taken although it was refused: the
    API's own words are then told.
    """
    if wanted.lower() in view.registrations:
        return None
    at = wish.endpoint.id
    description = describe(view.rules.owner, at)
    missing = _missing(view, wish, wanted)
    if not add_refused or not missing:
        return Register(at, wanted, region_of(view, wish.alias), description)
    return RegisterThroughService(at, wanted, view.by_id[missing[0]].region, description, missing[0])


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


def _unwanted(view: View, wish: Connecting, wanted: str) -> list[tuple[Service, Disallow]]:
    """The services that list the id and that the tag does not ask for."""
    keep = wish.selection.granted | wish.selection.held
    if all(service.id in keep for service in view.listing.get(wanted.lower(), ())):
        return []
    return [one for one in _listed(view, wish.endpoint.id, wanted) if one[0].id not in keep]


def _remove(view: View, endpoint: ResourceId, registered: str) -> Iterator[Change]:
    yield from (change for _, change in _listed(view, endpoint, registered))
    if registration := view.registrations.get(registered):
        yield Deregister(endpoint, registration.id, registration.region)


def _listed(view: View, endpoint: ResourceId, registered: str) -> Iterator[tuple[Service, Disallow]]:
    """The services whose allow list has that id, each with the change that would take it off."""
    for service in view.listing.get(registered.lower(), ()):
        spelled = service.allowed_as(registered)
        assert spelled is not None, "the listing says so"
        yield service, Disallow(endpoint, spelled, service.id)


def region_of(view: View, alias: str) -> str:
    """The region of the services behind an alias: it is the service's side that tells it."""
    return view.by_id[min(view.behind[alias.lower()])].region

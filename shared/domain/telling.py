"""What a person should know of an endpoint's verdict, of its tag and of its connection."""

from collections.abc import Iterator, Mapping

from shared.domain.access import Connecting, is_elsewhere, is_lent, region_of, unwanted
from shared.domain.entries import alive, entries_of, may_go, told_of
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.marks import end_of
from shared.domain.model import Absent, Endpoint, Service, Status, Unreadable
from shared.domain.ownership import Contested
from shared.domain.verdicts import Verdict, concerns_us
from shared.domain.view import View
from shared.domain.world import ReadConfig, ReadEndpoint, ReadRegistrations, ReadServices


def of_verdicts(view: View, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[Finding]:
    for endpoint, verdict in verdicts.items():
        at = str(endpoint)
        match verdict:
            case Verdict.OUTSIDE if endpoint in view.owned or endpoint in view.claimants:
                yield Finding("outside-scope", at, "it lies outside ENDPOINT_SCOPES; nothing is done for it")
            case Verdict.STRANGER:
                yield Finding("not-a-clickhouse-endpoint", at, _told_stranger(view, endpoint))
            case Verdict.UNKNOWN:
                yield Finding("unreadable", at, _why_unknown(view, endpoint))
            case Verdict.UNDO if (reason := _why_no_access(view)) and _may_own(view, endpoint):
                yield Finding("unreadable", at, reason)
            case _:
                pass


def _may_own(view: View, endpoint: ResourceId) -> bool:
    """Whether we asked ClickHouse Cloud for what we may own on behalf of this endpoint."""
    found = view.world.get(ReadEndpoint(endpoint))
    asked = ReadRegistrations() in view.world
    return asked and isinstance(found, Endpoint | Absent) and concerns_us(found, view.rules)


def _told_stranger(view: View, endpoint: ResourceId) -> str:
    found = view.world.get(ReadEndpoint(endpoint))
    targets = ", ".join(c.target for c in found.connections) if isinstance(found, Endpoint) else ""
    return f"it is tagged, but connected to {targets or 'nothing'}, which no service of the organization is behind"


def _why_unknown(view: View, endpoint: ResourceId) -> str:
    found = view.world.get(ReadEndpoint(endpoint))
    if isinstance(found, Unreadable):
        return found.reason
    unread = "; ".join(map(told_unread, view.unread))
    return _why_no_access(view) or _why_no_config(view) or unread or "it was not read"


def _why_no_access(view: View) -> str | None:
    for read in (ReadServices(), ReadRegistrations()):
        answer = view.world.get(read)
        if isinstance(answer, Unreadable):
            return answer.reason
    if view.world.get(ReadServices()) == ():
        return "the organization's list of services came back empty, which is no ground to act on"
    return None


def _why_no_config(view: View) -> str | None:
    for service in view.services:
        answer = view.world.get(ReadConfig(service.id))
        if isinstance(answer, Unreadable):
            return f"the private endpoint config of service {service.name}: {answer.reason}"
    return None


def told_unread(service: Service) -> str:
    """That a service is there but cannot be read, and what that means."""
    return (
        f"service {service.label} is in the list, but not as the API describes it: its allow list is not changed,"
        " and nothing is deregistered until it can be read"
    )


def of_access(view: View, wish: Connecting) -> Iterator[Finding]:
    """What a person should know about the registration and the allow lists of an endpoint."""
    at, wanted = str(wish.endpoint.id), view.rules.id_of(wish.endpoint)
    owned = view.owned.get(wish.endpoint.id, frozenset())
    ours = wanted.lower() in owned
    if wanted.lower() in view.registrations and not ours:
        yield Finding("registration-foreign", at, _told_foreign(view, wanted))
        if is_elsewhere(view, wish):
            region = view.registrations[wanted.lower()].region
            told = f"{wanted} was registered by somebody else for {region}, but leads to {region_of(view, wish.alias)}"
            yield Finding("registration-elsewhere", at, told)
    for entry in unwanted(view, wish):
        if not ours and not is_lent(view, wish.endpoint.id, entry):
            told = f"{entry.id} is on the allow list of {entry.service.name}, not by us"
            yield Finding("allow-list-extra", at, told)
        elif not may_go(view, wish.endpoint.id, entry):
            yield told_of(view, wish.endpoint.id, entry)
    if (owned - {wanted.lower()}) & alive(wish.endpoint):
        told = f"it is registered under another kind of id than {view.rules.id_kind}"
        yield Finding("id-kind-mixed", at, told)
    if (owned - {wanted.lower()}) or (ours and is_elsewhere(view, wish)):
        yield from _waiting(view, wish.endpoint.id)


def of_undoing(view: View, endpoint: ResourceId) -> Iterator[Finding]:
    """What stays of an endpoint that is undone: what is not ours, or not in our domain, or waits."""
    yield from _waiting(view, endpoint)
    lent = view.lent.get(endpoint, {})
    theirs = lent.keys() | view.contested.get(endpoint, frozenset())
    for registered in sorted(one for one in theirs if one in view.registrations):
        yield Finding("registration-foreign", str(endpoint), _told_foreign(view, registered))
    for registered in sorted(lent.keys() | view.owned.get(endpoint, frozenset())):
        for entry in entries_of(view, registered):
            ours = registered not in lent or end_of(entry.service.id) in lent[registered]
            if ours and not may_go(view, endpoint, entry):
                yield told_of(view, endpoint, entry)


def _waiting(view: View, endpoint: ResourceId) -> Iterator[Finding]:
    """The services because of which a registration of the endpoint cannot be removed yet."""
    if any(one in view.registrations for one in view.owned.get(endpoint, ())):
        yield from (Finding("unreadable", str(endpoint), told_unread(one)) for one in view.unread)


def _told_foreign(view: View, registered: str) -> str:
    if isinstance(view.standings.get(registered.lower()), Contested):
        return f"{registered} is marked as ours in one place and not in another; its registration is left as it is"
    return f"{registered} was registered by somebody else; that registration is left as it is"


def of_selection(view: View, wish: Connecting) -> Iterator[Finding]:
    at = str(wish.endpoint.id)
    asked, chosen = view.asked(wish.endpoint), wish.selection
    names = {service: view.by_id[service].label for service in chosen.refused | chosen.elsewhere}
    yield from (Finding("bad-selector", at, fault) for fault in asked.request.faults)
    yield from (Finding("bad-selector", at, f"several services are named {name}") for name in asked.ambiguous)
    for text in asked.unmatched:
        yield Finding("service-not-found", at, f"no service on Azure matches {text}")
    for service in sorted(chosen.refused):
        yield Finding("service-not-permitted", at, f"SERVICE_FILTER does not permit {names[service]}")
    for service in sorted(chosen.elsewhere):
        yield Finding("service-on-other-private-link", at, f"{names[service]} is not behind {wish.alias}")
    for service in sorted(chosen.held):
        yield _told_held(view, at, view.by_id[service])
    if not chosen.granted | chosen.held:
        yield Finding(
            "no-service-selected", at, "it gets its registration and record, but reaches no service"
        )


def _told_held(view: View, at: str, service: Service) -> Finding:
    if not service.readable:
        return Finding("unreadable", at, told_unread(service))
    answer = view.world.get(ReadConfig(service.id))
    if isinstance(answer, Unreadable):
        return Finding(
            "unreadable", at, f"the private endpoint config of service {service.name}: {answer.reason}"
        )
    if service.tags is None:
        return Finding("unreadable", at, f"the tags of service {service.name} were not told")
    return Finding(
        "bad-selector", at, f"{service.name} is named ambiguously; its allow list is left as it is"
    )


def of_connection(wish: Connecting) -> Iterator[Finding]:
    at = str(wish.endpoint.id)
    status = next(c.status for c in wish.endpoint.connections if c.target == wish.alias)
    code = (
        {
            Status.PENDING: "endpoint-pending",
            Status.REJECTED: "endpoint-rejected",
            Status.DISCONNECTED: "endpoint-disconnected",
        }.get(Status(status))
        if status in Status
        else None
    )
    if code:
        yield Finding(code, at, f"its connection to {wish.alias} is {status}")

"""What a person should know of an endpoint's verdict, of its tag and of its connection."""

from collections.abc import Iterator, Mapping

from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, ReadFailed, Service, Status
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint, ReadRegistrations, ReadServices
from shared.domain.planning.access.allow_lists import (
    DesiredAccess,
    is_in_other_region,
    registered_without_mark,
    unwanted_entries,
)
from shared.domain.planning.access.entry_removal import entries_of, entry_stays, may_go
from shared.domain.planning.classification import Verdict, concerns_us
from shared.domain.planning.planning_index import PlanningIndex


def of_verdicts(view: PlanningIndex, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[Finding]:
    for endpoint, verdict in verdicts.items():
        at = str(endpoint)
        match verdict:
            case Verdict.OUTSIDE if endpoint in view.access.ownership.ids_of or endpoint in view.dns.holders:
                yield Finding("outside-scope", at, "it lies outside ENDPOINT_SCOPES; nothing is done for it")
            case Verdict.STRANGER:
                yield Finding("not-a-clickhouse-endpoint", at, _told_stranger(view, endpoint))
            case Verdict.UNKNOWN:
                yield Finding("unreadable", at, _why_unknown(view, endpoint))
            case Verdict.UNDO if (reason := _why_no_access(view)) and _may_own(view, endpoint):
                yield Finding("unreadable", at, reason)
            case _:
                pass


def _may_own(view: PlanningIndex, endpoint: ResourceId) -> bool:
    """Whether we asked ClickHouse Cloud for what we may own on behalf of this endpoint."""
    found = view.world.get(ReadEndpoint(endpoint))
    asked = ReadRegistrations() in view.world
    return asked and isinstance(found, Endpoint | NotFound) and concerns_us(found, view.rules)


def _told_stranger(view: PlanningIndex, endpoint: ResourceId) -> str:
    found = view.world.get(ReadEndpoint(endpoint))
    targets = ", ".join(c.target for c in found.connections) if isinstance(found, Endpoint) else ""
    return f"it is tagged, but connected to {targets or 'nothing'}, which no service of the organization is behind"


def _why_unknown(view: PlanningIndex, endpoint: ResourceId) -> str:
    found = view.world.get(ReadEndpoint(endpoint))
    if isinstance(found, ReadFailed):
        return found.reason
    unread = "; ".join(map(service_unread, view.services.unread))
    return _why_no_access(view) or _why_no_config(view) or unread or "it was not read"


def _why_no_access(view: PlanningIndex) -> str | None:
    for read in (ReadServices(), ReadRegistrations()):
        answer = view.world.get(read)
        if isinstance(answer, ReadFailed):
            return answer.reason
    if view.world.get(ReadServices()) == ():
        return "the organization's list of services came back empty, which is no ground to act on"
    return None


def _why_no_config(view: PlanningIndex) -> str | None:
    for service in view.services.all:
        answer = view.world.get(ReadConfig(service.id))
        if isinstance(answer, ReadFailed):
            return f"the private endpoint config of service {service.name}: {answer.reason}"
    return None


def service_unread(service: Service) -> str:
    """That a service is in the list but cannot be read, and what follows."""
    return (
        f"service {service.label} is in the list, but not as the API describes it: its allow list is not changed, "
        "and nothing is deregistered until it can be read"
    )


def of_access(view: PlanningIndex, wish: DesiredAccess) -> Iterator[Finding]:
    """What a person should know about the registration and the allow lists of an endpoint."""
    at = str(wish.endpoint.id)
    for made in registered_without_mark(view, wish.endpoint.id):
        yield Finding("registration-mark-not-kept", at, _mark_not_kept(view, made.id))
        return
    preferred = view.rules.id_of(wish.endpoint)
    id_ = view.access.ownership.id_for(wish.endpoint, view.rules)
    if id_ is None and not wish.endpoint.guid:
        return  # reported in `progress`
    if id_ is None:
        both = f"{preferred} and {view.rules.other_id_of(wish.endpoint)}"
        yield Finding("registration-blocked", at, f"both ids, {both}, are registered outside this deployment")
        return
    if id_ != preferred:
        message = (
            f"{preferred} is registered outside this deployment and is not modified; registered as {id_}"
        )
        yield Finding("registration-foreign", at, message)
    others = view.access.ownership.ids_of.get(wish.endpoint.id, frozenset()) - {id_.lower()}
    entries = [
        *unwanted_entries(view, wish, id_),
        *(e for one in sorted(others) for e in entries_of(view, one)),
    ]
    for entry in entries:
        if not may_go(view, wish.endpoint.id, entry):
            yield entry_stays(wish.endpoint.id, entry)
    if others or is_in_other_region(view, wish, id_):
        yield from _waiting(view, wish.endpoint.id)
    if others & wish.endpoint.ids:
        message = f"it is registered under another kind of id than {view.rules.id_kind}"
        yield Finding("id-kind-mixed", at, message)


def _mark_not_kept(view: PlanningIndex, id_: str) -> str:
    left = (
        "it is still registered" if id_.lower() in view.access.registrations else "it was deregistered again"
    )
    return (
        f"ClickHouse Cloud did not keep the description of the registration of {id_}; {left}, without access"
    )


def of_release(view: PlanningIndex, endpoint: ResourceId) -> Iterator[Finding]:
    """What stays of an endpoint that is released: by SERVICE_FILTER, or until an allow list can be read."""
    yield from _waiting(view, endpoint)
    for registered in sorted(view.access.ownership.ids_of.get(endpoint, frozenset())):
        for entry in entries_of(view, registered):
            if not may_go(view, endpoint, entry):
                yield entry_stays(endpoint, entry)


def _waiting(view: PlanningIndex, endpoint: ResourceId) -> Iterator[Finding]:
    """The services because of which a registration of the endpoint cannot be removed yet."""
    if endpoint in view.access.ownership.ids_of:
        yield from (Finding("unreadable", str(endpoint), service_unread(one)) for one in view.services.unread)


def of_selection(view: PlanningIndex, wish: DesiredAccess) -> Iterator[Finding]:
    at = str(wish.endpoint.id)
    asked, chosen = view.services.asked(wish.endpoint), wish.selection
    names = {service: view.services.by_id[service].label for service in chosen.refused | chosen.elsewhere}
    yield from (Finding("bad-selector", at, fault) for fault in asked.request.faults)
    yield from (Finding("bad-selector", at, _told_ambiguous(view, name)) for name in asked.ambiguous)
    for text in asked.unmatched:
        yield Finding("service-not-found", at, f"no service on Azure matches {text}")
    for service in sorted(chosen.refused):
        yield Finding("service-not-permitted", at, f"SERVICE_FILTER does not permit {names[service]}")
    for service in sorted(chosen.elsewhere):
        yield Finding("service-on-other-private-link", at, f"{names[service]} is not behind {wish.alias}")
    for service in sorted(chosen.without_private_link):
        yield _no_private_link(view, service)
    for service in sorted(chosen.held):
        yield _told_held(view, at, view.services.by_id[service])
    if not chosen.kept:
        yield Finding(
            "no-service-selected", at, "it gets its registration and record, but reaches no service"
        )


def _told_ambiguous(view: PlanningIndex, name: str) -> str:
    exact = any(service.name == name for service in view.services.all)
    return f"several services are named {name}{'' if exact else ' without regard to letter case'}"


def _no_private_link(view: PlanningIndex, service: str) -> Finding:
    answer = view.world.get(ReadConfig(service))
    reason = answer.reason if isinstance(answer, ReadFailed) else ""
    name = view.services.by_id[service].label
    message = f"{name} is selected by a tag, but its private endpoint config is refused: {reason}"
    return Finding("service-without-private-link", service, message)


def _told_held(view: PlanningIndex, at: str, service: Service) -> Finding:
    if not service.readable:
        return Finding("unreadable", at, service_unread(service))
    answer = view.world.get(ReadConfig(service.id))
    if isinstance(answer, ReadFailed):
        return Finding(
            "unreadable", at, f"the private endpoint config of service {service.name}: {answer.reason}"
        )
    if service.tags is None:
        return Finding("unreadable", at, f"the tags of service {service.name} were not told")
    return Finding(
        "bad-selector", at, f"{service.name} is named ambiguously; its allow list is left as it is"
    )


def of_connection(wish: DesiredAccess) -> Iterator[Finding]:
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

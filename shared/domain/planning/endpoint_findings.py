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


def of_verdicts(index: PlanningIndex, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[Finding]:
    for endpoint, verdict in verdicts.items():
        at = str(endpoint)
        match verdict:
            case Verdict.OUT_OF_SCOPE if (
                endpoint in index.access.ownership.ids_of or endpoint in index.dns.holders
            ):
                yield Finding("outside-scope", at, "it lies outside ENDPOINT_SCOPES; nothing is done for it")
            case Verdict.FOREIGN_SERVICE:
                yield Finding("not-a-clickhouse-endpoint", at, _told_stranger(index, endpoint))
            case Verdict.UNKNOWN:
                yield Finding("unreadable", at, _why_unknown(index, endpoint))
            case Verdict.RELEASE if (reason := _why_no_access(index)) and _may_own(index, endpoint):
                yield Finding("unreadable", at, reason)
            case _:
                pass


def _may_own(index: PlanningIndex, endpoint: ResourceId) -> bool:
    """Whether we asked ClickHouse Cloud for what we may own on behalf of this endpoint."""
    found = index.snapshot.get(ReadEndpoint(endpoint))
    asked = ReadRegistrations() in index.snapshot
    return asked and isinstance(found, Endpoint | NotFound) and concerns_us(found, index.config)


def _told_stranger(index: PlanningIndex, endpoint: ResourceId) -> str:
    found = index.snapshot.get(ReadEndpoint(endpoint))
    targets = ", ".join(c.target for c in found.connections) if isinstance(found, Endpoint) else ""
    return f"it is tagged, but connected to {targets or 'nothing'}, which no service of the organization is behind"


def _why_unknown(index: PlanningIndex, endpoint: ResourceId) -> str:
    found = index.snapshot.get(ReadEndpoint(endpoint))
    if isinstance(found, ReadFailed):
        return found.reason
    unread = "; ".join(map(service_unread, index.services.unread))
    return _why_no_access(index) or _why_no_config(index) or unread or "it was not read"


def _why_no_access(index: PlanningIndex) -> str | None:
    for read in (ReadServices(), ReadRegistrations()):
        answer = index.snapshot.get(read)
        if isinstance(answer, ReadFailed):
            return answer.reason
    if index.snapshot.get(ReadServices()) == ():
        return "the organization's list of services came back empty, which is no ground to act on"
    return None


def _why_no_config(index: PlanningIndex) -> str | None:
    for service in index.services.all:
        answer = index.snapshot.get(ReadConfig(service.id))
        if isinstance(answer, ReadFailed):
            return f"the private endpoint config of service {service.name}: {answer.reason}"
    return None


def service_unread(service: Service) -> str:
    """That a service is in the list but cannot be read, and what follows."""
    return (
        f"service {service.label} is in the list, but not as the API describes it: its allow list is not changed, "
        "and nothing is deregistered until it can be read"
    )


def of_access(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Finding]:
    """What a person should know about the registration and the allow lists of an endpoint."""
    at = str(desired.endpoint.id)
    for made in registered_without_mark(index, desired.endpoint.id):
        yield Finding("registration-mark-not-kept", at, _mark_not_kept(index, made.id))
        return
    preferred = index.config.id_of(desired.endpoint)
    id_ = index.access.ownership.id_for(desired.endpoint, index.config)
    if id_ is None and not desired.endpoint.guid:
        return  # reported in `progress`
    if id_ is None:
        both = f"{preferred} and {index.config.other_id_of(desired.endpoint)}"
        yield Finding("registration-blocked", at, f"both ids, {both}, are registered outside this deployment")
        return
    if id_ != preferred:
        message = (
            f"{preferred} is registered outside this deployment and is not modified; registered as {id_}"
        )
        yield Finding("registration-foreign", at, message)
    others = index.access.ownership.ids_of.get(desired.endpoint.id, frozenset()) - {id_.lower()}
    entries = [
        *unwanted_entries(index, desired, id_),
        *(e for one in sorted(others) for e in entries_of(index, one)),
    ]
    for entry in entries:
        if not may_go(index, desired.endpoint.id, entry):
            yield entry_stays(desired.endpoint.id, entry)
    if others or is_in_other_region(index, desired, id_):
        yield from _waiting(index, desired.endpoint.id)
    if others & desired.endpoint.ids:
        message = f"it is registered under another kind of id than {index.config.id_kind}"
        yield Finding("id-kind-mixed", at, message)


def _mark_not_kept(index: PlanningIndex, id_: str) -> str:
    left = (
        "it is still registered" if id_.lower() in index.access.registrations else "it was deregistered again"
    )
    return (
        f"ClickHouse Cloud did not keep the description of the registration of {id_}; {left}, without access"
    )


def of_release(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Finding]:
    """What stays of an endpoint that is released: by SERVICE_FILTER, or until an allow list can be read."""
    yield from _waiting(index, endpoint)
    for registered in sorted(index.access.ownership.ids_of.get(endpoint, frozenset())):
        for entry in entries_of(index, registered):
            if not may_go(index, endpoint, entry):
                yield entry_stays(endpoint, entry)


def _waiting(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Finding]:
    """The services because of which a registration of the endpoint cannot be removed yet."""
    if endpoint in index.access.ownership.ids_of:
        yield from (
            Finding("unreadable", str(endpoint), service_unread(one)) for one in index.services.unread
        )


def of_selection(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Finding]:
    at = str(desired.endpoint.id)
    asked, chosen = index.services.asked(desired.endpoint), desired.selection
    names = {
        service: index.services.by_id[service].label for service in chosen.denied | chosen.other_private_link
    }
    yield from (Finding("bad-selector", at, fault) for fault in asked.request.faults)
    yield from (Finding("bad-selector", at, _told_ambiguous(index, name)) for name in asked.ambiguous)
    for text in asked.unmatched:
        yield Finding("service-not-found", at, f"no service on Azure matches {text}")
    for service in sorted(chosen.denied):
        yield Finding("service-not-permitted", at, f"SERVICE_FILTER does not permit {names[service]}")
    for service in sorted(chosen.other_private_link):
        yield Finding("service-on-other-private-link", at, f"{names[service]} is not behind {desired.alias}")
    for service in sorted(chosen.without_private_link):
        yield _no_private_link(index, service)
    for service in sorted(chosen.undecided):
        yield _told_held(index, at, index.services.by_id[service])
    if not chosen.kept:
        yield Finding(
            "no-service-selected", at, "it gets its registration and record, but reaches no service"
        )


def _told_ambiguous(index: PlanningIndex, name: str) -> str:
    exact = any(service.name == name for service in index.services.all)
    return f"several services are named {name}{'' if exact else ' without regard to letter case'}"


def _no_private_link(index: PlanningIndex, service: str) -> Finding:
    answer = index.snapshot.get(ReadConfig(service))
    reason = answer.reason if isinstance(answer, ReadFailed) else ""
    name = index.services.by_id[service].label
    message = f"{name} is selected by a tag, but its private endpoint config is refused: {reason}"
    return Finding("service-without-private-link", service, message)


def _told_held(index: PlanningIndex, at: str, service: Service) -> Finding:
    if not service.readable:
        return Finding("unreadable", at, service_unread(service))
    answer = index.snapshot.get(ReadConfig(service.id))
    if isinstance(answer, ReadFailed):
        return Finding(
            "unreadable", at, f"the private endpoint config of service {service.name}: {answer.reason}"
        )
    if service.tags is None:
        return Finding("unreadable", at, f"the tags of service {service.name} were not told")
    return Finding(
        "bad-selector", at, f"{service.name} is named ambiguously; its allow list is left as it is"
    )


def of_connection(desired: DesiredAccess) -> Iterator[Finding]:
    at = str(desired.endpoint.id)
    status = next(c.status for c in desired.endpoint.connections if c.target == desired.alias)
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
        yield Finding(code, at, f"its connection to {desired.alias} is {status}")

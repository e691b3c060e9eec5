"""Findings on the services that an endpoint's tag selects."""

from collections.abc import Iterator

from shared.domain.model.findings import Finding
from shared.domain.model.resources import ReadFailed, Service
from shared.domain.model.snapshot import ReadConfig
from shared.domain.planning.endpoint_findings import service_unread
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.service_index import DesiredAccess

_NOTHING_REMOVED = "nothing is removed for this endpoint until the tag is corrected"


def selection_findings(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Finding]:
    at, selection, by_id = str(desired.endpoint.id), desired.selection, index.services.by_id
    found = index.services.matches(desired.endpoint)
    for fault in (*found.selectors.faults, *(_ambiguous(index, name) for name in found.ambiguous)):
        yield Finding("bad-selector", at, f"{fault}; {_NOTHING_REMOVED}")
    for text in found.unmatched:
        message = f"no service on Azure matches {text}; {_NOTHING_REMOVED}"
        yield Finding("service-not-found", at, message)
    for service in sorted(selection.denied):
        message = f"SERVICE_FILTER does not permit {by_id[service].label}"
        yield Finding("service-not-permitted", at, message)
    for service in sorted(selection.other_private_link):
        message = f"{by_id[service].label} is not behind {desired.alias}"
        yield Finding("service-on-other-private-link", at, message)
    for service in sorted(selection.without_private_link):
        yield _without_private_link(index, by_id[service])
    for service in sorted(selection.undecided):
        yield _undecided(index, at, by_id[service])
    allowed = any(index.access.entries.get(id_) for id_ in desired.endpoint.ids)
    if not selection.retained and not (selection.only_adds and allowed):
        message = "it gets its registration and record, but reaches no service"
        yield Finding("no-service-selected", at, message)


def _ambiguous(index: PlanningIndex, name: str) -> str:
    exact = any(service.name == name for service in index.services.all)
    return f"several services are named {name}{'' if exact else ' without regard to letter case'}"


def _without_private_link(index: PlanningIndex, service: Service) -> Finding:
    answer = index.snapshot.get(ReadConfig(service.id))
    reason = answer.reason if isinstance(answer, ReadFailed) else ""
    message = f"{service.label} is selected by a tag, but its private endpoint config is refused: {reason}"
    return Finding("service-without-private-link", service.id, message)


def _undecided(index: PlanningIndex, at: str, service: Service) -> Finding:
    if not service.readable:
        return Finding("unreadable", at, service_unread(service))
    answer = index.snapshot.get(ReadConfig(service.id))
    if isinstance(answer, ReadFailed):
        message = f"the private endpoint config of service {service.name}: {answer.reason}"
        return Finding("unreadable", at, message)
    if service.tags is None:
        return Finding("unreadable", at, f"the tags of service {service.name} are not in the API's response")
    message = f"{service.name} is selected by an ambiguous name; its allow list is not changed"
    return Finding("bad-selector", at, message)

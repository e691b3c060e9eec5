"""Findings on the services that an endpoint's tag selects."""

from collections.abc import Iterator
from difflib import get_close_matches

from shared.domain.model.findings import Finding
from shared.domain.model.resources import ReadFailed, Service
from shared.domain.model.snapshot import ReadConfig
from shared.domain.planning.endpoint_findings import config_unread, service_unread
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.selection import DesiredAccess

_NOTHING_REMOVED = "nothing is removed for this endpoint until the tag is corrected"


def selection_findings(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Finding]:
    at, selection, by_id = str(desired.endpoint.id), desired.selection, index.services.by_id
    found = index.services.matches(desired.endpoint)
    for fault in (*found.selectors.faults, *(_ambiguous(index, name) for name in found.ambiguous)):
        yield Finding("bad-selector", at, f"{fault}; {_NOTHING_REMOVED}")
    for text in found.unmatched:
        message, remedy = _unmatched(index, text)
        yield Finding("service-not-found", at, f"{message}; {_NOTHING_REMOVED}", remedy)
    for service in sorted(selection.denied):
        yield Finding("service-not-permitted", at, f"SERVICE_FILTER does not permit {_named(by_id[service])}")
    for service in sorted(selection.other_private_link):
        message = f"{_named(by_id[service])} is not behind {desired.connection.target}"
        yield Finding("service-on-other-private-link", at, message)
    for service in sorted(selection.without_private_link):
        yield _without_private_link(index, by_id[service])
    for service in sorted(selection.undecided):
        yield _undecided(index, at, by_id[service])
    allowed = any(map(index.access.entries_of, desired.endpoint.ids))
    if not selection.retained and not (selection.only_adds and allowed):
        yield Finding("no-service-selected", at, "it gets its registration and record, but reaches no service")


def _ambiguous(index: PlanningIndex, name: str) -> str:
    exact = any(service.name == name for service in index.services.all)
    ids = ", ".join(sorted(one.id for one in index.services.all if one.name.casefold() == name.casefold()))
    return f"several services are named {name}{'' if exact else ' without regard to letter case'}: {ids}"


def _without_private_link(index: PlanningIndex, service: Service) -> Finding:
    answer = index.snapshot.get(ReadConfig(service.id))
    reason = answer.reason if isinstance(answer, ReadFailed) else ""
    message = f"{service.label} is selected by a tag, but its private endpoint config is refused: {reason}"
    return Finding("service-without-private-link", service.id, message)


def _undecided(index: PlanningIndex, at: str, service: Service) -> Finding:
    if not service.readable:
        return Finding("unreadable", at, service_unread(service))
    if unread := config_unread(index, at, service):
        return unread
    if service.tags is None:
        return Finding("unreadable", at, f"the tags of service {service.name} are not in the API's response")
    message = f"{_named(service)} is selected by an ambiguous name; its allow list is not changed"
    return Finding("bad-selector", at, message)


def _named(service: Service) -> str:
    return f"{service.name} ({service.id})" if service.name else service.label


def _unmatched(index: PlanningIndex, text: str) -> tuple[str, str]:
    """That a selector matches no service on Azure, and what it probably means; the remedy, if it is known."""
    services = index.snapshot.services() or ()
    for service in services:
        if text.casefold() in (service.name.casefold(), service.id.lower()):
            state = "is being deleted" if service.gone else f"runs on {service.provider.upper()}, not on Azure"
            return f"{_named(service)} {state}", "Remove the service from the tag: no private endpoint reaches it."
    names = [service.name for service in index.services.all if service.name]
    if set(text.split()) <= set(names):
        return f"no service on Azure matches {text}; separate selectors with commas", ""
    tags = [pair for service in index.services.all for pair in (service.tags or {}).items()]
    regions = (f"region:{service.region}" for service in index.services.all)
    known = [*names, *regions, *(f"tag:{key}" for key, _ in tags), *(f"tag:{key}={value}" for key, value in tags)]
    near = get_close_matches(text, sorted(set(known)), n=1)
    return f"no service on Azure matches {text}{f' (did you mean {near[0]}?)' if near else ''}", ""

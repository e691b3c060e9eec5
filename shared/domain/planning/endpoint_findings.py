"""Findings on each endpoint: its verdict, its provisioning state, and the services that its tag selects.

| the endpoint                                            | what is still changed       | finding              |
|---------------------------------------------------------|-----------------------------|----------------------|
| is Deleting, and tagged or connected by alias           | nothing                     | endpoint-in-progress |
| is tagged and Failed                                    | nothing                     | endpoint-failed      |
| is tagged and has no connection yet                     | nothing                     | endpoint-in-progress |
| has the verdict MANAGE, in any state except Succeeded   | everything                  | endpoint-in-progress |
| has the verdict MANAGE, its GUID is not assigned yet    | record; access by ARM id    | endpoint-in-progress |
| has the verdict MANAGE, has no interface or address yet | access                      | endpoint-in-progress |

An event for an endpoint with `endpoint-in-progress` fails temporarily, so that Event Grid retries it. The audit only
reports the finding, and does not report as drift what such an endpoint lacks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from shared.domain.model.errors import System
from shared.domain.model.findings import IN_PROGRESS, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.remedies import unreadable
from shared.domain.model.resources import Endpoint, NotFound, ProvisioningState, ReadFailed, Service
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint, ReadRegistrations, ReadServices, addresses_of
from shared.domain.planning.classification import Verdict, concerns_us
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.selection import DesiredAccess
from shared.domain.planning.service_index import service_unread

_NOTHING_REMOVED = "nothing is removed for this endpoint until the tag is corrected"


def verdict_findings(index: PlanningIndex, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[Finding]:
    """What the verdict and the provisioning state of each endpoint prevent."""
    for endpoint, verdict in verdicts.items():
        at, found = str(endpoint), index.endpoint(endpoint)
        if verdict is Verdict.UNKNOWN:
            yield _unknown(index, endpoint)
        elif verdict is Verdict.RELEASE:
            yield from _not_released(index, endpoint)
        elif verdict is Verdict.OUT_OF_SCOPE:
            if endpoint in index.access.ownership.ids_of or endpoint in index.dns.holders:
                yield Finding("outside-scope", at, "it is outside ENDPOINT_SCOPES; nothing is changed for it")
        elif found and verdict is Verdict.FOREIGN_SERVICE:
            targets = ", ".join(connection.target for connection in found.connections)
            message = f"it is tagged, but connected to {targets}"
            foreign = "which is not a Private Link service of this organization"
            yield Finding("not-a-clickhouse-endpoint", at, f"{message}, {foreign}")
        elif verdict is Verdict.FAILED:
            message = "its provisioning state is Failed: it gets no access, and keeps what it has"
            yield Finding("endpoint-failed", at, message)
        elif found and (reasons := list(_reasons_in_progress(index, found, verdict))):
            yield Finding(IN_PROGRESS, at, "; ".join(reasons))


def _reasons_in_progress(index: PlanningIndex, endpoint: Endpoint, verdict: Verdict) -> Iterator[str]:
    if endpoint.state != ProvisioningState.SUCCEEDED:
        yield f"its provisioning state is {endpoint.state or 'not reported'}"
    if not endpoint.is_connected:
        yield "it has no connection yet"
    if verdict is Verdict.MANAGE and not endpoint.guid:
        yield "it has no resource GUID yet"
    if verdict is Verdict.MANAGE and addresses_of(index.snapshot, endpoint) == ():
        yield "it has no private address yet"


def _not_released(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Finding]:
    """Why the access of a deleted or untagged endpoint is not known, if this deployment may have registered it."""
    found = index.snapshot.get(ReadEndpoint(endpoint))
    relevant = isinstance(found, Endpoint | NotFound) and concerns_us(found, index.config)
    if relevant and ReadRegistrations() in index.snapshot and (finding := _no_access(index, str(endpoint))):
        state = f"the endpoint is {index.release_reason(endpoint)}, but its access is not known and not removed"
        yield replace(finding, message=f"{state}: {finding.message}")


def _unknown(index: PlanningIndex, endpoint: ResourceId) -> Finding:
    at, found = str(endpoint), index.snapshot.get(ReadEndpoint(endpoint))
    if isinstance(found, ReadFailed):
        return unreadable(at, found, System.AZURE)
    unread = "; ".join(map(service_unread, index.services.unread))
    without_config = (finding for one in index.services.all if (finding := _config_unread(index, at, one)))
    no_config = next(without_config, None)
    return _no_access(index, at) or no_config or Finding("unreadable", at, unread or "it was not read")


def _no_access(index: PlanningIndex, at: str) -> Finding | None:
    for read in (ReadServices(), ReadRegistrations()):
        answer = index.snapshot.get(read)
        if isinstance(answer, ReadFailed):
            return unreadable(at, answer, System.CLICKHOUSE)
    if index.snapshot.get(ReadServices()) == ():
        message = "ClickHouse Cloud returned an empty service list; no changes made"
        remedy = "Check CLICKHOUSE_ORG_ID, and that the role of the API key permits it to view services."
        return Finding("unreadable", at, message, remedy)
    return None


def _config_unread(index: PlanningIndex, at: str, service: Service) -> Finding | None:
    """That the private endpoint config of a service could not be read."""
    answer = index.snapshot.get(ReadConfig(service.id))
    if not isinstance(answer, ReadFailed):
        return None
    return unreadable(at, answer, System.CLICKHOUSE, f"the private endpoint config of service {service.name}: ")


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
    if unread := _config_unread(index, at, service):
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

"""Findings on the verdict and the provisioning state of each endpoint.

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

from shared.domain.model.errors import System
from shared.domain.model.findings import IN_PROGRESS, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.remedies import remedy_for
from shared.domain.model.resources import Endpoint, NotFound, ProvisioningState, ReadFailed, Service
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint, ReadRegistrations, ReadServices, addresses_of
from shared.domain.planning.classification import Verdict, concerns_us
from shared.domain.planning.planning_index import PlanningIndex


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


def unreadable(at: str, error: ReadFailed, system: System, what: str = "") -> Finding:
    """The finding on a failed read, with the remedy for its cause."""
    return Finding("unreadable", at, f"{what}{error.reason}", remedy_for(error.cause, system))


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
    without_config = (finding for one in index.services.all if (finding := config_unread(index, at, one)))
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


def config_unread(index: PlanningIndex, at: str, service: Service) -> Finding | None:
    """That the private endpoint config of a service could not be read."""
    answer = index.snapshot.get(ReadConfig(service.id))
    if not isinstance(answer, ReadFailed):
        return None
    return unreadable(at, answer, System.CLICKHOUSE, f"the private endpoint config of service {service.name}: ")


def service_unread(service: Service) -> str:
    """That a listed service cannot be read, and what follows."""
    return (
        f"service {service.label} is in the list, but not as the API describes it: its allow list is not changed, "
        "and nothing is deregistered until it can be read"
    )

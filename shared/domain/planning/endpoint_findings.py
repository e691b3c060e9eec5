"""Findings on the verdict and the provisioning state of each endpoint.

| the endpoint                                            | what is still changed       | finding              |
|---------------------------------------------------------|-----------------------------|----------------------|
| is Deleting                                             | nothing                     | endpoint-in-progress |
| is tagged and Failed                                    | nothing                     | endpoint-failed      |
| is tagged and has no connection yet                     | nothing                     | endpoint-in-progress |
| has the verdict MANAGE, in any state except Succeeded   | everything                  | endpoint-in-progress |
| has the verdict MANAGE, its GUID is not assigned yet    | record; access by ARM id    | endpoint-in-progress |
| has the verdict MANAGE, has no interface or address yet | access                      | endpoint-in-progress |

An event for an endpoint with `endpoint-in-progress` fails temporarily, so that Event Grid retries it. The audit only
reports the finding, and does not report as drift what such an endpoint lacks.
"""

from collections.abc import Iterator, Mapping

from shared.domain.model.addresses import addresses_of
from shared.domain.model.findings import IN_PROGRESS, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, ProvisioningState, ReadFailed, Service
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint, ReadRegistrations, ReadServices
from shared.domain.planning.classification import Verdict, concerns_us
from shared.domain.planning.planning_index import PlanningIndex


def verdict_findings(index: PlanningIndex, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[Finding]:
    """What the verdict and the provisioning state of each endpoint prevent."""
    for endpoint, verdict in verdicts.items():
        if found := _verdict_finding(index, endpoint, verdict):
            code, message = found
            yield Finding(code, str(endpoint), message)


def _verdict_finding(index: PlanningIndex, endpoint: ResourceId, verdict: Verdict) -> tuple[str, str] | None:
    found = index.endpoint(endpoint)
    if verdict is Verdict.OUT_OF_SCOPE and _is_owned(index, endpoint):
        return "outside-scope", "it is outside ENDPOINT_SCOPES; nothing is changed for it"
    if verdict is Verdict.UNKNOWN:
        return "unreadable", _why_unknown(index, endpoint)
    if (
        verdict is Verdict.RELEASE
        and (reason := _why_no_access(index))
        and _may_be_registered(index, endpoint)
    ):
        return "unreadable", reason
    if verdict is Verdict.FOREIGN_SERVICE and found:
        targets = ", ".join(connection.target for connection in found.connections)
        return "not-a-clickhouse-endpoint", (
            f"it is tagged, but connected to {targets}, which is not a Private Link service of this organization"
        )
    if verdict is Verdict.FAILED:
        return "endpoint-failed", "its provisioning state is Failed: it gets no access, and keeps what it has"
    reasons = list(_reasons_in_progress(index, found, verdict)) if found else []
    return (IN_PROGRESS, "; ".join(reasons)) if reasons else None


def _is_owned(index: PlanningIndex, endpoint: ResourceId) -> bool:
    return endpoint in index.access.ownership.ids_of or endpoint in index.dns.holders


def _reasons_in_progress(index: PlanningIndex, endpoint: Endpoint, verdict: Verdict) -> Iterator[str]:
    if verdict not in (Verdict.IN_PROGRESS, Verdict.MANAGE):
        return
    if endpoint.state != ProvisioningState.SUCCEEDED:
        yield f"its provisioning state is {endpoint.state or 'not reported'}"
    if not endpoint.is_connected:
        yield "it has no connection yet"
    if verdict is Verdict.MANAGE and not endpoint.guid:
        yield "it has no resource GUID yet"
    if verdict is Verdict.MANAGE and addresses_of(index.snapshot, endpoint) == ():
        yield "it has no private address yet"


def _may_be_registered(index: PlanningIndex, endpoint: ResourceId) -> bool:
    """Whether the registrations were read for this endpoint, because it may have one of this deployment."""
    found = index.snapshot.get(ReadEndpoint(endpoint))
    known = isinstance(found, Endpoint | NotFound) and concerns_us(found, index.config)
    return known and ReadRegistrations() in index.snapshot


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
    empty = index.snapshot.get(ReadServices()) == ()
    return "ClickHouse Cloud returned an empty service list; no changes made" if empty else None


def _why_no_config(index: PlanningIndex) -> str | None:
    for service in index.services.all:
        answer = index.snapshot.get(ReadConfig(service.id))
        if isinstance(answer, ReadFailed):
            return f"the private endpoint config of service {service.name}: {answer.reason}"
    return None


def service_unread(service: Service) -> str:
    """That a listed service cannot be read, and what follows."""
    return (
        f"service {service.label} is in the list, but not as the API describes it: its allow list is not changed, "
        "and nothing is deregistered until it can be read"
    )

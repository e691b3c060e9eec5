"""Why an endpoint is or is not connected: ClickHouse's troubleshooting guide, applied to what was read.

| step                 | not passed if                                                           | then     |
|----------------------|-------------------------------------------------------------------------|----------|
| scope                | the endpoint is outside ENDPOINT_SCOPES                                 | stop     |
| endpoint             | ARM reports it as not found, Deleting or Failed                         | stop     |
|                      | Azure has not finished provisioning it                                  | continue |
| tag                  | the tag is missing (stop), or a part of it is not a selector            | continue |
| private link service | it is connected to none of the organization's                           | stop     |
| services             | a requested service is not found, not permitted or not reachable by it  | continue |
| registration         | its id is not registered with the organization                          | continue |
| allow list           | a selected service does not list its id                                 | continue |
| connection           | it is not approved                                                      | continue |
| address              | it has no private address                                               | continue |
| zone, link           | there is no zone of the name, or none linked to its network (central: to any) | continue |
| record               | a host name resolves neither to it nor to an endpoint that serves it    | continue |
| names                | –                                                                       |          |

Steps that depend on an earlier one are skipped.
"""

from collections.abc import Iterator

from shared.domain.explain import clickhouse, dns
from shared.domain.explain.case import Case, finding_on, leftovers
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, ReadFailed, ReadResult
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.model.text import counted
from shared.domain.planning.classification import is_decided, private_link_connection
from shared.domain.planning.plan import Plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.preflight.check_result import CheckResult, Step, Steps, failed, passed, skipped, unknown

AGAIN = "Run explain again."
QUESTIONS = {
    "scope": "Is it in ENDPOINT_SCOPES?",
    "endpoint": "Does it exist?",
    "tag": "Does its tag request access?",
    "private link service": "Is it connected to a Private Link service of the organization?",
    "services": "May it reach every service that its tag requests?",
    "registration": "Is its id registered with the organization?",
    "allow list": "Is its id on the allow list of each selected service?",
    "connection": "Is the connection approved?",
    "address": "Does it have a private address?",
    "zone": "Is there a private DNS zone for the host names?",
    "link": "Is that zone linked to its virtual network?",
    "record": "Do the host names resolve to its address?",
    "names": "Which host names must clients use?",
}


def explain(snapshot: Snapshot, config: DeploymentConfig, plan: Plan, endpoint: ResourceId) -> Steps:
    """All steps, in order. `plan` is the plan for this endpoint, from this snapshot and config."""
    results = dict(_walk(PlanningIndex(snapshot, config), plan, endpoint))
    last = skipped(list(results)[-1])
    return tuple(Step.of(name, question, results.get(name, last)) for name, question in QUESTIONS.items())


def expected_addresses(snapshot: Snapshot, config: DeploymentConfig, plan: Plan, endpoint: Endpoint) -> frozenset[str]:
    """The addresses that the endpoint's host names may resolve to; none if its connection is unknown."""
    case = _case(PlanningIndex(snapshot, config), plan, endpoint)
    return dns.expected_addresses(case) if case else frozenset()


def _case(index: PlanningIndex, plan: Plan, endpoint: Endpoint) -> Case | None:
    connection = private_link_connection(index, endpoint)
    if connection is None:
        return None
    return Case(index, plan, endpoint, connection, index.services.selection(endpoint, connection.target))


def _walk(index: PlanningIndex, plan: Plan, endpoint: ResourceId) -> Iterator[tuple[str, CheckResult]]:
    yield "scope", _scope(index.config, endpoint)
    if not index.config.in_endpoint_scopes(endpoint):
        return
    found = index.snapshot.get(ReadEndpoint(endpoint))
    yield "endpoint", _endpoint(plan, found, endpoint)
    if not isinstance(found, Endpoint) or is_decided(found, index.config):
        return
    yield "tag", _tag(index.config, plan, found)
    if index.config.request_of(found) is None:
        return
    yield "private link service", _private_link(index, plan, found)
    if case := _case(index, plan, found):
        yield from clickhouse.steps(case)
        yield from dns.steps(case)


def _scope(config: DeploymentConfig, endpoint: ResourceId) -> CheckResult:
    covering = next((scope for scope in config.endpoint_scopes if scope.covers(endpoint)), None)
    if covering:
        return passed(str(covering))
    scopes = ", ".join(map(str, config.endpoint_scopes))
    return failed(f"outside {scopes}; the endpoint was not read", CATALOGUE["outside-scope"][1])


def _endpoint(plan: Plan, found: ReadResult[Endpoint] | None, endpoint: ResourceId) -> CheckResult:
    match found:
        case Endpoint() if finding := finding_on(plan, endpoint, "endpoint-failed"):
            return failed(finding.message, finding.remedy)
        case Endpoint() if finding := finding_on(plan, endpoint, IN_PROGRESS):
            return unknown(finding.message, finding.remedy)
        case Endpoint():
            return passed(f"resource GUID {found.guid}, in {found.network or 'no virtual network'}")
        case NotFound():
            return _not_found(plan, endpoint)
        case ReadFailed(reason):
            finding = finding_on(plan, endpoint, "unreadable")
            return unknown(reason, finding.remedy if finding else CATALOGUE["unreadable"][1])
        case _:
            return unknown("it was not read", AGAIN)


def _not_found(plan: Plan, endpoint: ResourceId) -> CheckResult:
    if left := leftovers(plan, endpoint):
        return failed(f"deleted{left}", "Run sync to remove it, or create the private endpoint again.")
    return failed("not found in Azure: deleted, or never created", "Create it, or correct the ARM id.")


def _tag(config: DeploymentConfig, plan: Plan, endpoint: Endpoint) -> CheckResult:
    value = endpoint.tags.get(config.tag.lower())
    if value is None:
        tags = ", ".join(sorted(endpoint.tags)) or "none"
        detail = f"not tagged {config.tag} (its tags: {tags}){leftovers(plan, endpoint.id)}"
        return failed(detail, f"Set the tag {config.tag}=<services>, or {config.tag}=* for every permitted service.")
    if finding := finding_on(plan, endpoint.id, "bad-selector"):
        return failed(f"{config.tag}={value}: {finding.message}", finding.remedy)
    return passed(f"{config.tag}={value}")


def _private_link(index: PlanningIndex, plan: Plan, endpoint: Endpoint) -> CheckResult:
    if connection := private_link_connection(index, endpoint):
        count = len(index.services.behind[connection.target.lower()])
        return passed(f"{connection.target}, with {counted(count, 'service')}")
    if finding := finding_on(plan, endpoint.id, "not-a-clickhouse-endpoint"):
        aliases = ", ".join(sorted(one.alias for one in set(index.services.configs.values()))) or "none"
        return failed(f"{finding.message}; the organization has: {aliases}", finding.remedy)
    finding = finding_on(plan, endpoint.id, "unreadable")
    return unknown(finding.message, finding.remedy) if finding else unknown("it was not read", AGAIN)

"""Why an endpoint is or is not connected: ClickHouse's troubleshooting guide, applied to what was read.

| step                 | not passed if                                                                  |
|----------------------|--------------------------------------------------------------------------------|
| scope                | the endpoint is outside ENDPOINT_SCOPES                                        |
| endpoint             | it is not found, Deleting, Failed, or Azure has not finished provisioning it   |
| tag                  | the tag is missing, or a part of it is not a selector                          |
| private link service | it is connected to none of the organization's                                  |
| services             | a requested service is not found, not permitted or not reachable by it         |
| registration         | its id is not registered with the organization                                 |
| allow list           | a selected service does not list its id                                        |
| connection           | it is not approved                                                             |
| address              | it has no private address                                                      |
| zone, link           | there is no zone of the name, or none linked to its network (central: to any)  |
| record               | a host name resolves neither to it nor to an endpoint that serves its clients; |
|                      | a warning if that endpoint is in its network, and the record could be shared   |
| names                | –                                                                              |

For an endpoint that is not managed, the steps after the first that did not pass are skipped. Otherwise a step is
skipped only if it depends on one that did not pass. Message and remedy come from the plan's findings and changes.
"""

from collections.abc import Callable

from shared.domain.explain import clickhouse, dns
from shared.domain.explain.case import NONE_MISSING, Case, MissingPermissions, result_of
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.model.text import counted
from shared.domain.planning.plan import Plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.preflight.check_result import CheckResult, CheckStatus, Step, Steps, failed, passed, skipped


def explain(
    snapshot: Snapshot,
    config: DeploymentConfig,
    plan: Plan,
    endpoint: ResourceId,
    missing: MissingPermissions = NONE_MISSING,
) -> Steps:
    """All steps, in order. `plan` is the plan for this endpoint, from this snapshot and config."""
    case, steps, stop = Case(PlanningIndex(snapshot, config), plan, endpoint, missing), list[Step](), ""
    for name, (question, check) in STEPS.items():
        result = skipped(stop) if stop else check(case)
        steps.append(Step.of(name, question, result))
        if result.status is not CheckStatus.PASSED and not case.managed:
            stop = stop or name
    return tuple(steps)


def expected_addresses(
    snapshot: Snapshot, config: DeploymentConfig, plan: Plan, endpoint: ResourceId
) -> frozenset[str]:
    """The addresses that the host names of a managed endpoint may resolve to."""
    return dns.expected_addresses(Case(PlanningIndex(snapshot, config), plan, endpoint))


def _scope(case: Case) -> CheckResult:
    scopes = case.index.config.endpoint_scopes
    if covering := next((scope for scope in scopes if scope.covers(case.at)), None):
        return passed(str(covering))
    detail = f"outside {', '.join(map(str, scopes))}; the endpoint was not read"
    return failed(detail, CATALOGUE["outside-scope"][1])


def _endpoint(case: Case) -> CheckResult:
    found = case.index.snapshot.get(ReadEndpoint(case.at))
    read = isinstance(found, Endpoint | NotFound)
    if finding := case.finding(*(("endpoint-failed", IN_PROGRESS) if read else ("unreadable",))):
        return result_of(finding)
    if isinstance(found, Endpoint):
        return passed(f"resource GUID {found.guid}, in {found.network or 'no virtual network'}")
    if left := _leftovers(case):
        return failed(f"deleted{left}", "Run sync to remove it, or create the private endpoint again.")
    return failed("not found in Azure: deleted, or never created", "Create it, or correct the ARM id.")


def _leftovers(case: Case) -> str:
    """What sync would remove of an endpoint that is to have nothing; "" for nothing."""
    count = sum(1 for change in case.plan.changes if change.endpoint == case.at and change.removes)
    return f"; sync would remove what it still has ({counted(count, 'removal')})" if count else ""


def _tag(case: Case) -> CheckResult:
    found, tag = case.index.endpoint(case.at), case.index.config.tag
    tags = found.tags if found else {}
    value = tags.get(tag.lower())
    if value is None:
        detail = f"not tagged {tag} (its tags: {', '.join(sorted(tags)) or 'none'}){_leftovers(case)}"
        return failed(detail, f"Set the tag {tag}=<services>, or {tag}=* for every permitted service.")
    if finding := case.finding("bad-selector"):
        return failed(f"{tag}={value}: {finding.message}", finding.remedy)
    return passed(f"{tag}={value}")


def _private_link(case: Case) -> CheckResult:
    services = case.index.services
    if case.managed:
        alias = case.desired.alias
        return passed(f"{alias}, with {counted(len(services.behind[alias]), 'service')}")
    if finding := case.finding("not-a-clickhouse-endpoint"):
        aliases = ", ".join(sorted(one.alias for one in set(services.configs.values()))) or "none"
        return result_of(finding, f"; the organization has: {aliases}")
    unread = case.finding("unreadable")
    assert unread, "the plan reports why it cannot classify a tagged endpoint"
    return result_of(unread)


STEPS: dict[str, tuple[str, Callable[[Case], CheckResult]]] = {
    "scope": ("Is it in ENDPOINT_SCOPES?", _scope),
    "endpoint": ("Does it exist?", _endpoint),
    "tag": ("Does its tag request access?", _tag),
    "private link service": ("Is it connected to a Private Link service of the organization?", _private_link),
    "services": ("May it reach every service that its tag requests?", clickhouse.services),
    "registration": ("Is its id registered with the organization?", clickhouse.registration),
    "allow list": ("Is its id on the allow list of each selected service?", clickhouse.allow_list),
    "connection": ("Is the connection approved?", clickhouse.connection),
    "address": ("Does it have a private address?", dns.address),
    "zone": ("Is there a private DNS zone for the host names?", dns.zone),
    "link": ("Is that zone linked to its virtual network?", dns.link),
    "record": ("Do the host names resolve to its address?", dns.record),
    "names": ("Which host names must clients use?", dns.names),
}

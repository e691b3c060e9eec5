"""Why an endpoint is or is not connected: ClickHouse's own troubleshooting, walked over what was read.

| step                 | not ok where                                                            | then     |
|----------------------|-------------------------------------------------------------------------|----------|
| scope                | it lies outside ENDPOINT_SCOPES                                         | the end  |
| endpoint             | ARM says that it does not exist, is Deleting or has Failed              | the end  |
|                      | Azure has not finished it                                               | goes on  |
| tag                  | it does not carry the tag (the end), or a part of it is no selector     | goes on  |
| private link service | it is connected to none of the organization's                           | the end  |
| services             | a service it asks for is not there, not permitted, or not reached by it | goes on  |
| registration         | the organization does not know its id                                   | goes on  |
| allow list           | a service it is to reach does not list its id                           | goes on  |
| connection           | it is not approved                                                      | goes on  |
| address              | it has none                                                             | goes on  |
| zone, link           | no zone of the name clients use, or none linked to its network (if central: to any) | goes on |
| record               | a name that clients use leads neither to it nor to one that serves it   | goes on  |
| names                | –                                                                       |          |

What cannot be told because of an earlier step is told as not checked. Nothing here reads anything.
"""

from shared.domain.explain import access, dns
from shared.domain.explain.case import NAMES, Case, known_from, ok, unchecked, unsure, wrong
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound, ReadFailed
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.model.text import counted
from shared.domain.planning.classification import is_decided, private_link
from shared.domain.planning.plan import Plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.preflight.steps import Step, Steps


def explain(snapshot: Snapshot, config: DeploymentConfig, plan: Plan, endpoint: ResourceId) -> Steps:
    """Every step, in order. `plan` is what would be done for this endpoint by that world and these rules."""
    steps = tuple(_walk(PlanningIndex(snapshot, config), plan, endpoint))
    done = {step.name for step in steps}
    missing = (unchecked(name, steps[-1].name) for name in NAMES if name not in done)
    return (*steps, *missing)


def expected_addresses(
    snapshot: Snapshot, config: DeploymentConfig, plan: Plan, endpoint: Endpoint
) -> frozenset[str]:
    """The addresses that the names of this endpoint may lead to; none if it is not known what it is connected to."""
    case = _case(PlanningIndex(snapshot, config), plan, endpoint)
    return dns.expected_addresses(case) if case else frozenset()


def _case(index: PlanningIndex, plan: Plan, endpoint: Endpoint) -> Case | None:
    connection = private_link(index, endpoint)
    if connection is None:
        return None
    return Case(index, plan, endpoint, connection, index.services.selection(endpoint, connection.target))


def _walk(index: PlanningIndex, plan: Plan, endpoint: ResourceId) -> list[Step]:
    if not index.config.may_ask(endpoint):
        return [_outside(index)]
    steps = [_inside(index, endpoint)]
    found = index.snapshot.get(ReadEndpoint(endpoint))
    steps.append(_existence(plan, found, endpoint))
    if not isinstance(found, Endpoint) or is_decided(found, index.config):
        return steps
    steps.append(_tag(index, plan, found))
    if index.config.request_of(found) is None:
        return steps
    steps.append(_private_link(index, plan, found))
    if case := _case(index, plan, found):
        steps += access.steps(case)
        steps += dns.steps(case)
    return steps


def _outside(index: PlanningIndex) -> Step:
    scopes = ", ".join(map(str, index.config.endpoint_scopes))
    return wrong(
        "scope", f"none of {scopes} covers it, so it was not even read", CATALOGUE["outside-scope"][1]
    )


def _inside(index: PlanningIndex, endpoint: ResourceId) -> Step:
    covering = next(scope for scope in index.config.endpoint_scopes if scope.covers(endpoint))
    return ok("scope", f"it lies in {covering}")


def _existence(plan: Plan, found: object, endpoint: ResourceId) -> Step:
    match found:
        case Endpoint() if told := known_from(plan, endpoint, "endpoint-failed"):
            return wrong("endpoint", told.message, told.remedy)
        case Endpoint() if told := known_from(plan, endpoint, IN_PROGRESS):
            return unsure("endpoint", told.message, told.remedy)
        case Endpoint():
            return ok("endpoint", f"resource GUID {found.guid}, in {found.network or 'no virtual network'}")
        case NotFound():
            held = sum(1 for change in plan.changes if change.endpoint == endpoint)
            left = f"; sync would undo what is left of it, in {counted(held, 'change')}" if held else ""
            remedy = "Create the private endpoint, or correct its ARM id."
            return wrong("endpoint", f"ARM says that there is none of this id{left}", remedy)
        case ReadFailed(reason):
            return unsure("endpoint", reason, CATALOGUE["unreadable"][1])
        case _:
            return unsure("endpoint", "it was not read", "Explain it again.")


def _tag(index: PlanningIndex, plan: Plan, endpoint: Endpoint) -> Step:
    tag = index.config.tag
    value = endpoint.tags.get(tag.lower())
    if value is None:
        seen = f"its tags are: {', '.join(sorted(endpoint.tags)) or 'none'}"
        return wrong("tag", seen, f"Tag the private endpoint {tag}=<services>; * for every permitted one.")
    told = known_from(plan, endpoint.id, "bad-selector")
    if told:
        return wrong("tag", f"{tag}={value}: {told.message}", told.remedy)
    return ok("tag", f"{tag}={value}")


def _private_link(index: PlanningIndex, plan: Plan, endpoint: Endpoint) -> Step:
    name = "private link service"
    if connection := private_link(index, endpoint):
        behind = index.services.behind[connection.target.lower()]
        return ok(name, f"{connection.target}, of {counted(len(behind), 'service')}")
    if told := known_from(plan, endpoint.id, "not-a-clickhouse-endpoint"):
        known = ", ".join(sorted(one.alias for one in set(index.services.configs.values()))) or "none"
        return wrong(name, f"{told.message}; the organization's are: {known}", told.remedy)
    told = known_from(plan, endpoint.id, "unreadable")
    return unsure(name, told.message if told else "it was not read", CATALOGUE["unreadable"][1])

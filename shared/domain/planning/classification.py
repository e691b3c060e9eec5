"""What each endpoint asks for, and whether it may: the first half of the decision.

| endpoint   | in scope | tag | connected to an alias of the organization | verdict     |
|------------|----------|-----|-------------------------------------------|-------------|
| any        | no       | any | any                                       | OUTSIDE     |
| unreadable | yes      | –   | –                                         | UNKNOWN     |
| absent     | yes      | –   | –                                         | UNDO        |
| Deleting   | yes      | yes | any                                       | IN_PROGRESS |
| Deleting   | yes      | no  | any, if some connection is by alias       | IN_PROGRESS |
| there      | yes      | no  | any                                       | UNDO        |
| Failed     | yes      | yes | any                                       | FAILED      |
| there      | yes      | yes | not connected to anything yet             | IN_PROGRESS |
| there      | yes      | yes | yes                                       | CONNECT     |
| there      | yes      | yes | no, as all configs are known              | STRANGER    |
| there      | yes      | yes | not known: configs are missing            | UNKNOWN     |

"There" is any other provisioning state, so also `Updating`, an unknown one, or none: the endpoint then gets what
can be done already (see `progress` for what is reported). A Deleting or Failed endpoint is still there: it
keeps its access and its records.
"""

from enum import StrEnum

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Connection, Endpoint, NotFound, ProvisioningState, ReadFailed
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.planning.planning_index import PlanningIndex


class Verdict(StrEnum):
    CONNECT = "connect"
    UNDO = "undo"
    OUTSIDE = "outside"
    STRANGER = "stranger"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    UNKNOWN = "unknown"


def verdict_on(view: PlanningIndex, endpoint: ResourceId) -> Verdict:
    """The row of the table above for one endpoint; an endpoint nobody read is UNKNOWN."""
    if not view.rules.may_ask(endpoint):
        return Verdict.OUTSIDE
    match view.world.get(ReadEndpoint(endpoint)):
        case NotFound():
            return Verdict.UNDO
        case Endpoint() as found:
            return _by_state(found, view.rules) or _by_tag_and_alias(view, found)
        case ReadFailed() | None:
            return Verdict.UNKNOWN


def is_decided(endpoint: Endpoint | NotFound, rules: DeploymentConfig) -> bool:
    """Whether nothing is done for the endpoint because of its state, so that nothing else need be read."""
    return isinstance(endpoint, Endpoint) and _by_state(endpoint, rules) is not None


def concerns_us(endpoint: Endpoint | NotFound, rules: DeploymentConfig) -> bool:
    """Whether anything of ours can hang on it: absent, tagged, or on a Private Link service by alias."""
    if isinstance(endpoint, NotFound):
        return True
    return rules.request_of(endpoint) is not None or any(c.by_alias for c in endpoint.connections)


def private_link(view: PlanningIndex, endpoint: Endpoint) -> Connection | None:
    """The connection by which the endpoint reaches one of the organization's Private Link services."""
    return next((c for c in endpoint.connections if c.target.lower() in view.services.behind), None)


def zone_name_of(view: PlanningIndex, endpoint: Endpoint) -> str | None:
    """The name of the zone that the endpoint's address belongs into; None if it is not known."""
    connection = private_link(view, endpoint)
    return view.services.zone_names[connection.target.lower()] if connection else None


def _by_state(endpoint: Endpoint, rules: DeploymentConfig) -> Verdict | None:
    tagged = rules.request_of(endpoint) is not None
    if endpoint.state == ProvisioningState.DELETING and concerns_us(endpoint, rules):
        return Verdict.IN_PROGRESS
    if tagged and endpoint.state == ProvisioningState.FAILED:
        return Verdict.FAILED
    return Verdict.IN_PROGRESS if tagged and not endpoint.is_connected else None


def _by_tag_and_alias(view: PlanningIndex, endpoint: Endpoint) -> Verdict:
    if view.rules.request_of(endpoint) is None:
        return Verdict.UNDO
    if private_link(view, endpoint):
        return Verdict.CONNECT
    return Verdict.STRANGER if view.services.configs_complete else Verdict.UNKNOWN

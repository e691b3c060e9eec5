"""What each endpoint asks for, and whether it may: the first half of the decision.

| endpoint   | in scope | tag | connected to an alias of the organization | verdict         |
|------------|----------|-----|-------------------------------------------|-----------------|
| any        | no       | any | any                                       | OUT_OF_SCOPE    |
| unreadable | yes      | –   | –                                         | UNKNOWN         |
| absent     | yes      | –   | –                                         | RELEASE         |
| Deleting   | yes      | yes | any                                       | IN_PROGRESS     |
| Deleting   | yes      | no  | any, if some connection is by alias       | IN_PROGRESS     |
| exists     | yes      | no  | any                                       | RELEASE         |
| Failed     | yes      | yes | any                                       | FAILED          |
| exists     | yes      | yes | no connection yet                         | IN_PROGRESS     |
| exists     | yes      | yes | yes                                       | MANAGE          |
| exists     | yes      | yes | no, and every config is known             | FOREIGN_SERVICE |
| exists     | yes      | yes | unknown: configs are missing              | UNKNOWN         |

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
    MANAGE = "manage"
    RELEASE = "release"
    OUT_OF_SCOPE = "out-of-scope"
    FOREIGN_SERVICE = "foreign-service"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    UNKNOWN = "unknown"


def verdict_on(index: PlanningIndex, endpoint: ResourceId) -> Verdict:
    """The row of the table above for one endpoint; an endpoint nobody read is UNKNOWN."""
    if not index.config.may_ask(endpoint):
        return Verdict.OUT_OF_SCOPE
    match index.snapshot.get(ReadEndpoint(endpoint)):
        case NotFound():
            return Verdict.RELEASE
        case Endpoint() as found:
            return _by_state(found, index.config) or _by_tag_and_alias(index, found)
        case ReadFailed() | None:
            return Verdict.UNKNOWN


def is_decided(endpoint: Endpoint | NotFound, config: DeploymentConfig) -> bool:
    """Whether nothing is done for the endpoint because of its state, so that nothing else need be read."""
    return isinstance(endpoint, Endpoint) and _by_state(endpoint, config) is not None


def concerns_us(endpoint: Endpoint | NotFound, config: DeploymentConfig) -> bool:
    """Whether anything of ours can hang on it: absent, tagged, or on a Private Link service by alias."""
    if isinstance(endpoint, NotFound):
        return True
    return config.request_of(endpoint) is not None or any(c.by_alias for c in endpoint.connections)


def private_link(index: PlanningIndex, endpoint: Endpoint) -> Connection | None:
    """The connection by which the endpoint reaches one of the organization's Private Link services."""
    return next((c for c in endpoint.connections if c.target.lower() in index.services.behind), None)


def zone_name_of(index: PlanningIndex, endpoint: Endpoint) -> str | None:
    """The name of the zone that the endpoint's address belongs into; None if it is not known."""
    connection = private_link(index, endpoint)
    return index.services.zone_names[connection.target.lower()] if connection else None


def _by_state(endpoint: Endpoint, config: DeploymentConfig) -> Verdict | None:
    tagged = config.request_of(endpoint) is not None
    if endpoint.state == ProvisioningState.DELETING and concerns_us(endpoint, config):
        return Verdict.IN_PROGRESS
    if tagged and endpoint.state == ProvisioningState.FAILED:
        return Verdict.FAILED
    return Verdict.IN_PROGRESS if tagged and not endpoint.is_connected else None


def _by_tag_and_alias(index: PlanningIndex, endpoint: Endpoint) -> Verdict:
    if index.config.request_of(endpoint) is None:
        return Verdict.RELEASE
    if private_link(index, endpoint):
        return Verdict.MANAGE
    return Verdict.FOREIGN_SERVICE if index.services.configs_complete else Verdict.UNKNOWN

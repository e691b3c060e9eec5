"""The verdict on each endpoint: whether this deployment manages it, releases it, or does not change it.

| endpoint   | in ENDPOINT_SCOPES | tagged | connected to a Private Link service of the organization | verdict         |
|------------|--------------------|--------|---------------------------------------------------------|-----------------|
| any        | no                 | any    | any                                                     | OUT_OF_SCOPE    |
| unreadable | yes                | –      | –                                                       | UNKNOWN         |
| not found  | yes                | –      | –                                                       | RELEASE         |
| Deleting   | yes                | yes    | any                                                     | IN_PROGRESS     |
| Deleting   | yes                | no     | any; at least one connection is by alias                | IN_PROGRESS     |
| exists     | yes                | no     | any                                                     | RELEASE         |
| Failed     | yes                | yes    | any                                                     | FAILED          |
| exists     | yes                | yes    | no connection yet                                       | IN_PROGRESS     |
| exists     | yes                | yes    | yes                                                     | MANAGE          |
| exists     | yes                | yes    | no, and all private endpoint configs are known          | FOREIGN_SERVICE |
| exists     | yes                | yes    | unknown: some private endpoint configs are missing      | UNKNOWN         |

The first row that matches applies. `Deleting` and `Failed` are provisioning states of Azure. `exists` is any state,
also an unknown one, or none. "Not found" is a 404 for that very id. With the verdicts IN_PROGRESS and FAILED, an
endpoint keeps its access and records.
"""

from enum import StrEnum

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Connection, Endpoint, NotFound, ProvisioningState, ReadFailed
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.selection import DesiredAccess


class Verdict(StrEnum):
    MANAGE = "manage"
    RELEASE = "release"
    OUT_OF_SCOPE = "out-of-scope"
    FOREIGN_SERVICE = "foreign-service"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    UNKNOWN = "unknown"


def verdict_on(index: PlanningIndex, endpoint: ResourceId) -> Verdict:
    """The verdict of the table above; UNKNOWN for an endpoint that was not read."""
    if not index.config.in_endpoint_scopes(endpoint):
        return Verdict.OUT_OF_SCOPE
    match index.snapshot.get(ReadEndpoint(endpoint)):
        case NotFound():
            return Verdict.RELEASE
        case Endpoint() as found:
            return _by_state(found, index.config) or _by_tag_and_alias(index, found)
        case ReadFailed() | None:
            return Verdict.UNKNOWN


def is_decided(endpoint: Endpoint | NotFound, config: DeploymentConfig) -> bool:
    """Whether the endpoint's state alone prevents changes for it, so that nothing else is read."""
    return isinstance(endpoint, Endpoint) and _by_state(endpoint, config) is not None


def concerns_us(endpoint: Endpoint | NotFound, config: DeploymentConfig) -> bool:
    """Whether this deployment may own something of it: not found, tagged, or connected by alias."""
    if isinstance(endpoint, NotFound):
        return True
    return config.request_of(endpoint) is not None or any(c.by_alias for c in endpoint.connections)


def private_link_connection(index: PlanningIndex, endpoint: Endpoint) -> Connection | None:
    """The endpoint's connection to one of the organization's Private Link services."""
    return next((c for c in endpoint.connections if c.target.lower() in index.services.behind), None)


def zone_name_of(index: PlanningIndex, endpoint: Endpoint) -> str | None:
    """The name of the private DNS zone for the endpoint's address; None if it is not known."""
    connection = private_link_connection(index, endpoint)
    return index.services.zone_names[connection.target.lower()] if connection else None


def desired_access(index: PlanningIndex, endpoint: ResourceId) -> DesiredAccess | None:
    """What the endpoint selects; None if it has no connection to a Private Link service of the organization."""
    found = index.endpoint(endpoint)
    connection = private_link_connection(index, found) if found else None
    if not found or not connection:
        return None
    return DesiredAccess(found, connection, index.services.selection(found, connection.target))


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
    if private_link_connection(index, endpoint):
        return Verdict.MANAGE
    return Verdict.FOREIGN_SERVICE if index.services.configs_complete else Verdict.UNKNOWN

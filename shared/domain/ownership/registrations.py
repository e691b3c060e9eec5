"""Which registrations this deployment owns, and under which id it registers an endpoint.

There is no database: a mark on the object itself names the owner and one private endpoint (`marks`). It proves
ownership of that object, and of no other. What was read takes precedence over a mark: an id that another endpoint
carries is not ours. docs/architecture.md lists all rules of ownership.

| the registration's description | the registered id belongs to                       | the registration is |
|--------------------------------|----------------------------------------------------|---------------------|
| our mark for endpoint E        | E, or no endpoint that was read (E's former GUID)  | ours, for E         |
| our mark for endpoint E        | another endpoint, as read, or is its ARM id        | foreign             |
| any, for another cloud         | any                                                | foreign             |
| anything else                  | any                                                | foreign             |

Foreign registrations are never changed or removed. ClickHouse Cloud accepts both kinds of id, and registers an id
once in an organization. If the preferred id is foreign, the endpoint is registered under its other id beside it.

| the id of the kind ENDPOINT_ID_KIND | the id of the other kind | the endpoint is registered as         |
|-------------------------------------|--------------------------|---------------------------------------|
| not registered, or ours             | any                      | the preferred kind                    |
| foreign                             | not registered, or ours  | the other kind, beside the foreign one |
| foreign                             | foreign                  | nothing: a finding                    |
| a GUID that is not there yet        | any                      | nothing yet                           |
| foreign                             | a GUID, not there yet    | nothing yet                           |
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.grouping import grouped
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.resources import Endpoint, Registration
from shared.domain.ownership.marks import parse_registration_mark


@dataclass(frozen=True)
class Ownership:
    """The organization's registrations, and the endpoints that were read."""

    owner: str
    registrations: Mapping[str, Registration]
    """By registered id, in lower case."""
    endpoint_by_id: Mapping[str, ResourceId]
    """The endpoint that carries each id, of both kinds, in lower case."""

    @cached_property
    def endpoint_of(self) -> dict[str, ResourceId]:
        """The endpoint of each of our registrations, by registered id in lower case."""
        endpoints = {id_: self._owned_for(id_, one) for id_, one in self.registrations.items()}
        return {id_: endpoint for id_, endpoint in endpoints.items() if endpoint}

    @cached_property
    def ids_of(self) -> dict[ResourceId, frozenset[str]]:
        """Our registered ids in lower case, by endpoint."""
        ids_of = grouped((endpoint, id_) for id_, endpoint in self.endpoint_of.items())
        return {endpoint: frozenset(ids) for endpoint, ids in ids_of.items()}

    def is_foreign(self, endpoint: ResourceId, id_: str) -> bool:
        """Whether the id is registered, but not as ours for this endpoint."""
        return id_.lower() in self.registrations and self.endpoint_of.get(id_.lower()) != endpoint

    def id_for(self, endpoint: Endpoint, config: DeploymentConfig) -> str | None:
        """The id to register the endpoint under, by the second table; None for nothing."""
        preferred, other = config.id_of(endpoint), config.other_id_of(endpoint)
        candidates = (preferred, other) if preferred else ()
        return next((id_ for id_ in candidates if id_ and not self.is_foreign(endpoint.id, id_)), None)

    def _owned_for(self, id_: str, registration: Registration) -> ResourceId | None:
        marked = _endpoint_marked(registration, self.owner)
        # An ARM id names its endpoint, also one that was not read.
        carrier = self.endpoint_by_id.get(id_) or ResourceId.find(id_, Kind.PRIVATE_ENDPOINT)
        return marked if carrier in (None, marked) else None


def index_registrations(registrations: Iterable[Registration], owner: str) -> dict[str, Registration]:
    """The registrations by id in lower case. If an id is registered twice, a registration without our mark wins."""
    foreign_last = sorted(registrations, key=lambda one: not _endpoint_marked(one, owner))
    return {registration.id.lower(): registration for registration in foreign_last}


def _endpoint_marked(registration: Registration, owner: str) -> ResourceId | None:
    on_azure = registration.provider in ("azure", "")
    return parse_registration_mark(registration.description, owner) if on_azure else None

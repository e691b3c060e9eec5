"""Which registrations are ours, and under which id an endpoint is registered.

A mark speaks only for the object that carries it: what DNS says is no evidence about ClickHouse Cloud, and
nothing here is evidence about DNS (a record set's addresses are ours if that record set's metadata says so,
see `marks`).

| the registration's description | the registered id belongs to                       | the registration is |
|--------------------------------|----------------------------------------------------|---------------------|
| our mark for endpoint E        | E, or no endpoint that was read (E's former GUID)  | ours, for E         |
| our mark for endpoint E        | another endpoint: as read, or by its own ARM id    | foreign             |
| anything else                  | any                                                | foreign             |

| the id of the kind ENDPOINT_ID_KIND | the id of the other kind | the endpoint is registered as         |
|-------------------------------------|--------------------------|---------------------------------------|
| not registered, or ours             | any                      | the preferred kind                    |
| foreign                             | not registered, or ours  | the other kind, beside the foreign one |
| foreign                             | foreign                  | nothing: a finding                    |
| a GUID that is not there yet        | any                      | nothing yet                           |
| foreign                             | a GUID, not there yet    | nothing yet                           |

A foreign registration and its allow-list entries are never touched. ClickHouse Cloud accepts both kinds of
id; an id is registered once in an organization.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import BadIdError, Kind, ResourceId
from shared.domain.model.resources import Endpoint, Registration
from shared.domain.ownership.marks import parse_registration_mark


@dataclass(frozen=True)
class Ownership:
    """The registrations of the organization, and the endpoints as far as they were read."""

    owner: str
    registrations: Mapping[str, Registration]
    """By registered id, in lower case."""
    endpoint_by_id: Mapping[str, ResourceId]
    """The endpoint that carries each id, of both kinds, in lower case."""

    @cached_property
    def endpoint_of(self) -> dict[str, ResourceId]:
        """The endpoint of each registration that is ours, by registered id in lower case."""
        found = {id_: self._owned_for(id_, one) for id_, one in self.registrations.items()}
        return {id_: endpoint for id_, endpoint in found.items() if endpoint}

    @cached_property
    def ids_of(self) -> dict[ResourceId, frozenset[str]]:
        """The registered ids that are ours, in lower case, by endpoint."""
        found: defaultdict[ResourceId, set[str]] = defaultdict(set)
        for id_, endpoint in self.endpoint_of.items():
            found[endpoint].add(id_)
        return {endpoint: frozenset(ids) for endpoint, ids in found.items()}

    def is_foreign(self, endpoint: ResourceId, id_: str) -> bool:
        """Whether the id is registered, and not by us for this endpoint."""
        return id_.lower() in self.registrations and self.endpoint_of.get(id_.lower()) != endpoint

    def id_for(self, endpoint: Endpoint, config: DeploymentConfig) -> str | None:
        """The id to register the endpoint under; None if both are foreign, or the one preferred is not there yet."""
        preferred, other = config.id_of(endpoint), config.other_id_of(endpoint)
        candidates = (preferred, other) if preferred else ()
        return next((one for one in candidates if one and not self.is_foreign(endpoint.id, one)), None)

    def _owned_for(self, id_: str, registration: Registration) -> ResourceId | None:
        marked = parse_registration_mark(registration.description, self.owner)
        carrier = self.endpoint_by_id.get(id_) or _endpoint_named_by(id_)
        return marked if carrier in (None, marked) else None


def index_registrations(registrations: Iterable[Registration], owner: str) -> dict[str, Registration]:
    """The registrations by id in lower case. Of several with one id, one that is not ours comes first."""
    ours_first = sorted(registrations, key=lambda one: not parse_registration_mark(one.description, owner))
    return {one.id.lower(): one for one in ours_first}


def _endpoint_named_by(id_: str) -> ResourceId | None:
    """The endpoint that an ARM Resource ID names; None for a GUID."""
    try:
        return ResourceId.parse(id_, Kind.PRIVATE_ENDPOINT)
    except BadIdError:
        return None

"""What the settings permit: everything `plan` and `needs` go by, besides the world."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.model.ids import Kind, ResourceId, Scope, in_scope
from shared.domain.model.resources import Endpoint, Service
from shared.domain.model.selectors import Selectors, parse_selectors

ZONE_TAG = "clickhouse-dns-zone"
SHARING_TAG, SHARED = "clickhouse-dns", "shared"


class IdKind(StrEnum):
    """What an endpoint is registered under."""

    GUID = "guid"
    RESOURCE_ID = "resource_id"


class ZoneChoice(StrEnum):
    """Which private DNS zone of the right name gets the record."""

    LINKED = "linked"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class DeploymentConfig:
    """`endpoint_scopes` say who may ask, `service_filter` what may be given (None: every service).

    `zone_group` is the resource group in which missing zones are made (None: they are not).
    """

    owner: str
    endpoint_scopes: tuple[Scope, ...]
    dns_scopes: tuple[Scope, ...]
    tag: str = "clickhouse-services"
    service_filter: Selectors | None = None
    id_kind: IdKind = IdKind.GUID
    dns_adopt: bool = False
    record_ttl: int = 300
    zone_group: Scope | None = None
    zone_choice: ZoneChoice = ZoneChoice.LINKED

    @property
    def central(self) -> bool:
        """Whether records go into the one zone of the right name in `dns_scopes`, whatever it is linked to."""
        return self.zone_choice is ZoneChoice.CENTRAL

    def may_ask(self, endpoint: ResourceId) -> bool:
        return in_scope(endpoint, self.endpoint_scopes)

    def request_of(self, endpoint: Endpoint) -> Selectors | None:
        """What the endpoint's tag asks for; None if it does not carry the tag."""
        value = endpoint.tags.get(self.tag.lower())
        return None if value is None else parse_selectors(value)

    def permitted(self, services: Iterable[Service]) -> frozenset[str]:
        """The ids of those of all these services that SERVICE_FILTER permits: a name is matched among all."""
        known = tuple(services)
        chosen = self.service_filter
        return frozenset(one.id for one in known) if chosen is None else chosen.permitted(known)

    def id_of(self, endpoint: Endpoint) -> str:
        """The endpoint's id of the kind that ENDPOINT_ID_KIND prefers."""
        return endpoint.guid if self.id_kind is IdKind.GUID else endpoint.arm_id

    def other_id_of(self, endpoint: Endpoint) -> str:
        """The endpoint's id of the kind that ENDPOINT_ID_KIND does not prefer."""
        return endpoint.arm_id if self.id_kind is IdKind.GUID else endpoint.guid


def shares(endpoint: Endpoint) -> bool:
    """Whether the endpoint's tag consents to a record with the addresses of others beside its own."""
    return endpoint.tags.get(SHARING_TAG, "").strip().lower() == SHARED


def zone_tagged(endpoint: Endpoint) -> ResourceId | None:
    """The zone that the endpoint's own tag names. Raises BadIdError if it names something else."""
    text = endpoint.tags.get(ZONE_TAG)
    return ResourceId.parse(text, Kind.ZONE) if text is not None else None

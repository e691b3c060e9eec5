"""The settings that the decisions depend on, and the tags of an endpoint."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.model.ids import ResourceId, Scope, in_scope
from shared.domain.model.resources import Endpoint, Service
from shared.domain.model.selectors import Selectors, parse_selectors

ZONE_TAG = "clickhouse-dns-zone"
SHARING_TAG, SHARED = "clickhouse-dns", "shared"


class IdKind(StrEnum):
    """The kind of id that an endpoint is registered under."""

    GUID = "guid"
    RESOURCE_ID = "resource_id"


class ZoneChoice(StrEnum):
    """Which private DNS zone gets the record: one linked to the endpoint's network, or the one in `dns_scopes`."""

    LINKED = "linked"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class DeploymentConfig:
    """`endpoint_scopes`: which endpoints may request access. `service_filter`: to which services (None: all).

    `zone_group`: the resource group in which missing zones are created (None: zones are not created).
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
        return self.zone_choice is ZoneChoice.CENTRAL

    def in_endpoint_scopes(self, endpoint: ResourceId) -> bool:
        return in_scope(endpoint, self.endpoint_scopes)

    def request_of(self, endpoint: Endpoint) -> Selectors | None:
        """The selectors in the endpoint's tag; None without the tag."""
        value = endpoint.tags.get(self.tag.lower())
        return None if value is None else parse_selectors(value)

    def permitted(self, services: Iterable[Service]) -> frozenset[str]:
        """The ids of the services that SERVICE_FILTER permits. `services` is the whole organization's list."""
        known = tuple(services)
        if self.service_filter is None:
            return frozenset(service.id for service in known)
        return self.service_filter.permitted(known)

    def id_of(self, endpoint: Endpoint) -> str:
        """The endpoint's id of the kind in ENDPOINT_ID_KIND."""
        return endpoint.guid if self.id_kind is IdKind.GUID else endpoint.arm_id

    def other_id_of(self, endpoint: Endpoint) -> str:
        """The endpoint's id of the other kind."""
        return endpoint.arm_id if self.id_kind is IdKind.GUID else endpoint.guid


def shares(endpoint: Endpoint) -> bool:
    """Whether the endpoint's tag permits other endpoints' addresses in the same record set."""
    return endpoint.tags.get(SHARING_TAG, "").strip().lower() == SHARED

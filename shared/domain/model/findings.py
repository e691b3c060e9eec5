"""What an operator needs to know: findings with stable codes, each with a severity and a remedy."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum

from shared.domain.model.selectors import SELECTOR_FORMS


class Severity(StrEnum):
    """The worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        return tuple(Severity).index(self)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fact about one object: an ARM id, a service id or a registered id.

    `remedy` fits the cause, where the code alone does not determine it; the catalogue has the default. Two
    findings with the same code, object and message are equal.
    """

    code: str
    object: str
    message: str
    remedy: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.remedy:
            object.__setattr__(self, "remedy", CATALOGUE[self.code][1])

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code][0]

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "severity": self.severity, **asdict(self)}


IN_PROGRESS = "endpoint-in-progress"

_ERRORS = {
    "not-a-clickhouse-endpoint": "Connect it to the alias in the service's private endpoint config, or remove the tag.",
    "bad-selector": f"Correct the tag. A selector is one of: {SELECTOR_FORMS}.",
    "service-not-permitted": "Extend SERVICE_FILTER if this endpoint may reach the service; otherwise correct the tag.",
    "endpoint-failed": "Find the cause in the Azure activity log, then update or recreate the private endpoint.",
    "pending-too-long": "Run sync if no allow list has its id. Otherwise recreate the endpoint.",
    "endpoint-rejected": "Check that its id is on the service's allow list. If it is, recreate the private endpoint.",
    "endpoint-disconnected": "Its Private Link service is gone. Recreate it with the service's current alias.",
    "zone-missing": "Create the private DNS zone and link it to the virtual network.",
    "zone-not-linked": "Link the zone to the network if that reaches the zone's endpoints; otherwise use another zone.",
    "zone-ambiguous": "Set the tag clickhouse-dns-zone, or keep one linked zone (central: one in DNS_ZONE_SCOPES).",
    "zone-not-usable": "Set the tag clickhouse-dns-zone to the ARM id of a zone of the right name in DNS_ZONE_SCOPES.",
    "record-full": "Use another private DNS zone for the endpoint, or remove other metadata from the record set.",
    "wildcard-foreign": "Delete the record set if it is not needed, or use another private DNS zone for the endpoint.",
    "zone-locked": "Remove the management lock from the zone or its resource group, or maintain the records yourself.",
    "record-drift": "Run sync for the endpoint, or let the audit repair it (AUDIT_POLICY=upsert; removals: sync).",
    "registration-missing": "Run sync for the endpoint, or let the audit register it (AUDIT_POLICY=upsert).",
    "allow-list-missing": "Run sync for the endpoint, or let the audit add the id (AUDIT_POLICY=upsert).",
    "registration-mark-not-kept": "Contact ClickHouse support: the API must store descriptions unchanged.",
    "registration-blocked": "Remove one of the registrations in the ClickHouse Cloud console, then run sync.",
    "unreadable": "Correct what the error names. If it names nothing and persists, contact the system's support.",
    "removals-over-limit": "If intended, run sync with allowRemovals or raise MAX_REMOVALS. If not, restore the tags.",
}
_WARNINGS = {
    "outside-scope": "Add its subscription or resource group to ENDPOINT_SCOPES if it may request access.",
    "service-not-found": "Correct the selector in the tag, or create or tag the ClickHouse service.",
    "service-on-other-private-link": "Create a private endpoint that is connected to that service's alias.",
    "service-without-private-link": "Remove the service from the tag, or upgrade it to a plan with Private Link.",
    "wildcard-owned-by-other": "Use another private DNS zone for this endpoint, or delete the other endpoint.",
    "allow-list-extra": "Run sync for the endpoint, or let the audit remove the id (AUDIT_POLICY=sync).",
    "allow-list-outside-filter": "Remove the id in the ClickHouse Cloud console, or add the service to SERVICE_FILTER.",
    "registration-orphaned": "Run sync for the endpoint, or let the audit remove it (AUDIT_POLICY=sync).",
    "registration-left": "Remove it in the ClickHouse Cloud console, or grant organization:manage to the API key.",
    "id-kind-mixed": "Run sync to migrate it to the id kind in ENDPOINT_ID_KIND.",
    "event-missed": "Check the event subscription's metrics and dead-letter container, and failed passes in the log.",
}
_INFOS = {
    "no-service-selected": "List services in the tag's value to allow them through this endpoint.",
    IN_PROGRESS: "No action needed if it changed recently. If it persists, check the endpoint and its NIC in Azure.",
    "endpoint-pending": "No action needed if it is new. If it persists, check that an allow list has its id.",
    "wildcard-served-by-other": "No action needed. The record is reassigned when the other endpoint is deleted.",
    "record-kept-by-other": "No action needed: clients reach the endpoint. Set DNS_ADOPT=true to manage the record.",
    "registration-foreign": "No action needed. To retire the foreign id, remove it by hand.",
    "event-late": "No action needed if it changed recently. If it happens repeatedly, check the event subscription.",
}

_BY_SEVERITY = {Severity.ERROR: _ERRORS, Severity.WARNING: _WARNINGS, Severity.INFO: _INFOS}

CATALOGUE: dict[str, tuple[Severity, str]] = {
    code: (severity, remedy) for severity, remedies in _BY_SEVERITY.items() for code, remedy in remedies.items()
}
"""Severity and default remedy by code."""

"""What a person should know: stable codes, each with its severity and the remedy."""

from dataclasses import dataclass, field
from enum import IntEnum


class Severity(IntEnum):
    INFO = 1
    WARNING = 2
    ERROR = 3


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
        return {
            "code": self.code,
            "severity": self.severity.name.lower(),
            "object": self.object,
            "message": self.message,
            "remedy": self.remedy,
        }


IN_PROGRESS = "endpoint-in-progress"
_TO_BE_MADE = "Run sync for the endpoint, or let the audit repair it (AUDIT_POLICY=upsert)."
_TO_BE_REMOVED = "Run sync for the endpoint, or let the audit remove it (AUDIT_POLICY=sync)."

CATALOGUE: dict[str, tuple[Severity, str]] = {
    "outside-scope": (
        Severity.WARNING,
        "Add its subscription or resource group to ENDPOINT_SCOPES if it may ask for access.",
    ),
    "not-a-clickhouse-endpoint": (
        Severity.ERROR,
        "Connect it to the alias that the service's private endpoint config tells, or remove the tag.",
    ),
    "bad-selector": (
        Severity.ERROR,
        "Correct the tag: *, a service id, a unique service name, tag:Key or tag:Key=Value.",
    ),
    "service-not-found": (
        Severity.WARNING,
        "Correct the selector in the tag, or create or tag the ClickHouse service.",
    ),
    "service-not-permitted": (
        Severity.ERROR,
        "Widen SERVICE_FILTER if this endpoint may reach the service; otherwise correct the tag.",
    ),
    "service-on-other-private-link": (
        Severity.WARNING,
        "Create a private endpoint to that service's own Private Link service.",
    ),
    "service-without-private-link": (
        Severity.WARNING,
        "Remove the service from the tag, or move it to a plan with Private Link; see the API's answer.",
    ),
    "no-service-selected": (
        Severity.INFO,
        "Name the services in the tag's value to allow them through this endpoint.",
    ),
    IN_PROGRESS: (
        Severity.INFO,
        "None if it was changed a moment ago. If it stays so, look at the endpoint and its interface in Azure.",
    ),
    "endpoint-failed": (
        Severity.ERROR,
        "Look in Azure at why it failed; update the private endpoint, or delete it and create it anew.",
    ),
    "endpoint-pending": (
        Severity.INFO,
        "None if it is new; otherwise see that its id is on a service's allow list.",
    ),
    "pending-too-long": (
        Severity.ERROR,
        "See in the ClickHouse Cloud console that its id is allowed; then delete and create the endpoint anew.",
    ),
    "endpoint-rejected": (
        Severity.ERROR,
        "Run sync: its id may be missing on the allow list. If it stays rejected, create the endpoint anew.",
    ),
    "endpoint-disconnected": (
        Severity.ERROR,
        "Delete the private endpoint: its Private Link service is gone. Create it anew for the current alias.",
    ),
    "zone-missing": (Severity.ERROR, "Create the private DNS zone and link it to the virtual network."),
    "zone-not-linked": (
        Severity.ERROR,
        "Link the zone to the network if that reaches what its records lead to; otherwise give it another zone.",
    ),
    "zone-ambiguous": (
        Severity.ERROR,
        "Name the zone in the tag clickhouse-dns-zone, or leave only one that is linked (central: in DNS_ZONE_SCOPES).",
    ),
    "zone-not-usable": (
        Severity.ERROR,
        "Correct the tag clickhouse-dns-zone: the ARM id of a zone of that name within DNS_ZONE_SCOPES.",
    ),
    "wildcard-owned-by-other": (
        Severity.WARNING,
        "Delete the other endpoint or give this one a zone of its own; the record is handed over by itself.",
    ),
    "wildcard-served-by-other": (
        Severity.INFO,
        "None: the record may have the address of either. It is handed over if the other endpoint is deleted.",
    ),
    "record-full": (
        Severity.ERROR,
        "Give the endpoint a private DNS zone of its own, or remove metadata of others from the record.",
    ),
    "wildcard-foreign": (
        Severity.ERROR,
        "Delete the record if nobody needs it, or give the endpoint a private DNS zone of its own.",
    ),
    "record-kept-by-other": (
        Severity.INFO,
        "None: clients reach the endpoint. Set DNS_ADOPT=true to let this deployment keep the record.",
    ),
    "zone-locked": (
        Severity.ERROR,
        "Remove the management lock from the zone or its resource group, or keep the records by hand.",
    ),
    "record-drift": (Severity.ERROR, _TO_BE_MADE),
    "registration-missing": (Severity.ERROR, _TO_BE_MADE),
    "allow-list-missing": (Severity.ERROR, _TO_BE_MADE),
    "allow-list-extra": (Severity.WARNING, _TO_BE_REMOVED),
    "allow-list-outside-filter": (
        Severity.WARNING,
        "Take the id off by hand if it should go, or widen SERVICE_FILTER so that this deployment may.",
    ),
    "registration-mark-not-kept": (
        Severity.ERROR,
        "Report it to ClickHouse support: the description of a registration must be stored unchanged.",
    ),
    "registration-blocked": (
        Severity.ERROR,
        "Remove one of the two registrations in ClickHouse Cloud if nobody needs it; the next sync registers it.",
    ),
    "registration-orphaned": (Severity.WARNING, _TO_BE_REMOVED),
    "registration-left": (
        Severity.WARNING,
        "Remove it in the ClickHouse Cloud console, or give the key's role organization:manage and run an audit.",
    ),
    "registration-foreign": (
        Severity.INFO,
        "None: it works. To retire the foreign id, remove it from all services, then from the organization.",
    ),
    "id-kind-mixed": (Severity.WARNING, "Run sync to migrate it to the id kind in ENDPOINT_ID_KIND."),
    "unreadable": (
        Severity.ERROR,
        "Give the identity or key the right to read it, or wait for the system to answer again.",
    ),
    "event-late": (
        Severity.INFO,
        "None if it was changed a moment ago; if this comes again and again, look at the event subscription.",
    ),
    "event-missed": (
        Severity.WARNING,
        "Look at the event subscription's metrics and dead letters, and at failed passes in the log.",
    ),
    "removals-over-limit": (
        Severity.ERROR,
        "See that all these are to go, then sync with allowRemovals, or raise MAX_REMOVALS; otherwise tag them again.",
    ),
}

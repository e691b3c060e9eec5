"""Remedies for failed reads and calls, by cause; and the finding on a failed read."""

from shared.domain.model.errors import Cause, CauseKind, System
from shared.domain.model.findings import Finding
from shared.domain.model.resources import ReadFailed

_RETRIED = (
    "No action needed if it happens once: events are retried, and each audit reads everything again. If it repeats,"
)
_CHECK_STATUS = {
    System.AZURE: f"{_RETRIED} see Azure Service Health.",
    System.CLICKHOUSE: f"{_RETRIED} see status.clickhouse.com.",
}
_REMEDIES = {
    CauseKind.INVALID_CREDENTIAL: {
        System.AZURE: "Assign a managed identity to the function app; on your machine, run az login.",
        System.CLICKHOUSE: (
            "Set CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET to a key that is enabled, has not expired, "
            "and whose IP access list permits this app."
        ),
    },
    CauseKind.NOT_FOUND: {
        System.AZURE: "Correct the subscription and resource group in ENDPOINT_SCOPES or DNS_ZONE_SCOPES.",
        System.CLICKHOUSE: "Correct CLICKHOUSE_ORG_ID: the organization of the API key.",
    },
    CauseKind.THROTTLED: {
        System.AZURE: f"{_RETRIED} find the other clients that call ARM in this subscription.",
        System.CLICKHOUSE: (f"{_RETRIED} use an API key that no other client uses, or lower CLICKHOUSE_RATE_LIMIT."),
    },
    CauseKind.SERVER_ERROR: _CHECK_STATUS,
    CauseKind.TIMED_OUT: _CHECK_STATUS,
    CauseKind.CONNECTION_LOST: {
        System.AZURE: f"{_RETRIED} permit outbound HTTPS from the app to Azure Resource Manager (DNS, firewall).",
        System.CLICKHOUSE: f"{_RETRIED} permit outbound HTTPS from the app to CLICKHOUSE_API_URL (DNS, firewall).",
    },
}

_STORE_REMEDIES = {
    CauseKind.INVALID_CREDENTIAL: _REMEDIES[CauseKind.INVALID_CREDENTIAL][System.AZURE],
    CauseKind.MISSING_PERMISSION: (
        "Assign the app's identity the role Storage Blob Data Contributor on the container in REPORT_STORE; if the "
        "error is AuthorizationFailure, permit the app in the network rules of the storage account."
    ),
    CauseKind.NOT_FOUND: "Create the container, or correct REPORT_STORE.",
    CauseKind.CONNECTION_LOST: (
        "Correct REPORT_STORE, or permit outbound HTTPS from the app to it (DNS, firewall, private endpoint)."
    ),
    CauseKind.UNKNOWN: "Give the app write access to REPORT_STORE, or set it to another blob container or folder.",
}


def store_remedy(cause: Cause) -> str:
    """What an operator does about a report store that cannot be read or written."""
    return _STORE_REMEDIES.get(cause.kind, _CHECK_STATUS[System.AZURE])


def remedy_for(cause: Cause, system: System) -> str:
    """What an operator does about a failed call; "" if the cause does not determine it."""
    if cause.action or cause.kind is CauseKind.MISSING_PERMISSION:
        permission = cause.action or "the permission"
        scope = f" on {cause.scope}" if cause.scope else ""
        holder = "the app's identity" if system is System.AZURE else "the API key"
        return f"Assign a role with {permission}{scope} to {holder}; docs/permissions.md lists the roles."
    if cause.kind is CauseKind.LOCKED:
        return f"Remove the management lock from {cause.scope or 'the resource or its resource group'}."
    return _REMEDIES.get(cause.kind, {}).get(system, "")


def unreadable(at: str, error: ReadFailed, system: System, what: str = "") -> Finding:
    """The finding on a failed read, with the remedy for its cause."""
    return Finding("unreadable", at, f"{what}{error.reason}", remedy_for(error.cause, system))

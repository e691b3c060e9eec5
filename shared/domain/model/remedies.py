"""Remedies for failed reads and calls, by cause."""

from shared.domain.model.errors import Cause, CauseKind

AZURE, CLICKHOUSE = "Azure", "ClickHouse Cloud"
_AGAIN = "None if it happens once: the next event or audit tries again."

_REMEDIES: dict[tuple[CauseKind, str], str] = {
    (CauseKind.INVALID_CREDENTIAL, CLICKHOUSE): (
        "Set CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET to a key that is enabled, has not expired, and "
        "whose IP access list permits this app."
    ),
    (
        CauseKind.INVALID_CREDENTIAL,
        AZURE,
    ): "Assign a managed identity to the function app; on your machine, run az login.",
    (CauseKind.NOT_FOUND, CLICKHOUSE): "Correct CLICKHOUSE_ORG_ID: the organization of the API key.",
    (
        CauseKind.NOT_FOUND,
        AZURE,
    ): "Correct the subscription and resource group in ENDPOINT_SCOPES or DNS_ZONE_SCOPES.",
    (CauseKind.THROTTLED, CLICKHOUSE): (
        f"{_AGAIN} If it repeats, use an API key that no other client uses, or lower CLICKHOUSE_RATE_LIMIT."
    ),
    (
        CauseKind.THROTTLED,
        AZURE,
    ): f"{_AGAIN} If it repeats, find the other clients that call ARM in this subscription.",
    (CauseKind.SERVER_ERROR, CLICKHOUSE): f"{_AGAIN} If it repeats, see status.clickhouse.com.",
    (CauseKind.SERVER_ERROR, AZURE): f"{_AGAIN} If it repeats, see Azure Service Health.",
    (CauseKind.TIMED_OUT, CLICKHOUSE): f"{_AGAIN} If it repeats, see status.clickhouse.com.",
    (CauseKind.TIMED_OUT, AZURE): f"{_AGAIN} If it repeats, see Azure Service Health.",
    (CauseKind.CONNECTION_LOST, CLICKHOUSE): (
        f"{_AGAIN} If it repeats, permit outbound HTTPS from the function app to CLICKHOUSE_API_URL (DNS, firewall)."
    ),
    (CauseKind.CONNECTION_LOST, AZURE): (
        f"{_AGAIN} If it repeats, permit outbound HTTPS from the app to Azure Resource Manager (DNS, firewall)."
    ),
}


def remedy_for(cause: Cause, system: str) -> str:
    """What an operator does about a failed call to AZURE or CLICKHOUSE; "" if the cause does not determine it."""
    if cause.kind is CauseKind.MISSING_PERMISSION:
        permission = cause.action or "the permission"
        scope = f" on {cause.scope}" if cause.scope else ""
        holder = "the app's identity" if system == AZURE else "the API key"
        return f"Assign a role with {permission}{scope} to {holder}; docs/permissions.md lists the roles."
    if cause.kind is CauseKind.LOCKED:
        return f"Remove the management lock{f' on {cause.scope}' if cause.scope else ''}."
    return _REMEDIES.get((cause.kind, system), "")

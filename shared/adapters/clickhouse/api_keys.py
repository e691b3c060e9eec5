"""API keys of ClickHouse Cloud (schemas `ApiKey` and `WhoamiApiKey`)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.adapters.json_fields import optional_list, optional_str
from shared.domain.preflight.preflight_snapshot import ApiKey, Caller

UNNAMED = "without a name"


def key_from(json: Mapping[str, Any]) -> ApiKey:
    """A key. The deprecated `roles` are used only if there are no `assignedRoles`."""
    assigned = {_role(role) for role in optional_list(json.get("assignedRoles"))}
    deprecated = {optional_str(name) or UNNAMED for name in optional_list(json.get("roles"))}
    expires = optional_str(json.get("expireAt"))
    return ApiKey(
        suffix=optional_str(json.get("keySuffix")),
        roles=frozenset(assigned or deprecated),
        expires=datetime.fromisoformat(expires).astimezone(UTC) if expires else None,
        id=optional_str(json.get("id")),
    )


def _role(json: Mapping[str, Any]) -> str:
    name = optional_str(json.get("roleName")) or UNNAMED
    return name if json.get("roleType") == "system" else f"{name} (custom)"


def caller_from(json: Mapping[str, Any]) -> Caller:
    """The calling key, from `GET /v1/whoami`. The API is in beta: any field may be missing."""
    return Caller(*(optional_str(json.get(name)) for name in ("keyId", "name", "organizationId")))

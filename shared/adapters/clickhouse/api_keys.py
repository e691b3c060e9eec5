"""API keys of ClickHouse Cloud (schemas `ApiKey` and `WhoamiApiKey`)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.adapters.json_fields import optional_list, optional_str
from shared.domain.preflight.preflight_snapshot import ApiKey, Caller

SYSTEM = "system"


def key_from(json: Mapping[str, Any]) -> ApiKey:
    """A key. The deprecated `roles` are used only if there are no `assignedRoles`."""
    assigned = optional_list(json.get("assignedRoles"))
    named = [(optional_str(role.get("roleName")), role.get("roleType") == SYSTEM) for role in assigned]
    known = [name for name, system in named if system]
    expires = optional_str(json.get("expireAt"))
    return ApiKey(
        suffix=optional_str(json.get("keySuffix")),
        roles=frozenset(known if assigned else map(optional_str, optional_list(json.get("roles")))),
        custom=frozenset(name for name, system in named if not system),
        expires=datetime.fromisoformat(expires).astimezone(UTC) if expires else None,
        id=optional_str(json.get("id")),
    )


def caller_from(json: Mapping[str, Any]) -> Caller:
    """The calling key, from `GET /v1/whoami`. The API is in beta: any field may be missing."""
    return Caller(
        key_id=optional_str(json.get("keyId")),
        name=optional_str(json.get("name")),
        organization=optional_str(json.get("organizationId")),
    )

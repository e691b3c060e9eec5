"""API keys and their caller as ClickHouse Cloud describes them (schemas `ApiKey` and `WhoamiApiKey`)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.adapters.shapes import items, text
from shared.domain.inspected import ApiKey, Caller

SYSTEM = "system"


def key_from(json: Mapping[str, Any]) -> ApiKey:
    """A key. `roles` is deprecated: it counts only where there are no `assignedRoles`."""
    assigned = items(json.get("assignedRoles"))
    named = [(text(one.get("roleName")), one.get("roleType") == SYSTEM) for one in assigned]
    known = [name for name, system in named if system]
    expires = text(json.get("expireAt"))
    return ApiKey(
        suffix=text(json.get("keySuffix")),
        roles=frozenset(known if assigned else map(text, items(json.get("roles")))),
        custom=frozenset(name for name, system in named if not system),
        expires=datetime.fromisoformat(expires).astimezone(UTC) if expires else None,
        id=text(json.get("id")),
    )


def caller_from(json: Mapping[str, Any]) -> Caller:
    """Who calls, by `GET /v1/whoami`. The API is in beta: any of it may be left out."""
    return Caller(
        key_id=text(json.get("keyId")),
        name=text(json.get("name")),
        organization=text(json.get("organizationId")),
    )

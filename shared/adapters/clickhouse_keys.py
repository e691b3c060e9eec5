"""API keys as the ClickHouse Cloud API lists them (schema `ApiKey`)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.adapters.shapes import items, text
from shared.domain.inspected import ApiKey

SYSTEM = "system"


def key_from(json: Mapping[str, Any]) -> ApiKey:
    """A key; `roles` is the deprecated way to tell what `assignedRoles` tells where there are any."""
    assigned = items(json.get("assignedRoles"))
    known = [text(one.get("roleName")) for one in assigned if one.get("roleType") == SYSTEM]
    names = known if assigned else [text(one) for one in items(json.get("roles"))]
    expires = text(json.get("expireAt"))
    return ApiKey(
        suffix=text(json.get("keySuffix")),
        roles=frozenset(names),
        custom=len(known) < len(assigned),
        expires=datetime.fromisoformat(expires).astimezone(UTC) if expires else None,
    )

"""What Azure says that the caller may do, and what that comes to for one action.

https://learn.microsoft.com/azure/role-based-access-control/role-definitions: actions are matched without
regard to case, `*` stands for any characters, and what a role leaves out another may give.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

READ_ENDPOINTS = "Microsoft.Network/privateEndpoints/read"
READ_INTERFACES = "Microsoft.Network/networkInterfaces/read"
READ_ZONES = "Microsoft.Network/privateDnsZones/read"
WRITE_RECORDS = ("Microsoft.Network/privateDnsZones/A/write", "Microsoft.Network/privateDnsZones/A/delete")
MAKE_ZONES = (
    "Microsoft.Network/privateDnsZones/write",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write",
)
JOIN_NETWORKS = "Microsoft.Network/virtualNetworks/join/action"
READ_TOPICS = "Microsoft.EventGrid/systemTopics/read"


@dataclass(frozen=True, slots=True)
class Permission:
    """What one role assignment gives at a scope: `actions` without `not_actions`, as patterns."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def gives(self, action: str) -> bool:
        return _any_matches(self.actions, action) and not _any_matches(self.not_actions, action)


def lacking(permissions: Iterable[Permission], actions: Iterable[str]) -> tuple[str, ...]:
    """Those of the actions that none of the permissions gives. Azure's deny assignments are not told here."""
    known = tuple(permissions)
    return tuple(action for action in actions if not any(one.gives(action) for one in known))


def _any_matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(_compiled(pattern).fullmatch(action) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)

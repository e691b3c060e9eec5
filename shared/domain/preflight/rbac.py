"""Permissions at an Azure scope, and whether they include an action.

https://learn.microsoft.com/azure/role-based-access-control/role-definitions: actions match case-insensitively, `*`
stands for any characters, and one role assignment can grant what another one excludes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

READ_ENDPOINTS = "Microsoft.Network/privateEndpoints/read"
READ_INTERFACES = "Microsoft.Network/networkInterfaces/read"
READ_ZONES = "Microsoft.Network/privateDnsZones/read"
WRITE_RECORDS = ("Microsoft.Network/privateDnsZones/A/write", "Microsoft.Network/privateDnsZones/A/delete")
CREATE_ZONES = (
    "Microsoft.Network/privateDnsZones/write",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write",
)
JOIN_NETWORKS = "Microsoft.Network/virtualNetworks/join/action"
READ_TOPICS = "Microsoft.EventGrid/systemTopics/read"


@dataclass(frozen=True, slots=True)
class Permission:
    """The patterns of one role assignment: `actions` without `not_actions`."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def grants(self, action: str) -> bool:
        return _any_matches(self.actions, action) and not _any_matches(self.not_actions, action)


def missing_actions(permissions: Iterable[Permission], actions: Iterable[str]) -> tuple[str, ...]:
    """The actions that no permission grants. Deny assignments are not considered."""
    granted = tuple(permissions)
    return tuple(action for action in actions if not any(one.grants(action) for one in granted))


def _any_matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)

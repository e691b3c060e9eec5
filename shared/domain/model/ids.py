"""Azure Resource Manager ids: parsed strictly, compared without regard to case.

An id from outside never reaches a URL as given: `parse` validates each part against Azure's naming rules, and
`str` builds the path from the parts.
"""

import re
from dataclasses import dataclass
from enum import Enum

_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GROUP = r"[-\w.()]{0,89}[-\w()]"
_NAME = r"[a-z0-9](?:[-a-z0-9_.]{0,251}[a-z0-9_])?"

_SUBSCRIPTION = re.compile(rf"/subscriptions/({_GUID})/?")
_RESOURCE_GROUP = re.compile(rf"/subscriptions/({_GUID})/resourcegroups/({_GROUP})/?")
_RESOURCE = re.compile(
    rf"/subscriptions/({_GUID})/resourcegroups/({_GROUP})/providers/(microsoft\.network/[a-z]+)/({_NAME})"
)


class BadIdError(ValueError):
    """The text is not an id of the expected kind; the message quotes it."""


class Kind(Enum):
    """The resource types that we read, as ARM spells them."""

    PRIVATE_ENDPOINT = "Microsoft.Network/privateEndpoints"
    NETWORK_INTERFACE = "Microsoft.Network/networkInterfaces"
    VIRTUAL_NETWORK = "Microsoft.Network/virtualNetworks"
    ZONE = "Microsoft.Network/privateDnsZones"


@dataclass(frozen=True, slots=True, order=True)
class ResourceId:
    """One resource. All parts are lower case, except `type`, which is spelled as in `Kind`."""

    subscription: str
    resource_group: str
    type: str
    name: str

    @classmethod
    def find(cls, text: str, kind: Kind) -> "ResourceId | None":
        """The id in `text`, in any letter case; None if it is not an id of that kind."""
        match = _RESOURCE.fullmatch(text.strip().lower())
        return cls(match[1], match[2], kind.value, match[4]) if match and match[3] == kind.value.lower() else None

    @classmethod
    def parse(cls, text: str, kind: Kind) -> "ResourceId":
        """As `find`, but raises BadIdError instead of returning None."""
        if found := cls.find(text, kind):
            return found
        raise BadIdError(f"{quoted(text)} is not the ARM id of a {kind.value}")

    def __str__(self) -> str:
        """The ARM id, with names in lower case and the fixed words as ARM spells them."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/{self.type}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A subscription, or one resource group of it (None: the whole subscription). Lower case."""

    subscription: str
    resource_group: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """The scope in `text`, in any letter case. Raises BadIdError."""
        lowered = text.strip().lower()
        if match := _SUBSCRIPTION.fullmatch(lowered):
            return cls(match[1])
        if match := _RESOURCE_GROUP.fullmatch(lowered):
            return cls(match[1], match[2])
        raise BadIdError(
            f"{quoted(text)} is neither /subscriptions/<guid> nor /subscriptions/<guid>/resourceGroups/<name>"
        )

    def covers(self, other: "ResourceId | Scope") -> bool:
        """Whether this scope contains the resource, or all of the other scope."""
        same = other.subscription == self.subscription
        return same and self.resource_group in (None, other.resource_group)

    def __str__(self) -> str:
        group = f"/resourceGroups/{self.resource_group}" if self.resource_group else ""
        return f"/subscriptions/{self.subscription}{group}"


def in_scope(resource: ResourceId, scopes: tuple[Scope, ...]) -> bool:
    return any(scope.covers(resource) for scope in scopes)


def virtual_network_of(subnet_id: str) -> ResourceId:
    """The virtual network of a subnet. Raises BadIdError."""
    network, separator, _ = subnet_id.lower().partition("/subnets/")
    if not separator:
        raise BadIdError(f"{quoted(subnet_id)} is not the ARM id of a subnet")
    return ResourceId.parse(network, Kind.VIRTUAL_NETWORK)


def quoted(text: str, limit: int = 200) -> str:
    """`text` for a log line or an answer: escaped, and cut after `limit` characters."""
    return repr(text if len(text) <= limit else text[:limit] + "…")

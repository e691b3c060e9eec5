"""ARM paths, which are case-insensitive."""

from dataclasses import dataclass, replace
from itertools import zip_longest

TAGS_SUFFIX = "/providers/microsoft.resources/tags/default"


@dataclass(frozen=True, slots=True)
class Target:
    """The target of an ARM path: a resource, or (`collection`) all resources of a type in a scope."""

    id: str
    type: str
    subscription: str | None
    group: str | None
    names: tuple[str, ...]
    collection: bool

    @property
    def key(self) -> str:
        return self.id.lower()

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def parent(self) -> str:
        """The id of the parent resource, for collections and for items."""
        return self.id.rsplit("/", 1 if self.collection else 2)[0]

    @property
    def scope(self) -> str:
        """The id of the subscription or resource group, without a trailing slash."""
        group = f"/resourceGroups/{self.group}" if self.group else ""
        return f"/subscriptions/{self.subscription}{group}"

    def holds(self, key: str) -> bool:
        """Return whether the resource with this lower-case id is in the target's scope."""
        return key.startswith(self.scope.lower() + "/")


def parse(path: str) -> Target | None:
    """Return the target of an ARM path, or None if it is not an ARM path."""
    parts = path.strip("/").split("/")
    if parts[0].lower() != "subscriptions" or "" in parts:
        return None
    subscription, rest = (parts[1] if len(parts) > 1 else None), parts[2:]
    group: str | None = None
    if rest and rest[0].lower() == "resourcegroups":
        if len(rest) == 1:
            return Target(path, "Microsoft.Resources/resourceGroups", subscription, None, (), collection=True)
        group, rest = rest[1], rest[2:]
    if not rest:
        return _scope(path, subscription, group)
    if rest[0].lower() != "providers" or len(rest) < 3:
        return None
    kinds, names = rest[2::2], tuple(rest[3::2])
    return Target(
        id="/" + "/".join(parts),
        type="/".join([rest[1], *kinds]),
        subscription=subscription,
        group=group,
        names=names,
        collection=len(kinds) > len(names),
    )


def canonical(target: Target, kind: str, group: str | None) -> Target:
    """Return the target with the casing of its type and resource group (an id) instead of the caller's."""
    if not group or not target.names or kind == "Microsoft.Resources/resourceGroups":
        return target
    namespace, *kinds = kind.split("/")
    nested = [part for pair in zip_longest(kinds, target.names) for part in pair if part]
    return replace(target, id="/".join([group, "providers", namespace, *nested]))


def _scope(path: str, subscription: str | None, group: str | None) -> Target:
    if group:
        return Target(path, "Microsoft.Resources/resourceGroups", subscription, group, (group,), collection=False)
    names = (subscription,) if subscription else ()
    return Target(path, "Microsoft.Resources/subscriptions", subscription, None, names, collection=not names)


def last(arm_id: str) -> str:
    return arm_id.rsplit("/", 1)[1]


def group_of(arm_id: str) -> str | None:
    """Return the id of the resource group of an ARM id, in the casing of the id."""
    parts = arm_id.split("/")
    return "/".join(parts[:5]) if len(parts) > 4 and parts[3].lower() == "resourcegroups" else None

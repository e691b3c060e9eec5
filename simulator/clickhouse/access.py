"""Authentication and authorization of API keys.

The permission of each operation is the one in ClickHouse's own client.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from simulator import world
from simulator.clickhouse.errors import forbidden, not_found, unauthorized
from simulator.wire import Request

VIEW_ORGANIZATION, MANAGE_ORGANIZATION = "organization:view", "organization:manage"
VIEW_KEYS = "organization:view-api-keys"
VIEW_SERVICE, MANAGE_SERVICE = "service:view", "service:manage"
VIEW_ENDPOINTS, MANAGE_ENDPOINTS = "service:view-private-endpoints", "service:manage-private-endpoints"

_READ_SERVICES = frozenset({VIEW_SERVICE, VIEW_ENDPOINTS})
_MANAGE_SERVICES = _READ_SERVICES | {MANAGE_SERVICE, MANAGE_ENDPOINTS}
# The documentation describes these roles in prose only. "Developer" is not available for new keys.
PREDEFINED: Mapping[str, frozenset[str]] = {
    "Admin": _MANAGE_SERVICES | {VIEW_ORGANIZATION, MANAGE_ORGANIZATION, VIEW_KEYS},
    "Developer": _READ_SERVICES | {VIEW_ORGANIZATION},
    "Billing": frozenset({VIEW_ORGANIZATION}),
    "Org API reader": frozenset({VIEW_ORGANIZATION, VIEW_KEYS}),
    "Member": frozenset({VIEW_ORGANIZATION}),
    "Service reader": _READ_SERVICES,
    "Service admin": _MANAGE_SERVICES,
    "Service API reader": _READ_SERVICES,
    "Service API admin": _MANAGE_SERVICES,
    "Basic service API reader": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """The permissions of one role. `services` limits it to these services; None is all services."""

    role: str
    permissions: frozenset[str]
    services: frozenset[str] | None = None
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Rights:
    """The permissions of all roles of a key."""

    grants: tuple[Grant, ...]

    def sees(self, service: world.Service) -> bool:
        return any(_covers(one, service) and VIEW_SERVICE in one.permissions for one in self.grants)

    def require(self, permission: str, service: world.Service | None = None) -> None:
        """Raise CloudError: 404 if no role covers the service, 403 if the permission is missing."""
        covering = [one for one in self.grants if service is None or _covers(one, service)]
        if service and not covering:
            raise not_found(f"service {service.id}")
        if not any(permission in one.permissions for one in covering):
            raise forbidden(f"the API key lacks the permission control-plane:{permission}")


def grants_of(key: world.Key, roles: Iterable[world.Role]) -> tuple[Grant, ...]:
    """Return the roles of a key. Names are case-insensitive; custom roles take precedence over predefined ones.

    Raises:
        LookupError: a role does not exist.
    """
    known = {name.lower(): Grant(name, permissions) for name, permissions in PREDEFINED.items()}
    for role in roles:
        services = None if role.services is None else frozenset(one.lower() for one in role.services)
        known[role.name.lower()] = Grant(role.name, frozenset(role.permissions), services, custom=True)
    unknown = [name for name in key.role if name.lower() not in known]
    if unknown:
        raise LookupError(f"no role {', '.join(unknown)}")
    return tuple(known[name.lower()] for name in key.role)


def authenticate(keys: Iterable[world.Key], request: Request) -> world.Key:
    """Return the key of a request. Raises CloudError: 401, or 403 if its IP access list excludes the caller."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        key_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        key_id, secret = "", ""
    for key in keys:
        if scheme.lower() == "basic" and (key.id, key.secret) == (key_id, secret):
            return _usable(key, request.client)
    raise unauthorized("invalid API key")


def _usable(key: world.Key, client: str) -> world.Key:
    if key.state == "disabled":
        raise unauthorized("the API key is disabled")
    if key.expire_at and key.expire_at <= datetime.now(UTC):
        raise unauthorized("the API key has expired")
    allowed = key.ip_access_list
    if allowed is not None and not any(ip_address(client) in ip_network(one.source, strict=False) for one in allowed):
        raise forbidden(f"the IP access list of the API key does not allow {client}")
    return key


def _covers(grant: Grant, service: world.Service) -> bool:
    return grant.services is None or service.id.lower() in grant.services

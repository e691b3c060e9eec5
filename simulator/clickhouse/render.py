"""Renders organizations, services and keys as the API does."""

from uuid import NAMESPACE_URL, uuid5

from simulator import world
from simulator.clickhouse.access import Grant
from simulator.wire import Json

_LEGACY_ROLES = frozenset({"Admin", "Developer"})


def organization(start: world.Organization) -> Json:
    return {
        "id": start.id,
        "createdAt": start.created_at,
        "name": start.name,
        "privateEndpoints": [registration(entry) for entry in start.private_endpoints],
        "byocConfig": [],
        "enableCoreDumps": True,
    }


def registration(entry: world.Registration) -> Json:
    body: Json = {"id": entry.id, "cloudProvider": entry.cloud_provider, "region": entry.region}
    return body if entry.description is None else body | {"description": entry.description}


def service(entry: world.Service, registered: tuple[world.Registration, ...]) -> Json:
    """Render a service without its omitted keys. Keys that do not concern Private Link have constant values."""
    body = _full(entry, registered) | ({"byocId": entry.byoc_id} if entry.byoc_id else {})
    return {key: value for key, value in body.items() if key not in entry.omits}


def _full(entry: world.Service, registered: tuple[world.Registration, ...]) -> Json:
    return {
        "id": entry.id,
        "name": entry.name,
        "provider": entry.provider,
        "region": entry.region,
        "state": entry.state,
        "clickhouseVersion": "25.8.1.8909",
        "endpoints": _endpoints(entry),
        "tier": "production",
        "minTotalMemoryGb": 48,
        "maxTotalMemoryGb": 360,
        "minReplicaMemoryGb": 16,
        "maxReplicaMemoryGb": 120,
        "numReplicas": 3,
        "autoscalingMode": "vertical",
        "idleScaling": True,
        "idleTimeoutMinutes": 15,
        "ipAccessList": [access.dump() for access in entry.ip_access_list],
        "createdAt": entry.created_at,
        "iamRole": "",
        "privateEndpointIds": list(entry.private_endpoint_ids),
        "availablePrivateEndpointIds": _available(entry, registered),
        "dataWarehouseId": entry.id,
        "isPrimary": True,
        "isReadonly": False,
        "releaseChannel": "default",
        "hasTransparentDataEncryption": False,
        "tags": [_tag(tag) for tag in entry.tags],
        "enableCoreDumps": True,
        "currentScaling": {
            "effectiveAutoscalingMode": "vertical",
            "effectiveMinReplicaMemoryGb": 16,
            "effectiveMaxReplicaMemoryGb": 120,
            "effectiveMinReplicas": 3,
            "effectiveMaxReplicas": 3,
            "effectiveIdleScaling": True,
            "effectiveIdleTimeoutMinutes": 15,
        },
    }


def private_endpoint_config(entry: world.Service) -> Json:
    return {"endpointServiceId": entry.private_link_service, "privateDnsHostname": entry.private_dns_hostname}


def key_id(entry: world.Key) -> str:
    """The id of a key in the organization's list, which differs from the id for authentication."""
    return str(uuid5(NAMESPACE_URL, entry.id))


def key(entry: world.Key, grants: tuple[Grant, ...]) -> Json:
    """Render an API key as in the organization's list, with the last characters of its authentication id."""
    legacy = [grant.role.lower() for grant in grants if not grant.custom and grant.role in _LEGACY_ROLES]
    return {
        "id": key_id(entry),
        "name": entry.name or entry.id,
        "state": entry.state,
        "roles": legacy,
        "assignedRoles": [_assigned(grant) for grant in grants],
        "keySuffix": entry.id[-4:],
        "createdAt": "2025-01-01T00:00:00Z",
        "expireAt": entry.expire_at and entry.expire_at.isoformat(),
        "ipAccessList": [access.dump() for access in entry.ip_access_list or ()],
    }


def whoami(entry: world.Key, organization_id: str) -> Json:
    """Render the calling key, with the fields that ClickHouse's own client reads."""
    return {
        "actorType": "apiKey",
        "keyId": key_id(entry),
        "name": entry.name or entry.id,
        "organizationId": organization_id,
    }


def _assigned(grant: Grant) -> Json:
    return {
        "roleId": str(uuid5(NAMESPACE_URL, grant.role)),
        "roleName": grant.role,
        "roleType": "custom" if grant.custom else "system",
    }


def _endpoints(entry: world.Service) -> list[Json]:
    """The public endpoints: the private host name without its private label."""
    host = entry.private_dns_hostname.replace(".privatelink.", ".").replace(".vpce.", ".")
    return [
        {"protocol": "nativesecure", "host": host, "port": 9440},
        {"protocol": "https", "host": host, "port": 8443},
    ]


def _available(entry: world.Service, registered: tuple[world.Registration, ...]) -> list[str]:
    attached = set(entry.private_endpoint_ids)
    return [
        one.id
        for one in registered
        if (one.cloud_provider, one.region) == (entry.provider, entry.region) and one.id not in attached
    ]


def _tag(tag: world.ServiceTag) -> Json:
    return {"key": tag.key} if tag.value is None else {"key": tag.key, "value": tag.value}

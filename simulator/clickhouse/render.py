"""Organizations and services as the API shows them."""

from uuid import NAMESPACE_URL, uuid5

from simulator import world
from simulator.clickhouse.access import Grant
from simulator.wire import Json

_ROLES_OF_OLD = frozenset({"Admin", "Developer"})


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
    """A service without the keys it omits; what a private-link user never looks at is the same for all."""
    told = _full(entry, registered) | ({"byocId": entry.byoc_id} if entry.byoc_id else {})
    return {key: value for key, value in told.items() if key not in entry.omits}


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
    """The id under which the organization lists a key, which is not the one that the key is used with."""
    return str(uuid5(NAMESPACE_URL, entry.id))


def key(entry: world.Key, grants: tuple[Grant, ...]) -> Json:
    """An API key as the organization lists it, with the end of the id that it is used with."""
    old = [grant.role.lower() for grant in grants if not grant.custom and grant.role in _ROLES_OF_OLD]
    return {
        "id": key_id(entry),
        "name": entry.name or entry.id,
        "state": entry.state,
        "roles": old,
        "assignedRoles": [_assigned(grant) for grant in grants],
        "keySuffix": entry.id[-4:],
        "createdAt": "2025-01-01T00:00:00Z",
        "expireAt": entry.expire_at and entry.expire_at.isoformat(),
        "ipAccessList": [access.dump() for access in entry.ip_access_list or ()],
    }


def whoami(entry: world.Key, organization_id: str) -> Json:
    """The calling key, with the fields that ClickHouse's own client reads."""
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
    """The public endpoints: the private host name without what makes it private."""
    host = entry.private_dns_hostname.replace(".privatelink.", ".").replace(".vpce.", ".")
    return [
        {"protocol": "nativesecure", "host": host, "port": 9440},
        {"protocol": "https", "host": host, "port": 8443},
    ]


def _available(entry: world.Service, registered: tuple[world.Registration, ...]) -> list[str]:
    taken = set(entry.private_endpoint_ids)
    return [
        one.id
        for one in registered
        if (one.cloud_provider, one.region) == (entry.provider, entry.region) and one.id not in taken
    ]


def _tag(tag: world.ServiceTag) -> Json:
    return {"key": tag.key} if tag.value is None else {"key": tag.key, "value": tag.value}

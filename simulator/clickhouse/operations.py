"""The operations of the API: their permissions, results and state changes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from simulator import world
from simulator.clickhouse import changes, render
from simulator.clickhouse.access import (
    MANAGE_ENDPOINTS,
    MANAGE_ORGANIZATION,
    MANAGE_SERVICE,
    VIEW_ENDPOINTS,
    VIEW_KEYS,
    VIEW_ORGANIZATION,
    VIEW_SERVICE,
    Rights,
    grants_of,
)
from simulator.clickhouse.errors import CloudError, bad_request, not_found
from simulator.clickhouse.filters import parse_filter
from simulator.clickhouse.requests import OrganizationPatch, PrivateEndpointPost, ServicePatch, read
from simulator.wire import Request

type Outcome = tuple[world.ClickHouse, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request, its API key and the permissions of the key."""

    request: Request
    key: world.Key
    rights: Rights

    def unknown(self) -> CloudError:
        return not_found(f"{self.request.method} {self.request.path}")


def carry_out(state: world.ClickHouse, call: Call) -> Outcome:
    """Return the new state and the result of a call. Raises CloudError without any change."""
    match [call.request.method, *call.request.path.strip("/").split("/")[1:]]:
        case ["GET", "whoami"] if not state.switches.hide_whoami:
            return state, render.whoami(call.key, state.organization.id)
        case ["GET", "organizations"]:
            call.rights.require(VIEW_ORGANIZATION)
            return state, [render.organization(state.organization)]
        case [method, "organizations", organization, *rest]:
            if _uuid(organization) != state.organization.id.lower():
                raise not_found(f"organization {organization}")
            return _of_organization(state, call, method, rest)
    raise call.unknown()


def _of_organization(state: world.ClickHouse, call: Call, method: str, rest: list[str]) -> Outcome:
    match [method, *rest]:
        case ["GET"]:
            call.rights.require(VIEW_ORGANIZATION)
            return state, render.organization(state.organization)
        case ["PATCH"]:
            call.rights.require(MANAGE_ORGANIZATION)
            after = changes.patch_organization(state, read(OrganizationPatch, call.request))
            return after, render.organization(after.organization)
        case ["GET", "privateEndpointConfig"]:
            call.rights.require(VIEW_ORGANIZATION)
            return state, _region_config(state, call.request)
        case ["GET", "services"]:
            return state, _services(state, call)
        case ["GET", "keys", *which]:
            call.rights.require(VIEW_KEYS)
            return state, _keys(state, which)
        case [_, "services", service, *below]:
            return _of_service(state, call, service_of(state, service), [method, *below])
    raise call.unknown()


def _of_service(state: world.ClickHouse, call: Call, service: world.Service, what: list[str]) -> Outcome:
    match what:
        case ["GET"]:
            call.rights.require(VIEW_SERVICE, service)
            return state, _rendered(state, service)
        case ["PATCH"]:
            call.rights.require(MANAGE_SERVICE, service)
            after = changes.patch_service(_check_awake(state, service), service, read(ServicePatch, call.request))
            return after, _rendered(after, service_of(after, service.id))
        case ["GET", "privateEndpointConfig"]:
            call.rights.require(VIEW_ENDPOINTS, service)
            return _check_awake(state, service), _config(service)
        case ["POST", "privateEndpoint"]:
            call.rights.require(MANAGE_ENDPOINTS, service)
            body = read(PrivateEndpointPost, call.request)
            after, entry = changes.create_endpoint(_check_awake(state, service), service, body)
            return after, render.registration(entry)
    raise call.unknown()


def service_of(state: world.ClickHouse, service: str) -> world.Service:
    """Return a service by its id. Raises CloudError if it does not exist."""
    service_id = _uuid(service)
    for one in state.services:
        if one.id.lower() == service_id:
            return one
    raise not_found(f"service {service}")


def _check_awake(state: world.ClickHouse, service: world.Service) -> world.ClickHouse:
    """Return the state. Raises CloudError(424) for an idle service if the `refuseIdle` switch is on."""
    if state.switches.refuse_idle and service.state == "idle":
        raise CloudError(424, "FAILED_DEPENDENCY: the service is idle, wake it up and try again")
    return state


def _config(service: world.Service) -> Any:
    if service.config_status is not None:
        reason = {400: "BAD_REQUEST", 403: "FORBIDDEN", 404: "NOT_FOUND"}[service.config_status]
        message = f"{reason}: private endpoints are not available for service {service.id}"
        raise CloudError(service.config_status, message)
    return render.private_endpoint_config(service)


def _services(state: world.ClickHouse, call: Call) -> list[Any]:
    """List the services that the key can view. Other services are omitted without an error."""
    filters = [parse_filter(text) for text in call.request.params("filter")]
    visible = (one for one in state.services if call.rights.sees(one))
    return [_rendered(state, one) for one in visible if all(test(one) for test in filters)]


def _keys(state: world.ClickHouse, which: list[str]) -> Any:
    """Return all keys, or the one with this id."""
    listed = [render.key(one, grants_of(one, state.roles)) for one in state.keys]
    match which:
        case []:
            return listed
        case [key_id]:
            for one in listed:
                if one["id"] == _uuid(key_id):
                    return one
    raise not_found(f"key {'/'.join(which)}")


def _region_config(state: world.ClickHouse, request: Request) -> Any:
    """The deprecated configuration per region: the Private Link service of the region's first service."""
    provider, region = request.param("cloud_provider"), request.param("region_id")
    if not provider or not region:
        raise bad_request("cloud_provider and region_id are required")
    for service in state.services:
        if (service.provider, service.region) == (provider, region):
            return {"endpointServiceId": service.private_link_service}
    raise bad_request(f"no private endpoint service for {provider} in {region}")


def _rendered(state: world.ClickHouse, service: world.Service) -> Any:
    return render.service(service, state.organization.private_endpoints)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise bad_request(f"'{text}' is not a UUID") from error

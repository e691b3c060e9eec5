"""The operations of the API: which permission each needs, what it answers, and what is true after it."""

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
    """A request, the key that sends it, and what that key may do."""

    request: Request
    key: world.Key
    rights: Rights

    def unknown(self) -> CloudError:
        return not_found(f"{self.request.method} {self.request.path}")


def carry_out(state: world.ClickHouse, call: Call) -> Outcome:
    """The state after a call, and its result. Raises CloudError; nothing has changed then."""
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
            return state, _shown(state, service)
        case ["PATCH"]:
            call.rights.require(MANAGE_SERVICE, service)
            after = changes.patch_service(_awake(state, service), service, read(ServicePatch, call.request))
            return after, _shown(after, service_of(after, service.id))
        case ["GET", "privateEndpointConfig"]:
            call.rights.require(VIEW_ENDPOINTS, service)
            return _awake(state, service), _config(service)
        case ["POST", "privateEndpoint"]:
            call.rights.require(MANAGE_ENDPOINTS, service)
            wanted = read(PrivateEndpointPost, call.request)
            after, entry = changes.create_endpoint(_awake(state, service), service, wanted)
            return after, render.registration(entry)
    raise call.unknown()


def service_of(state: world.ClickHouse, service: str) -> world.Service:
    """A service by its id; raises CloudError where there is none."""
    wanted = _uuid(service)
    for one in state.services:
        if one.id.lower() == wanted:
            return one
    raise not_found(f"service {service}")


def _awake(state: world.ClickHouse, service: world.Service) -> world.ClickHouse:
    """The state as it is; raises CloudError(424) where idle services refuse and this is one."""
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
    """Those that the key sees; the others are left out without a word."""
    wanted = [parse_filter(text) for text in call.request.params("filter")]
    seen = (one for one in state.services if call.rights.sees(one))
    return [_shown(state, one) for one in seen if all(test(one) for test in wanted)]


def _keys(state: world.ClickHouse, which: list[str]) -> Any:
    """All keys, or the one with the id by which the organization lists it."""
    listed = [render.key(one, grants_of(one, state.roles)) for one in state.keys]
    match which:
        case []:
            return listed
        case [wanted]:
            for one in listed:
                if one["id"] == _uuid(wanted):
                    return one
    raise not_found(f"key {'/'.join(which)}")


def _region_config(state: world.ClickHouse, request: Request) -> Any:
    """The deprecated per-region answer: the Private Link service of the region's first service."""
    provider, region = request.param("cloud_provider"), request.param("region_id")
    if not provider or not region:
        raise bad_request("cloud_provider and region_id are required")
    for service in state.services:
        if (service.provider, service.region) == (provider, region):
            return {"endpointServiceId": service.private_link_service}
    raise bad_request(f"no private endpoint service for {provider} in {region}")


def _shown(state: world.ClickHouse, service: world.Service) -> Any:
    return render.service(service, state.organization.private_endpoints)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise bad_request(f"'{text}' is not a UUID") from error

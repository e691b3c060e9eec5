"""Applies PATCH requests to an organization or a service: pure functions, all or nothing.

Every PATCH applies `remove` before `add`.
"""

from collections.abc import Iterable

from simulator import world
from simulator.clickhouse.errors import bad_request
from simulator.clickhouse.requests import EndpointRef, OrganizationPatch, PrivateEndpointPost, ServicePatch


def patch_organization(start: world.ClickHouse, patch: OrganizationPatch) -> world.ClickHouse:
    """Raises CloudError without any change if one part of the patch is not valid."""
    if patch.private_endpoints.add and start.switches.refuse_organization_add:
        raise bad_request("privateEndpoints.add is deprecated, please use the service's privateEndpointIds")
    registered = _without(start, patch.private_endpoints.remove)
    for requested in patch.private_endpoints.add:
        registered = _with(registered, _registration(requested, start.switches))
    update = {"private_endpoints": registered, "name": patch.name or start.organization.name}
    return start.model_copy(update={"organization": start.organization.model_copy(update=update)})


def patch_service(start: world.ClickHouse, service: world.Service, patch: ServicePatch) -> world.ClickHouse:
    """Raises CloudError without any change if one part of the patch is not valid."""
    registered = _registered(start, service, patch.private_endpoint_ids.add)
    organization = start.organization.model_copy(update={"private_endpoints": registered})
    after = start.model_copy(update={"organization": organization})
    return replace_service(after, _patched(start, service, patch))


def _patched(start: world.ClickHouse, service: world.Service, patch: ServicePatch) -> world.Service:
    ids = _changed_ids(start, service, patch)
    tags = [tag for tag in service.tags if tag.key not in {removed.key for removed in patch.tags.remove}]
    tags = [tag for tag in tags if tag.key not in {added.key for added in patch.tags.add}]
    access_list = [entry for entry in service.ip_access_list if entry not in patch.ip_access_list.remove]
    update = {
        "name": patch.name or service.name,
        "private_endpoint_ids": ids,
        "tags": (*tags, *patch.tags.add),
        "ip_access_list": (*access_list, *patch.ip_access_list.add),
    }
    return service.model_copy(update=update)


def create_endpoint(
    start: world.ClickHouse, service: world.Service, requested: PrivateEndpointPost
) -> tuple[world.ClickHouse, world.Registration]:
    """Register an endpoint with the organization and add it to the service's allow list."""
    reference = EndpointRef(
        id=requested.id,
        description=requested.description,
        cloud_provider=service.provider,
        region=service.region,
    )
    entry = _registration(reference, start.switches)
    registered = _with(start.organization.private_endpoints, entry)
    ids = _added(service.private_endpoint_ids, [requested.id])
    changed = start.organization.model_copy(update={"private_endpoints": registered})
    after = start.model_copy(update={"organization": changed})
    return replace_service(after, service.model_copy(update={"private_endpoint_ids": ids})), entry


def replace_service(start: world.ClickHouse, service: world.Service) -> world.ClickHouse:
    services = tuple(service if one.id == service.id else one for one in start.services)
    return start.model_copy(update={"services": services})


def _without(start: world.ClickHouse, removed: tuple[EndpointRef, ...]) -> tuple[world.Registration, ...]:
    registered = {_key(entry): entry for entry in start.organization.private_endpoints}
    for reference in removed:
        if registered.pop(reference.key, None) is not None:
            _refuse_in_use(start.services, reference)
        elif not start.switches.tolerate_absent_registration:
            raise bad_request(f"private endpoint '{reference.id}' is not registered in {reference.region}")
    return tuple(registered.values())


def _refuse_in_use(services: Iterable[world.Service], reference: EndpointRef) -> None:
    for service in services:
        if reference.id in service.private_endpoint_ids:
            raise bad_request(f"private endpoint '{reference.id}' is in use by service '{service.id}'")


def _with(registered: tuple[world.Registration, ...], entry: world.Registration) -> tuple[world.Registration, ...]:
    """Add a registration. Ids are unique across regions."""
    if any(one.id == entry.id for one in registered):
        raise bad_request(f"private endpoint '{entry.id}' is already registered")
    return (*registered, entry)


def _key(entry: world.Registration) -> tuple[str, str, str]:
    return entry.id, entry.cloud_provider, entry.region


def _registration(requested: EndpointRef, switches: world.Switches) -> world.Registration:
    return world.Registration(
        id=requested.id,
        description=_kept_description(requested.description, switches.description),
        cloud_provider=requested.cloud_provider,
        region=requested.region,
    )


def _kept_description(text: str, rule: str) -> str | None:
    """Return the stored part of a description: all, the first N characters (`truncate:N`), or nothing."""
    if rule == "drop":
        return None
    return text if rule == "keep" else text[: int(rule.removeprefix("truncate:"))]


def _changed_ids(start: world.ClickHouse, service: world.Service, patch: ServicePatch) -> tuple[str, ...]:
    ids = list(service.private_endpoint_ids)
    for removed in patch.private_endpoint_ids.remove:
        if removed in ids:
            ids.remove(removed)
        elif start.switches.refuse_absent_entry:
            raise bad_request(f"private endpoint '{removed}' is not attached to service '{service.id}'")
    return _added(tuple(ids), patch.private_endpoint_ids.add)


def _registered(
    start: world.ClickHouse, service: world.Service, added: Iterable[str]
) -> tuple[world.Registration, ...]:
    """Return the registrations after an allow list change, which registers unknown ids."""
    registered = {entry.id: entry for entry in start.organization.private_endpoints}
    for one in added:
        if one in registered:
            continue
        if start.switches.require_registration:
            raise bad_request(f"private endpoint '{one}' is not registered")
        registered[one] = world.Registration(
            id=one, description=None, cloud_provider=service.provider, region=service.region
        )
    return tuple(registered.values())


def _added(ids: tuple[str, ...], added: Iterable[str]) -> tuple[str, ...]:
    for one in added:
        if one in ids:
            raise bad_request(f"private endpoint '{one}' is already attached to the service")
        ids = (*ids, one)
    return ids

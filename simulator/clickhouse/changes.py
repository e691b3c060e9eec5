"""What a PATCH makes of an organization or a service: pure functions, all or nothing.

In every PATCH `remove` is carried out before `add`.
"""

from collections.abc import Iterable

from simulator import world
from simulator.clickhouse.errors import bad_request
from simulator.clickhouse.requests import EndpointRef, OrganizationPatch, PrivateEndpointPost, ServicePatch


def patch_organization(start: world.ClickHouse, patch: OrganizationPatch) -> world.ClickHouse:
    """Raises CloudError, leaving all as it was, where any single part of the patch cannot be done."""
    if patch.private_endpoints.add and start.switches.refuse_organization_add:
        raise bad_request("privateEndpoints.add is deprecated, please use the service's privateEndpointIds")
    registered = _without(start, patch.private_endpoints.remove)
    for wanted in patch.private_endpoints.add:
        registered = _with(registered, _registration(wanted, start.switches))
    update = {"private_endpoints": registered, "name": patch.name or start.organization.name}
    return start.model_copy(update={"organization": start.organization.model_copy(update=update)})


def patch_service(start: world.ClickHouse, service: world.Service, patch: ServicePatch) -> world.ClickHouse:
    """Raises CloudError, leaving all as it was, where any single part of the patch cannot be done."""
    registered = _known(start, service, patch.private_endpoint_ids.add)
    owner = start.organization.model_copy(update={"private_endpoints": registered})
    after = start.model_copy(update={"organization": owner})
    return replace_service(after, _patched(start, service, patch))


def _patched(start: world.ClickHouse, service: world.Service, patch: ServicePatch) -> world.Service:
    ids = _changed_ids(start, service, patch)
    tags = [tag for tag in service.tags if tag.key not in {gone.key for gone in patch.tags.remove}]
    tags = [tag for tag in tags if tag.key not in {new.key for new in patch.tags.add}]
    open_to = [entry for entry in service.ip_access_list if entry not in patch.ip_access_list.remove]
    update = {
        "name": patch.name or service.name,
        "private_endpoint_ids": ids,
        "tags": (*tags, *patch.tags.add),
        "ip_access_list": (*open_to, *patch.ip_access_list.add),
    }
    return service.model_copy(update=update)


def create_endpoint(
    start: world.ClickHouse, service: world.Service, wanted: PrivateEndpointPost
) -> tuple[world.ClickHouse, world.Registration]:
    """Register an endpoint with the organization and let it into the service."""
    reference = EndpointRef(
        id=wanted.id, description=wanted.description, cloud_provider=service.provider, region=service.region
    )
    entry = _registration(reference, start.switches)
    registered = _with(start.organization.private_endpoints, entry)
    ids = _added(service.private_endpoint_ids, [wanted.id])
    changed = start.organization.model_copy(update={"private_endpoints": registered})
    after = start.model_copy(update={"organization": changed})
    return replace_service(after, service.model_copy(update={"private_endpoint_ids": ids})), entry


def replace_service(start: world.ClickHouse, service: world.Service) -> world.ClickHouse:
    services = tuple(service if one.id == service.id else one for one in start.services)
    return start.model_copy(update={"services": services})


def _without(start: world.ClickHouse, gone: tuple[EndpointRef, ...]) -> tuple[world.Registration, ...]:
    registered = {_key(entry): entry for entry in start.organization.private_endpoints}
    for reference in gone:
        if registered.pop(reference.key, None) is not None:
            _refuse_in_use(start.services, reference)
        elif not start.switches.tolerate_absent_registration:
            raise bad_request(f"private endpoint '{reference.id}' is not registered in {reference.region}")
    return tuple(registered.values())


def _refuse_in_use(services: Iterable[world.Service], reference: EndpointRef) -> None:
    for service in services:
        if reference.id in service.private_endpoint_ids:
            raise bad_request(f"private endpoint '{reference.id}' is in use by service '{service.id}'")


def _with(
    registered: tuple[world.Registration, ...], entry: world.Registration
) -> tuple[world.Registration, ...]:
    """A registration is unique by its id, whatever its region."""
    if any(one.id == entry.id for one in registered):
        raise bad_request(f"private endpoint '{entry.id}' is already registered")
    return (*registered, entry)


def _key(entry: world.Registration) -> tuple[str, str, str]:
    return entry.id, entry.cloud_provider, entry.region


def _registration(wanted: EndpointRef, switches: world.Switches) -> world.Registration:
    return world.Registration(
        id=wanted.id,
        description=_kept_description(wanted.description, switches.description),
        cloud_provider=wanted.cloud_provider,
        region=wanted.region,
    )


def _kept_description(text: str, rule: str) -> str | None:
    """What the API stores of a description: all of it, its first N characters (`truncate:N`) or nothing."""
    if rule == "drop":
        return None
    return text if rule == "keep" else text[: int(rule.removeprefix("truncate:"))]


def _changed_ids(start: world.ClickHouse, service: world.Service, patch: ServicePatch) -> tuple[str, ...]:
    ids = list(service.private_endpoint_ids)
    for gone in patch.private_endpoint_ids.remove:
        if gone in ids:
            ids.remove(gone)
        elif start.switches.refuse_absent_entry:
            raise bad_request(f"private endpoint '{gone}' is not attached to service '{service.id}'")
    return _added(tuple(ids), patch.private_endpoint_ids.add)


def _known(
    start: world.ClickHouse, service: world.Service, added: Iterable[str]
) -> tuple[world.Registration, ...]:
    """The organization's registrations once `added` may be let in: an unknown id is registered by it."""
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

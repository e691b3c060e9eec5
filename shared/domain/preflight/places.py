"""What the preflight reads after the lists: permissions at resource groups and zones, and single resources.

ARM lists omit, without an error, what the caller may not read. So the permissions are read wherever endpoints may be,
and an endpoint or interface that exists for another reason, but is in no list, is read by its id.
"""

from itertools import chain
from typing import Any

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.snapshot import ListAddresses, ListEndpoints, Read, ReadAddresses, ReadEndpoint
from shared.domain.ownership.marks import endpoints_in, parse_registration_mark
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot

MAX_GROUPS = 20
# Of endpoints, and of interfaces.
MAX_READS_BY_ID = 20


def settings_of_scopes(config: DeploymentConfig) -> dict[Scope, str]:
    """Each scope, and the setting that names it."""
    group = {config.zone_group: "DNS_ZONE_RESOURCE_GROUP"} if config.zone_group else {}
    dns = dict.fromkeys(config.dns_scopes, "DNS_ZONE_SCOPES")
    return dns | group | dict.fromkeys(config.endpoint_scopes, "ENDPOINT_SCOPES")


def permission_places(snapshot: PreflightSnapshot, config: DeploymentConfig) -> tuple[str, ...]:
    """The ARM ids at which the app needs permissions."""
    scopes = map(str, (*settings_of_scopes(config), *endpoint_groups(snapshot, config)))
    return tuple(sorted({*scopes, *write_places(snapshot, config)}))


def write_places(snapshot: PreflightSnapshot, config: DeploymentConfig) -> tuple[str, ...]:
    """The zones, and the resource group in which missing zones are created."""
    return tuple(map(str, (*snapshot.listed_zones(), *filter(None, [config.zone_group]))))


def endpoint_groups(snapshot: PreflightSnapshot, config: DeploymentConfig) -> tuple[Scope, ...]:
    """Resource groups that may have endpoints: a role or a denial may apply to a group alone.

    Those of tagged endpoints, of endpoints in our marks, and of virtual networks that are linked to a zone.
    """
    tagged = (endpoint.id for endpoint in snapshot.tagged_endpoints(config))
    linked = chain.from_iterable(zone.networks for zone in snapshot.state.zones())
    resources = (*tagged, *linked, *_marked_endpoints(snapshot, config))
    groups = {Scope(one.subscription, one.resource_group) for one in resources if config.in_endpoint_scopes(one)}
    return tuple(sorted(groups - set(config.endpoint_scopes), key=str)[:MAX_GROUPS])


def unlisted(snapshot: PreflightSnapshot, config: DeploymentConfig) -> tuple[Read[Any], ...]:
    """The endpoints in our marks and the interfaces of tagged endpoints that the lists omit; none if a list failed."""
    if any(isinstance(read, ListEndpoints | ListAddresses) for read in snapshot.state.unreadable()):
        return ()
    interfaces = {interface for endpoint in snapshot.tagged_endpoints(config) for interface in endpoint.interfaces}
    needed = (map(ReadEndpoint, sorted(_marked_endpoints(snapshot, config))), map(ReadAddresses, sorted(interfaces)))
    unread = ([read for read in reads if read not in snapshot.state] for reads in needed)
    return tuple(read for reads in unread for read in reads[:MAX_READS_BY_ID])


def _marked_endpoints(snapshot: PreflightSnapshot, config: DeploymentConfig) -> set[ResourceId]:
    """The endpoints in scope that our registrations and records name."""
    registrations = snapshot.state.registrations() or ()
    registered = (parse_registration_mark(one.description, config.owner) for one in registrations)
    marked = {*filter(None, registered), *endpoints_in(snapshot.state.records(), config.owner)}
    return {endpoint for endpoint in marked if config.in_endpoint_scopes(endpoint)}

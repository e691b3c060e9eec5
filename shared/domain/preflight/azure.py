"""The checks of Azure: identity, scopes and permissions.

ARM lists omit, without an error, what the caller may not read. So each list is compared with the caller's permissions.
"""

from collections.abc import Mapping
from itertools import chain

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Scope
from shared.domain.model.resources import NotFound, ReadFailed, Zone
from shared.domain.model.text import counted
from shared.domain.ownership.marks import parse_registration_mark
from shared.domain.preflight.check_result import (
    CheckResult,
    failed,
    failure_reason,
    is_temporary,
    passed,
    retry_remedy,
    skipped,
    unknown,
    unreadable,
)
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot
from shared.domain.preflight.rbac import (
    CREATE_ZONES,
    JOIN_NETWORKS,
    READ_ENDPOINTS,
    READ_INTERFACES,
    READ_ZONES,
    WRITE_RECORDS,
    missing_actions,
)

ROLE = "Assign the role {} of docs/permissions.md to the app's identity on {}."
SIGN_IN = "Sign in (az login), or assign the app a managed identity and set AZURE_CLIENT_ID to its client id."
NO_ROLE = "Assign the roles of docs/permissions.md to this identity on {}."
PERMISSIONS = "permissions"
MAX_GROUPS = 20


def identity(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    reason = failure_reason(snapshot.identity)
    return failed(reason, SIGN_IN) if reason else passed(str(snapshot.identity))


def scopes(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    """Whether ARM responds, and knows each scope. A cause that all reads have in common is reported here only."""
    known = _by_setting(config)
    if missing := [scope for scope in known if isinstance(snapshot.rights.get(str(scope)), NotFound)]:
        detail = ", ".join(f"{scope} ({known[scope]})" for scope in missing)
        settings = ", ".join(dict.fromkeys(known[scope] for scope in missing))
        remedy = f"Correct {settings}, or assign the identity a role there: until then ARM does not show it."
        return failed(f"not found, or not visible to this identity: {detail}", remedy)
    answers: list[object] = [*snapshot.endpoints.values(), *snapshot.interfaces.values()]
    answers += [snapshot.rights.get(str(scope)) for scope in known]
    failures = [answer for answer in answers if isinstance(answer, ReadFailed)]
    if len(failures) < len(answers):
        return passed(", ".join(map(str, known)))
    if is_temporary(failures):
        return unknown(f"no read succeeded: {failures[0].reason}", retry_remedy(failures))
    return failed(f"no read succeeded: {failures[0].reason}", NO_ROLE.format(", ".join(map(str, known))))


def _by_setting(config: DeploymentConfig) -> dict[Scope, str]:
    """Each scope, and the setting that names it."""
    group = {config.zone_group: "DNS_ZONE_RESOURCE_GROUP"} if config.zone_group else {}
    dns = dict.fromkeys(config.dns_scopes, "DNS_ZONE_SCOPES")
    return dns | group | dict.fromkeys(config.endpoint_scopes, "ENDPOINT_SCOPES")


def permissions(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    if unread := _unread_permissions(snapshot, config):
        reasons = "; ".join(dict.fromkeys(unread.values()))
        detail = f"not readable on {', '.join(unread)}: {reasons}. Lists may omit resources that exist"
        answers = [snapshot.rights.get(place) for place in unread]
        remedy = retry_remedy(answers) if is_temporary(answers) else ROLE.format("preflight", ", ".join(unread))
        return unknown(detail, remedy)
    return passed("read at every scope")


def _unread_permissions(snapshot: PreflightSnapshot, config: DeploymentConfig) -> dict[str, str]:
    """Why the permissions at a scope are unknown. A resource group that no longer exists hides nothing."""
    places = {*map(str, (*_by_setting(config), *endpoint_groups(snapshot, config)))}
    places |= set(write_places(snapshot, config))
    rights = {place: snapshot.rights.get(place) for place in sorted(places)}
    reasons = {place: failure_reason(one) for place, one in rights.items() if not isinstance(one, NotFound)}
    return {place: reason for place, reason in reasons.items() if reason}


def endpoints(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    bad = unreadable(snapshot.endpoints, _role("endpoints", config.endpoint_scopes))
    return bad or _listed(snapshot, _endpoint_places(snapshot, config), READ_ENDPOINTS, "endpoints")


def interfaces(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    bad = unreadable(snapshot.interfaces, _role("endpoints", config.endpoint_scopes))
    return bad or _listed(snapshot, _endpoint_places(snapshot, config), READ_INTERFACES, "endpoints")


def zone_lists(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    bad = unreadable(snapshot.zone_lists, _role("records", config.dns_scopes))
    return bad or _listed(snapshot, config.dns_scopes, READ_ZONES, "records")


def _role(role: str, places: tuple[Scope, ...]) -> str:
    return ROLE.format(role, ", ".join(map(str, places)))


def _endpoint_places(snapshot: PreflightSnapshot, config: DeploymentConfig) -> tuple[Scope, ...]:
    return (*config.endpoint_scopes, *endpoint_groups(snapshot, config))


def endpoint_groups(snapshot: PreflightSnapshot, config: DeploymentConfig) -> tuple[Scope, ...]:
    """Resource groups that may have endpoints: a role or a denial may apply to a group alone.

    Those of tagged endpoints, of registered ones, and of virtual networks that are linked to a zone.
    """
    registrations = snapshot.registrations if isinstance(snapshot.registrations, tuple) else ()
    marked = [parse_registration_mark(one.description, config.owner) for one in registrations]
    tagged = [one.id for one in snapshot.found_endpoints() if config.request_of(one) is not None]
    zones = (zone for zone in snapshot.zones.values() if isinstance(zone, Zone))
    linked = chain.from_iterable(zone.networks for zone in zones)
    groups = {
        Scope(one.subscription, one.resource_group)
        for one in (*tagged, *marked, *linked)
        if one and config.in_endpoint_scopes(one)
    }
    return tuple(sorted(groups - set(config.endpoint_scopes), key=str)[:MAX_GROUPS])


def _listed(snapshot: PreflightSnapshot, places: tuple[Scope, ...], action: str, role: str) -> CheckResult:
    """The result for lists that were read: failed if the caller may not see all of what they list."""
    rights = {place: snapshot.rights.get(str(place)) for place in places}
    missing = [
        place for place, known in rights.items() if isinstance(known, tuple) and missing_actions(known, [action])
    ]
    if missing:
        detail = f"missing permission {action} on {', '.join(map(str, missing))}: lists omit what is there"
        return failed(detail, _role(role, tuple(missing)))
    return passed(f"read in {', '.join(map(str, places))}")


def zones(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    bad = unreadable(snapshot.zones, ROLE.format("records", "the resource groups of the zones"))
    return bad or passed(f"read in {counted(len(snapshot.zones), 'zone')} for ClickHouse")


def write_records(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    places = {place: snapshot.rights.get(place) for place in write_places(snapshot, config)}
    if not places:
        return skipped("a private DNS zone, and there is none")
    known = {place: rights for place, rights in places.items() if isinstance(rights, tuple)}
    missing = {place: missing_actions(rights, WRITE_RECORDS) for place, rights in known.items()}
    if faults := [f"{', '.join(actions)} on {place}" for place, actions in missing.items() if actions]:
        return failed(f"missing permission {'; '.join(faults)}", ROLE.format("records", "these"))
    return passed(f"granted on {', '.join(places)}") if len(known) == len(places) else skipped(PERMISSIONS)


def write_places(snapshot: PreflightSnapshot, config: DeploymentConfig) -> list[str]:
    """The zones, and the resource group in which missing zones are created."""
    return [
        *map(str, sorted(snapshot.found_zones())),
        *([str(config.zone_group)] if config.zone_group else []),
    ]


def create_zones(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    """The virtual networks to link may be outside ENDPOINT_SCOPES."""
    group = config.zone_group
    assert group is not None, "otherwise the check does not apply"
    rights = snapshot.rights.get(str(group))
    if not isinstance(rights, tuple):
        return skipped(PERMISSIONS)
    if missing := missing_actions(rights, CREATE_ZONES[:1] if config.central else CREATE_ZONES):
        return failed(f"missing permission {', '.join(missing)} on {group}", ROLE.format("zones", group))
    if config.central:
        return passed(f"granted on {group}; central zones are not linked to virtual networks")
    return _join_networks(snapshot.rights, config)


def _join_networks(rights: Mapping[str, object], config: DeploymentConfig) -> CheckResult:
    at_scopes = [rights.get(str(scope)) for scope in config.endpoint_scopes]
    if all(isinstance(one, tuple) and not missing_actions(one, [JOIN_NETWORKS]) for one in at_scopes):
        return passed(f"granted on {config.zone_group} and on the virtual networks")
    detail = f"{JOIN_NETWORKS} is not granted on all of ENDPOINT_SCOPES; virtual networks may be elsewhere"
    return unknown(detail, ROLE.format("networks", "the virtual networks to link to the zones"))

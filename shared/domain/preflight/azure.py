"""The checks of Azure: identity, scopes and permissions."""

from collections.abc import Iterable

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Scope
from shared.domain.model.resources import NotFound, ReadFailed
from shared.domain.model.snapshot import ListAddresses, ListEndpoints, ListZones, ReadAddresses, ReadEndpoint, ReadZone
from shared.domain.model.text import counted
from shared.domain.preflight import check_result as check
from shared.domain.preflight import rbac
from shared.domain.preflight.check_result import CheckResult
from shared.domain.preflight.places import endpoint_groups, permission_places, settings_of_scopes, write_places
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot

ROLE = "Assign the role {} of docs/permissions.md to the app's identity on {}."
DENIED = (
    "Assign the role {} of docs/permissions.md to the app's identity on the resource group. If a deny assignment"
    " refuses the action, exclude the app's identity from it."
)
SIGN_IN = "Sign in (az login), or assign the app a managed identity and set AZURE_CLIENT_ID to its client id."
NO_ROLE = "Assign the roles of docs/permissions.md to this identity on {}."
PERMISSIONS = "permissions"

type Lists = ListEndpoints | ListAddresses | ListZones


def identity(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    reason = check.failure_reason(snapshot.identity)
    return check.failed(reason, SIGN_IN) if reason else check.passed(str(snapshot.identity))


def scopes(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    """Whether ARM responds, and knows each scope. A cause that all reads have in common is reported here only."""
    known = settings_of_scopes(config)
    rights = {scope: snapshot.rights.get(str(scope)) for scope in known}
    if missing := [scope for scope, answer in rights.items() if isinstance(answer, NotFound)]:
        detail = ", ".join(f"{scope} ({known[scope]})" for scope in missing)
        settings = ", ".join(dict.fromkeys(known[scope] for scope in missing))
        remedy = f"Correct {settings}, or assign the identity a role there: until then ARM does not show it."
        return check.failed(f"not found, or not visible to this identity: {detail}", remedy)
    lists = snapshot.answers(ListEndpoints).values(), snapshot.answers(ListAddresses).values()
    answers = [answer for some in (*lists, rights.values()) for answer in some]
    failures = [answer for answer in answers if isinstance(answer, ReadFailed)]
    if len(failures) < len(answers):
        return check.passed(_listed(known))
    return check.not_read(f"no read succeeded: {failures[0].reason}", failures, NO_ROLE.format(_listed(known)))


def permissions(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    """A resource group that no longer exists hides nothing."""
    rights = {place: snapshot.rights.get(place) for place in permission_places(snapshot, config)}
    unread = {place: answer for place, answer in rights.items() if not isinstance(answer, NotFound | tuple)}
    if bad := check.unreadable(unread, ROLE.format("preflight", ", ".join(unread))):
        return check.unknown(f"not readable: {bad.detail}. Lists may omit resources that exist", bad.remedy)
    return check.passed("read at every scope")


def endpoints(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    places = (*config.endpoint_scopes, *endpoint_groups(snapshot, config))
    return _read_lists(snapshot, ListEndpoints, places, rbac.READ_ENDPOINTS, "endpoints")


def interfaces(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    places = (*config.endpoint_scopes, *endpoint_groups(snapshot, config))
    return _read_lists(snapshot, ListAddresses, places, rbac.READ_INTERFACES, "endpoints")


def zone_lists(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    return _read_lists(snapshot, ListZones, config.dns_scopes, rbac.READ_ZONES, "records")


def _read_lists(
    snapshot: PreflightSnapshot, kind: type[Lists], places: Iterable[Scope], action: str, role: str
) -> CheckResult:
    """The result for lists of this kind, which omit, without an error, what the identity may not read.

    | a list was not read                                              | failed or unknown |
    | the identity lacks the permission at a scope or a resource group | failed            |
    | a resource that the lists omit was not read by its id either     | failed or unknown |
    | otherwise                                                        | passed            |
    """
    lists = snapshot.answers(kind)
    if bad := check.unreadable(lists, ROLE.format(role, _listed(read.scope for read in lists))):
        return bad
    rights = {place: snapshot.rights.get(str(place)) for place in places}
    lacking = [at for at, known in rights.items() if isinstance(known, tuple) and rbac.missing_actions(known, [action])]
    if lacking:
        detail = f"missing permission {action} on {_listed(lacking)}: lists omit what is there"
        return check.failed(detail, ROLE.format(role, _listed(lacking)))
    by_id = snapshot.answers(ReadEndpoint) | snapshot.answers(ReadAddresses)
    omitted = {read: answer for read, answer in by_id.items() if f"{read.id.type}/read" == action}
    if bad := check.unreadable({read: one for read, one in omitted.items() if one != NotFound()}, DENIED.format(role)):
        return CheckResult(bad.status, f"omitted by the lists, and {action} failed: {bad.detail}", bad.remedy)
    return check.passed(f"read in {_listed(rights)}")


def zones(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    zones = snapshot.answers(ReadZone)
    bad = check.unreadable(zones, ROLE.format("records", "the resource groups of the zones"))
    return bad or check.passed(f"read in {counted(len(zones), 'zone')} for ClickHouse")


def write_records(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    places = write_places(snapshot, config)
    if not places:
        return check.skipped("a private DNS zone, and there is none")
    rights = {place: known for place in places if isinstance(known := snapshot.rights.get(place), tuple)}
    missing = {place: rbac.missing_actions(known, rbac.WRITE_RECORDS) for place, known in rights.items()}
    if faults := [f"{', '.join(actions)} on {place}" for place, actions in missing.items() if actions]:
        return check.failed(f"missing permission {'; '.join(faults)}", ROLE.format("records", "these"))
    return check.passed(f"granted on {', '.join(places)}") if len(rights) == len(places) else check.skipped(PERMISSIONS)


def create_zones(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    """The virtual networks to link may be outside ENDPOINT_SCOPES."""
    group = config.zone_group
    if group is None:
        return check.passed("DNS_ZONE_RESOURCE_GROUP is not set: no zones and links are created")
    rights = snapshot.rights.get(str(group))
    if not isinstance(rights, tuple):
        return check.skipped(PERMISSIONS)
    if missing := rbac.missing_actions(rights, rbac.CREATE_ZONES[:1] if config.central else rbac.CREATE_ZONES):
        return check.failed(f"missing permission {', '.join(missing)} on {group}", ROLE.format("zones", group))
    if config.central:
        return check.passed(f"granted on {group}; central zones are not linked to virtual networks")
    at_scopes = [snapshot.rights.get(str(scope)) for scope in config.endpoint_scopes]
    if all(isinstance(one, tuple) and not rbac.missing_actions(one, [rbac.JOIN_NETWORKS]) for one in at_scopes):
        return check.passed(f"granted on {group} and on the virtual networks")
    detail = f"{rbac.JOIN_NETWORKS} is not granted on all of ENDPOINT_SCOPES; virtual networks may be elsewhere"
    return check.unknown(detail, ROLE.format("networks", "the virtual networks to link to the zones"))


def _listed(places: Iterable[object]) -> str:
    return ", ".join(map(str, places))

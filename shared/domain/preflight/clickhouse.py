"""The checks of ClickHouse Cloud: the API key, its permissions, and a zone for each region with services."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import System
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import ZONE_SUFFIX, ReadFailed, Service, Zone
from shared.domain.model.text import counted
from shared.domain.preflight.check_result import (
    CheckResult,
    CheckStatus,
    failed,
    failure_reason,
    is_temporary,
    passed,
    retry_remedy,
    unknown,
    warning,
)
from shared.domain.preflight.preflight_snapshot import ApiKey, Caller, PreflightSnapshot

ADMIN = "admin"
# Predefined roles that cannot change a service, from ClickHouse's documentation of console roles. The last three are
# legacy. Nothing is assumed about other roles.
INSUFFICIENT = frozenset(
    {
        "billing",
        "member",
        "org api reader",
        "service reader",
        "service api reader",
        "basic service api reader",
        "developer",
        "service read only",
        "query_endpoints",
    }
)
SOON = timedelta(days=14)
KEY = (
    "Set CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET to a key of this organization that is enabled and not"
    " expired, and whose IP access list includes the app's outbound address."
)
ORGANIZATION = "Set CLICKHOUSE_ORG_ID to the organization of the API key, or use a key of that organization."
MALFORMED = "Try again. If this persists, contact ClickHouse support. Until then nothing is deregistered."
ROLE = "Assign the key a role with the permissions in docs/permissions.md."
MANAGE = (
    "None, if you deregister by hand what the app reports. Otherwise add organization:manage to the key's role"
    " (docs/permissions.md)."
)
LINKED = "Create the private DNS zone and link it to the virtual networks of the clients."
CENTRAL = "Keep one zone of that name in DNS_ZONE_SCOPES, linked to the virtual network of the clients' DNS resolver."
RESOLVER = "this check cannot determine whether clients use a DNS server in a linked network"
CONSOLE = "In the ClickHouse Cloud console, check that the key's role has the permissions in docs/permissions.md."
EXPIRY = "Check in the console when the key expires, or add organization:view-api-keys to its role."
RENEW = "Create a new key, and replace the id and secret in the settings."


def key(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    caller, answer = snapshot.caller, snapshot.registrations
    if isinstance(caller, Caller) and caller.organization.lower() not in ("", snapshot.organization.lower()):
        detail = f"the key {caller.name!r} belongs to organization {caller.organization}, not {snapshot.organization}"
        return failed(detail, ORGANIZATION)
    if isinstance(answer, tuple):
        return passed(f"organization read; it has {counted(len(answer), 'registered private endpoint')}")
    if isinstance(answer, ReadFailed) and not answer.forbidden:
        refused = failed(answer.reason, ORGANIZATION)
        return unknown(answer.reason, retry_remedy([answer], System.CLICKHOUSE)) if answer.temporary else refused
    return failed(str(failure_reason(answer)), KEY)


def services(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    found = snapshot.services
    if not isinstance(found, tuple):
        reason = str(failure_reason(found))
        remedy = retry_remedy([found], System.CLICKHOUSE)
        return unknown(reason, remedy) if is_temporary([found]) else failed(reason, ROLE)
    if malformed := sorted(one.label for one in found if one.on_azure and not one.readable):
        return warning(f"not as the API describes them, and not modified: {', '.join(malformed)}", MALFORMED)
    permitted = len(_permitted(found, config))
    detail = f"{permitted} of {counted(len(found), 'service')} on Azure and permitted by SERVICE_FILTER"
    if not permitted:
        return warning(detail, "None, if a service is still to be created; otherwise correct SERVICE_FILTER.")
    return passed(detail)


def role(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    """The first row that applies. Only keys with organization:manage can list the roles.

    | the key's roles                     | the list of roles | result                                    |
    |-------------------------------------|-------------------|-------------------------------------------|
    | predefined ones that change nothing | any               | failed                                    |
    | any, or not visible                 | refused (403)     | warning: all but deregistration works     |
    | any, or not visible                 | read              | passed, if the expiry date is visible     |
    | Admin                               | not readable      | passed, if the expiry date is visible     |
    | any other, or not visible           | not readable      | unknown                                   |
    """
    mine = _key_in_use(snapshot)
    roles = f"roles: {_role_names(mine)}"
    if mine and all(_is_insufficient(one) for one in mine):
        return failed(f"it cannot change services ({roles})", ROLE)
    if isinstance(snapshot.roles, ReadFailed) and snapshot.roles.forbidden:
        detail = f"it cannot manage the organization ({roles}): registrations are not removed"
        return _with_expiry(snapshot, mine, warning(detail, MANAGE))
    if isinstance(snapshot.roles, int) or (mine and all(_is_admin(one) for one in mine)):
        return _with_expiry(snapshot, mine, passed(f"it can manage the organization ({roles})"))
    return unknown(f"its permissions are not visible ({roles}; {failure_reason(snapshot.roles)})", CONSOLE)


def _key_in_use(snapshot: PreflightSnapshot) -> tuple[ApiKey, ...]:
    """The key with the id that whoami returns, otherwise those whose id has the same last four characters."""
    keys = snapshot.keys if isinstance(snapshot.keys, tuple) else ()
    by_id = snapshot.caller.key_id if isinstance(snapshot.caller, Caller) else ""
    exact = tuple(one for one in keys if one.id and one.id == by_id)
    return exact or tuple(one for one in keys if one.suffix == snapshot.key_id[-4:])


def _role_names(keys: tuple[ApiKey, ...]) -> str:
    names = {name or "without a name" for one in keys for name in one.roles}
    custom = {f"{name or 'without a name'} (custom)" for one in keys for name in one.custom}
    return ", ".join(sorted(names | custom)) or "not visible"


def _is_insufficient(one: ApiKey) -> bool:
    return bool(one.roles) and not one.custom and {name.lower() for name in one.roles} <= INSUFFICIENT


def _is_admin(one: ApiKey) -> bool:
    return ADMIN in {name.lower() for name in one.roles}


def _with_expiry(snapshot: PreflightSnapshot, mine: tuple[ApiKey, ...], result: CheckResult) -> CheckResult:
    if not mine:
        reason = failure_reason(snapshot.keys) or "it is not in the list of keys"
        remedy = EXPIRY if result.status is CheckStatus.PASSED else result.remedy
        return warning(f"{result.detail}; its expiry date is not visible ({reason})", remedy)
    expiry = min((one.expires for one in mine if one.expires), default=None)
    if expiry and expiry - snapshot.at < SOON:
        return warning(f"{result.detail}; it expires at {expiry:%Y-%m-%d %H:%M} UTC", RENEW)
    return replace(result, detail=f"{result.detail}, until {expiry:%Y-%m-%d}") if expiry else result


def regions(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    """A region with a tagged endpoint needs its zone now; another region may get it later."""
    found = snapshot.services if isinstance(snapshot.services, tuple) else ()
    names = sorted({service.region for service in _permitted(found, config)})
    missing = {region: text for region in names if (text := _missing(snapshot, config, region))}
    if not missing:
        unseen = f"; {RESOLVER}" if config.central and names else ""
        return passed(f"{', '.join(names) or 'no region, because there are no services'}{unseen}")
    detail = "; ".join(missing.values())
    if config.zone_group and not (config.central and any(_zones_of(snapshot, region) for region in missing)):
        by_hand = "; link it by hand" if config.central else ""
        return passed(f"{detail}; created in {config.zone_group} when an endpoint needs it{by_hand}")
    remedy = CENTRAL if config.central else LINKED
    if tagged := [region for region in missing if _has_tagged_endpoint(snapshot, config, region)]:
        return failed(f"{detail}; tagged endpoints exist in {', '.join(tagged)}", remedy)
    return warning(f"{detail}; no tagged endpoint exists there yet", remedy)


def _permitted(found: tuple[Service, ...], config: DeploymentConfig) -> list[Service]:
    usable = [service for service in found if service.on_azure and service.readable]
    permitted = config.permitted(usable)
    return [service for service in usable if service.id in permitted]


def _missing(snapshot: PreflightSnapshot, config: DeploymentConfig, region: str) -> str | None:
    """What a region lacks; None if it has a linked zone, and only one if zones are central."""
    zones = _zones_of(snapshot, region)
    named = ", ".join(map(str, zones))
    if not zones:
        return f"DNS_ZONE_SCOPES has no zone {region}{ZONE_SUFFIX}, nor another one for {region}"
    if config.central and any(count > 1 for count in Counter(zone.name for zone in zones).values()):
        return f"there are several central zones: {named}"
    read = (snapshot.zones.get(zone) for zone in zones)
    linked = any(isinstance(zone, Zone) and zone.networks for zone in read)
    return None if linked else f"{named} is not linked to a virtual network"


def _zones_of(snapshot: PreflightSnapshot, region: str) -> list[ResourceId]:
    return sorted(zone for zone in snapshot.found_zones() if region in zone.name.split("."))


def _has_tagged_endpoint(snapshot: PreflightSnapshot, config: DeploymentConfig, region: str) -> bool:
    tagged = (one for one in snapshot.found_endpoints() if config.request_of(one) is not None)
    return any(f".{region}." in connection.target.lower() for one in tagged for connection in one.connections)

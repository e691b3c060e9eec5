"""The checks of ClickHouse Cloud: the API key, its permissions, and a zone for each region with services."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter

from shared.domain.model.deployment_config import ZONE_TAG, DeploymentConfig
from shared.domain.model.errors import System
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import ZONE_SUFFIX, ReadFailed, Service, Zone
from shared.domain.model.snapshot import ReadRegistrations, ReadServices
from shared.domain.model.text import counted
from shared.domain.ownership.marks import endpoints_in
from shared.domain.preflight import check_result as check
from shared.domain.preflight.check_result import CheckResult
from shared.domain.preflight.preflight_snapshot import ApiKey, Caller, PreflightSnapshot

ADMIN = "admin"
# Predefined roles that cannot change a service, from ClickHouse's documentation of console roles. Nothing is assumed
# about other roles.
READERS = {"billing", "member", "org api reader", "service reader", "service api reader", "basic service api reader"}
LEGACY_READERS = {"developer", "service read only", "query_endpoints"}
INSUFFICIENT = READERS | LEGACY_READERS
SOON = timedelta(days=14)
KEY = (
    "Set CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET to a key of this organization that is enabled and not"
    " expired, and whose IP access list includes the app's outbound address."
)
ORGANIZATION = "Set CLICKHOUSE_ORG_ID to the organization of the API key, or use a key of that organization."
MALFORMED = "Try again. If this persists, contact ClickHouse support. Until then nothing is deregistered."
ROLE = "Assign the key a role with the permissions in docs/permissions.md."
MANAGE = (
    "No action needed if you deregister by hand what the app reports. Otherwise add organization:manage to the role of"
    " the key (docs/permissions.md)."
)
LINKED = (
    "Link the zone to the virtual networks of the clients; create it if it is missing. Delete a zone without clients."
)
CENTRAL = "Keep one zone of that name in DNS_ZONE_SCOPES, linked to the virtual network of the clients' DNS resolver."
RESOLVER = "this check cannot determine whether clients use a DNS server in a linked network"
CONSOLE = "In the ClickHouse Cloud console, check that the key's role has the permissions in docs/permissions.md."
EXPIRY = "Check in the console when the key expires, or add organization:view-api-keys to its role."
RENEW = "Create a new key, and replace the id and secret in the settings."


def key(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    caller, answer = snapshot.caller, snapshot.state.get(ReadRegistrations())
    if isinstance(caller, Caller) and caller.organization.lower() not in ("", snapshot.organization.lower()):
        detail = f"the key {caller.name!r} belongs to organization {caller.organization}, not {snapshot.organization}"
        return check.failed(detail, ORGANIZATION)
    if isinstance(answer, tuple):
        return check.passed(f"organization read; it has {counted(len(answer), 'registered private endpoint')}")
    refused = isinstance(answer, ReadFailed) and answer.cause.forbidden
    return check.not_read(
        str(check.failure_reason(answer)), [answer], KEY if refused else ORGANIZATION, System.CLICKHOUSE
    )


def services(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    found = snapshot.state.get(ReadServices())
    if not isinstance(found, tuple):
        return check.not_read(str(check.failure_reason(found)), [found], ROLE, System.CLICKHOUSE)
    if malformed := sorted(one.label for one in found if one.on_azure and not one.readable):
        return check.warning(f"not as the API describes them, and not modified: {', '.join(malformed)}", MALFORMED)
    permitted = len(_permitted(snapshot, config))
    detail = f"{permitted} of {counted(len(found), 'service')} on Azure and permitted by SERVICE_FILTER"
    if not permitted:
        return check.warning(
            detail, "No action needed if a service is still to be created; otherwise correct SERVICE_FILTER."
        )
    return check.passed(detail)


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
    names = frozenset[str]().union(*(one.roles for one in mine))
    roles = f"roles: {', '.join(sorted(names)) or 'not visible'}"
    if mine and all(one.roles and _lower(one.roles) <= INSUFFICIENT for one in mine):
        return check.failed(f"it cannot change services ({roles})", ROLE)
    if isinstance(snapshot.roles, ReadFailed) and snapshot.roles.cause.forbidden:
        detail = f"it cannot manage the organization ({roles}): registrations are not removed"
        return _with_expiry(snapshot, mine, check.warning(detail, MANAGE))
    if isinstance(snapshot.roles, int) or (mine and all(ADMIN in _lower(one.roles) for one in mine)):
        return _with_expiry(snapshot, mine, check.passed(f"it can manage the organization ({roles})"))
    return check.unknown(f"its permissions are not visible ({roles}; {check.failure_reason(snapshot.roles)})", CONSOLE)


def _key_in_use(snapshot: PreflightSnapshot) -> tuple[ApiKey, ...]:
    """The key with the id that whoami returns, otherwise those whose id has the same last four characters."""
    keys = snapshot.keys if isinstance(snapshot.keys, tuple) else ()
    by_id = snapshot.caller.key_id if isinstance(snapshot.caller, Caller) else ""
    exact = tuple(one for one in keys if one.id and one.id == by_id)
    return exact or tuple(one for one in keys if one.suffix == snapshot.key_id[-4:])


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _with_expiry(snapshot: PreflightSnapshot, mine: tuple[ApiKey, ...], result: CheckResult) -> CheckResult:
    if not mine:
        reason = check.failure_reason(snapshot.keys) or "it is not in the list of keys"
        remedy = EXPIRY if result.status is check.CheckStatus.PASSED else result.remedy
        return check.warning(f"{result.detail}; its expiry date is not visible ({reason})", remedy)
    expiry = min((one.expires for one in mine if one.expires), default=None)
    if expiry and expiry - snapshot.at < SOON:
        return check.warning(f"{result.detail}; it expires at {expiry:%Y-%m-%d %H:%M} UTC", RENEW)
    return replace(result, detail=f"{result.detail}, until {expiry:%Y-%m-%d}") if expiry else result


def regions(snapshot: PreflightSnapshot, config: DeploymentConfig) -> CheckResult:
    """Whether each region with services has zones, and whether they are linked where they are needed.

    | the first row that applies to a region                                 | result                           |
    |------------------------------------------------------------------------|----------------------------------|
    | no zone; if central: several of one name                               | failed, or warning if no tagged  |
    |                                                                        | endpoint exists there            |
    | if not central: no zone is linked to the network of a tagged endpoint  | failed                           |
    | no zone is linked to any network                                       | failed or warning, as above      |
    | a zone with our record of a tagged endpoint is not linked to any       | failed                           |
    | one of several zones is not linked to any network                      | warning                          |

    Passed instead, if events create what is missing in DNS_ZONE_RESOURCE_GROUP; central zones are linked by hand.
    """
    names = sorted({service.region for service in _permitted(snapshot, config)})
    faults = {name: fault for name in names if (fault := _fault(snapshot, config, name))}
    if not faults:
        unseen = f"; {RESOLVER}" if config.central and names else ""
        return check.passed(f"{', '.join(names) or 'no region, because there are no services'}{unseen}")
    detail = "; ".join(text for text, _ in faults.values())
    if config.zone_group and not (config.central and any(_zones_of(snapshot, name) for name in faults)):
        by_hand = "; link it by hand" if config.central else ""
        return check.passed(f"{detail}; created in {config.zone_group} when an endpoint needs it{by_hand}")
    remedy = CENTRAL if config.central else LINKED
    if needed := [name for name, (_, needs_it) in faults.items() if needs_it]:
        return check.failed(f"{detail}; tagged endpoints exist in {', '.join(needed)}", remedy)
    return check.warning(f"{detail}; no tagged endpoint needs it yet", remedy)


def _fault(snapshot: PreflightSnapshot, config: DeploymentConfig, region: str) -> tuple[str, bool] | None:
    """What a region lacks, and whether tagged endpoints need it."""
    zones = _zones_of(snapshot, region)
    tagged = [one for one in snapshot.tagged_endpoints(config) if region in {at.region for at in one.connections}]
    if not zones:
        return f"DNS_ZONE_SCOPES has no zone {region}{ZONE_SUFFIX}, nor another one for {region}", bool(tagged)
    named = ", ".join(str(zone.id) for zone in zones)
    linked = frozenset[ResourceId]().union(*(zone.networks for zone in zones))
    if config.central and len({zone.id.name for zone in zones}) < len(zones):
        return f"there are several central zones: {named}", bool(tagged)
    networks = {one.network for one in tagged if one.network and ZONE_TAG not in one.tags} - linked
    if networks and not config.central:
        return f"{named} is not linked to {', '.join(map(str, sorted(networks)))} of tagged endpoints", True
    if unlinked := [zone for zone in zones if not zone.networks]:
        records = (record for zone in unlinked for record in zone.records.values())
        lost = {one.id for one in tagged} & endpoints_in(records, config.owner)
        names = ", ".join(str(zone.id) for zone in unlinked)
        return f"{names} is not linked to a virtual network", bool(lost or (tagged and not linked))
    return None


def _zones_of(snapshot: PreflightSnapshot, region: str) -> list[Zone]:
    return sorted((zone for zone in snapshot.state.zones() if region in zone.id.name.split(".")), key=attrgetter("id"))


def _permitted(snapshot: PreflightSnapshot, config: DeploymentConfig) -> list[Service]:
    usable = [service for service in snapshot.state.services() or () if service.on_azure and service.readable]
    permitted = config.permitted(usable)
    return [service for service in usable if service.id in permitted]

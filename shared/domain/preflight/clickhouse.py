"""The checks of ClickHouse Cloud: the key, what it may do, and a zone for each region that has services."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import ZONE_SUFFIX, Endpoint, ReadFailed, Service, Zone
from shared.domain.model.text import counted
from shared.domain.preflight.check_result import CheckResult, ok, remedy_for, unsure, why_not, wrong
from shared.domain.preflight.preflight_snapshot import ApiKey, Caller, Inspected
from shared.domain.preflight.steps import Answer

ADMIN = "admin"
# Predefined roles that change no service, by ClickHouse's documentation of console roles. The last three are legacy.
# Of other roles, and of how these will be named one day, nothing is assumed.
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
    "Set CLICKHOUSE_CLOUD_API_KEY and _SECRET to a key of this organization that is enabled, not expired, and"
    " whose IP access list has the address that the app calls from."
)
ORGANIZATION = "Set CLICKHOUSE_ORG_ID to the key's organization, or use a key of that one."
SHAPE = "Try again; if it stays so, tell ClickHouse's support. Meanwhile nothing is deregistered."
ROLE = "Give the key a role with the permissions in docs/permissions.md."
MANAGE = (
    "None, if people deregister what the app reports; otherwise add organization:manage to the key's role"
    " (docs/permissions.md)."
)
LINKED = "Create the private DNS zone and link it to the virtual networks of the clients."
CENTRAL = "Have one zone of that name in DNS_ZONE_SCOPES, linked to the network of the DNS resolver that clients ask."
RESOLVER = "whether clients ask a DNS server in a linked network cannot be seen from here"
LOOK = "See in the ClickHouse Cloud console that the key's role has the permissions in docs/permissions.md."
EXPIRY = "See in the console when the key expires, or add organization:view-api-keys to its role."
RENEW = "Make a new key, and put its id and secret where the old ones are."


def key(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    caller = seen.caller
    if isinstance(caller, Caller) and caller.organization.lower() not in ("", seen.organization.lower()):
        told = f"the key {caller.name!r} is of organization {caller.organization}, not of {seen.organization}"
        return wrong(told, ORGANIZATION)
    if not isinstance(seen.registrations, tuple):
        return wrong(str(why_not(seen.registrations)), remedy_for([seen.registrations], KEY))
    registered = counted(len(seen.registrations), "registered private endpoint")
    return ok(f"the organization was read; it has {registered}")


def services(seen: Inspected, config: DeploymentConfig) -> CheckResult:
    if not isinstance(seen.services, tuple):
        return wrong(str(why_not(seen.services)), remedy_for([seen.services], KEY))
    unread = [one.label for one in seen.services if one.on_azure and not one.readable]
    if unread:
        told = f"not as the API describes them, and left alone: {', '.join(sorted(unread))}"
        return unsure(told, SHAPE)
    if not _wanted(seen.services, config):
        told = f"0 of {counted(len(seen.services), 'service')} on Azure and permitted by SERVICE_FILTER"
        return unsure(told, "None, if a service is still to come; otherwise correct SERVICE_FILTER.")
    wanted = len(_wanted(seen.services, config))
    return ok(f"{wanted} of {counted(len(seen.services), 'service')} on Azure and permitted")


def role(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    """The first row that applies. The API gives the list of roles just to keys with organization:manage.

    | the key's roles                     | the list of roles | answer                                        |
    |-------------------------------------|-------------------|-----------------------------------------------|
    | predefined ones that change nothing | any               | not ok                                        |
    | any, or not visible                 | refused (403)     | not known: all but deregistration works       |
    | any, or not visible                 | read              | ok, if it is visible that the key stays valid |
    | Admin                               | no answer         | ok, if it stays valid                         |
    | any other, or not visible           | no answer         | not known                                     |
    """
    mine = _mine(seen)
    roles = f"roles: {_named(mine)}"
    if mine and all(_is_insufficient(one) for one in mine):
        return wrong(f"it may change no service ({roles})", ROLE)
    if isinstance(seen.roles, ReadFailed) and seen.roles.forbidden:
        left = f"it may not manage the organization ({roles}): deregistration is left to people"
        return _lasting(seen, mine, unsure(left, MANAGE))
    if isinstance(seen.roles, int) or (mine and all(_is_admin(one) for one in mine)):
        return _lasting(seen, mine, ok(f"it may manage the organization ({roles})"))
    return unsure(f"what it may do is not visible ({roles}; {why_not(seen.roles)})", LOOK)


def _mine(seen: Inspected) -> tuple[ApiKey, ...]:
    """The key in use, by the id that the API gives it; or else those that end in the same four characters."""
    keys = seen.keys if isinstance(seen.keys, tuple) else ()
    by_id = seen.caller.key_id if isinstance(seen.caller, Caller) else ""
    exact = tuple(one for one in keys if one.id and one.id == by_id)
    return exact or tuple(one for one in keys if one.suffix == seen.key_id[-4:])


def _named(keys: tuple[ApiKey, ...]) -> str:
    names = {name or "without a name" for one in keys for name in one.roles}
    custom = {f"{name or 'without a name'} (custom)" for one in keys for name in one.custom}
    return ", ".join(sorted(names | custom)) or "not visible"


def _is_insufficient(one: ApiKey) -> bool:
    return bool(one.roles) and not one.custom and {name.lower() for name in one.roles} <= INSUFFICIENT


def _is_admin(one: ApiKey) -> bool:
    return ADMIN in {name.lower() for name in one.roles}


def _lasting(seen: Inspected, mine: tuple[ApiKey, ...], judged: CheckResult) -> CheckResult:
    """The same, with when the key expires."""
    if not mine:
        why = why_not(seen.keys) or "it is not in the list of keys"
        remedy = EXPIRY if judged.answer is Answer.OK else judged.remedy
        return unsure(f"{judged.seen}; when it expires is not visible ({why})", remedy)
    ends = [one.expires for one in mine if one.expires]
    if ends and min(ends) - seen.at < SOON:
        return unsure(f"{judged.seen}; it expires at {min(ends):%Y-%m-%d %H:%M} UTC", RENEW)
    return replace(judged, seen=f"{judged.seen}, until {min(ends):%Y-%m-%d}") if ends else judged


def regions(seen: Inspected, config: DeploymentConfig) -> CheckResult:
    """A region in which an endpoint asks already must have its zone; where none does it may be still to come."""
    found = seen.services if isinstance(seen.services, tuple) else ()
    wanted = sorted({service.region for service in _wanted(found, config)})
    troubles = {region: told for region in wanted if (told := _missing(seen, config, region))}
    if not troubles:
        unseen = f"; {RESOLVER}" if config.central and wanted else ""
        return ok(f"yes, for {', '.join(wanted) or 'no region, because there are no services'}{unseen}")
    told = "; ".join(troubles.values())
    if config.zone_group and not (config.central and any(_zones_of(seen, region) for region in troubles)):
        by_hand = ", and must be linked by hand" if config.central else ""
        return ok(f"{told}; what is missing is made as endpoints ask, in {config.zone_group}{by_hand}")
    remedy = CENTRAL if config.central else LINKED
    asking = [region for region in troubles if _is_asked_for(seen, config, region)]
    if asking:
        return wrong(f"{told}; endpoints ask in {', '.join(asking)}", remedy)
    return unsure(f"{told}; no endpoint asks there yet", remedy)


def _wanted(found: tuple[Service, ...], config: DeploymentConfig) -> list[Service]:
    there = [service for service in found if service.on_azure and service.readable]
    permitted = config.permitted(there)
    return [service for service in there if service.id in permitted]


def _missing(seen: Inspected, config: DeploymentConfig, region: str) -> str | None:
    """What a region lacks; None if it has a zone that is linked to something, and just one if zones are central."""
    zones = _zones_of(seen, region)
    told = ", ".join(map(str, zones))
    if not zones:
        return f"there is no zone {region}{ZONE_SUFFIX} in DNS_ZONE_SCOPES, nor another of {region}"
    if config.central and any(count > 1 for count in Counter(zone.name for zone in zones).values()):
        return f"there are several central zones: {told}"
    if not any(_is_linked(seen, zone) for zone in zones):
        return f"{told} is linked to no network"
    return None


def _zones_of(seen: Inspected, region: str) -> list[ResourceId]:
    return sorted(zone for zone in seen.found_zones() if region in zone.name.split("."))


def _is_linked(seen: Inspected, zone: ResourceId) -> bool:
    found = seen.zones.get(zone)
    return isinstance(found, Zone) and bool(found.networks)


def _is_asked_for(seen: Inspected, config: DeploymentConfig, region: str) -> bool:
    listed = (one for page in seen.endpoints.values() if isinstance(page, tuple) for one in page)
    return any(_asks_in(one, region) for one in listed if config.request_of(one) is not None)


def _asks_in(endpoint: Endpoint, region: str) -> bool:
    return any(f".{region}." in connection.target.lower() for connection in endpoint.connections)

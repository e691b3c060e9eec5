"""The checks of ClickHouse Cloud: the key, what it may do, and a zone for each region that has services."""

from datetime import timedelta

from shared.domain.counting import counted
from shared.domain.ids import ResourceId
from shared.domain.inspected import ApiKey, Inspected
from shared.domain.judging import Judged, ok, remedy_for, unsure, why_not, wrong
from shared.domain.model import ZONE_SUFFIX, Endpoint, Service, Zone
from shared.domain.rules import Rules

ADMIN = "admin"
# Roles of ClickHouse's own that surely change no organization: by the API's file and the console's documentation.
# Of others, and of what will be named otherwise one day, nothing is assumed.
LESSER = frozenset(
    {
        "developer",
        "query endpoints",
        "billing",
        "member",
        "service reader",
        "service read only",
        "service api reader",
        "basic service api reader",
    }
)
SOON = timedelta(days=14)
KEY = (
    "Set CLICKHOUSE_CLOUD_API_KEY and _SECRET to a key of this organization that is enabled and not expired."
)
ROLE = "Use an API key with the role Admin."
LOOK = "See in the ClickHouse Cloud console that the key has the role Admin."


def key(seen: Inspected, _rules: Rules) -> Judged:
    if not isinstance(seen.registrations, tuple):
        return wrong(str(why_not(seen.registrations)), remedy_for([seen.registrations], KEY))
    registered = counted(len(seen.registrations), "registered private endpoint")
    return ok(f"the organization was read; it has {registered}")


def services(seen: Inspected, rules: Rules) -> Judged:
    if not isinstance(seen.services, tuple):
        return wrong(str(why_not(seen.services)), remedy_for([seen.services], KEY))
    if not _wanted(seen.services, rules):
        told = f"0 of {counted(len(seen.services), 'service')} on Azure and permitted by SERVICE_FILTER"
        return unsure(told, "None, if a service is still to come; otherwise correct SERVICE_FILTER.")
    wanted = len(_wanted(seen.services, rules))
    return ok(f"{wanted} of {counted(len(seen.services), 'service')} on Azure and permitted")


def admin(seen: Inspected, _rules: Rules) -> Judged:
    """By the list of the organization's keys, in which a key is known by the last four characters of its id."""
    if not isinstance(seen.keys, tuple):
        told = f"the API does not let the key see its own role ({why_not(seen.keys)})"
        return unsure(told, LOOK)
    mine = [one for one in seen.keys if one.suffix == seen.key_id[-4:]]
    roles = {_may_administer(one) for one in mine}
    if not mine:
        return unsure(f"no key that ends in {seen.key_id[-4:]} is told", LOOK)
    if roles == {False}:
        return wrong(f"its roles are: {_named(mine)}", ROLE)
    if roles == {True}:
        return _lasting(seen, mine)
    if len(mine) > 1:
        return unsure(f"several keys end in {seen.key_id[-4:]}, with the roles: {_named(mine)}", LOOK)
    return unsure(f"what its roles permit is not known here: {_named(mine)}", LOOK)


def _named(keys: list[ApiKey]) -> str:
    names = sorted({role or "one without a name" for one in keys for role in one.roles})
    by_hand = ["some defined by hand"] if any(one.custom for one in keys) else []
    return ", ".join(names + by_hand) or "none is told"


def _lasting(seen: Inspected, mine: list[ApiKey]) -> Judged:
    ends = [one.expires for one in mine if one.expires]
    if ends and min(ends) - seen.at < SOON:
        told = f"it is an Admin's, and expires at {min(ends):%Y-%m-%d %H:%M} UTC"
        return unsure(told, "Make a new key, and put its id and secret where the old ones are.")
    return ok(f"it is an Admin's{f', until {min(ends):%Y-%m-%d}' if ends else ''}")


def _may_administer(one: ApiKey) -> bool | None:
    """None for a key with roles, or with none told, of which nobody knows here what they permit."""
    roles = {role.lower().replace("_", " ").replace("-", " ") for role in one.roles}
    if ADMIN in roles:
        return True
    return False if roles and roles <= LESSER and not one.custom else None


def regions(seen: Inspected, rules: Rules) -> Judged:
    """A region in which an endpoint asks already must have its zone; where none does it may be still to come."""
    found = seen.services if isinstance(seen.services, tuple) else ()
    wanted = sorted({service.region for service in _wanted(found, rules)})
    troubles = {region: told for region in wanted if (told := _missing(seen, region))}
    if not troubles:
        return ok(f"yes, for {', '.join(wanted) or 'no region, because there are no services'}")
    told = "; ".join(troubles.values())
    if rules.zone_group:
        return ok(f"{told}; what is missing is made as endpoints ask, in {rules.zone_group}")
    remedy = "Create the private DNS zone and link it to the virtual networks of the clients."
    asking = [region for region in troubles if _is_asked_for(seen, rules, region)]
    if asking:
        return wrong(f"{told}; endpoints ask in {', '.join(asking)}", remedy)
    return unsure(f"{told}; no endpoint asks there yet", remedy)


def _wanted(found: tuple[Service, ...], rules: Rules) -> list[Service]:
    there = [service for service in found if service.on_azure]
    permitted = rules.permitted(there)
    return [service for service in there if service.id in permitted]


def _missing(seen: Inspected, region: str) -> str | None:
    """What a region lacks; None if it has a zone that is linked to something."""
    zones = [zone for zone in seen.found_zones() if region in zone.name.split(".")]
    if not zones:
        return f"there is no zone {region}{ZONE_SUFFIX} in DNS_ZONE_SCOPES, nor another of {region}"
    if not any(_is_linked(seen, zone) for zone in zones):
        return f"{', '.join(map(str, sorted(zones)))} is linked to no network"
    return None


def _is_linked(seen: Inspected, zone: ResourceId) -> bool:
    found = seen.zones.get(zone)
    return isinstance(found, Zone) and bool(found.networks)


def _is_asked_for(seen: Inspected, rules: Rules, region: str) -> bool:
    listed = (one for page in seen.endpoints.values() if isinstance(page, tuple) for one in page)
    return any(_asks_in(one, region) for one in listed if rules.request_of(one) is not None)


def _asks_in(endpoint: Endpoint, region: str) -> bool:
    return any(f".{region}." in connection.target.lower() for connection in endpoint.connections)

"""The checks of Azure: identity and rights.

A list that came back proves little: ARM leaves out of it what the caller may not see. So what ARM says of
the caller's rights is held against it.
"""

from collections.abc import Iterable

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Scope
from shared.domain.model.text import counted
from shared.domain.preflight.check_result import CheckResult, failed, ok, unsure, why_not, wrong
from shared.domain.preflight.preflight_snapshot import Inspected
from shared.domain.preflight.rbac import (
    JOIN_NETWORKS,
    MAKE_ZONES,
    READ_ENDPOINTS,
    READ_INTERFACES,
    READ_ZONES,
    WRITE_RECORDS,
    lacking,
)

ROLE = "Give the app's identity the role {} of docs/permissions.md on {}."
ANYBODY = "Sign in (az login), or give the app a managed identity and name it in AZURE_CLIENT_ID."


def identity(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    reason = why_not(seen.identity)
    return wrong(reason, ANYBODY) if reason else ok(str(seen.identity))


def endpoints(seen: Inspected, config: DeploymentConfig) -> CheckResult:
    bad = failed(seen.endpoints, _role("endpoints", config.endpoint_scopes))
    return bad or _readable(seen, config.endpoint_scopes, READ_ENDPOINTS, "endpoints")


def interfaces(seen: Inspected, config: DeploymentConfig) -> CheckResult:
    bad = failed(seen.interfaces, _role("endpoints", config.endpoint_scopes))
    return bad or _readable(seen, config.endpoint_scopes, READ_INTERFACES, "endpoints")


def zone_lists(seen: Inspected, config: DeploymentConfig) -> CheckResult:
    bad = failed(seen.zone_lists, _role("records", config.dns_scopes))
    return bad or _readable(seen, config.dns_scopes, READ_ZONES, "records")


def _role(role: str, scopes: tuple[Scope, ...]) -> str:
    return ROLE.format(role, ", ".join(map(str, scopes)))


def _readable(seen: Inspected, scopes: tuple[Scope, ...], action: str, role: str) -> CheckResult:
    known = {scope: seen.rights.get(str(scope)) for scope in scopes}
    missing = [
        str(scope)
        for scope, rights in known.items()
        if isinstance(rights, tuple) and lacking(rights, [action])
    ]
    if missing:
        told = f"{', '.join(missing)}: without {action} lists leave out what may not be seen"
        return wrong(told, ROLE.format(role, ", ".join(missing)))
    untold = [str(scope) for scope, rights in known.items() if not isinstance(rights, tuple)]
    doubt = f"; whether all was shown is not known for {', '.join(untold)}" if untold else ""
    return ok(f"read in {', '.join(map(str, scopes))}{doubt}")


def zones(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    bad = failed(seen.zones, ROLE.format("records", "the zones' resource groups"))
    return bad or ok(f"read in {counted(len(seen.zones), 'zone')} for ClickHouse")


def writing(seen: Inspected, config: DeploymentConfig) -> CheckResult:
    """In each place where records are written: a group of zones, or else the zones in it one by one."""
    places = write_places(seen, config)
    if not places:
        return unsure("there is no zone yet", "See what zones and networks says.")
    untold, missing = [], []
    for place in places:
        lacks = _lacks(seen, place)
        if lacks is None:
            untold.append(str(place))
        elif lacks:
            missing.append(f"{', '.join(lacks)} on {place}")
    if missing:
        return wrong(f"there is no right {'; '.join(missing)}", ROLE.format("records", "these"))
    if untold:
        told = f"Azure did not tell the rights on {', '.join(untold)}: {_why(seen, untold)}"
        return unsure(told, ROLE.format("preflight", ", ".join(untold)))
    return ok(f"the right is there on {', '.join(map(str, places))}")


def write_places(seen: Inspected, config: DeploymentConfig) -> tuple[Scope, ...]:
    """The resource groups in which there is a zone, and the one in which missing zones are made."""
    groups = {Scope(zone.subscription, zone.resource_group) for zone in seen.found_zones()}
    return tuple(sorted(groups | ({config.zone_group} if config.zone_group else set()), key=str))


def _lacks(seen: Inspected, place: Scope) -> tuple[str, ...] | None:
    """What is missing to write records in a group; None if nobody told."""
    rights = seen.rights.get(str(place))
    if isinstance(rights, tuple) and not lacking(rights, WRITE_RECORDS):
        return ()
    within = [seen.rights.get(str(zone)) for zone in seen.found_zones() if place.covers(zone)]
    told = [one for one in within if isinstance(one, tuple)]
    if within and len(told) == len(within):
        return tuple(dict.fromkeys(action for one in told for action in lacking(one, WRITE_RECORDS)))
    return lacking(rights, WRITE_RECORDS) if isinstance(rights, tuple) and not within else None


def makes_zones(config: DeploymentConfig) -> bool:
    return config.zone_group is not None


def making(seen: Inspected, config: DeploymentConfig) -> CheckResult:
    """Only where DNS_ZONE_RESOURCE_GROUP asks for it. Networks may lie elsewhere than endpoints do."""
    assert config.zone_group is not None, "otherwise it does not concern us"
    rights = seen.rights.get(str(config.zone_group))
    if not isinstance(rights, tuple):
        told = f"Azure did not tell the rights on {config.zone_group}: {why_not(rights)}"
        return unsure(told, ROLE.format("preflight", config.zone_group))
    if missing := lacking(rights, MAKE_ZONES[:1] if config.central else MAKE_ZONES):
        told = f"there is no right {', '.join(missing)} on {config.zone_group}"
        return wrong(told, ROLE.format("zones", config.zone_group))
    if config.central:
        return ok(f"the right is there on {config.zone_group}; central zones are not linked to networks")
    joining = [seen.rights.get(str(scope)) for scope in config.endpoint_scopes]
    if all(isinstance(one, tuple) and not lacking(one, [JOIN_NETWORKS]) for one in joining):
        return ok(f"the rights are there on {config.zone_group} and on the virtual networks")
    told = f"{JOIN_NETWORKS} is not given on all of ENDPOINT_SCOPES, and networks may lie elsewhere"
    return unsure(told, ROLE.format("networks", "the virtual networks that zones are to be linked to"))


def _why(seen: Inspected, places: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(why_not(seen.rights.get(place)) or "not of each zone" for place in places))

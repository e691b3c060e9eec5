"""An endpoint's names, explained: address, zone, VNet link, record, and what clients must use."""

from collections.abc import Iterator

from shared.domain.changes import CreateZone, LinkNetwork, PutRecord
from shared.domain.explain.case import Case, known_from, mending, ok, unchecked, unsure, wrong
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS, Finding
from shared.domain.model.resources import WILDCARD, RecordSet, Zone
from shared.domain.model.snapshot import ListZones
from shared.domain.planning.dns.zone_selection import addresses_for, zone_for
from shared.domain.preflight.steps import Step

PORTS = "8443 for HTTPS, 9440 for the native protocol"
_WHOSE = "somebody else keeps it, or its metadata was overwritten (Terraform's `tags` of a record are its metadata)"
_ZONE_IS_THERE = frozenset({"zone-not-linked"})


def steps(case: Case) -> Iterator[Step]:
    addresses = addresses_for(case.index, case.endpoint)
    yield _address(addresses)
    name = case.index.services.zone_names[case.connection.target.lower()]
    found = zone_for(case.index, case.endpoint, name)
    yield _zone(case, name, found)
    yield _link(case, name, found)
    if not isinstance(found, Zone):
        yield unchecked("record", "zone" if not _is_there(found) else "link")
    elif not addresses or isinstance(addresses, Finding):
        yield unchecked("record", "address")
    else:
        yield _record(case, found, frozenset(addresses))
    yield _names(case)


def _address(addresses: tuple[str, ...] | Finding) -> Step:
    if isinstance(addresses, Finding):
        return unsure("address", addresses.message, addresses.remedy)
    if not addresses:
        return wrong("address", "it has no private address yet", CATALOGUE[IN_PROGRESS][1])
    return ok("address", ", ".join(addresses))


def _is_there(found: object) -> bool:
    """Whether a zone of the name is there, although it is not linked."""
    return isinstance(found, LinkNetwork) or (isinstance(found, Finding) and found.code in _ZONE_IS_THERE)


def _zone(case: Case, name: str, found: Zone | CreateZone | LinkNetwork | Finding) -> Step:
    if isinstance(found, Zone):
        return ok("zone", str(found.id))
    if isinstance(found, CreateZone):
        by_hand = "; link it to the DNS resolver's network yourself" if case.index.config.central else ""
        seen = f"there is no {name}; sync would make {found.zone}{by_hand}"
        return wrong("zone", seen, CATALOGUE["record-drift"][1])
    if _is_there(found):
        named = ", ".join(str(zone.id) for zone in case.index.dns.named.get(name, []))
        return ok("zone", named)
    assert isinstance(found, Finding), "all else was asked before"
    told = unsure if found.code == "unreadable" else wrong
    return told("zone", f"{found.message}{_searched(case, found)}", found.remedy)


def _searched(case: Case, found: Finding) -> str:
    """Where a zone that is missing was looked for."""
    lists = [read.scope for read in case.index.snapshot.answers if isinstance(read, ListZones)]
    where = ", ".join(sorted(map(str, lists)))
    return f" ({where})" if found.code == "zone-missing" and where else ""


def _link(case: Case, name: str, found: Zone | CreateZone | LinkNetwork | Finding) -> Step:
    network = case.endpoint.network
    if isinstance(found, Zone):
        if network in found.networks:
            return ok("link", f"it is linked to {network}")
        linked = ", ".join(sorted(map(str, found.networks))) or "no network"
        if case.index.config.central:
            return _link_of_central(linked, anything=bool(found.networks))
        seen = f"the zone, which the tag names, is linked to {linked}, not to {network}"
        return unsure("link", seen, "See that the DNS server that clients ask is in a linked network.")
    if not _is_there(found):
        return unchecked("link", "zone")
    if isinstance(found, LinkNetwork):
        seen = f"{name} is not linked to {network}; sync would link it"
        return wrong("link", seen, CATALOGUE["record-drift"][1])
    assert isinstance(found, Finding), "all else was asked before"
    return wrong("link", found.message, found.remedy)


def _link_of_central(linked: str, *, anything: bool) -> Step:
    """In hub and spoke the link that counts is that of the network in which clients' DNS server is."""
    if not anything:
        seen = "the zone is linked to no network: no DNS server sees its records"
        return wrong("link", seen, "Link the zone to the network of the DNS resolver that clients ask.")
    seen = f"the zone is linked to {linked}; whether clients ask a DNS server there cannot be seen from here"
    return ok("link", f"{seen} (explain --probe in the clients' network can)")


def _record(case: Case, zone: Zone, addresses: frozenset[str]) -> Step:
    """What each host name leads to: the record of its own name, or else the wildcard."""
    led = {name: _led_by(zone, name) for name in _first_labels(case)}
    told = "; ".join(f"{name} leads to {_shown(record)}" for name, record in sorted(led.items()))
    if all(record and addresses <= set(record.addresses) for record in led.values()):
        other = known_from(case.plan, case.endpoint.id, "record-kept-by-other")
        return ok("record", f"{told}; {other.message}: {_WHOSE}" if other else told)
        return ok("record", told)
    if served := known_from(case.plan, case.endpoint.id, "wildcard-served-by-other"):
        return ok("record", f"{told}: {served.message}")
    expected = f"{told}, not to {', '.join(sorted(addresses))}"
    if other := known_from(
        case.plan,
        case.endpoint.id,
        "wildcard-owned-by-other",
        "wildcard-foreign",
        "record-full",
        "zone-locked",
    ):
        return wrong("record", f"{expected}: {other.message}", other.remedy)
    return wrong("record", expected, mending(case, "record-drift", PutRecord))


def expected_addresses(case: Case) -> frozenset[str]:
    """Where its names may lead: to it or, where another endpoint's record serves it, to that one."""
    addresses = addresses_for(case.index, case.endpoint)
    own = frozenset[str]() if isinstance(addresses, Finding) else frozenset(addresses)
    if not known_from(case.plan, case.endpoint.id, "wildcard-served-by-other"):
        return own
    zone = zone_for(case.index, case.endpoint, case.index.services.zone_names[case.connection.target.lower()])
    assert isinstance(zone, Zone), "only a record in a zone that was read can serve it"
    led = [_led_by(zone, name) for name in _first_labels(case)]
    return own.union(*(record.addresses for record in led if record))


def _first_labels(case: Case) -> set[str]:
    """The names, within the zone, that clients of this endpoint look up; * where it is to reach no service."""
    configs = [case.index.services.configs[service] for service in case.chosen.granted]
    return {endpoint_config.hostname.lower().partition(".")[0] for endpoint_config in configs} or {WILDCARD}


def _led_by(zone: Zone, name: str) -> RecordSet | None:
    return zone.records.get(name) or zone.records.get(WILDCARD)


def _shown(record: RecordSet | None) -> str:
    if record is None:
        return "nothing"
    return f"{', '.join(record.addresses) or 'no address'} (record {record.name})"


def _names(case: Case) -> Step:
    names = case.plan.hostnames.get(case.endpoint.id, {})
    if not names:
        return unchecked("names", "services")
    told = "; ".join(f"{service}: {host}" for service, host in names.items())
    return ok("names", f"{told}. Ports: {PORTS}. The public names do not lead through the endpoint")

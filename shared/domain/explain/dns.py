"""An endpoint's host names, explained: address, zone, virtual network link, record, and the names for clients."""

from collections.abc import Iterator

from shared.domain.changes import CreateZone, LinkNetwork, PutRecord
from shared.domain.explain.case import Case
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS, Finding
from shared.domain.model.resources import WILDCARD, RecordSet, Zone
from shared.domain.model.snapshot import ListZones
from shared.domain.planning.dns.zone_selection import addresses_for, zone_for
from shared.domain.preflight.check_result import CheckResult, failed, passed, skipped, unknown, warning

PORTS = "8443 for HTTPS, 9440 for the native protocol"
_FOREIGN = "created outside this deployment, or its metadata was overwritten (Terraform's `tags` are metadata)"
_BLOCKED = ("wildcard-owned-by-other", "wildcard-foreign", "record-full", "zone-locked")

type FoundZone = Zone | CreateZone | LinkNetwork | Finding


def steps(case: Case) -> Iterator[tuple[str, CheckResult]]:
    addresses = addresses_for(case.index, case.endpoint)
    found = zone_for(case.index, case.endpoint, case.zone_name)
    yield "address", _address(addresses)
    yield "zone", _zone(case, found)
    yield "link", _link(case, found)
    if not isinstance(found, Zone):
        yield "record", skipped("link" if _is_unlinked(found) else "zone")
    elif not addresses or isinstance(addresses, Finding):
        yield "record", skipped("address")
    else:
        yield "record", _record(case, found, frozenset(addresses))
    yield "names", _names(case)


def _address(addresses: tuple[str, ...] | Finding) -> CheckResult:
    if isinstance(addresses, Finding):
        return unknown(addresses.message, addresses.remedy)
    if not addresses:
        return failed("no private address yet", CATALOGUE[IN_PROGRESS][1])
    return passed(", ".join(addresses))


def _is_unlinked(found: FoundZone) -> bool:
    """Whether there is a zone of the name, but none that is linked."""
    return isinstance(found, LinkNetwork) or (isinstance(found, Finding) and found.code == "zone-not-linked")


def _zone(case: Case, found: FoundZone) -> CheckResult:
    if isinstance(found, Zone):
        return passed(str(found.id))
    if isinstance(found, CreateZone):
        by_hand = "; link it to the DNS resolver's network by hand" if case.index.config.central else ""
        detail = f"{case.zone_name} does not exist; sync would create {found.zone}{by_hand}"
        return failed(detail, CATALOGUE["record-drift"][1])
    if _is_unlinked(found):
        return passed(", ".join(str(zone.id) for zone in case.index.dns.named.get(case.zone_name, [])))
    assert isinstance(found, Finding), "the other cases are above"
    lists = sorted(str(read.scope) for read in case.index.snapshot.answers if isinstance(read, ListZones))
    searched = f" (searched: {', '.join(lists)})" if found.code == "zone-missing" and lists else ""
    return (unknown if found.code == "unreadable" else failed)(f"{found.message}{searched}", found.remedy)


def _link(case: Case, found: FoundZone) -> CheckResult:
    network = case.endpoint.network
    if isinstance(found, Zone):
        return _link_of(case, found)
    if isinstance(found, LinkNetwork):
        detail = f"{case.zone_name} is not linked to {network}; sync would link it"
        return failed(detail, CATALOGUE["record-drift"][1])
    if isinstance(found, Finding) and _is_unlinked(found):
        return failed(found.message, found.remedy)
    return skipped("zone")


def _link_of(case: Case, zone: Zone) -> CheckResult:
    """In hub and spoke, the link that counts is the one to the network of the clients' DNS server."""
    network = case.endpoint.network
    if network in zone.networks:
        return passed(f"linked to {network}")
    linked = ", ".join(sorted(map(str, zone.networks))) or "no virtual network"
    if not case.index.config.central:
        detail = f"the zone named in the tag is linked to {linked}, not to {network}"
        return warning(detail, "Check that the clients' DNS server is in a linked network (explain --probe).")
    if not zone.networks:
        detail = "the zone is linked to no virtual network: no DNS server resolves its records"
        return failed(detail, "Link the zone to the virtual network of the clients' DNS resolver.")
    detail = f"linked to {linked}; this check cannot determine whether clients use a DNS server there"
    return passed(f"{detail} (explain --probe in the clients' network can)")


def _record(case: Case, zone: Zone, addresses: frozenset[str]) -> CheckResult:
    """The record that each host name resolves to: the one of its own name, otherwise the wildcard."""
    records = {name: _resolve(zone, name) for name in _first_labels(case)}
    detail = "; ".join(f"{name} resolves to {_described(record)}" for name, record in sorted(records.items()))
    if all(record and addresses <= set(record.addresses) for record in records.values()):
        foreign = case.finding("record-kept-by-other")
        return passed(f"{detail}; {foreign.message}: {_FOREIGN}" if foreign else detail)
    if served := case.finding("wildcard-served-by-other"):
        return passed(f"{detail}: {served.message}")
    expected = f"{detail}, not to {', '.join(sorted(addresses))}"
    if blocked := case.finding(*_BLOCKED):
        return failed(f"{expected}: {blocked.message}", blocked.remedy)
    overriding = sorted(name for name, one in records.items() if one and one.name != WILDCARD)
    if overriding and not any(isinstance(change, PutRecord) for change in case.plan.changes):
        return failed(expected, f"Correct or delete the record {', '.join(overriding)}: it overrides the wildcard.")
    return failed(expected, case.remedy("record-drift", PutRecord))


def expected_addresses(case: Case) -> frozenset[str]:
    """The endpoint's addresses and, where another endpoint's record serves it, that endpoint's."""
    addresses = addresses_for(case.index, case.endpoint)
    own = frozenset[str]() if isinstance(addresses, Finding) else frozenset(addresses)
    if not case.finding("wildcard-served-by-other"):
        return own
    zone = zone_for(case.index, case.endpoint, case.zone_name)
    assert isinstance(zone, Zone), "only a record in a zone that was read can serve it"
    records = [_resolve(zone, name) for name in _first_labels(case)]
    return own.union(*(record.addresses for record in records if record))


def _first_labels(case: Case) -> set[str]:
    """The names, within the zone, of the selected services; * if the tag selects none."""
    configs = [case.index.services.configs[service] for service in case.selection.granted]
    return {config.hostname.lower().partition(".")[0] for config in configs} or {WILDCARD}


def _resolve(zone: Zone, name: str) -> RecordSet | None:
    return zone.records.get(name) or zone.records.get(WILDCARD)


def _described(record: RecordSet | None) -> str:
    if record is None:
        return "nothing"
    return f"{', '.join(record.addresses) or 'no address'} (record {record.name})"


def _names(case: Case) -> CheckResult:
    names = case.plan.hostnames.get(case.endpoint.id, {})
    if not names:
        return skipped("services")
    hosts = "; ".join(f"{service}: {host}" for service, host in names.items())
    return passed(f"{hosts}. Ports: {PORTS}. The public host names do not use the endpoint")

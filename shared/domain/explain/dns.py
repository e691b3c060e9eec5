"""An endpoint's host names, explained: address, zone, virtual network link, record, and the names for clients."""

from collections.abc import Mapping

from shared.domain.changes.dns import CreateZone, LinkNetwork, PutRecord
from shared.domain.explain.case import AGAIN, Case, result_of
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS, Finding
from shared.domain.model.resources import WILDCARD, RecordSet, Zone
from shared.domain.model.snapshot import ListZones
from shared.domain.ownership.marks import holders_of
from shared.domain.planning.dns.dns_records import unreachable_labels
from shared.domain.planning.dns.zone_selection import Blocker, RecordTarget, addresses_for, record_target, zone_for
from shared.domain.preflight.azure import ROLE
from shared.domain.preflight.check_result import CheckResult, failed, passed, skipped, warning

PORTS = "8443 for HTTPS, 9440 for the native protocol"
_FOREIGN = "created outside this deployment, or its metadata was overwritten (Terraform's `tags` are metadata)"
_BLOCKED = ("wildcard-owned-by-other", "wildcard-foreign", "record-full", "zone-locked")
_RUN_SYNC = CATALOGUE["record-drift"][1]


def expected_addresses(case: Case) -> frozenset[str]:
    """The endpoint's addresses and, where other endpoints' records serve it, theirs."""
    addresses, target = addresses_for(case.index, case.endpoint), record_target(case.index, case.desired)
    expected = frozenset[str]() if isinstance(addresses, Finding) else frozenset(addresses)
    if isinstance(target, RecordTarget) and _served_by_others(case, target):
        expected = expected.union(*(record.addresses for record in _records(target).values() if record))
    return expected


def address(case: Case) -> CheckResult:
    addresses = addresses_for(case.index, case.endpoint)
    if isinstance(addresses, Finding):
        return result_of(addresses)
    return passed(", ".join(addresses)) if addresses else failed("no private address yet", CATALOGUE[IN_PROGRESS][1])


def _zone_of(case: Case) -> Zone | Blocker:
    found = zone_for(case.index, case.endpoint, case.index.services.zone_names[case.desired.alias])
    held_back = case.finding("zone-not-linked") if isinstance(found, LinkNetwork) else None
    return held_back or found


def zone(case: Case) -> CheckResult:
    match _zone_of(case):
        case Zone(id_):
            return passed(str(id_))
        case CreateZone(zone=id_):
            by_hand = "; link it to the DNS resolver's network by hand" if case.index.config.central else ""
            return failed(f"{id_.name} does not exist; sync would create {id_}{by_hand}", _RUN_SYNC)
        case LinkNetwork(zone=id_):
            return passed(str(id_))
        case Finding(code="zone-not-linked"):
            named = case.index.dns.named[case.index.services.zone_names[case.desired.alias]]
            return passed(", ".join(str(zone.id) for zone in named))
        case finding:
            lists = sorted(str(read.scope) for read in case.index.snapshot.answers if isinstance(read, ListZones))
            searched = f" (searched: {', '.join(lists)})" if finding.code == "zone-missing" and lists else ""
            return result_of(finding, searched)


def link(case: Case) -> CheckResult:
    match _zone_of(case):
        case Zone() as found:
            return _link_of(case, found)
        case LinkNetwork(zone=id_, network=network):
            return failed(f"{id_} is not linked to {network}; sync would link it", _RUN_SYNC)
        case Finding(code="zone-not-linked") as finding:
            return result_of(finding)
        case _:
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


def record(case: Case) -> CheckResult:
    target = record_target(case.index, case.desired)
    if not isinstance(target, RecordTarget):
        return skipped("address" if isinstance(_zone_of(case), Zone) else "link")
    records = _records(target)
    detail = "; ".join(f"{name} resolves to {_described(record)}" for name, record in sorted(records.items()))
    if all(record and set(target.addresses) <= set(record.addresses) for record in records.values()):
        foreign = case.finding("record-kept-by-other")
        return passed(f"{detail}; {foreign.message}: {_FOREIGN}" if foreign else detail)
    if served := _served_by_others(case, target):
        if served.code == "wildcard-served-by-other":
            return passed(f"{detail}: {served.message}")
        return warning(f"{detail}: {served.message}; clients reach the services through it", served.remedy)
    detail += f", not to {', '.join(target.addresses)}"
    at = target.zone.id
    if case.change(PutRecord) and (missing := case.missing.get(at)):
        detail += f"; sync cannot write it: missing permission {', '.join(missing)} on {at}"
        return failed(detail, ROLE.format("records", at))
    overriding = ", ".join(sorted(one.name for one in records.values() if one and one.name != WILDCARD))
    remedy = f"Correct or delete the record {overriding}: it overrides the wildcard." if overriding else AGAIN
    return case.failure(detail, (PutRecord,), _BLOCKED, remedy)


def _records(target: RecordTarget) -> Mapping[str, RecordSet | None]:
    """The record that each host name resolves to, by first label: the one of its own name, or the wildcard."""
    found = target.zone.records
    return {label: found.get(label) or found.get(WILDCARD) for label in target.selection.labels or {WILDCARD}}


def _served_by_others(case: Case, target: RecordTarget) -> Finding | None:
    """The finding on the endpoints that hold the records, if clients in this network reach the services by them."""
    held, records = case.finding("wildcard-owned-by-other"), _records(target).items()
    if held and all(record and _reached_through(case, target, label, record) for label, record in records):
        return held
    return case.finding("wildcard-served-by-other")


def _reached_through(case: Case, target: RecordTarget, label: str, record: RecordSet) -> bool:
    holders = holders_of(record)
    endpoints = [case.index.endpoint(holder) for holder in holders.values()]
    in_network = all(one and one.network == case.endpoint.network for one in endpoints)
    known = bool(record.addresses) and holders.keys() >= set(record.addresses)
    return known and in_network and not unreachable_labels(case.index, target, label, holders.values())


def _described(record: RecordSet | None) -> str:
    if record is None:
        return "nothing"
    return f"{', '.join(record.addresses) or 'no address'} (record {record.name})"


def names(case: Case) -> CheckResult:
    hosts = "; ".join(f"{service}: {host}" for service, host in case.plan.hostnames.get(case.at, {}).items())
    clients = f"{hosts}. Ports: {PORTS}. The public host names do not use the endpoint"
    return passed(clients) if hosts else skipped("services")

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from shared.domain.changes.dns import DeleteRecord, PutRecord
from shared.domain.changes.outcome import PassResults
from shared.domain.model.deployment_config import DeploymentConfig, ZoneChoice
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, RecordSet
from shared.domain.model.snapshot import (
    ListZones,
    Read,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadServices,
    ReadZone,
    Snapshot,
)
from shared.domain.ownership.marks import MARK
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.plan import Plan, make_plan
from tests.support.plans import plan_of
from tests.support.worlds import (
    FORBIDDEN,
    OTHER_ALIAS,
    OWNER,
    SCOPE,
    SUBSCRIPTION,
    address,
    deployment,
    endpoint,
    foreign_record,
    interface,
    network,
    pe,
    record,
    service,
    service_id,
    shared_record,
    snapshot,
    zone,
    zone_id,
)

ADOPTING = deployment(dns_adopt=True)
HIDDEN: dict[Read[Any], Any] = {ReadEndpoint(pe(2)): FORBIDDEN}

type Who = list[Endpoint | ResourceId]


def record_changes(plan: Plan) -> list[str]:
    """The changes to records, in short: who gets which addresses, or what goes."""
    puts = [
        f"{'replace' if c.before else 'create'} {', '.join(c.after.addresses)} for {c.endpoint.name}"
        for c in plan.changes
        if isinstance(c, PutRecord)
    ]
    return puts + [f"delete {', '.join(c.before.addresses)}" for c in plan.changes if isinstance(c, DeleteRecord)]


def codes(plan: Plan) -> list[str]:
    return [f"{finding.code} {finding.object.rpartition('/')[2]}" for finding in plan.findings]


def shared(n: int) -> Endpoint:
    return endpoint(n, dns=" Shared ")


@pytest.mark.parametrize(
    ("who", "record_there", "by", "expected", "reported"),
    [
        # none
        ([endpoint(1)], None, deployment(), ["create 10.0.0.1 for pe-1"], []),
        ([pe(1)], None, deployment(), [], []),
        # foreign
        ([endpoint(1)], foreign_record(), deployment(), [], ["wildcard-foreign pe-1"]),
        ([endpoint(1)], foreign_record(address(1)), deployment(), [], ["record-kept-by-other pe-1"]),
        ([endpoint(1)], record(1, owner="other"), deployment(), [], ["record-kept-by-other pe-1"]),
        ([endpoint(1)], foreign_record(), ADOPTING, [], ["wildcard-foreign pe-1"]),
        ([endpoint(1)], record(1, owner="other"), ADOPTING, [], ["record-kept-by-other pe-1"]),
        ([pe(1)], foreign_record(address(1)), ADOPTING, [], []),
        # foreign, with its address, to be adopted
        ([endpoint(1)], foreign_record(address(1)), ADOPTING, ["replace 10.0.0.1 for pe-1"], []),
        # ours, held by the endpoint itself
        ([endpoint(1)], record(1), deployment(), [], []),
        ([endpoint(1)], record(1, ttl=60), deployment(), ["replace 10.0.0.1 for pe-1"], []),
        ([endpoint(1)], record(1, guid_number=9), deployment(), ["replace 10.0.0.1 for pe-1"], []),
        (
            [endpoint(1)],
            replace(record(1), addresses=("10.9.9.9",)),
            deployment(),
            ["replace 10.0.0.1 for pe-1"],
            [],
        ),
        (
            [endpoint(1)],
            replace(record(1), addresses=()),
            deployment(),
            ["replace 10.0.0.1 for pe-1"],
            [],
        ),
        ([endpoint(1), endpoint(2)], record(2), deployment(), [], ["wildcard-owned-by-other pe-1"]),
        # ours, held by another that is live
        ([endpoint(2), endpoint(1)], record(1), deployment(), [], ["wildcard-owned-by-other pe-2"]),
        # ours, held by one that is gone or untagged
        ([endpoint(1), pe(2)], record(2), deployment(), ["replace 10.0.0.1 for pe-1"], []),
        ([endpoint(1), endpoint(2, None)], record(2), deployment(), ["replace 10.0.0.1 for pe-1"], []),
        ([pe(1)], record(1), deployment(), ["delete 10.0.0.1"], []),
        ([endpoint(1, None)], record(1), deployment(), ["delete 10.0.0.1"], []),
        # ours, held by another on the same alias, and both consent to sharing it
        ([shared(1), shared(2)], record(1), deployment(), ["replace 10.0.0.1, 10.0.0.2 for pe-1"], []),
        ([shared(2), shared(1)], None, deployment(), ["create 10.0.0.1, 10.0.0.2 for pe-1"], []),
        ([shared(1), endpoint(2)], record(1), deployment(), [], ["wildcard-owned-by-other pe-2"]),
        ([endpoint(1), shared(2)], record(1), deployment(), [], ["wildcard-owned-by-other pe-2"]),
        # wanted by two, held by nobody
        (
            [endpoint(2), endpoint(1)],
            None,
            deployment(),
            ["create 10.0.0.1 for pe-1"],
            ["wildcard-owned-by-other pe-2"],
        ),
    ],
)
def test_wildcard(
    who: Who, record_there: RecordSet | None, by: DeploymentConfig, expected: list[str], reported: list[str]
) -> None:
    """What happens to the wildcard depends on its holder and on who wants it, as in the table."""
    seen = snapshot(*who, zones=[zone(*[record_there] if record_there else [])])
    plan = plan_of(seen, by)
    assert record_changes(plan) == expected
    assert codes(plan) == reported


def test_unreadable_holder() -> None:
    """A record is not taken from an endpoint that could not be read."""
    plan = plan_of(snapshot(endpoint(1), also=HIDDEN, zones=[zone(record(2))]))
    assert record_changes(plan) == []
    assert codes(plan) == ["unreadable pe-2", "wildcard-owned-by-other pe-1"]


def test_holder_out_of_scope() -> None:
    """A record is not taken from an endpoint that has come to lie outside the scopes."""
    by = deployment(scopes=(Scope(SUBSCRIPTION, "rg-new"),))
    plan = plan_of(snapshot(endpoint(1, group="rg-new"), pe(2), zones=[zone(record(2))]), by)
    assert record_changes(plan) == []
    assert codes(plan) == ["outside-scope pe-2", "wildcard-owned-by-other pe-1"]


def test_no_claim_left() -> None:
    """A record that bears our mark but names nobody is taken by who wants it, and deleted for nobody."""
    nameless = replace(record(1), metadata=MappingProxyType({MARK: OWNER}))
    assert record_changes(plan_of(snapshot(endpoint(1), zones=[zone(nameless)]))) == ["replace 10.0.0.1 for pe-1"]
    assert record_changes(plan_of(snapshot(pe(1), zones=[zone(nameless)]))) == []


def put(seen: Snapshot, by: DeploymentConfig | None = None) -> RecordSet:
    (change,) = [c for c in plan_of(seen, by).changes if isinstance(c, PutRecord)]
    return change.after


def test_written() -> None:
    """A record is written with the address, the TTL of the settings, our mark and who stands behind it."""
    after = put(snapshot(endpoint(1), zones=[zone()]))
    assert (after.zone, after.name, after.ttl, after.addresses) == (zone_id(), "*", 300, (address(1),))
    assert after.metadata == record(1).metadata


def test_adopted() -> None:
    """An adopted record keeps the metadata it had."""
    after = put(snapshot(endpoint(1), zones=[zone(foreign_record(address(1)))]), ADOPTING)
    assert after.metadata == {"made-by": "hand", **record(1).metadata}


EAST = zone_id(name="eastus.privatelink.azure.clickhouse.cloud")
SECOND = zone_id("rg-dns-2")
OUTSIDE = ResourceId("99999999-1111-4111-8111-111111111111", "rg", SECOND.type, SECOND.name)


@pytest.mark.parametrize(
    ("one", "zones", "also", "reported"),
    [
        (endpoint(1), [zone()], {}, None),
        (endpoint(1), [zone(vnets=()), zone(id_=SECOND)], {}, None),
        (endpoint(1), [], {}, "zone-missing"),
        (endpoint(1), [zone(id_=EAST)], {}, "zone-missing"),
        (endpoint(1), [zone(vnets=("other",))], {}, "zone-not-linked"),
        (endpoint(1), [zone(), zone(id_=SECOND)], {}, "zone-ambiguous"),
        (endpoint(1), [], {ListZones(SCOPE): FORBIDDEN}, "unreadable"),
        (endpoint(1), [zone(vnets=())], {ListZones(SCOPE): FORBIDDEN}, "unreadable"),
        (endpoint(1), [zone()], {ListZones(SCOPE): FORBIDDEN}, None),
        (endpoint(1), [zone(vnets=())], {ReadZone(SECOND): FORBIDDEN}, "unreadable"),
        (endpoint(1), [], {ReadZone(EAST): FORBIDDEN}, "zone-missing"),
        (endpoint(1, zone_tag=str(SECOND).upper()), [zone(), zone(id_=SECOND, vnets=())], {}, None),
        (endpoint(1, zone_tag=str(SECOND)), [zone()], {}, "zone-missing"),
        (endpoint(1, zone_tag=str(SECOND)), [zone()], {ReadZone(SECOND): FORBIDDEN}, "unreadable"),
        (endpoint(1, zone_tag=str(OUTSIDE)), [zone()], {}, "zone-not-usable"),
        (endpoint(1, zone_tag=str(EAST)), [zone(), zone(id_=EAST)], {}, "zone-not-usable"),
        (endpoint(1, zone_tag=str(network())), [zone()], {}, "zone-not-usable"),
        (endpoint(1, zone_tag=""), [zone()], {}, "zone-not-usable"),
        (endpoint(1), [zone()], {ReadAddresses(interface(1)): FORBIDDEN}, "unreadable"),
        (endpoint(1), [zone()], {ReadAddresses(interface(1)): ()}, "endpoint-in-progress"),
        (replace(endpoint(1), interfaces=()), [zone()], {}, "endpoint-in-progress"),
        (replace(endpoint(1), interfaces=(), addresses=(address(1),)), [zone()], {}, None),
    ],
)
def test_where(one: Endpoint, zones: list[Any], also: dict[Read[Any], Any], reported: str | None) -> None:
    """The record goes into the zone linked to the network, or the tagged one; otherwise the finding says why not."""
    plan = plan_of(snapshot(one, zones=zones, also=also))
    assert record_changes(plan) == ([] if reported else ["create 10.0.0.1 for pe-1"])
    assert codes(plan) == ([f"{reported} pe-1"] if reported else [])


def test_tagged_zone_wins() -> None:
    """A zone in the tag goes before the one that is linked."""
    seen = snapshot(endpoint(1, zone_tag=str(SECOND)), zones=[zone(), zone(id_=SECOND, vnets=())])
    assert put(seen).zone == SECOND


def test_a_zone_for_each_network() -> None:
    """Endpoints in different networks have their records in different zones."""
    seen = snapshot(endpoint(1), endpoint(2, vnet="v2"), zones=[zone(), zone(id_=SECOND, vnets=["v2"])])
    assert record_changes(plan_of(seen)) == ["create 10.0.0.1 for pe-1", "create 10.0.0.2 for pe-2"]


def test_several_addresses() -> None:
    """All addresses of an endpoint are in its record, sorted."""
    several = replace(endpoint(1), addresses=("10.0.0.20", "10.0.0.10"))
    assert put(snapshot(several, zones=[zone()])).addresses == ("10.0.0.10", "10.0.0.20")


def test_no_record_without_certainty() -> None:
    """No record is written for an endpoint whose alias is not known to be the organization's."""
    unknown: dict[Read[Any], Any] = {ReadConfig(service_id("main")): FORBIDDEN}
    assert plan_of(snapshot(endpoint(1), zones=[zone()], also=unknown)).changes == ()


TOGETHER = shared_record(1, 2)


@pytest.mark.parametrize(
    ("who", "also", "expected"),
    [
        ([shared(1), shared(2)], {}, []),
        ([shared(1), pe(2)], {}, ["replace 10.0.0.1 for pe-1"]),
        ([pe(1), pe(2)], {}, ["delete 10.0.0.1, 10.0.0.2"]),
        ([pe(1)], HIDDEN, ["replace 10.0.0.2 for pe-1"]),
        ([shared(1)], HIDDEN, []),
    ],
)
def test_shared_record(who: Who, also: dict[Read[Any], Any], expected: list[str]) -> None:
    """Of a shared record only the address of one that is known to be gone goes."""
    assert record_changes(plan_of(snapshot(*who, also=also, zones=[zone(TOGETHER)]))) == expected


def near(n: int, tag: str = "far") -> Endpoint:
    """An endpoint to the organization's other Private Link service, behind which `far` is."""
    return endpoint(n, tag, alias=OTHER_ALIAS)


def named(one: RecordSet) -> RecordSet:
    return replace(one, name="far")


@pytest.mark.parametrize(
    ("who", "records", "expected"),
    [
        ([endpoint(1), near(2)], [], ["create 10.0.0.1 for pe-1", "create 10.0.0.2 for pe-2"]),
        ([endpoint(1), near(2)], [record(1)], ["create 10.0.0.2 for pe-2"]),
        ([endpoint(1), near(2)], [record(1), named(record(2))], []),
        ([endpoint(1), near(2, "")], [record(1), named(record(2))], ["delete 10.0.0.2"]),
        ([endpoint(1), pe(2)], [record(1), named(record(2))], ["delete 10.0.0.2"]),
        ([endpoint(1)], [record(1), named(foreign_record())], []),
        ([endpoint(1), near(2)], [record(1), named(foreign_record())], []),
        ([pe(1), near(2)], [record(1), named(record(2))], ["replace 10.0.0.2 for pe-2", "delete 10.0.0.2"]),
        ([near(2)], [record(1), named(record(2))], []),
        ([near(2)], [record(1)], []),
    ],
)
def test_closer_name(who: Who, records: list[RecordSet], expected: list[str]) -> None:
    """A service that the wildcard does not lead to has a record of its own, while the wildcard does not."""
    seen = snapshot(
        *who,
        services=[service("main"), service("far")],
        elsewhere={"far": OTHER_ALIAS},
        zones=[zone(*records)],
        also={} if pe(1) in who or len(who) > 1 else {ReadEndpoint(pe(1)): FORBIDDEN},
    )
    assert record_changes(plan_of(seen)) == expected


def test_a_record_of_one_service_serves_that_service() -> None:
    """In a central zone, the record of one service is served by its holder if that endpoint reaches this service."""
    seen = snapshot(
        endpoint(1),
        near(2, "far, further"),
        near(3),
        services=[service("main"), service("far"), service("further")],
        elsewhere={"far": OTHER_ALIAS, "further": OTHER_ALIAS},
        zones=[zone(record(1), named(record(3)))],
    )
    plan = plan_of(seen, deployment(zone_choice=ZoneChoice.CENTRAL))
    assert record_changes(plan) == ["create 10.0.0.2 for pe-2"]
    assert [code for code in codes(plan) if code.endswith("pe-2")] == ["wildcard-served-by-other pe-2"]


MAKING = deployment(zone_group=Scope(SUBSCRIPTION, "rg-dns"))


@pytest.mark.parametrize(
    ("one", "zones", "also", "by", "expected"),
    [
        (endpoint(1), [], {}, MAKING, ["create-zone"]),
        (endpoint(1), [zone(id_=SECOND, vnets=())], {}, MAKING, ["create-zone"]),
        (endpoint(1), [zone(vnets=())], {}, MAKING, ["link-network"]),
        (endpoint(1), [zone(id_=SECOND)], {}, MAKING, ["put-record"]),
        (endpoint(1), [], {}, deployment(), []),
        (endpoint(1), [], {ListZones(SCOPE): FORBIDDEN}, MAKING, []),
        (endpoint(1, zone_tag=str(SECOND)), [], {}, MAKING, []),
        (replace(endpoint(1), network=None), [], {}, MAKING, []),
    ],
)
def test_zone_made(
    one: Endpoint, zones: list[Any], also: dict[Read[Any], Any], by: DeploymentConfig, expected: list[str]
) -> None:
    """A missing zone is made, and linked, only where the settings name a resource group for it."""
    plan = plan_of(snapshot(one, zones=zones, also=also), by)
    assert [c.verb for c in plan.changes if c.verb not in ("allow", "register")] == expected


def test_other_zone() -> None:
    """The record of an endpoint that has moved to another zone is deleted where it was."""
    moved = endpoint(1, zone_tag=str(SECOND))
    plan = plan_of(snapshot(moved, zones=[zone(record(1)), zone(id_=SECOND, vnets=())]))
    assert record_changes(plan) == ["create 10.0.0.1 for pe-1", "delete 10.0.0.1"]


def test_zone_left() -> None:
    """A zone that one endpoint has left is taken over by the one who waited there."""
    moved = endpoint(1, zone_tag=str(SECOND))
    plan = plan_of(snapshot(moved, endpoint(2), zones=[zone(record(1)), zone(id_=SECOND, vnets=())]))
    assert record_changes(plan) == ["create 10.0.0.1 for pe-1", "replace 10.0.0.2 for pe-2"]


@pytest.mark.parametrize(
    ("tag", "also", "words"),
    [
        (str(OUTSIDE), {}, f"{OUTSIDE}, is outside DNS_ZONE_SCOPES"),
        (str(EAST), {}, f"{EAST}, is not named {zone_id().name}"),
        (str(SECOND), {ReadZone(SECOND): FORBIDDEN}, "the zone in its tag: 403 Forbidden"),
        (str(SECOND), {}, f"{SECOND}, does not exist"),
    ],
)
def test_what_is_wrong_with_a_tagged_zone(tag: str, also: dict[Read[Any], Any], words: str) -> None:
    """The finding on a tagged zone has the zone's id, or the error of ARM."""
    (reported,) = plan_of(snapshot(endpoint(1, zone_tag=tag), zones=[zone()], also=also)).findings
    assert reported.message.endswith(words)


def test_foreign_record_is_shown() -> None:
    """The finding on a foreign record has its name, its zone and all addresses."""
    two = replace(foreign_record(), addresses=("10.9.9.8", "10.9.9.9"))
    (reported,) = plan_of(snapshot(endpoint(1), zones=[zone(two)])).findings
    has = f"the record * in {zone_id()} has 10.9.9.8, 10.9.9.9, should have 10.0.0.1"
    assert reported.message == f"{has}; it is not managed by this deployment and not modified"


def test_zone_that_leads_elsewhere_is_shown() -> None:
    """The finding on a zone that is not linked has the record that leads elsewhere."""
    two = replace(foreign_record(), addresses=("10.9.9.8", "10.9.9.9"))
    (reported,) = plan_of(snapshot(endpoint(1), zones=[zone(two, vnets=())]), MAKING).findings
    assert (reported.code, reported.object) == ("zone-not-linked", str(pe(1)))
    assert reported.message.endswith("its record * leads elsewhere (10.9.9.8, 10.9.9.9)")


@pytest.mark.parametrize("sharing", [(1,), (2,), (1, 2)])
def test_link_needs_the_consent_of_both(sharing: tuple[int, ...]) -> None:
    """A zone that leads to another network's endpoint is linked only if both consent to sharing it."""
    one, other = (endpoint(n, vnet=f"v{n}", dns="shared" if n in sharing else None) for n in (1, 2))
    plan = plan_of(snapshot(one, other, zones=[zone(record(2), vnets=["v2"])]), MAKING)
    linked = [c.verb for c in plan.changes if c.verb == "link-network"]
    assert linked == (["link-network"] if sharing == (1, 2) else [])


def test_joining_beside_one_who_cannot_be_read() -> None:
    """Who stood in a record with one that cannot be read stays there, but takes in only those who share."""
    three = shared_record(1, 2, 3)
    seen = snapshot(shared(1), shared(3), also=HIDDEN, zones=[zone(three)])
    assert record_changes(plan_of(seen)) == []
    seen = snapshot(shared(1), endpoint(3), also=HIDDEN, zones=[zone(three)])
    assert record_changes(plan_of(seen)) == ["replace 10.0.0.1, 10.0.0.2 for pe-1"]


def test_sharing_with_untagged_endpoints() -> None:
    """An endpoint keeps its address in a shared record while other holders are untagged and not yet released."""
    untagged = endpoint(2, None), endpoint(3, None)
    seen = snapshot(shared(1), *untagged, zones=[zone(shared_record(1, 2, 3))])
    plan = make_plan(seen, deployment(), Targets(frozenset({pe(2)})))
    assert record_changes(plan) == ["replace 10.0.0.1, 10.0.0.3 for pe-1"]
    assert not [one for one in codes(plan) if one.startswith("wildcard-owned-by-other")]


def sharers(count: int) -> list[Endpoint | ResourceId]:
    return [shared(n) for n in range(1, count + 1)]


def test_a_shared_record_that_is_full() -> None:
    """Azure permits 15 pairs of metadata: an endpoint that does not fit is reported, the others are written."""
    plan = plan_of(snapshot(*sharers(16), zones=[zone()]))
    (put_,) = [change for change in plan.changes if isinstance(change, PutRecord)]
    assert len(put_.after.addresses) == 14
    assert len(put_.after.metadata) == 15
    full = [one.object.rpartition("/")[2] for one in plan.findings if one.code == "record-full"]
    assert len(full) == 2


def test_pairs_of_others_take_room_in_a_shared_record() -> None:
    """Pairs of others are kept, and leave fewer for endpoints."""
    others = {f"other-{n}": "x" for n in range(12)}
    now = shared_record(1)
    crowded = replace(now, metadata=MappingProxyType({**now.metadata, **others}))
    plan = plan_of(snapshot(*sharers(4), zones=[zone(crowded)]))
    (put_,) = [change for change in plan.changes if isinstance(change, PutRecord)]
    assert put_.after.addresses == (address(1), address(2))
    assert others.items() <= put_.after.metadata.items()
    assert [one for one in codes(plan) if one.startswith("record-full")] == [
        "record-full pe-3",
        "record-full pe-4",
    ]


def test_a_record_that_cannot_be_adopted_for_want_of_room() -> None:
    """A foreign record with 15 pairs of its own is not changed even if it could be adopted."""
    pairs = MappingProxyType({f"other-{n}": "x" for n in range(14)})
    now = replace(foreign_record(address(1)), metadata=pairs)
    plan = plan_of(snapshot(endpoint(1), zones=[zone(now)]), ADOPTING)
    assert record_changes(plan) == []
    assert codes(plan) == ["record-kept-by-other pe-1"]


@pytest.mark.parametrize(
    ("there", "difference"),
    [
        ((), "has no address, should have 10.0.0.1"),
        (("10.9.9.9",), "has 10.9.9.9, should have 10.0.0.1"),
        (("10.0.0.1", "10.9.9.9"), "has 10.0.0.1, 10.9.9.9"),
    ],
)
def test_the_message_on_a_foreign_record(there: tuple[str, ...], difference: str) -> None:
    """The finding has the record's addresses and, unless the endpoint's is among them, what it should have."""
    plan = plan_of(snapshot(endpoint(1), zones=[zone(replace(foreign_record(), addresses=there))]))
    (finding,) = plan.findings
    assert finding.message == (
        f"the record * in {zone_id()} {difference}; it is not managed by this deployment and not modified"
    )


@pytest.mark.parametrize("answer", [FORBIDDEN, ()])
def test_records_do_not_depend_on_clickhouse(answer: Any) -> None:
    """The record of an endpoint that is gone is deleted although ClickHouse Cloud could not be read."""
    seen = snapshot(pe(1), zones=[zone(record(1))], also={ReadServices(): answer})
    assert record_changes(plan_of(seen)) == ["delete 10.0.0.1"]


def test_a_name_that_a_cname_has() -> None:
    """Beside a CNAME of the name no record is planned again in the pass, and everything else is."""
    taken = PassResults(names_taken=frozenset({(zone_id(), "*")}))
    plan = plan_of(snapshot(endpoint(1), zones=[zone()]), results=taken)
    assert {change.verb for change in plan.changes} == {"register", "allow"}
    assert codes(plan) == ["wildcard-foreign pe-1"]
    (finding,) = plan.findings
    assert finding.message == f"{zone_id()} has a CNAME record *, beside which no A record can be created"


def test_a_locked_zone() -> None:
    """A write that a management lock refused is reported with the endpoint, as long as it is still to be made."""
    locked = PassResults(locked_zones=frozenset({zone_id()}))
    assert codes(plan_of(snapshot(endpoint(1), zones=[zone()]), results=locked)) == ["zone-locked pe-1"]
    assert codes(plan_of(snapshot(pe(1), zones=[zone(record(1))]), results=locked)) == ["zone-locked pe-1"]
    assert codes(plan_of(snapshot(endpoint(1), zones=[zone(record(1))]), results=locked)) == []

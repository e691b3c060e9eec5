"""What the preflight makes of what was seen: tables over small sights, without any system."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.model.deployment_config import DeploymentConfig, ZoneChoice
from shared.domain.model.event_filter import OPERATIONS
from shared.domain.model.ids import Scope
from shared.domain.model.resources import NotFound, ReadFailed
from shared.domain.planning.policy import Policies, Policy
from shared.domain.preflight.check_result import WAIT
from shared.domain.preflight.checks import CATALOGUE, preflight
from shared.domain.preflight.preflight_snapshot import (
    ApiKey,
    Caller,
    Deliveries,
    EventSubscription,
    Inspected,
    StoreSeen,
)
from shared.domain.preflight.rbac import Permission, lacking
from shared.domain.preflight.steps import Answer, Step, all_well, diagnosis
from tests.support.worlds import (
    FORBIDDEN,
    SCOPE,
    SUBSCRIPTION,
    TIMED_OUT,
    ZONE_NAME,
    deployment,
    endpoint,
    service,
    zone,
    zone_id,
)

OK, NOT_OK, UNKNOWN, UNCHECKED = Answer.OK, Answer.NOT_OK, Answer.NOT_KNOWN, Answer.NOT_CHECKED
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SUB = str(SCOPE)
DNS_GROUP = Scope(SUBSCRIPTION, "rg-dns")
TOPIC = f"{SUB}/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/t"
EVERYTHING = (Permission(("*",)),)
READER = (Permission(("*/read",)),)
SENDING = EventSubscription(
    f"{TOPIC}/eventSubscriptions/s", TOPIC, "Succeeded", f"{SUB}/x/functions/endpoint_changed"
)
ORGANIZATION = "22222222-2222-4222-8222-222222222222"
KEY = ApiKey("-key", frozenset({"Admin"}), id="k-1")
LATER = NOW + timedelta(days=90)
ABSENT = ReadFailed("404 Not Found", temporary=False)
MAKING = deployment(zone_group=DNS_GROUP)
CENTRAL = deployment(zone_choice=ZoneChoice.CENTRAL)
CENTRAL_MAKING = deployment(zone_group=DNS_GROUP, zone_choice=ZoneChoice.CENTRAL)

WELL = Inspected(
    at=NOW,
    identity="someone",
    endpoints={SCOPE: (endpoint(1),)},
    interfaces={SCOPE: 1},
    zone_lists={SCOPE: (zone_id(),)},
    zones={zone_id(): zone()},
    rights={SUB: EVERYTHING, str(DNS_GROUP): EVERYTHING},
    registrations=(),
    services=(service("main"),),
    caller=Caller("k-1", "privatelink", ORGANIZATION),
    keys=(KEY,),
    roles=9,
    key_id="demo-key",
    organization=ORGANIZATION,
    clocks={"Azure": 0.4},
    event_subscriptions={SUB: (SENDING,)},
    deliveries={TOPIC: Deliveries(3, 0, 0, 0, NOW)},
    store=StoreSeen("reports", writable=True, last=NOW - timedelta(minutes=10)),
    period=timedelta(minutes=15),
)


def judged(seen: Inspected, by: DeploymentConfig | None = None) -> dict[str, Step]:
    return {step.name: step for step in preflight(seen, by or deployment())}


def but(**changed: Any) -> Inspected:
    """All is well, but for this."""
    return replace(WELL, **changed)


def rights(**changed: Any) -> Mapping[str, Any]:
    named = {"subscription": SUB, "group": str(DNS_GROUP), "zone": str(zone_id())}
    return {**WELL.rights, **{named[name]: told for name, told in changed.items()}}


def test_all_is_well() -> None:
    """Where everything is as it must be, every check says so, and what is not asked for is left out."""
    steps = judged(WELL)
    assert list(steps) == ["settings", *(one.name for one in CATALOGUE if one.name != "making zones")]
    assert {step.answer for step in steps.values()} == {OK}
    assert all_well(steps.values())
    assert diagnosis(steps.values()) is None


def test_order() -> None:
    """A check depends only on such as stand before it."""
    before = {"settings"}
    for check in CATALOGUE:
        assert set(check.needs) <= before
        before.add(check.name)


def test_unusable_settings() -> None:
    """Faults of the settings are all told, and nothing else is judged."""
    first, *others = preflight(Inspected(at=NOW, faults=("A is not set.", "B is odd.")), None)
    assert (first.answer, first.seen) == (NOT_OK, "A is not set. B is odd.")
    assert {(step.answer, step.seen) for step in others} == {(UNCHECKED, "because of settings")}


WITHOUT_IDENTITY = (
    "!identity, -private endpoints, -network interfaces, -private DNS zones, -links and records,"
    " -writing records, -zones and networks, -event subscription, -deliveries"
)
UNSEEN = "!private endpoints, !network interfaces, !private DNS zones"
KEYLESS = "!ClickHouse key, -ClickHouse services, -ClickHouse role, -zones and networks"
BLIND = "-links and records, -writing records, -zones and networks"
WRITES = frozenset({"Microsoft.Network/privateEndpoints/write"})
TAG_DELETION = "microsoft.resources/tags/delete"
HIDDEN = {"event_subscriptions": {SUB: ()}, "deliveries": {}, "rights": rights(subscription=FORBIDDEN)}
NO_ZONES = {"zone_lists": {SCOPE: ()}, "zones": {}}
UNTAGGED = {SCOPE: (endpoint(1, None),)}


def sending(**changed: Any) -> dict[str, Any]:
    """One event subscription, changed."""
    return {"event_subscriptions": {SUB: (replace(SENDING, **changed),)}}


RECORDS_ONLY = (Permission(("Microsoft.Network/privateDnsZones/A/*",)),)
ZONES_ONLY = (*RECORDS_ONLY, Permission(("Microsoft.Network/privateDnsZones/write",)))
SECOND = zone_id("rg-second")
TWO_ZONES = {
    "zone_lists": {SCOPE: (zone_id(), SECOND)},
    "zones": {zone_id(): zone(), SECOND: zone(id_=SECOND)},
    "rights": {**WELL.rights, str(Scope(SUBSCRIPTION, "rg-second")): EVERYTHING},
}


@pytest.mark.parametrize(
    ("seen", "by", "expected"),
    [
        (but(identity=FORBIDDEN), None, WITHOUT_IDENTITY),
        (but(endpoints={SCOPE: FORBIDDEN}), None, "!private endpoints"),
        (but(endpoints={SCOPE: TIMED_OUT}), None, "!private endpoints"),
        (but(interfaces={SCOPE: FORBIDDEN}), None, "!network interfaces"),
        (but(zone_lists={SCOPE: FORBIDDEN}), None, f"!private DNS zones, {BLIND}"),
        (but(zones={zone_id(): FORBIDDEN}), None, "!links and records, -zones and networks"),
        (but(zones={zone_id(): NotFound()}), None, "!links and records, -zones and networks"),
        (but(rights=rights(subscription=())), None, f"{UNSEEN}, {BLIND}"),
        (but(rights=rights(subscription=FORBIDDEN)), None, ""),
        (but(rights=rights(group=READER, zone=READER)), None, "!writing records"),
        (but(rights=rights(group=READER, zone=EVERYTHING)), None, ""),
        (but(rights=rights(group=READER, zone=FORBIDDEN)), None, "?writing records"),
        (but(rights=rights(group=FORBIDDEN)), None, "?writing records"),
        (but(rights=rights(group=RECORDS_ONLY)), None, ""),
        (WELL, MAKING, ""),
        (but(rights=rights(group=RECORDS_ONLY)), MAKING, "!making zones"),
        (but(rights=rights(group=FORBIDDEN)), MAKING, "?making zones, ?writing records"),
        (but(rights=rights(subscription=READER)), MAKING, "?making zones"),
        (but(zone_lists={SCOPE: ()}, rights=rights(group=READER)), MAKING, "!writing records, !making zones"),
        (but(registrations=FORBIDDEN), None, KEYLESS),
        (but(services=FORBIDDEN), None, "!ClickHouse services, -zones and networks"),
        (but(services=(service("main", provider="aws"),)), None, "?ClickHouse services"),
        (but(services=(service("main"), replace(service("a"), readable=False))), None, "?ClickHouse services"),
        (but(services=(service("main"), replace(service("a", provider="aws"), readable=False))), None, ""),
        (WELL, deployment(service_filter="other"), "?ClickHouse services"),
        (but(caller=Caller("k-1", "other", SUBSCRIPTION)), None, KEYLESS),
        (but(caller=Caller("k-1", "mine", ORGANIZATION.upper())), None, ""),
        (but(caller=Caller("", "", "")), None, ""),
        (but(caller=ABSENT), None, ""),
        (but(keys=FORBIDDEN), None, "?ClickHouse role"),
        (but(keys=()), None, "?ClickHouse role"),
        (but(clocks={"Azure": 0.0, "ClickHouse Cloud": -121.0}), None, "!clocks"),
        (but(clocks={}), None, "?clocks"),
        (but(**NO_ZONES), None, "!zones and networks, ?writing records"),
        (but(**NO_ZONES, endpoints=UNTAGGED), None, "?zones and networks, ?writing records"),
        (but(zones={zone_id(): zone(vnets=())}), None, "!zones and networks"),
        (but(zones={zone_id(): zone(vnets=())}), MAKING, ""),
        (but(zones={zone_id(): zone(vnets=("hub",))}), CENTRAL, ""),
        (but(zones={zone_id(): zone(vnets=())}), CENTRAL, "!zones and networks"),
        (but(zones={zone_id(): zone(vnets=())}), CENTRAL_MAKING, "!zones and networks"),
        (but(**TWO_ZONES), CENTRAL, "!zones and networks"),
        (but(**TWO_ZONES), None, ""),
        (but(**NO_ZONES), CENTRAL_MAKING, ""),
        (but(rights=rights(group=ZONES_ONLY, subscription=READER)), CENTRAL_MAKING, ""),
        (but(rights=rights(group=RECORDS_ONLY)), CENTRAL_MAKING, "!making zones"),
        (but(policies=Policies(Policy.SYNC, Policy.REPORT)), None, ""),
        (but(policies=Policies(Policy.UPSERT, Policy.SYNC)), None, ""),
        (but(policies=Policies(Policy.UPSERT, Policy.UPSERT)), None, "?removals"),
        (but(event_subscriptions={SUB: FORBIDDEN}), None, "?event subscription"),
        (but(event_subscriptions={SUB: ()}), None, "!event subscription, -deliveries"),
        (but(**HIDDEN), None, "?event subscription, ?deliveries"),
        (but(**sending(destination="elsewhere")), None, "!event subscription, -deliveries"),
        (but(**sending(state="Creating")), None, "!event subscription, -deliveries"),
        (but(**sending(types=WRITES)), None, "!event subscription, -deliveries"),
        (but(**sending(operations=WRITES)), None, "!event subscription, -deliveries"),
        (but(**sending(operations=OPERATIONS - {TAG_DELETION})), None, "!event subscription, -deliveries"),
        (but(**sending(operations=OPERATIONS | {"microsoft.network/virtualnetworks/write"})), None, ""),
        (but(**sending(destination="http://x/runtime/webhooks/EventGrid")), None, ""),
        (but(deliveries={TOPIC: FORBIDDEN}), None, "?deliveries"),
        (but(deliveries={TOPIC: Deliveries(0, 0, 0, 0)}), None, ""),
        (but(deliveries={TOPIC: Deliveries(5, 2, 0, 0)}), None, ""),
        (but(deliveries={TOPIC: Deliveries(0, 2, 0, 0)}), None, "!deliveries"),
        (but(deliveries={TOPIC: Deliveries(5, 0, 1, 0)}), None, "!deliveries"),
        (but(deliveries={TOPIC: Deliveries(5, 0, 0, 1)}), None, "!deliveries"),
        (but(store=None), None, ""),
        (but(store=FORBIDDEN), None, "!report store"),
        (but(store=StoreSeen("reports", writable=False)), None, "!report store"),
        (but(store=StoreSeen("reports", writable=True)), None, "?report store"),
        (but(store=StoreSeen("reports", None, NOW - timedelta(minutes=44))), None, ""),
        (but(store=StoreSeen("reports", None, NOW - timedelta(minutes=46))), None, "!report store"),
    ],
)  # fmt: skip
def test_answers(seen: Inspected, by: DeploymentConfig | None, expected: str) -> None:
    """Each thing that is not as it must be is told by the check that it concerns, and by no other."""
    steps = judged(seen, by)
    marks = {NOT_OK: "!", UNKNOWN: "?", UNCHECKED: "-", OK: ""}
    told = {f"{marks[step.answer]}{name}" for name, step in steps.items() if step.answer is not OK}
    assert told == {one for one in expected.split(", ") if one}
    troubled = [step for step in steps.values() if step.answer in (NOT_OK, UNKNOWN)]
    assert [step for step in steps.values() if step.remedy] == troubled


def having(*roles: str, custom: tuple[str, ...] = (), expires: datetime | None = None) -> tuple[ApiKey, ...]:
    """The key in use, with these roles."""
    return (replace(KEY, roles=frozenset(roles), custom=frozenset(custom), expires=expires),)


MANAGES = "it may manage the organization"
LEFT = "it may not manage the organization (roles: Mine (custom)): deregistration is left to people"
TWO = (KEY, replace(KEY, id="k-2", roles=frozenset({"Developer"})))


@pytest.mark.parametrize(
    ("seen", "answer", "told", "remedy"),
    [
        (but(keys=having("Admin")), OK, f"{MANAGES} (roles: Admin)", ""),
        (but(keys=having("admin", "Member"), roles=ABSENT), OK, f"{MANAGES} (roles: Member, admin)", ""),
        (but(keys=having("Admin"), roles=TIMED_OUT), OK, f"{MANAGES} (roles: Admin)", ""),
        (but(keys=having("Member", "Service admin")), OK, f"{MANAGES} (roles: Member, Service admin)", ""),
        (but(keys=having(custom=("Mine",))), OK, f"{MANAGES} (roles: Mine (custom))", ""),
        (but(keys=having(custom=("Mine",), expires=LATER)), OK, "until 2027-02-21", ""),
        (but(keys=having()), OK, "roles: not visible", ""),
        (but(keys=having("")), OK, "roles: without a name", ""),
        (but(keys=having(custom=("Mine",)), roles=FORBIDDEN), UNKNOWN, LEFT, "organization:manage"),
        (but(keys=having(custom=("Mine",), expires=LATER), roles=FORBIDDEN), UNKNOWN, "until 2027", "deregister"),
        (but(keys=having("Service API admin"), roles=FORBIDDEN), UNKNOWN, "left to people", "people deregister"),
        (but(keys=FORBIDDEN, roles=FORBIDDEN), UNKNOWN, "not visible (403 Forbidden)", "organization:manage"),
        (but(keys=having(custom=("Mine",)), roles=ABSENT), UNKNOWN, "(roles: Mine (custom); 404", "console"),
        (but(keys=having("Service admin"), roles=ABSENT), UNKNOWN, "roles: Service admin", "console"),
        (but(keys=having("Owner"), roles=TIMED_OUT), UNKNOWN, "roles: Owner", "console"),
        (but(keys=FORBIDDEN, roles=ABSENT), UNKNOWN, "roles: not visible", "console"),
        (but(keys=FORBIDDEN), UNKNOWN, "when it expires is not visible (403 Forbidden)", "view-api-keys"),
        (but(keys=(), caller=ABSENT), UNKNOWN, "it is not in the list of keys", "view-api-keys"),
        (but(keys=having("Admin", expires=NOW + timedelta(days=3))), UNKNOWN, "expires at 2026-11-26 12:30", "new"),
        (but(keys=having("Member", "Billing")), NOT_OK, "may change no service (roles: Billing, Member)", "a role"),
        (but(keys=having("Service API reader", "Org API reader"), roles=ABSENT), NOT_OK, "may change no", "a role"),
        (but(keys=having("developer"), roles=FORBIDDEN), NOT_OK, "may change no service", "a role with"),
        (but(keys=having("Developer", custom=("Mine",)), roles=ABSENT), UNKNOWN, "Developer, Mine (custom)", "console"),
        (but(keys=having("Developers"), roles=ABSENT), UNKNOWN, "roles: Developers", "console"),
        (but(keys=TWO, roles=ABSENT), OK, f"{MANAGES} (roles: Admin)", ""),
        (but(keys=TWO, roles=ABSENT, caller=Caller("k-2", "", "")), NOT_OK, "roles: Developer", "a role with"),
        (but(keys=TWO, roles=ABSENT, caller=Caller("demo-key", "", "")), UNKNOWN, "roles: Admin, Developer", "console"),
        (but(keys=TWO, roles=ABSENT, caller=ABSENT), UNKNOWN, "roles: Admin, Developer", "console"),
        (but(keys=TWO, caller=ABSENT), OK, MANAGES, ""),
        (but(keys=(*TWO, ApiKey("else")), caller=ABSENT), OK, MANAGES, ""),
    ],
)  # fmt: skip
def test_role(seen: Inspected, answer: Answer, told: str, remedy: str) -> None:
    """Only roles known to change nothing fail. What the API lets the key read decides, and a name only without it."""
    step = judged(seen)["ClickHouse role"]
    assert (step.answer, told in step.seen, remedy in step.remedy) == (answer, True, True), step


def test_the_key_of_another_organization() -> None:
    """A key of another organization is named with both organizations, and the remedy names the setting."""
    step = judged(but(caller=Caller("k", "theirs", SUBSCRIPTION), registrations=FORBIDDEN))["ClickHouse key"]
    assert step.seen == f"the key 'theirs' is of organization {SUBSCRIPTION}, not of {ORGANIZATION}"
    assert "CLICKHOUSE_ORG_ID" in step.remedy


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (0.4, "Azure's agrees with ours"),
        (-2.9, "Azure's agrees with ours"),
        (3.0, "Azure's is 3 s ahead of ours"),
        (-121.4, "Azure's is 121 s behind ours"),
    ],
)
def test_clocks_in_words(ahead: float, told: str) -> None:
    """A clock is told to agree, as far as an answer's whole seconds can tell, or to be ahead or behind."""
    assert judged(but(clocks={"Azure": ahead}))["clocks"].seen == told


def test_only_what_is_wrong_is_unhealthy() -> None:
    """What cannot be known is no ground to call for somebody; what is wrong is."""
    assert all_well(preflight(but(keys=FORBIDDEN), deployment()))
    assert not all_well(preflight(but(registrations=FORBIDDEN), deployment()))


@pytest.mark.parametrize(("answer", "waits"), [(FORBIDDEN, False), (TIMED_OUT, True)])
def test_remedies_of_what_failed(answer: ReadFailed, *, waits: bool) -> None:
    """A system that did not answer is to be asked again; one that refused asks for a right."""
    for seen, name in (
        (but(endpoints={SCOPE: answer}), "private endpoints"),
        (but(registrations=answer), "ClickHouse key"),
        (but(store=answer), "report store"),
    ):
        assert (judged(seen)[name].remedy == WAIT) == waits


def test_what_is_seen_is_told() -> None:
    """The lines name what is to be looked at: the scope, the zone, the right, the counts."""
    assert SUB in judged(but(rights=rights(subscription=())))["private endpoints"].seen
    assert (
        "privateDnsZones/A/delete"
        in judged(but(rights=rights(group=READER, zone=READER)))["writing records"].seen
    )
    assert ZONE_NAME in judged(but(**NO_ZONES))["zones and networks"].seen
    unread = replace(service("a"), readable=False)
    shown = judged(but(services=(unread, replace(unread, name="", id=""))))["ClickHouse services"].seen
    assert shown.endswith("left alone: a, without a name and an id")
    assert "3 delivered, the last before 2026-11-23 12:30 UTC" in judged(WELL)["deliveries"].seen


@pytest.mark.parametrize(
    ("permissions", "action", "given"),
    [
        ([Permission(("*",))], "Microsoft.Network/privateEndpoints/read", True),
        ([Permission(("*/READ",))], "Microsoft.Network/privateEndpoints/read", True),
        ([Permission(("*/read",))], "Microsoft.Network/privateEndpoints/write", False),
        ([Permission(("*",), ("*/write",))], "Microsoft.Network/privateEndpoints/write", False),
        (
            [Permission(("*",), ("*/write",)), Permission(("Microsoft.Network/*",))],
            "Microsoft.Network/x/write",
            True,
        ),
        ([Permission(("Microsoft.Network/*/read",))], "Microsoft.Network/a/b/read", True),
        ([Permission(("Microsoft.Network/a.c/read",))], "Microsoft.Network/abc/read", False),
        ([], "Microsoft.Network/privateEndpoints/read", False),
    ],
)
def test_rights(permissions: list[Permission], action: str, *, given: bool) -> None:
    """An action is given by a permission whose actions match it and whose exceptions do not; one is enough."""
    assert (lacking(permissions, [action]) == ()) == given


def test_what_cannot_be_seen_of_central_zones() -> None:
    """Where zones are central, it is said that nobody here sees which DNS server clients ask, and who links zones."""
    unseen = "whether clients ask a DNS server in a linked network cannot be seen from here"
    assert unseen in judged(WELL, CENTRAL)["zones and networks"].seen
    assert unseen not in judged(WELL)["zones and networks"].seen
    made = judged(but(**NO_ZONES), CENTRAL_MAKING)
    assert made["zones and networks"].seen.endswith(f"in {DNS_GROUP}, and must be linked by hand")
    assert "not linked to networks" in made["making zones"].seen


def test_who_removes() -> None:
    """The check of removals gives the limit for events, or says that people are to remove."""
    by_events = judged(but(policies=Policies(max_removals=7)))["removals"]
    assert "at most 7 live endpoints that lost their tag within an hour" in by_events.seen
    nobody = judged(but(policies=Policies(Policy.UPSERT, Policy.REPORT)))["removals"]
    assert (
        nobody.seen
        == "EVENT_POLICY is upsert and AUDIT_POLICY is report: neither events nor audits remove anything"
    )

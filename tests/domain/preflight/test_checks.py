"""The preflight's checks, as tables of small snapshots, without any system."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared.domain.model.deployment_config import DeploymentConfig, ZoneChoice
from shared.domain.model.errors import Cause, CauseKind
from shared.domain.model.event_filter import OPERATIONS
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.remedies import store_remedy
from shared.domain.model.resources import NotFound, ReadFailed
from shared.domain.planning.policy import Policies, Policy
from shared.domain.preflight.check_result import RETRY, CheckStatus, Step, first_problem, overall
from shared.domain.preflight.checks import CHECKS, preflight
from shared.domain.preflight.preflight_snapshot import (
    ApiKey,
    Caller,
    Deliveries,
    EventSubscription,
    PreflightSnapshot,
    StoreState,
)
from shared.domain.preflight.rbac import Permission, missing_actions
from tests.support.preflights import preflight_snapshot
from tests.support.worlds import (
    FORBIDDEN,
    REGION,
    SCOPE,
    SUBSCRIPTION,
    TIMED_OUT,
    ZONE_NAME,
    deployment,
    endpoint,
    interface,
    network,
    record,
    registered,
    service,
    zone,
    zone_id,
)

PASSED, WARNING, FAILED, UNKNOWN, SKIPPED = CheckStatus
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SUB = str(SCOPE)
DNS_GROUP = Scope(SUBSCRIPTION, "rg-dns")
ENDPOINT_GROUP = str(Scope(SUBSCRIPTION, endpoint(1).id.resource_group))
NETWORKS = str(Scope(SUBSCRIPTION, network().resource_group))
TOPIC = f"{SUB}/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/t"
EVERYTHING = (Permission(("*",)),)
READER = (Permission(("*/read",)),)
SENDING = EventSubscription(f"{TOPIC}/eventSubscriptions/s", TOPIC, "Succeeded", f"{SUB}/x/functions/endpoint_changed")
ORGANIZATION = "22222222-2222-4222-8222-222222222222"
KEY = ApiKey("-key", frozenset({"Admin"}), id="k-1")
LATER = NOW + timedelta(days=90)
ABSENT = ReadFailed("404 Not Found", temporary=False)
CREATING = deployment(zone_group=DNS_GROUP)
CENTRAL = deployment(zone_choice=ZoneChoice.CENTRAL)
CENTRAL_CREATING = deployment(zone_group=DNS_GROUP, zone_choice=ZoneChoice.CENTRAL)

STATE: Mapping[str, Any] = {
    "endpoints": {SCOPE: (endpoint(1),)},
    "interfaces": {SCOPE: dict.fromkeys(endpoint(1).interfaces, ())},
    "zone_lists": {SCOPE: (zone_id(),)},
    "zones": {zone_id(): zone()},
    "registrations": (),
    "services": (service("main"),),
}
WELL = preflight_snapshot(
    PreflightSnapshot(NOW),
    **STATE,
    identity="someone",
    rights=dict.fromkeys((SUB, str(DNS_GROUP), str(zone_id()), ENDPOINT_GROUP, NETWORKS), EVERYTHING),
    caller=Caller("k-1", "privatelink", ORGANIZATION),
    keys=(KEY,),
    roles=9,
    key_id="demo-key",
    organization=ORGANIZATION,
    event_subscriptions={SUB: (SENDING,)},
    deliveries={TOPIC: Deliveries(3, 0, 0, 0, NOW)},
    store=StoreState("reports", writable=True, last=NOW - timedelta(minutes=10)),
    period=timedelta(minutes=15),
)


def run(seen: PreflightSnapshot, by: DeploymentConfig | None = None) -> dict[str, Step]:
    return {step.name: step for step in preflight(seen, by or deployment())}


def but(**changed: Any) -> PreflightSnapshot:
    """The snapshot without problems, but for this."""
    return preflight_snapshot(WELL, **{**STATE, **changed})


def rights(**changed: Any) -> Mapping[str, Any]:
    named = {
        "subscription": SUB,
        "group": str(DNS_GROUP),
        "zone": str(zone_id()),
        "endpoints": ENDPOINT_GROUP,
    }
    return {**WELL.rights, **{named[name]: given for name, given in changed.items()}}


def test_all_is_well() -> None:
    """Without problems every check passes."""
    steps = run(WELL)
    assert list(steps) == ["settings", *(one.name for one in CHECKS)]
    assert {step.status for step in steps.values()} == {PASSED}
    assert overall(steps.values()) is PASSED
    assert first_problem(steps.values()) is None


def test_order() -> None:
    """A check depends only on earlier checks."""
    before = {"settings"}
    for check in CHECKS:
        assert set(check.needs) <= before
        before.add(check.name)


def test_unusable_settings() -> None:
    """All faults of the settings are reported, and every other check is skipped."""
    first, *others = preflight(PreflightSnapshot(at=NOW, faults=("A is not set.", "B is odd.")), None)
    assert (first.status, first.detail) == (FAILED, "A is not set. B is odd.")
    assert {(step.status, step.detail) for step in others} == {(SKIPPED, "depends on settings")}


BEYOND_SCOPES = (
    "-permissions, -private endpoints, -network interfaces, -private DNS zones, -links and records,"
    " -write records, -create zones, -zones and networks, -event subscription, -deliveries"
)
LACKING = "!private endpoints, !network interfaces, !private DNS zones"
KEYLESS = "-ClickHouse services, -ClickHouse role, -zones and networks"
ZONELESS = "-links and records, -write records, -zones and networks"
THROTTLED = {
    "endpoints": {SCOPE: TIMED_OUT},
    "interfaces": {SCOPE: TIMED_OUT},
    "zone_lists": {SCOPE: TIMED_OUT},
}
DENIED = {"endpoints": {SCOPE: FORBIDDEN}, "interfaces": {SCOPE: FORBIDDEN}, "zone_lists": {SCOPE: FORBIDDEN}}
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
NO_WRITE = (Permission(("*",), ("*/privateDnsZones/A/*",)),)
NO_INTERFACES = (Permission(("*",), ("*networkInterfaces/read",)),)
SECOND = zone_id("rg-second")
TWO_ZONES = {
    "zone_lists": {SCOPE: (zone_id(), SECOND)},
    "zones": {zone_id(): zone(), SECOND: zone(id_=SECOND)},
    "rights": {**WELL.rights, str(SECOND): EVERYTHING},
}
ANOTHER_NETWORK = {SCOPE: (endpoint(1), endpoint(2, vnet="spoke"))}
OTHER_REGION = "other.guid.eastus2.azure.privatelinkservice"


def two_zones(second: ResourceId, *vnets: str) -> dict[str, Any]:
    """The zone linked to the endpoints' network, and a second one linked to these networks."""
    zones = {zone_id(): zone(), second: zone(id_=second, vnets=vnets)}
    return {"zone_lists": {SCOPE: tuple(zones)}, "zones": zones, "rights": {**WELL.rights, str(second): EVERYTHING}}


SECOND_LINKED_TO = partial(two_zones, SECOND)
BYOC_LINKED_TO = partial(two_zones, zone_id("rg-second", f"privatelink.b.{REGION}.azure.clickhouse-byoc.com"))


@pytest.mark.parametrize(
    ("seen", "by", "expected"),
    [
        (but(identity=FORBIDDEN), None, f"!identity, -scopes, {BEYOND_SCOPES}"),
        (but(rights=rights(subscription=NotFound())), None, f"!scopes, {BEYOND_SCOPES}"),
        (but(rights=rights(group=NotFound())), CREATING, f"!scopes, {BEYOND_SCOPES}"),
        (but(**THROTTLED, rights={SUB: TIMED_OUT}), None, f"?scopes, {BEYOND_SCOPES}"),
        (but(**DENIED, rights={SUB: FORBIDDEN}), None, f"!scopes, {BEYOND_SCOPES}"),
        (but(**DENIED, rights={SUB: TIMED_OUT}), None, f"!scopes, {BEYOND_SCOPES}"),
        (but(endpoints={SCOPE: FORBIDDEN}), None, "!private endpoints"),
        (but(endpoints={SCOPE: TIMED_OUT}), None, "?private endpoints"),
        (but(interfaces={SCOPE: FORBIDDEN}), None, "!network interfaces"),
        (but(by_id={endpoint(2).id: FORBIDDEN}), None, "!private endpoints"),
        (but(by_id={endpoint(2).id: TIMED_OUT}), None, "?private endpoints"),
        (but(by_id={interface(1): FORBIDDEN}), None, "!network interfaces"),
        (but(by_id={endpoint(2).id: NotFound(), interface(1): NotFound()}), None, ""),
        (but(by_id={endpoint(2).id: endpoint(2), interface(1): ("10.0.0.1",)}), None, ""),
        (but(zone_lists={SCOPE: FORBIDDEN}), None, f"!private DNS zones, {ZONELESS}"),
        (but(zone_lists={SCOPE: TIMED_OUT}), None, f"?private DNS zones, {ZONELESS}"),
        (but(zones={zone_id(): FORBIDDEN}), None, "!links and records, -zones and networks"),
        (but(zones={zone_id(): NotFound()}), None, "!links and records, -zones and networks"),
        (but(rights=rights(subscription=())), None, f"{LACKING}, {ZONELESS}"),
        (but(rights=rights(subscription=FORBIDDEN)), None, "?permissions"),
        (but(rights=rights(endpoints=NO_INTERFACES)), None, "!network interfaces"),
        (but(rights=rights(endpoints=FORBIDDEN)), None, "?permissions"),
        (but(rights=rights(endpoints=NotFound())), None, ""),
        (but(rights=rights(zone=NO_WRITE)), None, "!write records"),
        (but(rights=rights(zone=FORBIDDEN)), None, "?permissions, -write records"),
        (but(rights=rights(zone=RECORDS_ONLY)), None, ""),
        (WELL, CREATING, ""),
        (but(rights=rights(group=RECORDS_ONLY)), CREATING, "!create zones"),
        (but(rights=rights(group=FORBIDDEN)), CREATING, "?permissions, -create zones, -write records"),
        (but(rights=rights(subscription=READER)), CREATING, "?create zones"),
        (but(zone_lists={SCOPE: ()}, rights=rights(group=READER)), CREATING, "!write records, !create zones"),
        (but(registrations=FORBIDDEN), None, f"!ClickHouse key, {KEYLESS}"),
        (but(registrations=ABSENT), None, f"!ClickHouse key, {KEYLESS}"),
        (but(registrations=TIMED_OUT, services=TIMED_OUT), None, f"?ClickHouse key, {KEYLESS}"),
        (but(services=FORBIDDEN), None, "!ClickHouse services, -zones and networks"),
        (but(services=TIMED_OUT), None, "?ClickHouse services, -zones and networks"),
        (but(services=(service("main", provider="aws"),)), None, "~ClickHouse services"),
        (but(services=(service("main"), replace(service("a"), readable=False))), None, "~ClickHouse services"),
        (but(services=(service("main"), replace(service("a", provider="aws"), readable=False))), None, ""),
        (WELL, deployment(service_filter="other"), "~ClickHouse services"),
        (but(caller=Caller("k-1", "other", SUBSCRIPTION)), None, f"!ClickHouse key, {KEYLESS}"),
        (but(caller=Caller("k-1", "mine", ORGANIZATION.upper())), None, ""),
        (but(caller=Caller("", "", "")), None, ""),
        (but(caller=ABSENT), None, ""),
        (but(keys=FORBIDDEN), None, "~ClickHouse role"),
        (but(keys=()), None, "~ClickHouse role"),
        (but(**NO_ZONES), None, "!zones and networks, -write records"),
        (but(**NO_ZONES, endpoints=UNTAGGED), None, "~zones and networks, -write records"),
        (but(zones={zone_id(): zone(vnets=())}), None, "!zones and networks"),
        (but(zones={zone_id(): zone(vnets=())}), CREATING, ""),
        (but(zones={zone_id(): zone(vnets=("hub",))}), CENTRAL, ""),
        (but(zones={zone_id(): zone(vnets=())}), CENTRAL, "!zones and networks"),
        (but(zones={zone_id(): zone(vnets=())}), CENTRAL_CREATING, "!zones and networks"),
        (but(**TWO_ZONES), CENTRAL, "!zones and networks"),
        (but(**TWO_ZONES), None, ""),
        (but(**SECOND_LINKED_TO()), None, "~zones and networks"),
        (but(**SECOND_LINKED_TO("hub")), None, ""),
        (but(**SECOND_LINKED_TO("hub"), endpoints=ANOTHER_NETWORK), None, "!zones and networks"),
        (but(**SECOND_LINKED_TO("spoke"), endpoints=ANOTHER_NETWORK), None, ""),
        (but(endpoints={SCOPE: (endpoint(1, None, vnet="spoke"),)}), None, ""),
        (but(endpoints={SCOPE: (endpoint(1, vnet="spoke", zone_tag=str(SECOND)),)}), None, ""),
        (but(endpoints={SCOPE: (endpoint(1, vnet="spoke", alias=OTHER_REGION),)}), None, ""),
        (but(endpoints=ANOTHER_NETWORK), CREATING, ""),
        (but(endpoints=ANOTHER_NETWORK), CENTRAL, ""),
        (but(**BYOC_LINKED_TO()), CENTRAL, "~zones and networks"),
        (but(**BYOC_LINKED_TO("hub")), CENTRAL, ""),
        (but(**NO_ZONES), CENTRAL_CREATING, ""),
        (but(rights=rights(group=ZONES_ONLY, subscription=READER)), CENTRAL_CREATING, ""),
        (but(rights=rights(group=RECORDS_ONLY)), CENTRAL_CREATING, "!create zones"),
        (but(policies=Policies(Policy.SYNC, Policy.REPORT)), None, ""),
        (but(policies=Policies(Policy.UPSERT, Policy.SYNC)), None, ""),
        (but(policies=Policies(Policy.UPSERT, Policy.UPSERT)), None, "~removals"),
        (but(event_subscriptions={SUB: FORBIDDEN}), None, "?event subscription, -deliveries"),
        (but(event_subscriptions={SUB: ()}), None, "!event subscription, -deliveries"),
        (but(**HIDDEN), None, "?permissions, ?event subscription, -deliveries"),
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
        (but(store=StoreState("reports", writable=False)), None, "!report store"),
        (but(store=TIMED_OUT), None, "?report store"),
        (but(store=StoreState("reports", writable=True)), None, "~report store"),
        (but(store=StoreState("reports", None, NOW - timedelta(minutes=44))), None, ""),
        (but(store=StoreState("reports", None, NOW - timedelta(minutes=46))), None, "!report store"),
    ],
)  # fmt: skip
def test_answers(seen: PreflightSnapshot, by: DeploymentConfig | None, expected: str) -> None:
    """Each problem is reported by the check that it concerns, and by no other."""
    steps = run(seen, by)
    marks = {FAILED: "!", UNKNOWN: "?", SKIPPED: "-", WARNING: "~"}
    reported = {f"{marks[step.status]}{name}" for name, step in steps.items() if step.status is not PASSED}
    assert reported == {one for one in expected.split(", ") if one}
    problems = [step for step in steps.values() if step.status in (FAILED, UNKNOWN, WARNING)]
    assert [step for step in steps.values() if step.remedy] == problems


def having(*roles: str, custom: tuple[str, ...] = (), expires: datetime | None = None) -> tuple[ApiKey, ...]:
    """The key in use, with these roles."""
    return (replace(KEY, roles=frozenset({*roles, *(f"{name} (custom)" for name in custom)}), expires=expires),)


MANAGES = "it can manage the organization"
LEFT = "it cannot manage the organization (roles: Mine (custom)): registrations are not removed"
TWO = (KEY, replace(KEY, id="k-2", roles=frozenset({"Developer"})))


@pytest.mark.parametrize(
    ("seen", "status", "detail", "remedy"),
    [
        (but(keys=having("Admin")), PASSED, f"{MANAGES} (roles: Admin)", ""),
        (but(keys=having("admin", "Member"), roles=ABSENT), PASSED, f"{MANAGES} (roles: Member, admin)", ""),
        (but(keys=having("Admin"), roles=TIMED_OUT), PASSED, f"{MANAGES} (roles: Admin)", ""),
        (but(keys=having("Member", "Service admin")), PASSED, f"{MANAGES} (roles: Member, Service admin)", ""),
        (but(keys=having(custom=("Mine",))), PASSED, f"{MANAGES} (roles: Mine (custom))", ""),
        (but(keys=having(custom=("Mine",), expires=LATER)), PASSED, "until 2027-02-21", ""),
        (but(keys=having()), PASSED, "roles: not visible", ""),
        (but(keys=having(custom=("Mine",)), roles=FORBIDDEN), WARNING, LEFT, "organization:manage"),
        (but(keys=having(custom=("Mine",), expires=LATER), roles=FORBIDDEN), WARNING, "until 2027", "deregister"),
        (but(keys=having("Service API admin"), roles=FORBIDDEN), WARNING, "are not removed", "deregister by hand"),
        (but(keys=FORBIDDEN, roles=FORBIDDEN), WARNING, "not visible (403 Forbidden)", "organization:manage"),
        (but(keys=having(custom=("Mine",)), roles=ABSENT), UNKNOWN, "(roles: Mine (custom); 404", "console"),
        (but(keys=having("Service admin"), roles=ABSENT), UNKNOWN, "roles: Service admin", "console"),
        (but(keys=having("Owner"), roles=TIMED_OUT), UNKNOWN, "roles: Owner", "console"),
        (but(keys=FORBIDDEN, roles=ABSENT), UNKNOWN, "roles: not visible", "console"),
        (but(keys=FORBIDDEN), WARNING, "its expiry date is not visible (403 Forbidden)", "view-api-keys"),
        (but(keys=(), caller=ABSENT), WARNING, "it is not in the list of keys", "view-api-keys"),
        (but(keys=having("Admin", expires=NOW + timedelta(days=3))), WARNING, "expires at 2026-11-26 12:30", "new"),
        (but(keys=having("Member", "Billing")), FAILED, "cannot change services (roles: Billing, Member)", "a role"),
        (but(keys=having("Service API reader", "Org API reader"), roles=ABSENT), FAILED, "cannot change", "a role"),
        (but(keys=having("developer"), roles=FORBIDDEN), FAILED, "cannot change services", "a role with"),
        (but(keys=having("Developer", custom=("Mine",)), roles=ABSENT), UNKNOWN, "Developer, Mine (custom)", "console"),
        (but(keys=having("Developers"), roles=ABSENT), UNKNOWN, "roles: Developers", "console"),
        (but(keys=TWO, roles=ABSENT), PASSED, f"{MANAGES} (roles: Admin)", ""),
        (but(keys=TWO, roles=ABSENT, caller=Caller("k-2", "", "")), FAILED, "roles: Developer", "a role with"),
        (but(keys=TWO, roles=ABSENT, caller=Caller("demo-key", "", "")), UNKNOWN, "roles: Admin, Developer", "console"),
        (but(keys=TWO, roles=ABSENT, caller=ABSENT), UNKNOWN, "roles: Admin, Developer", "console"),
        (but(keys=TWO, caller=ABSENT), PASSED, MANAGES, ""),
        (but(keys=(*TWO, ApiKey("else")), caller=ABSENT), PASSED, MANAGES, ""),
    ],
)  # fmt: skip
def test_role(seen: PreflightSnapshot, status: CheckStatus, detail: str, remedy: str) -> None:
    """Only roles known to be insufficient fail. What the key can read decides, and role names only without that."""
    step = run(seen)["ClickHouse role"]
    assert (step.status, detail in step.detail, remedy in step.remedy) == (status, True, True), step


def test_the_key_of_another_organization() -> None:
    """A key of another organization is named with both organizations, and the remedy names the setting."""
    step = run(but(caller=Caller("k", "theirs", SUBSCRIPTION), registrations=FORBIDDEN))["ClickHouse key"]
    assert step.detail == f"the key 'theirs' belongs to organization {SUBSCRIPTION}, not {ORGANIZATION}"
    assert "CLICKHOUSE_ORG_ID" in step.remedy


def test_overall_status() -> None:
    """Warnings count as passed; a failure outweighs what is unknown."""
    assert overall(preflight(but(keys=FORBIDDEN), deployment())) is PASSED
    assert overall(preflight(but(deliveries={TOPIC: FORBIDDEN}), deployment())) is UNKNOWN
    both = but(deliveries={TOPIC: FORBIDDEN}, registrations=FORBIDDEN)
    assert overall(preflight(both, deployment())) is FAILED


@pytest.mark.parametrize(("answer", "retry"), [(FORBIDDEN, False), (TIMED_OUT, True)])
def test_remedies_of_what_failed(answer: ReadFailed, *, retry: bool) -> None:
    """For a system that did not respond the remedy is to try again; for one that refused, a permission."""
    for seen, name in (
        (but(endpoints={SCOPE: answer}), "private endpoints"),
        (but(registrations=answer), "ClickHouse key"),
    ):
        assert (run(seen)[name].remedy == RETRY) == retry
    assert run(but(store=answer))["report store"].remedy == store_remedy(answer.cause)


@pytest.mark.parametrize(
    ("kind", "azure", "clickhouse"),
    [
        (CauseKind.THROTTLED, "call ARM in this subscription", "lower CLICKHOUSE_RATE_LIMIT"),
        (CauseKind.SERVER_ERROR, "see Azure Service Health", "see status.clickhouse.com"),
    ],
)
def test_remedies_by_cause(kind: CauseKind, azure: str, clickhouse: str) -> None:
    """The remedy of a system that does not respond is that of the cause."""
    answer = ReadFailed("later", temporary=True, cause=Cause(kind))
    assert azure in run(but(endpoints={SCOPE: answer}))["private endpoints"].remedy
    assert clickhouse in run(but(registrations=answer))["ClickHouse key"].remedy


def test_details() -> None:
    """Details name the scope, the zone, the permission and the counts."""
    assert SUB in run(but(rights=rights(subscription=())))["private endpoints"].detail
    assert "privateDnsZones/A/delete" in run(but(rights=rights(zone=READER)))["write records"].detail
    assert ZONE_NAME in run(but(**NO_ZONES))["zones and networks"].detail
    unread = replace(service("a"), readable=False)
    shown = run(but(services=(unread, replace(unread, name="", id=""))))["ClickHouse services"].detail
    assert shown.endswith("not modified: a, without a name and an id")
    assert "3 delivered (last before 2026-11-23 12:30 UTC)" in run(WELL)["deliveries"].detail


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
    assert (missing_actions(permissions, [action]) == ()) == given


def test_scopes() -> None:
    """A scope that does not exist is reported once, with the setting that names it."""
    absent = run(but(rights=rights(subscription=NotFound())))["scopes"]
    assert (SUB in absent.detail, absent.remedy.startswith("Correct ENDPOINT_SCOPES,")) == (True, True)
    creating = run(but(rights=rights(group=NotFound())), CREATING)["scopes"]
    assert creating.remedy.startswith("Correct DNS_ZONE_RESOURCE_GROUP,")
    elsewhere = replace(deployment(), dns_scopes=(DNS_GROUP,))
    assert run(but(rights=rights(group=NotFound())), elsewhere)["scopes"].remedy.startswith("Correct DNS_ZONE_SCOPES,")


def test_groups_of_endpoints() -> None:
    """Groups known from our registrations or from linked networks count too: a list may omit all their endpoints."""
    hidden = but(endpoints={SCOPE: ()}, registrations=(registered(1),), rights=rights(endpoints=()))
    assert ENDPOINT_GROUP in run(hidden)["private endpoints"].detail
    group = NETWORKS
    linked = but(endpoints={SCOPE: ()}, rights={**WELL.rights, group: ()})
    assert group in run(linked)["private endpoints"].detail
    assert group not in run(but(rights={**WELL.rights, group: ()}, zones={}))["private endpoints"].detail


def test_omitted_resources() -> None:
    """A resource that the lists omit and that cannot be read by its id is named with the missing action."""
    by_id = {endpoint(2).id: FORBIDDEN, interface(1): FORBIDDEN}
    steps = run(but(by_id=by_id))
    for name, omitted, action in (
        ("private endpoints", endpoint(2).id, "Microsoft.Network/privateEndpoints/read"),
        ("network interfaces", interface(1), "Microsoft.Network/networkInterfaces/read"),
    ):
        detail = steps[name].detail
        assert (str(omitted) in detail, action in detail, "deny assignment" in steps[name].remedy) == (True, True, True)


def test_unlinked_zones_and_networks() -> None:
    """A zone without a link is named, and so is the network of a tagged endpoint that no zone is linked to."""
    unlinked = run(but(**SECOND_LINKED_TO()))["zones and networks"]
    assert unlinked.detail.startswith(f"{SECOND} is not linked to a virtual network")
    spoke = run(but(**SECOND_LINKED_TO("hub"), endpoints=ANOTHER_NETWORK))["zones and networks"]
    assert spoke.detail.startswith(f"{zone_id()}, {SECOND} is not linked to {network('spoke')} of tagged endpoints")


def test_unlinked_zone_in_use() -> None:
    """An unlinked zone with this deployment's record of a tagged endpoint is a failure, whatever else is linked."""
    seen = SECOND_LINKED_TO("vnet")
    used = run(but(**{**seen, "zones": {**seen["zones"], zone_id(): zone(record(1), vnets=())}}))["zones and networks"]
    assert (used.status, used.detail) == (
        FAILED,
        f"{zone_id()} is not linked to a virtual network; tagged endpoints exist in {REGION}",
    )


def test_organization_not_found() -> None:
    """An organization that the API does not find is a fault of its setting, not of the key."""
    assert run(but(registrations=ABSENT))["ClickHouse key"].remedy.startswith("Set CLICKHOUSE_ORG_ID")
    assert run(but(registrations=FORBIDDEN))["ClickHouse key"].remedy.startswith("Set CLICKHOUSE_CLOUD_API_KEY")


def test_central_zones() -> None:
    """For central zones the details say what the check cannot determine, and who links zones."""
    unseen = "this check cannot determine whether clients use a DNS server in a linked network"
    assert unseen in run(WELL, CENTRAL)["zones and networks"].detail
    assert unseen not in run(WELL)["zones and networks"].detail
    made = run(but(**NO_ZONES), CENTRAL_CREATING)
    assert made["zones and networks"].detail.endswith(
        f"created in {DNS_GROUP} when an endpoint needs it; link it by hand"
    )
    assert "not linked to virtual networks" in made["create zones"].detail


def test_removals() -> None:
    """The removals check has the limit for events, or says that nothing removes access."""
    by_events = run(but(policies=Policies(max_removals=7)))["removals"]
    assert "at most 7 live endpoints that lost the tag, per hour" in by_events.detail
    nobody = run(but(policies=Policies(Policy.UPSERT, Policy.REPORT)))["removals"]
    assert nobody.detail == "EVENT_POLICY is upsert and AUDIT_POLICY is report: neither events nor audits remove access"

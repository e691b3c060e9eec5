"""Why an endpoint is or is not connected, over small worlds."""

from dataclasses import replace

import pytest

from shared.domain.explain.explanation import STEPS, expected_addresses, explain
from shared.domain.model.deployment_config import DeploymentConfig, ZoneChoice
from shared.domain.model.errors import Cause, CauseKind
from shared.domain.model.findings import CATALOGUE
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, ReadFailed, Zone
from shared.domain.model.snapshot import (
    ListZones,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
    Snapshot,
)
from shared.domain.preflight.check_result import CheckStatus, Step, first_problem, overall
from tests.support.plans import plan_of
from tests.support.worlds import (
    FORBIDDEN,
    OTHER_ALIAS,
    SCOPE,
    STRANGE_ALIAS,
    address,
    deployment,
    endpoint,
    foreign,
    foreign_record,
    guid,
    interface,
    network,
    pe,
    record,
    registered,
    service,
    service_id,
    snapshot,
    zone,
    zone_id,
)

PASSED, WARNING, FAILED, UNKNOWN, SKIPPED = CheckStatus
ELSEWHERE = deployment(scopes=(Scope("22222222-2222-4222-8222-222222222222"),))
MAKING = deployment(zone_group=Scope(SCOPE.subscription, "rg-dns"))
CENTRAL = deployment(zone_choice=ZoneChoice.CENTRAL)
CENTRAL_MAKING = deployment(zone_choice=ZoneChoice.CENTRAL, zone_group=Scope(SCOPE.subscription, "rg-dns"))


def steps_of(seen: Snapshot, by: DeploymentConfig | None = None, about: ResourceId | None = None) -> dict[str, Step]:
    """The steps of the explanation of endpoint 1, by name."""
    at = about or pe(1)
    steps = explain(seen, by or deployment(), plan_of(seen, by, at), at)
    return {step.name: step for step in steps}


def connected(one: Endpoint | None = None, *zones: Zone) -> Snapshot:
    """Endpoint 1 with everything that it needs to reach `main`."""
    return snapshot(
        one or endpoint(1),
        services=[service("main", guid(1))],
        registrations=[registered(1)],
        zones=zones or [zone(record(1))],
    )


def test_connected() -> None:
    """Every step passes for an endpoint that has all it needs, and the last one has the host names for clients."""
    steps = steps_of(connected())
    assert tuple(steps) == tuple(STEPS)
    assert {step.status for step in steps.values()} == {PASSED}
    assert first_problem(steps.values()) is None
    assert "main: main.westus3.privatelink.azure.clickhouse.cloud" in steps["names"].detail


GONE = snapshot(pe(1))
UNREAD = snapshot(also={ReadEndpoint(pe(1)): FORBIDDEN})
UNTAGGED = snapshot(endpoint(1, None))
BAD_TAG = connected(endpoint(1, "main,tag:"))
FOREIGN_ALIAS = snapshot(endpoint(1, alias=STRANGE_ALIAS))
NO_CONFIG = snapshot(endpoint(1), also={ReadConfig(service_id("main")): FORBIDDEN})
NO_SERVICES = snapshot(endpoint(1), also={ReadServices(): FORBIDDEN})
NOBODY = connected(endpoint(1, ""))
MISSPELT = connected(endpoint(1, "main,mian"))
APART = snapshot(
    endpoint(1, "main,other"),
    services=[service("main", guid(1)), service("other")],
    elsewhere={"other": OTHER_ALIAS},
    registrations=[registered(1)],
    zones=[zone(record(1))],
)
TWINS = snapshot(
    endpoint(1, "main"),
    services=[service("main", guid(1)), replace(service("twin"), name="main")],
    registrations=[registered(1)],
    zones=[zone(record(1))],
)
UNREGISTERED = snapshot(endpoint(1), services=[service("main")], zones=[zone(record(1))])
BY_HAND = snapshot(
    endpoint(1),
    services=[service("main", guid(1))],
    registrations=[foreign(guid(1))],
    zones=[zone(record(1))],
)
REGISTERED_ELSEWHERE = snapshot(
    endpoint(1),
    services=[service("main", guid(1))],
    registrations=[replace(registered(1), region="eastus2")],
    zones=[zone(record(1))],
)
REGISTRATIONS_UNREAD = connected().with_results({ReadRegistrations(): FORBIDDEN})
UNLISTED = snapshot(endpoint(1, status="Pending"), registrations=[registered(1)], zones=[zone(record(1))])
NO_ADDRESS = connected().with_results({ReadAddresses(interface(1)): ()})
ADDRESS_UNREAD = connected().with_results({ReadAddresses(interface(1)): FORBIDDEN})
OTHER_ZONE = zone(record(1), id_=zone_id("rg-other"))
HOLDER = snapshot(
    endpoint(1),
    endpoint(2),
    services=[service("main", guid(1), guid(2))],
    registrations=[registered(1), registered(2)],
    zones=[zone(record(2))],
)
HOLDER_APART = HOLDER.with_results({ReadEndpoint(pe(2)): endpoint(2, vnet="elsewhere")})
HOLDER_OF_OTHER = HOLDER.with_results({ReadEndpoint(pe(2)): endpoint(2, "other")})
HOLDER_DRIFTED = HOLDER.with_results({ReadZone(zone_id()): zone(replace(record(2), addresses=("10.9.9.9",)))})
OWN_NAME = zone(record(1), replace(foreign_record(), name="main"))
UNLINKED = connected(None, zone(record(1), vnets=()))
IN_HUB = connected(None, zone(record(1), vnets=("hub",)))
TWO_ZONES = connected(None, zone(record(1)), OTHER_ZONE)
ZONES_UNREAD = UNLINKED.with_results({ListZones(SCOPE): FORBIDDEN})


NO_GUID = snapshot(replace(endpoint(1), guid=""), zones=[zone(record(1))])


def held(state: str) -> Snapshot:
    return connected(replace(endpoint(1), state=state))


def pending() -> Snapshot:
    return connected(endpoint(1, status="Pending"))


@pytest.mark.parametrize(
    ("seen", "by", "expected"),
    [
        pytest.param(connected(), ELSEWHERE, {"scope": FAILED, "endpoint": SKIPPED}, id="outside"),
        pytest.param(GONE, None, {"scope": PASSED, "endpoint": FAILED, "tag": SKIPPED}, id="gone"),
        pytest.param(UNREAD, None, {"endpoint": UNKNOWN, "tag": SKIPPED}, id="unreadable"),
        pytest.param(UNTAGGED, None, {"tag": FAILED, "private link service": SKIPPED}, id="untagged"),
        pytest.param(BAD_TAG, None, {"tag": FAILED, "services": PASSED, "names": PASSED}, id="bad selector"),
        pytest.param(TWINS, None, {"tag": FAILED, "services": UNKNOWN}, id="ambiguous name"),
        pytest.param(FOREIGN_ALIAS, None, {"private link service": FAILED, "services": SKIPPED}, id="foreign service"),
        pytest.param(NO_CONFIG, None, {"private link service": UNKNOWN, "zone": SKIPPED}, id="no config"),
        pytest.param(NO_SERVICES, None, {"private link service": UNKNOWN}, id="services unreadable"),
        pytest.param(NOBODY, None, {"services": FAILED, "allow list": SKIPPED, "record": PASSED}, id="nobody"),
        pytest.param(MISSPELT, None, {"services": FAILED, "allow list": PASSED, "record": PASSED}, id="misspelt"),
        pytest.param(APART, None, {"services": FAILED, "names": PASSED}, id="behind another"),
        pytest.param(connected(), deployment(service_filter="other"), {"services": FAILED}, id="filtered"),
        pytest.param(UNREGISTERED, None, {"registration": FAILED, "allow list": FAILED}, id="unregistered"),
        pytest.param(BY_HAND, None, {"registration": PASSED, "allow list": PASSED}, id="registered by hand"),
        pytest.param(REGISTERED_ELSEWHERE, None, {"registration": FAILED}, id="registered for elsewhere"),
        pytest.param(REGISTRATIONS_UNREAD, None, {"registration": UNKNOWN}, id="registrations unreadable"),
        pytest.param(UNLISTED, None, {"registration": PASSED, "allow list": FAILED, "connection": FAILED}, id="new"),
        pytest.param(pending(), None, {"allow list": PASSED, "connection": FAILED}, id="pending"),
        pytest.param(connected(endpoint(1, status="Rejected")), None, {"connection": FAILED}, id="rejected"),
        pytest.param(connected(endpoint(1, status="Disconnected")), None, {"connection": FAILED}, id="cut off"),
        pytest.param(connected(endpoint(1, status="Odd")), None, {"connection": UNKNOWN}, id="unknown status"),
        pytest.param(held("Deleting"), None, {"endpoint": UNKNOWN, "tag": SKIPPED}, id="being deleted"),
        pytest.param(held("Failed"), None, {"endpoint": FAILED, "tag": SKIPPED}, id="failed"),
        pytest.param(held("Updating"), None, {"endpoint": UNKNOWN, "record": PASSED}, id="being changed"),
        pytest.param(NO_GUID, None, {"endpoint": UNKNOWN, "registration": FAILED, "allow list": FAILED}, id="no GUID"),
        pytest.param(NO_ADDRESS, None, {"endpoint": UNKNOWN, "address": FAILED, "record": SKIPPED}, id="no address"),
        pytest.param(ADDRESS_UNREAD, None, {"address": UNKNOWN, "record": SKIPPED}, id="address unreadable"),
        pytest.param(UNLINKED, None, {"zone": PASSED, "link": FAILED, "record": SKIPPED}, id="unlinked"),
        pytest.param(UNLINKED, MAKING, {"zone": PASSED, "link": FAILED}, id="to be linked"),
        pytest.param(TWO_ZONES, None, {"zone": FAILED, "link": SKIPPED}, id="ambiguous zone"),
        pytest.param(ZONES_UNREAD, None, {"zone": UNKNOWN, "link": SKIPPED}, id="zones unreadable"),
        pytest.param(connected(None, zone()), None, {"link": PASSED, "record": FAILED}, id="no record"),
        pytest.param(connected(None, zone(foreign_record())), None, {"record": FAILED}, id="foreign record"),
        pytest.param(connected(None, zone(foreign_record(address(1)))), None, {"record": PASSED}, id="foreign, right"),
        pytest.param(connected(None, OWN_NAME), None, {"record": FAILED}, id="a closer name"),
        pytest.param(HOLDER, None, {"record": WARNING}, id="held in the same network"),
        pytest.param(HOLDER_APART, None, {"record": FAILED}, id="held in another network"),
        pytest.param(HOLDER_OF_OTHER, None, {"record": FAILED}, id="held by one without the service"),
        pytest.param(HOLDER_DRIFTED, None, {"record": FAILED}, id="held, with a foreign address"),
        pytest.param(IN_HUB, CENTRAL, {"zone": PASSED, "link": PASSED, "record": PASSED}, id="central zone"),
        pytest.param(UNLINKED, CENTRAL, {"zone": PASSED, "link": FAILED, "record": PASSED}, id="central, unlinked"),
        pytest.param(TWO_ZONES, CENTRAL, {"zone": FAILED, "link": SKIPPED}, id="two central zones"),
        pytest.param(HOLDER, CENTRAL, {"record": PASSED}, id="served by another"),
    ],
)  # fmt: skip
def test_answers(seen: Snapshot, by: DeploymentConfig | None, expected: dict[str, CheckStatus]) -> None:
    """Each problem is reported at its own step; the steps that depend on it are skipped, all others are not."""
    steps = steps_of(seen, by)
    assert tuple(steps) == tuple(STEPS)
    assert {name: steps[name].status for name in expected} == expected
    troubled = {name for name, step in steps.items() if step.status in (FAILED, UNKNOWN)}
    assert troubled == {name for name, answer in expected.items() if answer in (FAILED, UNKNOWN)}


def test_other_kind_of_id() -> None:
    """An endpoint that is registered and allowed under its other id is connected."""
    arm_id = endpoint(1).arm_id
    seen = snapshot(
        endpoint(1),
        services=[service("main", arm_id)],
        registrations=[registered(1, id_=arm_id)],
        zones=[zone(record(1))],
    )
    steps = steps_of(seen)
    assert {steps[name].status for name in ("registration", "allow list", "connection")} == {PASSED}
    assert "not the id kind of ENDPOINT_ID_KIND" in steps["registration"].detail


def test_sync_is_the_remedy_only_where_it_helps() -> None:
    """The remedy is to run sync only where sync makes a change; otherwise it is that of what prevents the change."""
    theirs = [replace(foreign(id_), region="eastus2") for id_ in (guid(1), endpoint(1).arm_id)]
    seen = snapshot(endpoint(1), registrations=theirs, zones=[zone(record(1))])
    assert CATALOGUE["registration-blocked"][1] in steps_of(seen)["registration"].remedy
    unread = connected(None, zone()).with_results({ReadRegistrations(): FORBIDDEN})
    assert "Run sync" not in steps_of(unread)["registration"].remedy
    assert "Run sync" in steps_of(unread)["record"].remedy


def test_no_zone() -> None:
    """A missing zone is reported by name, with the scopes that were searched."""
    seen = snapshot(endpoint(1), services=[service("main", guid(1))], registrations=[registered(1)], zones=[])
    step = steps_of(seen)["zone"]
    assert step.status is FAILED
    assert zone_id().name in step.detail
    assert str(SCOPE) in step.detail
    assert f"sync would create {zone_id()}" in steps_of(seen, MAKING)["zone"].detail


def test_tagged_zone() -> None:
    """A zone that the tag names need not be linked to the endpoint's network: that is a warning."""
    central = zone(record(1), vnets=("hub",))
    tagged = endpoint(1, zone_tag=str(zone_id()))
    steps = steps_of(connected(tagged, central))
    assert (steps["zone"].status, steps["link"].status, steps["record"].status) == (PASSED, WARNING, PASSED)
    assert str(network("hub")) in steps["link"].detail
    lost = connected(tagged, central).with_results({ReadZone(zone_id()): FORBIDDEN})
    assert steps_of(lost)["zone"].status is UNKNOWN


@pytest.mark.parametrize(
    ("seen", "name", "words"),
    [
        (UNTAGGED, "tag", "none"),
        (FOREIGN_ALIAS, "private link service", "63c890a9"),
        (BY_HAND, "registration", "registered outside this deployment: made by hand"),
        (connected(), "registration", "registered by this deployment"),
        (UNLISTED, "connection", "is Pending; its id is on no allow list"),
        (pending(), "connection", "is Pending; its id is on the allow list of main"),
        (HOLDER, "record", f"is held by {pe(2)}; clients reach the services through it"),
        (connected(None, OWN_NAME), "record", "main resolves to 10.9.9.9 (record main), not to 10.0.0.1"),
        (
            MISSPELT,
            "services",
            (
                "no service on Azure matches mian (did you mean main?); "
                "nothing is removed for this endpoint until the tag is corrected"
            ),
        ),
    ],
)
def test_details(seen: Snapshot, name: str, words: str) -> None:
    """Details contain the names and ids by which the objects can be found."""
    assert words in steps_of(seen)[name].detail


def test_a_deleted_endpoint() -> None:
    """A deleted endpoint is called deleted, with the number of removals that sync would make."""
    left = snapshot(pe(1), services=[service("main", guid(1))], registrations=[registered(1)])
    assert "deleted; sync would remove what it still has (2 removals)" in steps_of(left)["endpoint"].detail


def test_remedies() -> None:
    """Every step that failed, is unknown or is a warning has a remedy; no other step has one."""
    worlds = (
        GONE,
        UNREAD,
        UNTAGGED,
        BAD_TAG,
        FOREIGN_ALIAS,
        NO_CONFIG,
        UNREGISTERED,
        UNLISTED,
        HOLDER,
        connected(),
    )
    for step in (step for seen in worlds for step in steps_of(seen).values()):
        assert bool(step.remedy) == (step.status in (FAILED, UNKNOWN, WARNING)), step
        assert step.question.endswith("?")


def test_a_write_that_azure_would_refuse() -> None:
    """Without permission to write the record, the remedy is the role and not sync."""
    seen, at = connected(None, zone()), pe(1)
    missing = {zone_id(): ("Microsoft.Network/privateDnsZones/A/write",)}
    step = {one.name: one for one in explain(seen, deployment(), plan_of(seen, None, at), at, missing)}["record"]
    assert "sync cannot write it: missing permission Microsoft.Network/privateDnsZones/A/write on " in step.detail
    assert step.remedy.startswith("Assign the role records of docs/permissions.md")
    foreign = connected(None, zone(foreign_record()))
    steps = explain(foreign, deployment(), plan_of(foreign, None, at), at, missing)
    assert "sync cannot write it" not in {one.name: one for one in steps}["record"].detail


def test_unread_registrations() -> None:
    """While the registrations cannot be read nothing is planned: a service that lacks the id is no failure of sync."""
    unread = snapshot(endpoint(1), services=[service("main")], zones=[zone(record(1))])
    steps = steps_of(unread.with_results({ReadRegistrations(): FORBIDDEN}))
    assert (steps["registration"].status, steps["allow list"].status) == (UNKNOWN, SKIPPED)


def test_a_service_that_is_denied_while_registrations_are_unread() -> None:
    """A service that the tag may not select is reported although the plan has no findings on services."""
    unread = APART.with_results({ReadRegistrations(): FORBIDDEN})
    assert steps_of(unread)["services"].status is FAILED


def test_first_problem() -> None:
    """The diagnosis is the first step that is not ok, even where an earlier one is only not known."""
    troubled = connected(endpoint(1, zone_tag=str(zone_id())), zone(vnets=("hub",)))
    first = first_problem(steps_of(troubled).values())
    assert first
    assert (first.name, first.remedy) == ("record", CATALOGUE["record-drift"][1])
    unread = connected().with_results({ReadAddresses(interface(1)): FORBIDDEN})
    only = first_problem(steps_of(unread).values())
    assert only
    assert only.name == "address"
    assert overall(steps_of(unread).values()) is UNKNOWN


def test_unread_endpoint() -> None:
    """An endpoint that was not read is unknown."""
    step = steps_of(Snapshot())["endpoint"]
    assert (step.status, step.detail) == (UNKNOWN, "it was not read")


def test_an_untagged_endpoint() -> None:
    """An endpoint that lost its tag is called untagged, with the number of removals that sync would make."""
    untagged = connected(endpoint(1, None))
    step = steps_of(untagged)["tag"]
    assert step.detail.startswith("not tagged clickhouse-services (its tags: none)")
    assert step.detail.endswith("; sync would remove what it still has (3 removals)")
    never = steps_of(UNTAGGED)["tag"].detail
    assert never == "not tagged clickhouse-services (its tags: none)"


def test_an_endpoint_that_never_was() -> None:
    """An endpoint that is not found and has nothing left is reported as not found."""
    assert steps_of(GONE)["endpoint"].detail == "not found in Azure: deleted, or never created"


def test_a_service_without_private_link() -> None:
    """A selected service whose private endpoint config is refused is named."""
    refused = ReadFailed("403 Forbidden", temporary=False, cause=Cause(CauseKind.REFUSED))
    services = [service("main", guid(1)), service("basic")]
    seen = snapshot(
        endpoint(1, "main,basic"),
        services=services,
        registrations=[registered(1)],
        zones=[zone(record(1))],
        also={ReadConfig(service_id("basic")): refused},
    )
    step = steps_of(seen)["services"]
    assert (step.status, step.detail) == (
        FAILED,
        "basic is selected by a tag, but its private endpoint config is refused: 403 Forbidden; selects main",
    )


def test_a_record_of_its_own_name() -> None:
    """A foreign record that overrides the wildcard is named in the remedy."""
    remedy = steps_of(connected(None, OWN_NAME))["record"].remedy
    assert remedy == "Correct or delete the record main: it overrides the wildcard."


def test_access_that_foreign_registrations_block() -> None:
    """If both ids of an endpoint are registered outside this deployment, that is the reason and the remedy."""
    both = [foreign(guid(1)), foreign(endpoint(1).arm_id)]
    step = steps_of(snapshot(endpoint(1), registrations=both, zones=[]))["allow list"]
    assert (step.status, step.remedy) == (FAILED, CATALOGUE["registration-blocked"][1])
    assert "registered outside this deployment" in step.detail


def test_registered_beside_a_foreign_registration() -> None:
    """Beside a foreign registration, the explanation is about the id that is ours."""
    arm = endpoint(1).arm_id
    seen = snapshot(
        endpoint(1),
        services=[service("main", arm)],
        registrations=[foreign(guid(1)), registered(1, id_=arm)],
        zones=[zone(record(1))],
    )
    steps = steps_of(seen)
    assert {step.status for step in steps.values()} <= {PASSED, UNKNOWN}
    assert steps["registration"].detail.startswith(f"{arm}, registered by this deployment")


def test_central_zone() -> None:
    """For a central zone the steps name its links, what cannot be determined, and the record that serves clients."""
    link = steps_of(IN_HUB, CENTRAL)["link"].detail
    assert link.startswith(
        f"linked to {network('hub')}; this check cannot determine whether clients use a DNS server there"
    )
    assert steps_of(connected(), CENTRAL)["link"].detail == f"linked to {network()}"
    served = steps_of(HOLDER, CENTRAL)["record"].detail
    assert served.startswith(f"main resolves to {address(2)} (record *): the record * in ")
    assert served.endswith(f"is held by {pe(2)}, through which clients reach the same services")
    made = steps_of(snapshot(endpoint(1)), CENTRAL_MAKING)["zone"].detail
    assert made.endswith(f"sync would create {zone_id()}; link it to the DNS resolver's network by hand")


@pytest.mark.parametrize(
    ("seen", "by", "expected"),
    [
        (connected(), None, {address(1)}),
        (HOLDER, None, {address(1), address(2)}),
        (HOLDER_APART, None, {address(1)}),
        (ADDRESS_UNREAD, None, set()),
        (HOLDER, CENTRAL, {address(1), address(2)}),
        (NO_ADDRESS, None, set()),
    ],
)
def test_expected_addresses(seen: Snapshot, by: DeploymentConfig | None, expected: set[str]) -> None:
    """A probe expects the endpoint's own address and that of an endpoint through which clients are served."""
    plan = plan_of(seen, by, pe(1))
    assert expected_addresses(seen, by or deployment(), plan, pe(1)) == frozenset(expected)

"""Why an endpoint is or is not connected, over small worlds."""

from dataclasses import replace

import pytest

from shared.domain.explain.case import NAMES
from shared.domain.explain.explanation import expected_addresses, explain
from shared.domain.model.deployment_config import DeploymentConfig, ZoneChoice
from shared.domain.model.findings import CATALOGUE
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, Zone
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
from shared.domain.preflight.steps import Answer, Step, diagnosis
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

OK, NOT_OK, UNKNOWN, UNCHECKED = Answer.OK, Answer.NOT_OK, Answer.NOT_KNOWN, Answer.NOT_CHECKED
ELSEWHERE = deployment(scopes=(Scope("22222222-2222-4222-8222-222222222222"),))
MAKING = deployment(zone_group=Scope(SCOPE.subscription, "rg-dns"))
CENTRAL = deployment(zone_choice=ZoneChoice.CENTRAL)
CENTRAL_MAKING = deployment(zone_choice=ZoneChoice.CENTRAL, zone_group=Scope(SCOPE.subscription, "rg-dns"))


def steps_of(
    seen: Snapshot, by: DeploymentConfig | None = None, about: ResourceId | None = None
) -> dict[str, Step]:
    """The explanation of endpoint 1, by the name of the step."""
    at = about or pe(1)
    told = explain(seen, by or deployment(), plan_of(seen, by, at), at)
    return {step.name: step for step in told}


def connected(one: Endpoint | None = None, *zones: Zone) -> Snapshot:
    """Endpoint 1 with everything that it needs to reach `main`."""
    return snapshot(
        one or endpoint(1),
        services=[service("main", guid(1))],
        registrations=[registered(1)],
        zones=zones or [zone(record(1))],
    )


def test_connected() -> None:
    """An endpoint that has all it needs is told so at every step, down to the names that clients must use."""
    steps = steps_of(connected())
    assert tuple(steps) == NAMES
    assert {step.answer for step in steps.values()} == {OK}
    assert diagnosis(steps.values()) is None
    assert "main: main.westus3.privatelink.azure.clickhouse.cloud" in steps["names"].seen


GONE = snapshot(pe(1))
UNREAD = snapshot(also={ReadEndpoint(pe(1)): FORBIDDEN})
UNTAGGED = snapshot(endpoint(1, None))
BAD_TAG = connected(endpoint(1, "main,tag:"))
STRANGER = snapshot(endpoint(1, alias=STRANGE_ALIAS))
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
        pytest.param(connected(), ELSEWHERE, {"scope": NOT_OK, "endpoint": UNCHECKED}, id="outside"),
        pytest.param(GONE, None, {"scope": OK, "endpoint": NOT_OK, "tag": UNCHECKED}, id="gone"),
        pytest.param(UNREAD, None, {"endpoint": UNKNOWN, "tag": UNCHECKED}, id="unreadable"),
        pytest.param(UNTAGGED, None, {"tag": NOT_OK, "private link service": UNCHECKED}, id="untagged"),
        pytest.param(BAD_TAG, None, {"tag": NOT_OK, "services": OK, "names": OK}, id="bad selector"),
        pytest.param(TWINS, None, {"tag": NOT_OK, "services": UNKNOWN}, id="ambiguous name"),
        pytest.param(STRANGER, None, {"private link service": NOT_OK, "services": UNCHECKED}, id="stranger"),
        pytest.param(NO_CONFIG, None, {"private link service": UNKNOWN, "zone": UNCHECKED}, id="no config"),
        pytest.param(NO_SERVICES, None, {"private link service": UNKNOWN}, id="services unreadable"),
        pytest.param(NOBODY, None, {"services": NOT_OK, "allow list": UNCHECKED, "record": OK}, id="nobody"),
        pytest.param(MISSPELT, None, {"services": NOT_OK, "allow list": OK, "record": OK}, id="misspelt"),
        pytest.param(APART, None, {"services": NOT_OK, "names": OK}, id="behind another"),
        pytest.param(connected(), deployment(service_filter="other"), {"services": NOT_OK}, id="filtered"),
        pytest.param(UNREGISTERED, None, {"registration": NOT_OK, "allow list": NOT_OK}, id="unregistered"),
        pytest.param(BY_HAND, None, {"registration": OK, "allow list": OK}, id="registered by hand"),
        pytest.param(REGISTERED_ELSEWHERE, None, {"registration": NOT_OK}, id="registered for elsewhere"),
        pytest.param(REGISTRATIONS_UNREAD, None, {"registration": UNKNOWN}, id="registrations unreadable"),
        pytest.param(UNLISTED, None, {"registration": OK, "allow list": NOT_OK, "connection": NOT_OK}, id="unlisted"),
        pytest.param(pending(), None, {"allow list": OK, "connection": NOT_OK}, id="pending"),
        pytest.param(connected(endpoint(1, status="Rejected")), None, {"connection": NOT_OK}, id="rejected"),
        pytest.param(connected(endpoint(1, status="Disconnected")), None, {"connection": NOT_OK}, id="cut off"),
        pytest.param(connected(endpoint(1, status="Odd")), None, {"connection": UNKNOWN}, id="unknown status"),
        pytest.param(held("Deleting"), None, {"endpoint": UNKNOWN, "tag": UNCHECKED}, id="being deleted"),
        pytest.param(held("Failed"), None, {"endpoint": NOT_OK, "tag": UNCHECKED}, id="failed"),
        pytest.param(held("Updating"), None, {"endpoint": UNKNOWN, "record": OK}, id="being changed"),
        pytest.param(NO_GUID, None, {"endpoint": UNKNOWN, "registration": NOT_OK, "allow list": NOT_OK}, id="no GUID"),
        pytest.param(NO_ADDRESS, None, {"endpoint": UNKNOWN, "address": NOT_OK, "record": UNCHECKED}, id="no address"),
        pytest.param(ADDRESS_UNREAD, None, {"address": UNKNOWN, "record": UNCHECKED}, id="address unreadable"),
        pytest.param(UNLINKED, None, {"zone": OK, "link": NOT_OK, "record": UNCHECKED}, id="unlinked"),
        pytest.param(UNLINKED, MAKING, {"zone": OK, "link": NOT_OK}, id="to be linked"),
        pytest.param(TWO_ZONES, None, {"zone": NOT_OK, "link": UNCHECKED}, id="ambiguous zone"),
        pytest.param(ZONES_UNREAD, None, {"zone": UNKNOWN, "link": UNCHECKED}, id="zones unreadable"),
        pytest.param(connected(None, zone()), None, {"link": OK, "record": NOT_OK}, id="no record"),
        pytest.param(connected(None, zone(foreign_record())), None, {"record": NOT_OK}, id="foreign record"),
        pytest.param(connected(None, zone(foreign_record(address(1)))), None, {"record": OK}, id="foreign, right"),
        pytest.param(connected(None, OWN_NAME), None, {"record": NOT_OK}, id="a closer name"),
        pytest.param(HOLDER, None, {"record": NOT_OK}, id="held by another"),
        pytest.param(IN_HUB, CENTRAL, {"zone": OK, "link": OK, "record": OK}, id="central zone"),
        pytest.param(UNLINKED, CENTRAL, {"zone": OK, "link": NOT_OK, "record": OK}, id="central zone, unlinked"),
        pytest.param(TWO_ZONES, CENTRAL, {"zone": NOT_OK, "link": UNCHECKED}, id="two central zones"),
        pytest.param(HOLDER, CENTRAL, {"record": OK}, id="served by another"),
    ],
)  # fmt: skip
def test_answers(seen: Snapshot, by: DeploymentConfig | None, expected: dict[str, Answer]) -> None:
    """Each trouble is told at its own step; what cannot be told because of it is not checked; all else is."""
    steps = steps_of(seen, by)
    assert tuple(steps) == NAMES
    assert {name: steps[name].answer for name in expected} == expected
    troubled = {name for name, step in steps.items() if step.answer in (NOT_OK, UNKNOWN)}
    assert troubled == {name for name, answer in expected.items() if answer in (NOT_OK, UNKNOWN)}


def test_other_kind_of_id() -> None:
    """An endpoint that is registered and allowed under the other kind of its id is connected all the same."""
    arm_id = endpoint(1).arm_id
    seen = snapshot(
        endpoint(1),
        services=[service("main", arm_id)],
        registrations=[registered(1, id_=arm_id)],
        zones=[zone(record(1))],
    )
    steps = steps_of(seen)
    assert {steps[name].answer for name in ("registration", "allow list", "connection")} == {OK}
    assert "another kind of id" in steps["registration"].seen


def test_sync_is_told_only_where_it_helps() -> None:
    """Where no pass would mend what is wrong, the remedy is what stands in its way."""
    theirs = [replace(foreign(id_), region="eastus2") for id_ in (guid(1), endpoint(1).arm_id)]
    seen = snapshot(endpoint(1), registrations=theirs, zones=[zone(record(1))])
    assert CATALOGUE["registration-blocked"][1] in steps_of(seen)["registration"].remedy
    unread = connected(None, zone()).with_results({ReadRegistrations(): FORBIDDEN})
    assert "Run sync" not in steps_of(unread)["registration"].remedy
    assert "Run sync" in steps_of(unread)["record"].remedy


def test_no_zone() -> None:
    """Where no zone has the name, it is told which one is missed and where it was looked for."""
    seen = snapshot(endpoint(1), services=[service("main", guid(1))], registrations=[registered(1)], zones=[])
    step = steps_of(seen)["zone"]
    assert step.answer is NOT_OK
    assert zone_id().name in step.seen
    assert str(SCOPE) in step.seen
    assert f"sync would make {zone_id()}" in steps_of(seen, MAKING)["zone"].seen


def test_tagged_zone() -> None:
    """A zone that the tag names need not be linked to the endpoint's network: whether it is enough, is not known."""
    central = zone(record(1), vnets=("hub",))
    tagged = endpoint(1, zone_tag=str(zone_id()))
    steps = steps_of(connected(tagged, central))
    assert (steps["zone"].answer, steps["link"].answer, steps["record"].answer) == (OK, UNKNOWN, OK)
    assert str(network("hub")) in steps["link"].seen
    lost = connected(tagged, central).with_results({ReadZone(zone_id()): FORBIDDEN})
    assert steps_of(lost)["zone"].answer is UNKNOWN


@pytest.mark.parametrize(
    ("seen", "name", "words"),
    [
        (UNTAGGED, "tag", "none"),
        (STRANGER, "private link service", "63c890a9"),
        (BY_HAND, "registration", "by somebody else: made by hand"),
        (connected(), "registration", "by this deployment"),
        (UNLISTED, "connection", "no service lists it"),
        (pending(), "connection", "approval takes some minutes"),
        (HOLDER, "record", str(pe(2))),
        (connected(None, OWN_NAME), "record", "main leads to 10.9.9.9 (record main), not to 10.0.0.1"),
        (MISSPELT, "services", "until the tag is corrected; it is to reach main"),
    ],
)
def test_words(seen: Snapshot, name: str, words: str) -> None:
    """What was seen is told with the names and ids by which a person finds it."""
    assert words in steps_of(seen)[name].seen


def test_what_is_left_of_a_gone_endpoint() -> None:
    """An endpoint that is gone, but of which something is left, is told with what sync would undo."""
    left = snapshot(pe(1), services=[service("main", guid(1))], registrations=[registered(1)])
    assert "in 2 changes" in steps_of(left)["endpoint"].seen


def test_remedies() -> None:
    """Whatever is not ok or not known has a remedy; what is ok needs none."""
    worlds = (
        GONE,
        UNREAD,
        UNTAGGED,
        BAD_TAG,
        STRANGER,
        NO_CONFIG,
        UNREGISTERED,
        UNLISTED,
        HOLDER,
        connected(),
    )
    for step in (step for seen in worlds for step in steps_of(seen).values()):
        assert bool(step.remedy) == (step.answer in (NOT_OK, UNKNOWN)), step
        assert step.question.endswith("?")


def test_diagnosis() -> None:
    """The diagnosis is the first step that is not ok, even where an earlier one is only not known."""
    troubled = connected(endpoint(1, zone_tag=str(zone_id())), zone(vnets=("hub",)))
    first = diagnosis(steps_of(troubled).values())
    assert first
    assert (first.name, first.remedy) == ("record", CATALOGUE["record-drift"][1])
    unsure = connected(endpoint(1, zone_tag=str(zone_id())), zone(record(1), vnets=("hub",)))
    only = diagnosis(steps_of(unsure).values())
    assert only
    assert only.name == "link"


def test_unread_endpoint() -> None:
    """Of an endpoint that nobody read nothing is known, and that is said."""
    step = steps_of(Snapshot())["endpoint"]
    assert (step.answer, step.seen) == (UNKNOWN, "it was not read")


def test_access_that_foreign_registrations_block() -> None:
    """Where both ids of an endpoint are registered by somebody else, that is the reason and its remedy."""
    both = [foreign(guid(1)), foreign(endpoint(1).arm_id)]
    step = steps_of(snapshot(endpoint(1), registrations=both, zones=[]))["allow list"]
    assert (step.answer, step.remedy) == (NOT_OK, CATALOGUE["registration-blocked"][1])
    assert "registered outside this deployment" in step.seen


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
    assert {step.answer for step in steps.values()} <= {OK, UNKNOWN}
    assert steps["registration"].seen.startswith(f"{arm}, by this deployment")


def test_central_zone() -> None:
    """Of a central zone it is said to what it is linked, what cannot be seen, and whose record serves the endpoint."""
    link = steps_of(IN_HUB, CENTRAL)["link"].seen
    assert link.startswith(
        f"the zone is linked to {network('hub')}; whether clients ask a DNS server there cannot be"
    )
    assert steps_of(connected(), CENTRAL)["link"].seen == f"it is linked to {network()}"
    served = steps_of(HOLDER, CENTRAL)["record"].seen
    assert served.startswith(f"main leads to {address(2)} (record *): the record * in ")
    assert served.endswith(f"is held by {pe(2)}, through which clients reach the same services")
    made = steps_of(snapshot(endpoint(1)), CENTRAL_MAKING)["zone"].seen
    assert made.endswith(f"sync would make {zone_id()}; link it to the DNS resolver's network yourself")


@pytest.mark.parametrize(
    ("seen", "by", "expected"),
    [
        (connected(), None, {address(1)}),
        (HOLDER, None, {address(1)}),
        (HOLDER, CENTRAL, {address(1), address(2)}),
        (NO_ADDRESS, None, set()),
        (STRANGER, None, set()),
    ],
)
def test_where_names_may_lead(seen: Snapshot, by: DeploymentConfig | None, expected: set[str]) -> None:
    """A probe takes the endpoint's own address for right and, in a central zone, that of the one that serves it."""
    plan = plan_of(seen, by, pe(1))
    found = seen.get(ReadEndpoint(pe(1)))
    assert isinstance(found, Endpoint)
    assert expected_addresses(seen, by or deployment(), plan, found) == frozenset(expected)

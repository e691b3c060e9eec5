"""A service that is in the list but cannot be read: it is not changed, and no id that it may list is deregistered."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.audit.report_model import Health
from shared.domain.changes.base import Change
from shared.domain.changes.clickhouse import Allow, Deregister, Disallow, Register
from shared.domain.model.deployment_config import DeploymentConfig, IdKind
from shared.domain.model.resources import Registration, Service
from shared.domain.model.selectors import parse_selectors
from shared.domain.model.snapshot import ReadConfig, Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.classification import Verdict, verdict_on
from shared.domain.planning.plan import Plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.reading import needs
from shared.domain.reading.zones import Hints
from tests.support.audits import audit, well
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.plans import plan_of
from tests.support.worlds import (
    OTHER_ALIAS,
    config,
    deployment,
    endpoint,
    guid,
    pe,
    record,
    registered,
    service,
    snapshot,
    zone,
)

BROKEN = replace(service("broken"), tags=None, readable=False)
NAMELESS = replace(BROKEN, name="")
NOWHERE = replace(BROKEN, provider="", region="")
WITHOUT_ID = replace(NOWHERE, id="")
HIDING = [BROKEN, NAMELESS, NOWHERE, WITHOUT_ID]
"""Those whose allow lists may hide an entry of an endpoint in Azure."""
HARMLESS = [replace(BROKEN, provider="aws"), replace(BROKEN, state="terminated")]

ARM_ID = endpoint(1).arm_id
BOTH = [registered(1), replace(registered(1), id=ARM_ID)]
FAR = replace(registered(1), region="eastus2")
BY_ARM_ID = deployment(id_kind=IdKind.RESOURCE_ID)

LEAVING: dict[str, tuple[Any, Iterable[Registration], DeploymentConfig, tuple[str, ...]]] = {
    "deleted": (pe(1), [registered(1)], deployment(), ()),
    "deleted, on a list": (pe(1), [registered(1)], deployment(), (guid(1),)),
    "untagged": (endpoint(1, None), [registered(1)], deployment(), (guid(1),)),
    "recreated": (endpoint(1, guid_number=7), [registered(1)], deployment(), (guid(1), guid(7))),
    "under its other kind of id": (endpoint(1), BOTH, BY_ARM_ID, (guid(1), ARM_ID)),
    "in another region": (endpoint(1), [FAR], deployment(), (guid(1),)),
}


def planned(case: str, *more: Service) -> Plan:
    """The plan for an endpoint of which a registration is to go, with `more` services in the list."""
    there, registrations, by, allowed = LEAVING[case]
    services = [service("main", *allowed), *more]
    seen = snapshot(there, services=services, registrations=registrations, zones=[zone(record(1))])
    return plan_of(seen, by)


def of_kind[T: Change](made: Plan, kind: type[T]) -> list[T]:
    return [one for one in made.changes if isinstance(one, kind)]


@pytest.mark.parametrize("case", LEAVING)
@pytest.mark.parametrize("more", [(), *((one,) for one in HARMLESS)], ids=["none", "aws", "terminated"])
def test_a_list_that_hides_nothing(case: str, more: tuple[Service, ...]) -> None:
    """What is to go is deregistered, also beside a misread service that no endpoint in Azure can reach."""
    made = planned(case, *more)
    assert [one.id for one in of_kind(made, Deregister)] == [guid(1)]
    assert "unreadable" not in {one.code for one in made.findings}


@pytest.mark.parametrize("case", LEAVING)
@pytest.mark.parametrize("hiding", HIDING, ids=["broken", "without a name", "without a region", "without an id"])
def test_nothing_is_deregistered_that_a_list_may_hide(case: str, hiding: Service) -> None:
    """While a list may hide an entry no registration goes: the endpoint's finding names the service."""
    made = planned(case, hiding)
    assert of_kind(made, Deregister) == []
    reported = [one.message for one in made.findings if (one.code, one.object) == ("unreadable", str(pe(1)))]
    assert any(hiding.label in one for one in reported)
    assert hiding.id not in {getattr(one, "service", None) for one in made.changes}


@pytest.mark.parametrize("hiding", HIDING)
def test_no_access_is_lost_to_a_registration_that_waits(hiding: Service) -> None:
    """An id that is registered for another region keeps its entries until it can be registered again."""
    assert of_kind(planned("in another region"), Disallow)
    made = planned("in another region", hiding)
    assert (of_kind(made, Disallow), of_kind(made, Register)) == ([], [])


@pytest.mark.parametrize("hiding", HIDING)
def test_what_can_be_read_is_done(hiding: Service) -> None:
    """Entries on lists that can be read go and come as ever, whatever else is in the list."""
    assert [one.id for one in of_kind(planned("untagged", hiding), Disallow)] == [guid(1)]
    made = plan_of(snapshot(endpoint(1), services=[service("main"), hiding], zones=[zone()]))
    assert [(one.service, one.id) for one in of_kind(made, Allow)] == [(service("main").id, guid(1))]
    assert [one.region for one in of_kind(made, Register)] == ["westus3"]


@pytest.mark.parametrize("tag", ["*", "broken", BROKEN.id, "tag:env", "tag:env=prod"])
def test_a_selected_service_is_undecided(tag: str) -> None:
    """A misread service that a tag selects, or may select, gets and loses nothing, and the finding names it."""
    seen = snapshot(endpoint(1, tag), services=[service("main"), BROKEN], zones=[zone()])
    made = plan_of(seen)
    assert BROKEN.id not in {one.service for one in of_kind(made, Allow)}
    reported = {one.code: one.message for one in made.findings}
    assert "service broken is in the list, but not as the API describes it" in reported["unreadable"]
    assert "service-not-found" not in reported


@pytest.mark.parametrize("tag", ["main", "elsewhere"])
def test_a_service_that_is_not_selected_is_not_reported(tag: str) -> None:
    """An unreadable service is not reported for an endpoint whose tag cannot select it."""
    made = plan_of(snapshot(endpoint(1, tag), services=[service("main"), BROKEN], zones=[zone()]))
    assert "unreadable" not in {one.code for one in made.findings}


def test_a_name_that_is_not_known() -> None:
    """A name may be that of a service whose name cannot be read: it is not reported as not found."""
    made = plan_of(snapshot(endpoint(1, "elsewhere"), services=[service("main"), NAMELESS], zones=[zone()]))
    assert {one.code for one in made.findings} >= {"unreadable"}
    assert "service-not-found" not in {one.code for one in made.findings}


@pytest.mark.parametrize(
    ("filtered", "codes"),
    [
        ("broken", {"unreadable"}),
        ("tag:env", {"unreadable"}),
        ("main", {"unreadable", "service-not-permitted"}),
    ],
)
def test_a_filter_and_a_misread_service(filtered: str, codes: set[str]) -> None:
    """SERVICE_FILTER forbids a misread service only where what is known of it is enough to say so."""
    seen = snapshot(endpoint(1, "broken"), services=[service("main"), BROKEN], zones=[zone()])
    made = plan_of(seen, deployment(service_filter=filtered))
    assert {one.code for one in made.findings} & {"unreadable", "service-not-permitted"} == codes


@pytest.mark.parametrize(
    ("more", "read", "verdict"),
    [
        ((), {}, Verdict.FOREIGN_SERVICE),
        ((BROKEN,), {ReadConfig(BROKEN.id): config("broken")}, Verdict.FOREIGN_SERVICE),
        ((BROKEN,), {ReadConfig(BROKEN.id): config("broken", OTHER_ALIAS)}, Verdict.MANAGE),
        ((BROKEN,), {ReadConfig(BROKEN.id): None}, Verdict.UNKNOWN),
        ((NOWHERE,), {ReadConfig(BROKEN.id): config("broken", OTHER_ALIAS)}, Verdict.UNKNOWN),
        ((WITHOUT_ID,), {}, Verdict.UNKNOWN),
    ],
)
def test_whose_private_link_service_it_is(more: tuple[Service, ...], read: dict[Any, Any], verdict: Verdict) -> None:
    """A Private Link service is foreign only if no unreadable service can be behind it."""
    seen = snapshot(endpoint(1, alias=OTHER_ALIAS), services=[service("main"), *more], also=read)
    assert verdict_on(PlanningIndex(seen, deployment()), pe(1)) is verdict
    reported = {one.code for one in plan_of(seen).findings}
    assert ("not-a-clickhouse-endpoint" in reported) is (verdict is Verdict.FOREIGN_SERVICE)
    assert ("unreadable" in reported) is (verdict is not Verdict.FOREIGN_SERVICE)


def test_names_of_unread_services() -> None:
    """A selector may match a misread service by its name only if that is not known."""
    (by_name,) = parse_selectors("elsewhere").selectors
    assert [by_name.may_match(one) for one in (BROKEN, NAMELESS, service(""))] == [False, True, False]


async def test_it_is_deregistered_once_all_can_be_read() -> None:
    """A registration that stayed is removed by the next pass over everything that can read the service."""
    cloud = Cloud(endpoint(1, "main"), services=[service("main"), service("broken")], zones=[zone()])
    await run(cloud, pe(1))
    cloud.clickhouse.have(BROKEN)
    cloud.network.lose(pe(1))
    report = await run(cloud, pe(1))
    assert not report.retryable
    assert (cloud.allowed(), set(cloud.clickhouse.registered)) == (frozenset(), {guid(1)})
    assert "unreadable" in {one.code for one in report.plan.findings}
    cloud.clickhouse.have(service("broken"))
    await run(cloud)
    assert cloud.clickhouse.registered == {}


def test_no_config_is_read_of_a_service_without_an_id() -> None:
    """A service without an id is none that anything could be asked of."""
    seen = snapshot(endpoint(1, alias=OTHER_ALIAS), services=[service("main"), WITHOUT_ID], also={ReadConfig(""): None})
    unread = Snapshot({read: reported for read, reported in seen.answers.items() if not isinstance(read, ReadConfig)})
    everything = Targets(everything=True)
    asked = [read for read in needs(unread, everything, deployment(), Hints()) if isinstance(read, ReadConfig)]
    assert asked == [ReadConfig(service("main").id)]


@pytest.mark.parametrize(("unread", "about"), [(NAMELESS, BROKEN.id), (WITHOUT_ID, "organization")])
def test_the_audit_names_it(unread: Service, about: str) -> None:
    """An audit reports a misread service, and shows one that has an id by that, as not known."""
    report = audit(well(services=[service("main", guid(1)), unread]))
    reported = [one.message for one in report.findings if (one.code, one.object) == ("unreadable", about)]
    assert len(reported) == 1
    assert unread.label in reported[0]
    rows = {one.id: (one.name, one.health) for one in report.services}
    assert rows.pop(service("main").id) == ("main", Health.HEALTHY)
    assert rows == ({BROKEN.id: (BROKEN.id, Health.UNKNOWN)} if unread.id else {})


@pytest.mark.parametrize("harmless", HARMLESS)
def test_the_audit_is_well_beside_a_harmless_one(harmless: Service) -> None:
    """A misread service of another cloud, or on its way out, is no matter of an audit."""
    assert audit(well(services=[service("main", guid(1)), harmless])).health is Health.HEALTHY


def test_the_world_is_otherwise_the_same() -> None:
    """A harmless service changes nothing of a plan."""
    seen: list[Snapshot] = [
        snapshot(endpoint(1), services=[service("main"), *more], zones=[zone()])
        for more in ((), *((one,) for one in HARMLESS))
    ]
    assert len({plan_of(one).changes for one in seen}) == 1

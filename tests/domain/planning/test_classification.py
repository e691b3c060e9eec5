from dataclasses import replace
from typing import Any

import pytest

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Scope
from shared.domain.model.resources import Connection, Endpoint, NotFound, ReadFailed, Service
from shared.domain.model.snapshot import Read, ReadConfig, ReadEndpoint, ReadServices, Snapshot
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.classification import Verdict, concerns_us, private_link_connection, verdict_on
from shared.domain.planning.plan import make_plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.service_index import ServiceIndex
from tests.support.worlds import (
    ALIAS,
    FORBIDDEN,
    OTHER_ALIAS,
    STRANGE_ALIAS,
    SUBSCRIPTION,
    config,
    deployment,
    endpoint,
    pe,
    service,
    service_id,
    snapshot,
)

ELSEWHERE = (Scope(SUBSCRIPTION, "rg-other"),)
NO_CONFIG: dict[Read[Any], Any] = {ReadConfig(service_id("main")): FORBIDDEN}
UNREAD_CONFIG: dict[Read[Any], Any] = {ReadConfig(service_id("main")): None}
NO_SERVICES: dict[Read[Any], Any] = {ReadServices(): FORBIDDEN}
EMPTY: dict[Read[Any], Any] = {ReadServices(): ()}

absent = snapshot(pe(1))
unreadable = snapshot(also={ReadEndpoint(pe(1)): FORBIDDEN})
untagged = snapshot(endpoint(1, None))
tagged = snapshot(endpoint(1))
astray = snapshot(endpoint(1, alias=STRANGE_ALIAS))
AFAR_ALIAS = "/subscriptions/1/somebodys-private-link-service"


def held(state: str, tag: str | None = "*", alias: str = ALIAS) -> Snapshot:
    """A world with one endpoint in that provisioning state."""
    return snapshot(replace(endpoint(1, tag, alias=alias), state=state))


@pytest.mark.parametrize(
    ("seen", "by", "verdict"),
    [
        pytest.param(tagged, deployment(scopes=ELSEWHERE), Verdict.OUT_OF_SCOPE, id="out of scope, tagged"),
        pytest.param(absent, deployment(scopes=ELSEWHERE), Verdict.OUT_OF_SCOPE, id="out of scope, absent"),
        pytest.param(
            unreadable,
            deployment(scopes=ELSEWHERE),
            Verdict.OUT_OF_SCOPE,
            id="out of scope, unreadable",
        ),
        pytest.param(unreadable, deployment(), Verdict.UNKNOWN, id="unreadable"),
        pytest.param(Snapshot(), deployment(), Verdict.UNKNOWN, id="not read"),
        pytest.param(absent, deployment(), Verdict.RELEASE, id="absent"),
        pytest.param(untagged, deployment(), Verdict.RELEASE, id="there, no tag"),
        pytest.param(
            snapshot(endpoint(1, None), also=NO_CONFIG),
            deployment(),
            Verdict.RELEASE,
            id="no tag, no config",
        ),
        pytest.param(tagged, deployment(), Verdict.MANAGE, id="tagged, ours"),
        pytest.param(snapshot(endpoint(1, "")), deployment(), Verdict.MANAGE, id="tag without a value"),
        pytest.param(
            snapshot(endpoint(1, alias=ALIAS.upper())),
            deployment(),
            Verdict.MANAGE,
            id="alias in any case",
        ),
        pytest.param(held("Deleting"), deployment(), Verdict.IN_PROGRESS, id="being deleted"),
        pytest.param(held("Deleting", None), deployment(), Verdict.IN_PROGRESS, id="being deleted, no tag"),
        pytest.param(
            held("Deleting", None, AFAR_ALIAS),
            deployment(),
            Verdict.RELEASE,
            id="another's, being deleted",
        ),
        pytest.param(
            held("Deleting"),
            deployment(scopes=ELSEWHERE),
            Verdict.OUT_OF_SCOPE,
            id="out of scope, deleted",
        ),
        pytest.param(held("Failed"), deployment(), Verdict.FAILED, id="failed"),
        pytest.param(held("Failed", None), deployment(), Verdict.RELEASE, id="failed, no tag"),
        pytest.param(held("Updating"), deployment(), Verdict.MANAGE, id="being made"),
        pytest.param(held("Updating", None), deployment(), Verdict.RELEASE, id="being changed, no tag"),
        pytest.param(
            held("Updating", alias=STRANGE_ALIAS),
            deployment(),
            Verdict.FOREIGN_SERVICE,
            id="being made astray",
        ),
        pytest.param(held("Unheard"), deployment(), Verdict.MANAGE, id="in an unknown state"),
        pytest.param(held(""), deployment(), Verdict.MANAGE, id="in no state"),
        pytest.param(held("Updating", alias=""), deployment(), Verdict.IN_PROGRESS, id="not connected yet"),
        pytest.param(
            held("Succeeded", alias=""),
            deployment(),
            Verdict.IN_PROGRESS,
            id="made, not connected yet",
        ),
        pytest.param(held("Updating", None, ""), deployment(), Verdict.RELEASE, id="no tag, not connected yet"),
        pytest.param(astray, deployment(), Verdict.FOREIGN_SERVICE, id="tagged, foreign service"),
        pytest.param(
            snapshot(endpoint(1), also=NO_CONFIG),
            deployment(),
            Verdict.UNKNOWN,
            id="config unreadable",
        ),
        pytest.param(
            snapshot(endpoint(1), also=UNREAD_CONFIG),
            deployment(),
            Verdict.UNKNOWN,
            id="config not read",
        ),
        pytest.param(
            snapshot(endpoint(1), also=NO_SERVICES),
            deployment(),
            Verdict.UNKNOWN,
            id="services unreadable",
        ),
        pytest.param(snapshot(endpoint(1), also=EMPTY), deployment(), Verdict.UNKNOWN, id="no service at all"),
    ],
)
def test_verdict(seen: Snapshot, by: DeploymentConfig, verdict: Verdict) -> None:
    """The verdict on an endpoint is that of the table: only what is certain connects or undoes."""
    assert verdict_on(PlanningIndex(seen, by), pe(1)) is verdict


@pytest.mark.parametrize(
    ("seen", "concerned"),
    [
        (NotFound(), True),
        (endpoint(1), True),
        (endpoint(1, None), True),
        (endpoint(1, "", alias="/subscriptions/1/a-private-link-service"), True),
        (endpoint(1, None, alias="/subscriptions/1/a-private-link-service"), False),
    ],
)
def test_concerns_us(seen: Endpoint | NotFound, *, concerned: bool) -> None:
    """This deployment may own something of an endpoint that is not found, tagged or connected by alias; of no other."""
    assert concerns_us(seen, deployment()) is concerned


def test_private_link() -> None:
    """Of several connections, the one to a Private Link service of the organization counts."""
    known = PlanningIndex(snapshot(), deployment())
    connections = (Connection(STRANGE_ALIAS, "Approved"), Connection(ALIAS, "Pending"))
    both = Endpoint(pe(1), str(pe(1)), "", connections=connections)
    assert private_link_connection(known, both) == connections[1]
    assert private_link_connection(known, endpoint(1, alias=STRANGE_ALIAS)) is None


MAIN, TEST, AFAR = service("main", env="prod"), service("test", env="test"), service("afar", env="prod")
GONE = service("gone", state="terminated", env="prod")
AWS = service("aws", provider="aws", env="prod")
TWIN = Service(service_id("twin"), "main", "azure", "westus3")
CAPITALS = service("MAIN")
ALL = (MAIN, TEST, AFAR, GONE, AWS)
IDS = ("granted", "undecided", "denied", "other_private_link", "without_private_link")
ONLY_ADDS: dict[str, set[str]] = {"only_adds": set()}
"""The tag has a mistake."""


def chosen(
    tag: str, by: DeploymentConfig, services: tuple[Service, ...] = ALL, **also: ReadFailed
) -> dict[str, set[str]]:
    """What the selection of a tag comes to, by service name; `afar` is behind another Private Link service."""
    answers: dict[Read[Any], Any] = {ReadConfig(service_id(name)): reported for name, reported in also.items()}
    seen = snapshot(endpoint(1, tag), services=services, elsewhere={"afar": OTHER_ALIAS}, also=answers)
    made = ServiceIndex(seen, by).selection(endpoint(1, tag), ALIAS)
    names = {one.id: ("twin" if one is TWIN else one.name) for one in services}
    ids = {name: getattr(made, name) for name in IDS}
    found = {kind: {names[one] for one in services} for kind, services in ids.items() if services}
    return found | ({"only_adds": set()} if made.only_adds else {})


@pytest.mark.parametrize(
    ("tag", "service_filter", "expected"),
    [
        ("", None, {}),
        ("*", None, {"granted": {"main", "test"}}),
        ("main", None, {"granted": {"main"}}),
        ("tag:env=prod", None, {"granted": {"main"}, "other_private_link": {"afar"}}),
        ("*,afar", None, {"granted": {"main", "test"}, "other_private_link": {"afar"}}),
        ("gone,aws", None, ONLY_ADDS),
        ("main,nobody", None, {"granted": {"main"}} | ONLY_ADDS),
        ("main,tag:", None, {"granted": {"main"}} | ONLY_ADDS),
        ("main;test", None, ONLY_ADDS),
        ("main", "tag:env=dev", {"denied": {"main"}}),
        ("*", "tag:env=prod", {"granted": {"main"}}),
        ("main,test", "tag:env=prod", {"granted": {"main"}, "denied": {"test"}}),
        ("test", "main", {"denied": {"test"}}),
        ("afar", "main", {"denied": {"afar"}}),
        ("*", "", {}),
        ("MAIN,Afar", None, {"granted": {"main"}, "other_private_link": {"afar"}}),
        ("*", "Main", {"granted": {"main"}}),
    ],
)
def test_selection(tag: str, service_filter: str | None, expected: dict[str, set[str]]) -> None:
    """`*` selects what is permitted and reachable; what is selected explicitly and not granted is reported."""
    assert chosen(tag, deployment(service_filter=service_filter)) == expected


def test_unreadable_config_is_held() -> None:
    """A selected service is held, neither given nor taken, while nobody knows where it is."""
    assert chosen("*", deployment(), test=FORBIDDEN) == {"granted": {"main"}, "undecided": {"test"}}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("main", {"undecided": {"main", "twin"}} | ONLY_ADDS),
        ("main,test", {"granted": {"test"}, "undecided": {"main", "twin"}} | ONLY_ADDS),
        (f"main,{MAIN.id}", {"granted": {"main"}, "undecided": {"twin"}} | ONLY_ADDS),
        ("*", {"granted": {"main", "twin", "test"}}),
        ("main,*", {"granted": {"main", "twin", "test"}} | ONLY_ADDS),
    ],
)
def test_ambiguous_name(tag: str, expected: dict[str, set[str]]) -> None:
    """Services that share a name are held if it is only by that name that they were asked for."""
    assert chosen(tag, deployment(), (MAIN, TWIN, TEST)) == expected


@pytest.mark.parametrize(
    ("tag", "service_filter", "expected"),
    [
        ("main", None, {"granted": {"main"}}),
        ("MAIN", None, {"granted": {"MAIN"}}),
        ("Main,test", None, {"granted": {"test"}, "undecided": {"main", "MAIN"}} | ONLY_ADDS),
        ("*", "main", {"granted": {"main"}}),
        ("*", "Main", {}),
    ],
)
def test_names_that_differ_in_letter_case(tag: str, service_filter: str | None, expected: dict[str, set[str]]) -> None:
    """An exact name wins; of a name in a third letter case neither service is given, nor permitted."""
    assert chosen(tag, deployment(service_filter=service_filter), (MAIN, CAPITALS, TEST)) == expected


@pytest.mark.parametrize(("name", "message"), [("main", "named main"), ("Main", "without regard to letter case")])
def test_ambiguous_name_is_reported(name: str, message: str) -> None:
    """A name that selects none because several services bear it is reported, with how it was compared."""
    services = (MAIN, TWIN) if name == "main" else (MAIN, CAPITALS)
    made = make_plan(snapshot(endpoint(1, name), services=services), deployment(), Targets(frozenset({pe(1)})))
    (finding,) = (one for one in made.findings if one.message.startswith("several"))
    assert finding.code == "bad-selector"
    assert message in finding.message


def test_zone_of_config() -> None:
    """Clients look a host name up in the zone that is its parent, in lower case."""
    assert config("MAIN").zone == "westus3.privatelink.azure.clickhouse.cloud"

"""Which rights main.bicep gives where, and which subscriptions events.bicep monitors, for given parameters."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.bicep import Template, needs_checker
from tests.support.bicep_values import parse, values, within

pytestmark = needs_checker

HOME = "00000000-0000-0000-0000-00000000000a"
OTHER = "00000000-0000-0000-0000-00000000000b"
HUB = "00000000-0000-0000-0000-00000000000c"
GIVEN = {
    "environmentName": "demo",
    "location": "westus3",
    "subscription": lambda: {"id": f"/subscriptions/{HOME.upper()}", "subscriptionId": HOME.upper()},
}

type Grants = dict[tuple[str, str], list[str]]


def at(subscription: str, group: str | None = None) -> str:
    return f"/subscriptions/{subscription}" + (f"/resourcegroups/{group}" if group else "")


def grants(**parameters: str) -> Grants:
    """The scopes that each role is given on, by role and subscription."""
    found = values(Template("main.bicep"), {**GIVEN, **parameters})["grants"]
    told = {(one["role"], one["subscription"]): one["scopes"] for one in found}
    assert len(told) == len(found), "a role is defined twice in a subscription"
    return told


TABLE: list[tuple[Mapping[str, str], Grants]] = [
    ({}, {("endpoints", HOME): [at(HOME)], ("records", HOME): [at(HOME)]}),
    (
        {"endpointScopes": f"{at(HOME)}, {at(OTHER, 'RG-App')},{at(HOME)}"},
        {
            ("endpoints", HOME): [at(HOME)],
            ("endpoints", OTHER): [at(OTHER, "rg-app")],
            ("records", HOME): [at(HOME)],
            ("records", OTHER): [at(OTHER, "rg-app")],
        },
    ),
    (
        {"endpointScopes": at(OTHER), "dnsZoneScopes": at(HUB, "Zones")},
        {("endpoints", OTHER): [at(OTHER)], ("records", HUB): [at(HUB, "zones")]},
    ),
    (
        {"dnsZoneScopes": at(HUB, "zones"), "dnsZoneResourceGroup": at(HUB, "Made")},
        {
            ("endpoints", HOME): [at(HOME)],
            ("records", HUB): [at(HUB, "zones"), at(HUB, "made")],
            ("zones", HUB): [at(HUB, "made")],
            ("networks", HOME): [at(HOME)],
        },
    ),
    (
        {
            "dnsZoneScopes": at(HUB, "made"),
            "dnsZoneResourceGroup": at(HUB, "made"),
            "virtualNetworkScopes": at(OTHER, "nets"),
        },
        {
            ("endpoints", HOME): [at(HOME)],
            ("records", HUB): [at(HUB, "made")],
            ("zones", HUB): [at(HUB, "made")],
            ("networks", OTHER): [at(OTHER, "nets")],
        },
    ),
    (
        {
            "dnsZoneScopes": at(HUB, "made"),
            "dnsZoneResourceGroup": at(HUB, "made"),
            "dnsZoneChoice": "central",
        },
        {
            ("endpoints", HOME): [at(HOME)],
            ("records", HUB): [at(HUB, "made")],
            ("zones", HUB): [at(HUB, "made")],
        },
    ),
    (
        {"virtualNetworkScopes": at(OTHER)},
        {("endpoints", HOME): [at(HOME)], ("records", HOME): [at(HOME)]},
    ),
]


@pytest.mark.parametrize(("parameters", "expected"), TABLE)
def test_each_role_is_given_where_it_is_asked_for(parameters: Mapping[str, str], expected: Grants) -> None:
    """Reading where endpoints may ask, records where zones are, and making only where making was asked for."""
    told = grants(**parameters)
    assert {one: scopes for one, scopes in told.items() if one[0] != "preflight"} == expected
    assert {one: scopes for one, scopes in told.items() if one[0] == "preflight"} == looking(expected)


def looking(expected: Grants) -> Grants:
    """Where the preflight looks: the whole of a subscription with endpoints, and where records may be written."""
    found: Grants = {}
    for role, subscription in expected:
        monitored = [at(subscription)] if ("endpoints", subscription) in expected else []
        written = expected.get(("records", subscription), [])
        if role in ("endpoints", "records"):
            found["preflight", subscription] = list(dict.fromkeys([*monitored, *written]))
    return found


@pytest.mark.parametrize(
    ("scopes", "everywhere", "groups"),
    [
        ([at(HOME)], True, []),
        ([at(HOME, "a"), at(HOME, "b")], False, [at(HOME, "a"), at(HOME, "b")]),
        ([at(HOME, "a"), at(HOME)], True, [at(HOME, "a")]),
    ],
)
def test_a_subscription_covers_its_groups(scopes: list[str], groups: list[str], *, everywhere: bool) -> None:
    """A role that is given on a whole subscription is not given once more on groups of it."""
    found = values(Template("modules/access.bicep"), {"scopes": scopes})
    assert (found["everywhere"], found["groups"]) == (everywhere, groups)
    assert "if (!everywhere)" in Template("modules/access.bicep").statements()["module", "inGroup"]


def test_the_app_is_told_the_scopes_that_its_roles_are_given_on() -> None:
    """ENDPOINT_SCOPES and DNS_ZONE_SCOPES are what endpoints and records are given on."""
    told = values(Template("main.bicep"), {**GIVEN, "endpointScopes": f"{at(OTHER)} , {at(HOME, 'rg')}"})
    assert parse("join(endpointsAt, ',')")(told) == f"{at(OTHER)},{at(HOME, 'rg')}"
    settings = Template("main.bicep").value("var", "chosenSettings")
    assert settings["ENDPOINT_SCOPES"] == "join(endpointsAt, ',')"
    assert settings["DNS_ZONE_SCOPES"] == "join(zonesAt, ',')"


def test_every_subscription_with_endpoints_is_monitored_once() -> None:
    """One system topic for each subscription in the scopes, on the one that is there where one is."""
    theirs = f"{at(OTHER, 'rg-theirs')}/providers/Microsoft.EventGrid/systemTopics/Theirs"
    monitored = f"{at(HOME, 'a')},{at(OTHER)}, {at(HOME, 'b')}"
    names: Any = values(
        Template("events.bicep"), {**GIVEN, "monitoredScopes": monitored, "systemTopicIds": f" {theirs}"}
    )
    assert names["monitored"] == [HOME, OTHER]
    existing = Template("events.bicep").value("module", "subscriptions")["params"]["existingTopicId"]
    topics = [parse(existing)(within(names, "id", each)) for each in names["monitored"]]
    assert topics == ["", theirs.lower()]
    group = Template("events.bicep").value("module", "subscriptions")["params"]["resourceGroupName"]
    assert [parse(group)(within(names, "id", each)) for each in names["monitored"]] == [
        "rg-demo",
        "rg-demo-events",
    ]

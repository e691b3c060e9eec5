"""Which role main.bicep assigns at which scope, and which subscriptions events.bicep monitors."""

import pytest

from tests.support.snapshots import INFRA, Snapshot, cases, snapshot

HOME = "11111111-1111-1111-1111-111111111111"
OTHER = "33333333-3333-3333-3333-333333333333"
HUB = "44444444-4444-4444-4444-444444444444"
ROLES = "Microsoft.Authorization/roleDefinitions"
TOPICS = "Microsoft.EventGrid/systemTopics"
MAIN = [case.stem for case in cases() if "'../main.bicep'" in case.read_text()]

type Grants = set[tuple[str, str]]


def at(subscription: str, group: str = "") -> str:
    return f"/subscriptions/{subscription}" + (f"/resourcegroups/{group}" if group else "")


def assigned(found: Snapshot) -> Grants:
    """The key of each custom role and the scope of each of its assignments, by the name of the definition."""
    titles = {
        "endpoint reader": "endpoints",
        "record writer": "records",
        "zone creator": "zones",
        "network linker": "networks",
        "preflight": "preflight",
    }
    names = {
        role["id"]: titles[role["properties"]["roleName"].split(",")[0].removeprefix("clickhouse-privatelink ")]
        for role in found.of(ROLES)
    }
    return {(names[role], scope) for role, scope in found.assignments() if role in names}


EVERYWHERE = {
    ("endpoints", at(HOME)),
    ("endpoints", at(OTHER, "rg-app")),
    ("records", at(HUB, "rg-dns")),
    ("records", at(HUB, "rg-created")),
    ("zones", at(HUB, "rg-created")),
    ("networks", at(OTHER, "rg-network")),
    ("preflight", at(HOME)),
    ("preflight", at(OTHER)),
    ("preflight", at(HUB, "rg-dns")),
    ("preflight", at(HUB, "rg-created")),
}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("default", {("endpoints", at(HOME)), ("records", at(HOME, "rg-dns")), ("preflight", at(HOME))}),
        # Capitals, spaces, a trailing slash, a scope twice, and a resource group within a subscription in scope.
        ("subscriptions", EVERYWHERE),
        (
            "narrowed",
            {
                ("endpoints", at(HOME, "rg-inside")),
                ("records", at(HUB, "rg-dns")),
                ("preflight", at(HOME)),
                ("preflight", at(HUB, "rg-dns")),
            },
        ),
        # Central zones: no network is linked, so no role on networks.
        (
            "settings",
            {
                ("endpoints", at(HOME)),
                ("records", at(HOME, "rg-dns")),
                ("records", at(HOME, "rg-created")),
                ("zones", at(HOME, "rg-created")),
                ("preflight", at(HOME)),
            },
        ),
        ("own-resources", set()),
        ("private", set()),
    ],
)
def test_each_role_is_assigned_at_its_scopes(case: str, expected: Grants) -> None:
    """Endpoints are read in their scopes, records written in those of the zones, zones created on request only."""
    assert assigned(snapshot(case)) == expected


@pytest.mark.parametrize("case", MAIN)
def test_the_grants_that_are_put_out_are_those_that_are_assigned(case: str) -> None:
    """The hooks remove and print by ROLE_GRANTS, so it lists each role, its definition and its scopes."""
    found = snapshot(case)
    grants = found.outputs["ROLE_GRANTS"]
    if found.outputs["ROLE_ASSIGNMENTS_CREATED"] == "all":
        assert {(one["role"], scope) for one in grants for scope in one["scopes"]} == assigned(found)
        assert {one["title"] for one in grants} == {role["properties"]["roleName"] for role in found.of(ROLES)}
    else:
        assert not found.of(ROLES)
        assert grants


@pytest.mark.parametrize("case", MAIN)
def test_titles_contain_the_token_of_the_deployment(case: str) -> None:
    """The hooks find the roles of this deployment by the token in their names."""
    found = snapshot(case)
    assert all(f"({found.outputs['DEPLOYMENT_TOKEN']}, " in one["title"] for one in found.outputs["ROLE_GRANTS"])


def test_records_are_written_in_given_zones_only() -> None:
    """dnsZoneScopes has no default: nobody gives the right to write the records of a subscription unknowingly."""
    assert "\nparam dnsZoneScopes string\n" in (INFRA / "main.bicep").read_text()


def test_the_settings_of_the_app_are_the_scopes_of_its_roles() -> None:
    """ENDPOINT_SCOPES and DNS_ZONE_SCOPES are the scopes where endpoints and records are granted."""
    settings = snapshot("subscriptions").app_settings()
    endpoints = settings["ENDPOINT_SCOPES"].split(",")
    assert list(dict.fromkeys(endpoints)) == [at(HOME), at(OTHER, "rg-app"), at(HOME, "rg-inside")]
    assert settings["DNS_ZONE_SCOPES"] == at(HUB, "rg-dns")


def test_every_subscription_with_endpoints_is_monitored_once() -> None:
    """Each has one event subscription: on the system topic that exists, or else on a new one."""
    found = snapshot("events-subscriptions")
    assert [topic["id"].split("/")[2] for topic in found.of(TOPICS)] == [HOME]
    subscriptions = found.of(f"{TOPICS}/eventSubscriptions")
    assert [one["id"].split("/")[2] for one in subscriptions] == [HOME, OTHER]
    assert subscriptions[1]["id"].split("/")[4:9:4] == ["rg-theirs", "theirs"]


def test_a_resource_group_is_created_in_other_subscriptions_only() -> None:
    """The home resource group belongs to main.bicep, which owns its tags."""
    groups = snapshot("events-subscriptions").of("Microsoft.Resources/resourceGroups")
    assert [(group["id"].split("/")[2], group["name"]) for group in groups] == [(OTHER, "clickhouse-events")]
    assert snapshot("events").of("Microsoft.Resources/resourceGroups") == []

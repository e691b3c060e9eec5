"""What Terraform plans, in comparison with what Bicep deploys from the same inputs."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.snapshots import snapshot
from tests.support.terraform_plan import PROGRAM, plan

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="terraform is not installed")

HUB = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups"
OTHER = "/subscriptions/33333333-3333-3333-3333-333333333333"
SUBNETS = f"{HUB}/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets"
ZONES = f"{HUB}/rg-dns/providers/Microsoft.Network/privateDnsZones"
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "narrowed": {
        "endpoint_scopes": ["/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-inside"],
        "dns_zone_scopes": [f"{HUB}/rg-dns"],
    },
    "own-resources": {
        "app_identity_id": "/an-identity",
        "log_analytics_workspace_id": "/a-workspace",
        "action_group_id": "/a-group",
        "role_assignments": "none",
        "vault_purge_protection": True,
    },
    "private": {
        "private_networking": True,
        "outbound_subnet_id": f"{SUBNETS}/outbound",
        "private_endpoint_subnet_id": f"{SUBNETS}/endpoints",
        "private_dns_zone_ids": [
            f"{ZONES}/privatelink.blob.core.windows.net",
            f"{ZONES}/privatelink.vaultcore.azure.net",
        ],
        "inbound_address_ranges": ["203.0.113.0/24", "198.51.100.7/32"],
        "role_assignments": "own",
    },
    "private-trial": {"private_networking": True},
}
SITE, STORAGE, VAULT = "Microsoft.Web/sites", "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"


def kinds(resources: list[dict[str, Any]]) -> Counter[str]:
    return Counter(one["type"].partition("@")[0] for one in resources)


@pytest.mark.parametrize("case", CASES)
def test_both_create_the_same_resources(tmp_path: Path, case: str) -> None:
    """The first apply creates as many resources of each type as main.bicep, for the same inputs."""
    expected = kinds(snapshot(case).resources)
    del expected[f"{SITE}/config"]  # in Terraform, the settings are part of the site
    assert kinds(plan(tmp_path, subscribe=False, **CASES[case])) == expected


def test_phase_two_adds_the_resources_of_events(tmp_path: Path) -> None:
    """The second apply adds what events.bicep creates."""
    added = kinds(plan(tmp_path, subscribe=True)) - kinds(plan(tmp_path, subscribe=False))
    assert added == kinds(snapshot("events").resources)


def test_private_topics_write_dead_letters_with_their_own_identities(tmp_path: Path) -> None:
    """With private networking, a new and an existing topic get the role on the dead letters."""
    theirs = f"{OTHER}/resourceGroups/rg-theirs/providers/Microsoft.EventGrid/systemTopics/theirs"
    scopes = ["/subscriptions/11111111-1111-1111-1111-111111111111", OTHER]
    given = {"private_networking": True, "endpoint_scopes": scopes, "system_topic_ids": [theirs]}
    added = kinds(plan(tmp_path, subscribe=True, **given)) - kinds(plan(tmp_path, subscribe=False, **given))
    assert added == kinds(snapshot("events-private").resources)


def test_private_networking_closes_what_holds_data(tmp_path: Path) -> None:
    """Bodies of site, storage and vault are those of the Bicep templates."""
    planned = plan(tmp_path, subscribe=False, **CASES["private"])

    def bodies(kind: str) -> list[dict[str, Any]]:
        return [one["body"]["properties"] for one in planned if one["type"].partition("@")[0] == kind]

    (site,) = bodies(SITE)
    expected = dict(snapshot("private").one(SITE)["properties"]["siteConfig"])
    assert {key: value for key, value in site["siteConfig"].items() if key != "appSettings"} == expected
    assert site["virtualNetworkSubnetId"] == f"{SUBNETS}/outbound"
    for kind in (STORAGE, VAULT):
        assert all(one["publicNetworkAccess"] == "Disabled" for one in bodies(kind))
        assert all(one["networkAcls"]["defaultAction"] == "Deny" for one in bodies(kind))

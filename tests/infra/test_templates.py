"""What the Bicep templates deploy, as their snapshots show it: settings, names, networks, keys."""

import json
import re
from typing import Any

import pytest

from shared.settings import Settings
from tests.support.snapshots import INFRA, Snapshot, cases, parameters, snapshot

SETTINGS = {name.upper() for name in Settings.model_fields}
PLATFORM = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AZURE_CLIENT_ID",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__credential",
}
AZD = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_SUBSCRIPTION_ID"}
OPTIONAL = {"SYSTEM_TOPIC_IDS", "FAILED_DELIVERY_THRESHOLD", "EVENTS_RESOURCE_GROUP_NAME"}
REQUIRED = {
    "environmentName",
    "location",
    "clickhouseOrgId",
    "clickhouseApiKey",
    "clickhouseApiSecret",
    "dnsZoneScopes",
}
ALL = [case.stem for case in cases()]
MAIN = [case.stem for case in cases() if "'../main.bicep'" in case.read_text()]
STORAGE = "Microsoft.Storage/storageAccounts"
VAULT = "Microsoft.KeyVault/vaults"
SITE = "Microsoft.Web/sites"
TOPIC = "Microsoft.EventGrid/topics"


def site(case: str) -> dict[str, Any]:
    return dict(snapshot(case).one(SITE)["properties"])


def azd_parameters() -> dict[str, tuple[str, str]]:
    """The variable and the default, `${NAME=default}`, that azd gives to each parameter of main.bicep."""
    declared = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    found = {name: re.fullmatch(r"\$\{(\w+)(?:=(\w+))?\}", one["value"]) for name, one in declared.items()}
    return {name: (one[1], one[2] or "") for name, one in found.items() if one}


@pytest.mark.parametrize("case", ALL)
def test_the_compiler_evaluates_each_case_completely(case: str) -> None:
    """No snapshot has a diagnostic, such as a nested deployment that cannot be expanded."""
    assert snapshot(case).diagnostics == []


@pytest.mark.parametrize("case", MAIN)
def test_every_setting_of_the_app_is_set(case: str) -> None:
    """No setting is left to be set by hand, and none is set that the app does not read."""
    assert set(snapshot(case).app_settings()) == SETTINGS | PLATFORM


def test_each_parameter_reaches_its_setting() -> None:
    """The values of settings.bicepparam are the settings of the app."""
    settings = snapshot("settings").app_settings()
    given = dict(
        re.findall(r"^param (\w+) = '(.*)'", (INFRA / "snapshots/settings.bicepparam").read_text(), re.MULTILINE)
    )
    for parameter, (variable, _) in azd_parameters().items():
        if variable in SETTINGS and parameter in given and not parameter.endswith(("Scopes", "Secret")):
            assert settings[variable] == given[parameter], variable


def test_parentheses_are_left_out_of_the_owner() -> None:
    """azd allows parentheses in the name of an environment, OWNER_ID does not."""
    assert snapshot("settings").app_settings()["OWNER_ID"] == "demotest"


def test_azd_passes_every_parameter_under_the_name_of_its_setting() -> None:
    """`azd env set NAME value` works for every parameter, with the setting's own name where there is one."""
    assert set(azd_parameters()) == set(parameters("main.bicep"))
    for parameter, (variable, _) in azd_parameters().items():
        setting = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", parameter).upper()
        if setting in SETTINGS:
            assert variable == setting


def test_azd_asks_for_six_values() -> None:
    """azd asks for what has no default; its defaults are those of Bicep."""
    declared = parameters("main.bicep")
    assert {name for name, default in declared.items() if default is None} == REQUIRED
    for name, default in declared.items():
        if default is not None:
            ours = azd_parameters()[name][1]
            assert ours == {"''": "", "{}": ""}.get(default, default.strip("'")), name


@pytest.mark.parametrize("name", ["main.bicep", "events.bicep"])
def test_every_parameter_has_a_description(name: str) -> None:
    """Every parameter of the two templates is described."""
    text = (INFRA / name).read_text()
    assert len(re.findall(r"^@description\(.+\)\nparam ", text, re.MULTILINE)) == len(parameters(name))


def test_phase_two_reads_the_outputs_of_phase_one() -> None:
    """events.bicepparam reads what azd sets, the outputs of main.bicep, and three optional values."""
    known = {*snapshot("default").outputs, *AZD, *OPTIONAL}
    text = (INFRA / "events.bicepparam").read_text()
    assert set(re.findall(r"readEnvironmentVariable\('(\w+)'", text)) <= known
    assert set(re.findall(r"^param (\w+)", text, re.MULTILINE)) == set(parameters("events.bicep"))


@pytest.mark.parametrize("case", ALL)
def test_the_secret_is_in_the_vault_only(case: str) -> None:
    """The API secret is the value of the vault's secret, and stands nowhere else."""
    secure = "[parameters('clickhouseApiSecret')]"  # the compiler does not evaluate secure parameters
    found = snapshot(case)
    holders = (
        [one["type"] for one in found.resources if secure in json.dumps(one.get("properties"))] if case in MAIN else []
    )
    assert holders == ([f"{VAULT}/secrets"] if case in MAIN else [])
    assert "clickhouseApiSecret" not in json.dumps(found.outputs)
    assert "demo-secret" not in json.dumps([found.resources, found.outputs])


def test_the_app_gets_a_reference_to_the_secret() -> None:
    """The reference has no version, so that Azure reads a rotated secret."""
    setting = snapshot("default").app_settings()["CLICKHOUSE_CLOUD_API_SECRET"]
    assert setting.endswith(".outputs.secretReference.value]")
    text = (INFRA / "modules/vault.bicep").read_text()
    (reference,) = re.findall(r"output secretReference string = '(.+)'", text)
    assert reference == "@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/${secretName}/)"
    assert not re.search(r"\b(list\w*Keys?|getSecret)\(", "".join(p.read_text() for p in INFRA.rglob("*.bicep")))


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("Microsoft.Insights/components", "DisableLocalAuth", True),
        ("Microsoft.OperationalInsights/workspaces", "features.disableLocalAuth", True),
        (TOPIC, "disableLocalAuth", True),
        (VAULT, "enableRbacAuthorization", True),
        (SITE, "httpsOnly", True),
        (SITE, "functionAppConfig.runtime.version", "3.13"),
    ],
)
def test_keys_and_passwords_are_disabled(kind: str, path: str, expected: object) -> None:
    """Nothing is reached by a key or password where an identity can be used."""
    value = snapshot("default").one(kind)["properties"]
    for part in path.split("."):
        value = value[part]
    assert value == expected


def test_storage_has_no_shared_keys() -> None:
    """Neither account takes shared keys, anonymous readers, or anything below TLS 1.2."""
    accounts = snapshot("default").of(STORAGE)
    assert len(accounts) == 2
    for account in accounts:
        assert account["properties"]["allowSharedKeyAccess"] is False
        assert account["properties"]["allowBlobPublicAccess"] is False
        assert account["properties"]["minimumTlsVersion"] == "TLS1_2"
        assert account["properties"]["encryption"]["requireInfrastructureEncryption"] is True


def test_deleted_blobs_and_containers_can_be_restored() -> None:
    """Both accounts keep what was deleted for seven days, as guardrail policies require."""
    for service in snapshot("default").of(f"{STORAGE}/blobServices"):
        assert service["properties"]["deleteRetentionPolicy"] == {"enabled": True, "days": 7}
        assert service["properties"]["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 7}


def test_publishing_by_password_is_disabled() -> None:
    """Neither FTP nor the deployment endpoint takes a password."""
    policies = snapshot("default").of(f"{SITE}/basicPublishingCredentialsPolicies")
    assert {one["name"].split("/")[1]: one["properties"] for one in policies} == {
        "ftp": {"allow": False},
        "scm": {"allow": False},
    }


def authentication() -> dict[str, Any]:
    return dict(snapshot("settings").one(f"{SITE}/config", "/authsettingsV2")["properties"])


def test_event_grid_needs_no_token() -> None:
    """Built-in authentication excludes the one path that Event Grid calls, in both spellings."""
    rules = authentication()["globalValidation"]
    assert rules["excludedPaths"] == ["/runtime/webhooks/eventgrid", "/runtime/webhooks/EventGrid"]
    assert rules["requireAuthentication"] is True


def test_tokens_are_accepted_from_named_applications_and_principals() -> None:
    """A token of another application or principal of the tenant is refused."""
    validation = authentication()["identityProviders"]["azureActiveDirectory"]["validation"]
    assert validation["defaultAuthorizationPolicy"] == {
        "allowedApplications": [
            "55555555-5555-4555-8555-555555555555",
            "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        ],
        "allowedPrincipals": {"identities": ["66666666-6666-4666-8666-666666666666"]},
    }
    assert not [one for one in snapshot("default").of(f"{SITE}/config") if "authsettings" in one["name"]]


def test_the_host_finds_its_storage_account_by_name() -> None:
    """With the blob endpoint alone the host may not start.

    https://github.com/Azure/azure-functions-host/issues/11787
    """
    assert "hostAccountName" in snapshot("default").app_settings()["AzureWebJobsStorage__accountName"]


@pytest.mark.parametrize("case", MAIN)
def test_site_settings_are_those_that_flex_consumption_takes(case: str) -> None:
    """Flex Consumption refuses site settings such as `ftpsState` in some regions (error 51021).

    https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
    """
    restrictions = {
        "ipSecurityRestrictions",
        "ipSecurityRestrictionsDefaultAction",
        "scmIpSecurityRestrictions",
        "scmIpSecurityRestrictionsDefaultAction",
        "scmIpSecurityRestrictionsUseMain",
    }
    expected = restrictions if case.startswith("private") else set()
    assert site(case)["siteConfig"].keys() == {"minTlsVersion"} | expected


def test_parts_of_the_site_are_written_one_after_the_other() -> None:
    """Azure at times refuses settings, authentication and publishing policies that are written at once.

    https://github.com/Azure/azure-dev/pull/3125
    """
    waits = re.findall(r"dependsOn: (\[.+\])", (INFRA / "modules/app.bicep").read_text())
    assert waits == ["[appSettings]", "[noFtpPasswords]", "[noDeploymentPasswords]"]


def open_to_the_internet(found: Snapshot) -> set[str]:
    """The types of resources with data that accept connections from any network."""
    kinds = [STORAGE, VAULT, TOPIC]
    resources = [one for kind in kinds for one in found.of(kind)]
    return {one["type"] for one in resources if one["properties"]["publicNetworkAccess"] != "Disabled"}


@pytest.mark.parametrize("case", ["private", "private-trial"])
def test_private_networking_closes_what_holds_data(case: str) -> None:
    """Storage, vault and outcome topic accept connections through private endpoints and from trusted services only."""
    found = snapshot(case)
    assert open_to_the_internet(found) == set()
    assert open_to_the_internet(snapshot("default")) == {STORAGE, VAULT, TOPIC}
    for one in [*found.of(STORAGE), *found.of(VAULT)]:
        assert one["properties"]["networkAcls"] == {"defaultAction": "Deny", "bypass": "AzureServices"}
    groups = [
        one["properties"]["privateLinkServiceConnections"][0]["properties"]["groupIds"]
        for one in found.of("Microsoft.Network/privateEndpoints")
    ]
    assert groups == [["blob"], ["blob"], ["vault"], ["topic"]]
    assert site(case)["virtualNetworkSubnetId"]
    assert found.outputs["EVENTS_IDENTITY_ID"] == ""


def test_a_zone_that_is_not_given_is_left_to_a_policy() -> None:
    """Records are created in the zones that are given; for the zone of Event Grid none is given here."""
    records = snapshot("private").of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")
    zones = [
        one["properties"]["privateDnsZoneConfigs"][0]["properties"]["privateDnsZoneId"].rpartition("/")[2]
        for one in records
    ]
    blob = "privatelink.blob.core.windows.net"
    assert zones == [blob, blob, "privatelink.vaultcore.azure.net"]


def test_a_trial_creates_network_and_zones() -> None:
    """Without subnets the deployment creates them, delegated as Flex Consumption needs it, and the three zones."""
    found = snapshot("private-trial")
    outbound, endpoints = found.one("Microsoft.Network/virtualNetworks")["properties"]["subnets"]
    assert outbound["properties"]["delegations"][0]["properties"]["serviceName"] == "Microsoft.App/environments"
    assert "delegations" not in endpoints["properties"]
    assert len(found.of("Microsoft.Network/privateDnsZones")) == 3
    assert len(found.of("Microsoft.Network/privateDnsZones/virtualNetworkLinks")) == 3
    assert len(found.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")) == 4
    assert snapshot("private").of("Microsoft.Network/virtualNetworks") == []


def test_inbound_traffic_is_restricted_to_event_grid_and_given_ranges() -> None:
    """All other addresses are refused, at the deployment endpoint too, where Event Grid has no business."""
    config = site("private")["siteConfig"]
    allowed = [one["ipAddress"] for one in config["ipSecurityRestrictions"]]
    assert allowed == ["AzureEventGrid", "203.0.113.0/24", "198.51.100.7/32"]
    assert config["ipSecurityRestrictions"][0]["tag"] == "ServiceTag"
    assert [one["ipAddress"] for one in config["scmIpSecurityRestrictions"]] == allowed[1:]
    assert config["ipSecurityRestrictionsDefaultAction"] == "Deny"
    assert config["scmIpSecurityRestrictionsDefaultAction"] == "Deny"
    assert site("private")["publicNetworkAccess"] == "Enabled"  # Event Grid cannot reach a private endpoint


def test_resources_of_the_organization_are_used() -> None:
    """Identity, workspace and action group that exist are used, and none is created beside them."""
    found = snapshot("own-resources")
    assert [one["name"] for one in found.of("Microsoft.ManagedIdentity/userAssignedIdentities")] == [
        "name-events-identity"
    ]
    assert not found.of("Microsoft.OperationalInsights/workspaces")
    assert not found.of("Microsoft.Insights/actionGroups")
    alerts = found.of("Microsoft.Insights/scheduledQueryRules")
    assert all(one["properties"]["actions"]["actionGroups"][0].endswith("/ag-oncall") for one in alerts)
    insights = found.one("Microsoft.Insights/components")["properties"]
    assert insights["WorkspaceResourceId"].endswith("/workspaces/log-central")


def test_names_and_tags_of_the_organization_are_used() -> None:
    """Every name of the parameter file is used, and every resource that can have tags has all of them."""
    found = snapshot("own-resources")
    given = re.findall(
        r"^  \w+: '(\w[\w-]+)'", (INFRA / "snapshots/own-resources.bicepparam").read_text(), re.MULTILINE
    )
    unused = {"name-app-identity", "name-workspace"}  # an identity and a workspace exist already
    names = {one["name"] for one in found.resources}
    assert set(given) - names == unused
    assert found.one("Microsoft.Resources/resourceGroups")["name"] == "clickhouse-automation"
    taggable = [one for one in found.resources if "location" in one or "tags" in one]
    assert len(taggable) > 10
    for one in taggable:
        assert {"costCenter": "1234", "owner": "network-team", "azd-env-name": "demo"}.items() <= one["tags"].items()


def test_purge_protection_is_a_parameter() -> None:
    """It is off by default, and then not set at all: Azure refuses `false`."""
    assert snapshot("own-resources").one(VAULT)["properties"]["enablePurgeProtection"] is True
    assert snapshot("default").one(VAULT)["properties"]["enablePurgeProtection"] is None


def test_logs_have_a_daily_quota() -> None:
    """A fault that floods the log costs a limited amount, unless the limit is removed."""
    kind = "Microsoft.OperationalInsights/workspaces"
    assert snapshot("default").one(kind)["properties"]["workspaceCapping"] == {"dailyQuotaGb": 5}
    assert snapshot("settings").one(kind)["properties"]["workspaceCapping"] == {"dailyQuotaGb": -1}


@pytest.mark.parametrize("name", ["main", "events"])
def test_the_commands_of_the_docs_name_the_required_parameters(name: str) -> None:
    """A deployment without azd sets every parameter that has no default."""
    text = (INFRA / f"{'without-azd' if name == 'main' else name}.bicepparam").read_text()
    required = {one for one, default in parameters(f"{name}.bicep").items() if default is None}
    assert required <= set(re.findall(r"^param (\w+)", text, re.MULTILINE))

"""The Bicep templates, as far as they can be judged without deploying them."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from shared.settings import Settings
from tests.support.bicep import CHECKER, INFRA, Expression, Template, files, needs_checker

pytestmark = needs_checker

FILES = [str(path.relative_to(INFRA)) for path in files()]
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
GIVEN = {"SYSTEM_TOPIC_IDS", "FAILED_DELIVERY_THRESHOLD"}
WAITING = {"FUNCTION_WAIT_SECONDS", "FUNCTION_PAUSE_SECONDS"}
ASKED = {"environmentName", "location", "clickhouseOrgId", "clickhouseApiKey", "clickhouseApiSecret"}


def app_settings() -> dict[str, Any]:
    """The app's settings as main.bicep puts them together, and those that app.bicep adds."""
    main, app = Template("main.bicep"), Template("modules/app.bicep")
    chosen = dict(main.value("var", "chosenSettings"))
    passed = main.value("module", "app")["params"]["settings"]
    given = [one for one in main.objects() if "REPORT_STORE" in one]
    assert passed.startswith("union(chosenSettings")
    added = [one for one in app.objects() if "AZURE_CLIENT_ID" in one]
    return chosen | given[-1] | added[-1]


def parameters() -> dict[str, tuple[str, str]]:
    """The variable and the default, `${NAME=default}`, that azd gives to each parameter of main.bicep."""
    told = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    found = {name: re.fullmatch(r"\$\{(\w+)(?:=(\w+))?\}", one["value"]) for name, one in told.items()}
    return {name: (one[1], one[2] or "") for name, one in found.items() if one}


def test_the_checker_finds_nothing() -> None:
    """Every template parses, and every resource body is of the type that Azure published."""
    command = [sys.executable, str(CHECKER), str(INFRA)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert told.returncode == 0, told.stdout
    assert told.stdout.rstrip().endswith("0 errors, 0 warnings"), told.stdout


def test_every_setting_of_the_app_is_set() -> None:
    """No setting is left to be made by hand, and none is set that nobody reads."""
    assert set(app_settings()) == SETTINGS | PLATFORM


def test_azd_passes_every_parameter_under_the_name_of_its_setting() -> None:
    """`azd env set NAME value` works for every parameter, with the setting's own name where there is one."""
    main = Template("main.bicep")
    assert set(parameters()) == set(main.names("param"))
    for setting, source in app_settings().items():
        if source in parameters():
            assert parameters()[source][0] == setting


def test_azd_asks_for_five_values_and_no_more() -> None:
    """What has no default is asked for; every default is Bicep's own."""
    main = Template("main.bicep")
    assert {name for name in main.names("param") if not main.has_default(name)} == ASKED
    for name in set(main.names("param")) - ASKED:
        default = main.value("param", name)
        assert parameters()[name][1] == (json.dumps(default) if default != "" else ""), name


@pytest.mark.parametrize("name", ["main.bicep", "events.bicep"])
def test_every_parameter_that_people_see_explains_itself(name: str) -> None:
    """Every parameter of the two templates has a description."""
    template = Template(name)
    assert all(template.described(one) for one in template.names("param"))


def test_the_second_phase_takes_what_the_first_one_tells() -> None:
    """events.bicepparam and the hooks read what azd sets, what main.bicep puts out, and two optional values."""
    known = {*Template("main.bicep").names("output"), *AZD, *GIVEN}
    asked = (INFRA / "events.bicepparam").read_text()
    assert set(re.findall(r"readEnvironmentVariable\('(\w+)'", asked)) <= known
    assert set(re.findall(r"^param (\w+)", asked, re.MULTILINE)) == set(
        Template("events.bicep").names("param")
    )
    for hook in sorted((INFRA / "hooks").iterdir()):
        read = set(re.findall(r"(?:\$env:|\$\{?)([A-Z]+(?:_[A-Z]+)+)", hook.read_text()))
        assert read <= known | WAITING | {"WAIT_SECONDS", "PAUSE_SECONDS", "FUNCTION_APP_ID"}, hook.name


@pytest.mark.parametrize("name", FILES)
def test_a_secret_goes_into_the_vault_and_nowhere_else(name: str) -> None:
    """Nothing secret is put out or set, and no template asks Azure for a key."""
    template = Template(name)
    for secret in template.secure():
        users = {of for of, text in template.statements().items() if re.search(rf"\b{secret}\b", text)}
        allowed = {("param", secret), ("module", "vault"), ("resource", "secret")}
        assert users <= allowed, f"{secret} is used by {users - allowed}"
    calls = {call.split(".")[-1] for call in template.calls()}
    assert not {call for call in calls if call.startswith(("list", "getSecret"))}


def test_the_app_is_given_a_reference_instead_of_the_secret() -> None:
    """CLICKHOUSE_CLOUD_API_SECRET is a Key Vault reference without a version, so that it can be rotated."""
    assert app_settings()["CLICKHOUSE_CLOUD_API_SECRET"] == "vault.outputs.secretReference"
    reference = Template("modules/vault.bicep").value("output", "secretReference")
    assert reference.startswith("'@Microsoft.KeyVault(SecretUri=")
    assert reference.endswith("secrets/${secretName}/)'")
    assert Template("modules/vault.bicep").secure() == ["apiSecret"]
    assert Template("main.bicep").secure() == ["clickhouseApiSecret"]


@pytest.mark.parametrize(
    ("name", "resource", "path", "wanted"),
    [
        ("storage", "host", "properties", "properties"),
        ("storage", "data", "properties", "properties"),
        ("monitoring", "insights", "properties.DisableLocalAuth", True),
        ("monitoring", "workspace", "properties.features.disableLocalAuth", True),
        ("outcomes", "topic", "properties.disableLocalAuth", True),
        ("vault", "vault", "properties.enableRbacAuthorization", True),
        ("app", "app", "properties.httpsOnly", True),
        ("app", "app", "properties.functionAppConfig.runtime.version", "3.13"),
        ("app", "plan", "sku.tier", "FlexConsumption"),
    ],
)
def test_keys_and_passwords_are_switched_off(name: str, resource: str, path: str, wanted: object) -> None:
    """What could be reached by a key is reached by an identity only."""
    found = Template(f"modules/{name}.bicep").value("resource", resource)
    for part in path.split("."):
        found = found[part]
    assert found == wanted


def test_storage_takes_no_shared_keys() -> None:
    """Neither account takes shared keys or anonymous readers, over anything but TLS 1.2."""
    properties = Template("modules/storage.bicep").value("var", "properties")
    assert properties["allowSharedKeyAccess"] is False
    assert properties["allowBlobPublicAccess"] is False
    assert properties["minimumTlsVersion"] == "TLS1_2"


def test_publishing_by_password_is_off() -> None:
    """Neither FTP nor the deployment endpoint takes a password."""
    policies = [one for one in Template("modules/app.bicep").objects() if one.get("name") in ("ftp", "scm")]
    assert [one["properties"] for one in policies] == [{"allow": False}, {"allow": False}]


def test_event_grid_still_gets_in_where_people_need_a_token() -> None:
    """Built-in authentication leaves out the one path that Event Grid calls, in both spellings, and nothing else."""
    rules = [one for one in Template("modules/app.bicep").objects() if "excludedPaths" in one]
    assert rules[0]["excludedPaths"] == ["/runtime/webhooks/eventgrid", "/runtime/webhooks/EventGrid"]
    assert rules[0]["requireAuthentication"] is True


def test_the_host_finds_its_storage_account_by_name() -> None:
    """The host's account is set by name besides its blob endpoint, without which it may not start.

    https://github.com/Azure/azure-functions-host/issues/11787
    """
    assert app_settings()["AzureWebJobsStorage__accountName"] == "hostAccountName"
    passed = Template("main.bicep").value("module", "app")["params"]["hostAccountName"]
    assert passed == "storage.outputs.hostAccountName"
    assert Template("modules/storage.bicep").value("output", "hostAccountName") == "host.name"


def test_site_settings_are_those_that_flex_consumption_takes() -> None:
    """Flex Consumption refuses site settings such as `ftpsState` in some regions (error 51021).

    https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
    """
    site = Template("modules/app.bicep").value("resource", "app")["properties"]["siteConfig"]
    assert site == {"minTlsVersion": "1.2"}


def test_parts_of_the_site_are_written_one_after_the_other() -> None:
    """Azure at times refuses settings, authentication and publishing policies that are written at once.

    https://github.com/Azure/azure-dev/pull/3125
    """
    waits = [one["dependsOn"] for one in Template("modules/app.bicep").objects() if "dependsOn" in one]
    assert waits == [["appSettings"], ["noFtpPasswords"], ["noDeploymentPasswords"]]


def test_no_template_needs_a_registry() -> None:
    """Every module is a file of this repository."""
    for path in files():
        for module in re.findall(r"^module \w+ '([^']+)'", path.read_text(), re.MULTILINE):
            assert (path.parent / module).is_file(), f"{path.name}: {module}"


def test_expressions_are_not_taken_for_literals() -> None:
    """What the tests here compare are literals: an expression is told apart."""
    chosen = Template("main.bicep").value("var", "chosenSettings")
    assert isinstance(chosen["OWNER_ID"], Expression)
    assert not isinstance(Template("modules/app.bicep").value("resource", "plan")["sku"]["name"], Expression)


def test_the_commands_of_the_readme_name_parameters_that_there_are() -> None:
    """Who deploys without azd is told every parameter that has no default, under its name."""
    text = (INFRA / "README.md").read_text()
    for name in ("main", "events"):
        command = re.search(rf"--template-file infra/{name}\.bicep(?:.|\\\n)*?(?=\n\n|\n    az )", text)
        assert command
        told = set(re.findall(r"(\w+)=<", command[0]))
        template = Template(f"{name}.bicep")
        assert told == {one for one in template.names("param") if not template.has_default(one)}
    variables = {variable for variable, _ in parameters().values()} | GIVEN
    assert set(re.findall(r"azd env set (\w+)", text)) <= variables

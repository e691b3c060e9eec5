"""The Terraform module, as far as it can be tested without its providers."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.settings import Settings
from tests.support.snapshots import cases, snapshot
from tests.support.snapshots import parameters as bicep_parameters
from tests.support.terraform_module import TERRAFORM, blocks, files, known_paths, paths, references, resources
from tools.templates import files as bicep_files

PROGRAM = shutil.which("terraform")
needs_terraform = pytest.mark.skipif(PROGRAM is None, reason="terraform is not installed")
SETTINGS = {name.upper() for name in Settings.model_fields}
A, B = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"


def terraform(folder: Path, *arguments: str) -> str:
    assert PROGRAM
    command = [PROGRAM, f"-chdir={folder}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- as installed
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def types_of(text: str) -> set[str]:
    return set(re.findall(r"Microsoft\.[\w./]+@[\w-]+", text))


@needs_terraform
def test_every_file_is_formatted() -> None:
    """`terraform fmt -check` has nothing to change."""
    assert terraform(TERRAFORM, "fmt", "-check", "-recursive") == ""


def test_every_file_parses_and_every_variable_explains_itself() -> None:
    """A parser of HCL reads every file; every variable of the module has a description and a type."""
    assert len(files()) > 5
    for block in blocks("variable"):
        for name, one in block.items():
            assert one["description"], name
            assert one["type"], name


def test_every_variable_is_used() -> None:
    """Every declared variable is used, and every used variable is declared."""
    declared = {name for block in blocks("variable") for name in block}
    assert set().union(*(references(path.read_text()) for path in TERRAFORM.glob("*.tf"))) == declared


def test_it_has_the_resources_of_the_templates() -> None:
    """Both create resources of the same types in the same API versions."""
    bicep = {f"{one['type']}@{one['apiVersion']}" for case in cases() for one in snapshot(case.stem).resources}
    own = {one for path in TERRAFORM.glob("*.tf") for one in types_of(path.read_text())}
    assert own == bicep


@pytest.mark.parametrize("name", sorted(resources()))
def test_a_body_has_the_properties_of_the_templates(name: str) -> None:
    """Every property of a body is one that the Bicep templates set, which the compiler checks against Azure's types."""
    resource = resources()[name]
    bodies = [resource.get("body", {}), resource.get("sensitive_body", {})]
    used = {path for body in bodies for path in paths(body)}
    assert used <= known_paths()[resource["type"]]


def test_a_wrong_property_is_noticed() -> None:
    """A property that no template sets is not among the known ones."""
    known = known_paths()[resources()["vault"]["type"]]
    assert ".properties.enableSoftDelete" in known
    assert ".properties.enabledForDeployment" not in known


def test_it_has_the_inputs_of_the_templates() -> None:
    """Every parameter of the Bicep templates is a variable of the module, or a setting of `settings`."""
    named = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", one).lower() for one in bicep_parameters("main.bicep")}
    variables = {name for block in blocks("variable") for name in block}
    renamed = {
        "environment_name": "name",
        "resource_tags": "tags",
        "log_daily_quota_gb": "log_daily_quota_gb",
    }
    missing = {renamed.get(one, one) for one in named} - variables
    assert {one for one in missing if one.upper() not in SETTINGS} == set()


def test_events_are_filtered_retried_and_kept_as_in_the_templates() -> None:
    """Filter, batches, retries and dead-letter container are those of delivery.bicep."""
    ours = resources()["delivery"]["body"]["properties"]
    theirs = snapshot("events").one("Microsoft.EventGrid/systemTopics/eventSubscriptions")["properties"]
    assert ours["filter"] == theirs["filter"]
    assert ours["retryPolicy"] == theirs["retryPolicy"]
    for size in ("maxEventsPerBatch", "preferredBatchSizeInKilobytes"):
        assert ours["destination"]["properties"][size] == theirs["destination"]["properties"][size]


def test_the_filter_is_the_list_that_function_and_preflight_go_by() -> None:
    """Types and operations of the event subscription are those of shared/domain/model/event_filter.py, all of them."""
    rules = resources()["delivery"]["body"]["properties"]["filter"]
    assert {one.lower() for one in rules["includedEventTypes"]} == EVENT_TYPES
    operations = [one["values"] for one in rules["advancedFilters"] if one["key"] == "data.operationName"]
    assert [{one.lower() for one in values} for values in operations] == [OPERATIONS]


def test_deliveries_are_watched_as_in_the_templates() -> None:
    """The alerts on deliveries are those of delivery-alerts.bicep, for every monitored subscription."""
    ours = resources()["delivery_alert"]["body"]["properties"]
    theirs = snapshot("events").of("Microsoft.Insights/metricAlerts")[0]["properties"]
    assert ours.keys() == theirs.keys()
    for same in ("enabled", "evaluationFrequency", "autoMitigate"):
        assert ours[same] == theirs[same]
    (one,), (other,) = ours["criteria"]["allOf"], theirs["criteria"]["allOf"]
    assert one.keys() == other.keys()
    for same in ("criterionType", "metricNamespace", "timeAggregation", "operator"):
        assert one[same] == other[same]
    assert "var.failed_delivery_threshold" in one["threshold"]
    assert "local.subscribed" in resources()["delivery_alert"]["for_each"]
    assert one["dimensions"][0]["name"] == "EventSubscriptionName"


def test_no_apply_deletes_the_event_subscription_by_itself() -> None:
    """subscribe has no default: an apply without it would delete the event subscription."""
    for folder in (TERRAFORM, TERRAFORM / "examples" / "complete"):
        declared = {name: one for block in blocks("variable", folder) for name, one in block.items()}
        assert "default" not in declared["subscribe"]


def test_the_secret_is_written_only() -> None:
    """The API secret is used for nothing but the write-only body of the vault's secret."""
    used = [
        (path.name, line.strip())
        for path in TERRAFORM.glob("*.tf")
        for line in path.read_text().splitlines()
        if re.search(r"var\.clickhouse_api_secret\b", line)
    ]
    assert [(name, re.sub(r" +", " ", line)) for name, line in used] == [
        ("services.tf", "sensitive_body = { properties = { value = var.clickhouse_api_secret } }")
    ]
    declared = {name: one for block in blocks("variable") for name, one in block.items()}
    assert declared["clickhouse_api_secret"]["ephemeral"] is True
    assert not any("secret" in json.dumps(block) for block in blocks("output"))


def test_keys_and_passwords_are_switched_off() -> None:
    """Storage, topic, telemetry and vault are reached by identities only."""
    text = "".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    for wanted in (r"allowSharedKeyAccess +\= false", r"disableLocalAuth +\= true", r"DisableLocalAuth +\= true",
                   r"enableRbacAuthorization +\= true", r"allow = false", r'version = "3\.13"'):  # fmt: skip
        assert re.search(wanted, text), wanted


def test_only_settings_that_the_app_knows_are_set() -> None:
    """The settings that the module sets by itself are settings of the app; all others go through `settings`."""
    text = (TERRAFORM / "app.tf").read_text().split("resource ", 1)[0]
    named = set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\s+=", text)) | {"OUTCOME_TOPIC_ENDPOINT"}
    platform = {name for name in named if name.startswith(("APPLICATIONINSIGHTS_", "AZURE_CLIENT"))}
    assert named - platform <= SETTINGS
    required = {name.upper() for name, one in Settings.model_fields.items() if one.is_required()}
    assert required <= named


def test_the_site_is_made_as_in_the_templates() -> None:
    """Host storage by name, no site setting that Flex Consumption refuses, and parts of the site one by one."""
    text = (TERRAFORM / "app.tf").read_text()
    assert re.search(r'AzureWebJobsStorage__accountName +\= azapi_resource\.storage\["host"\]\.name', text)
    site = resources()["app"]["body"]["properties"]["siteConfig"]
    assert set(re.findall(r"^ *(\w+) +=", site, re.MULTILINE)) <= {"minTlsVersion", "appSettings"}
    waits = {name: resources()[name]["depends_on"] for name in ("no_deployment_passwords", "authentication")}
    assert waits == {
        "no_deployment_passwords": ["${azapi_update_resource.no_ftp_passwords}"],
        "authentication": ["${azapi_update_resource.no_deployment_passwords}"],
    }


def test_a_destroy_deletes_no_secret_by_itself() -> None:
    """Azure Resource Manager refuses to delete secrets, so the secret is not a resource of Terraform.

    https://github.com/Azure/terraform-provider-azapi/issues/879
    """
    kinds = {kind for block in blocks("resource") for kind, named in block.items() if "secret" in named}
    assert kinds == {"azapi_resource_action"}
    for folder in (TERRAFORM, TERRAFORM / "examples" / "complete"):
        versions = [one["required_providers"][0]["azapi"]["version"] for one in blocks("terraform", folder)]
        assert versions == [">= 2.11, < 3.0"]  # actions take a sensitive_body since 2.11


def test_assignments_follow_their_principal() -> None:
    """A re-created identity gets new assignments, and an error of Azure's replication is retried."""
    assignments = [one for one in resources().values() if one["type"].startswith("Microsoft.Authorization/roleAss")]
    assert len(assignments) == 3
    for one in assignments:
        assert "principals" in one["name"]
        assert "error_message_regex" in one["retry"]


def test_built_in_roles_are_those_of_the_templates() -> None:
    """Both give the same built-in roles."""
    pattern = r"'?\"?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\"?'? (?://|#) ([\w ]+)"
    bicep = {one for path in bicep_files() for one in re.findall(pattern, path.read_text())}
    own = {one for path in TERRAFORM.glob("*.tf") for one in re.findall(pattern, path.read_text())}
    assert own == bicep


@needs_terraform
def test_each_role_is_given_where_it_is_asked_for_and_nowhere_else(tmp_path: Path) -> None:
    """By Terraform itself: one definition in each subscription, one assignment on each scope, none twice."""
    granted = {
        "endpoints": [f"/subscriptions/{A}", f"/subscriptions/{A.upper()}/resourceGroups/RG1/"],
        "records": [f"/subscriptions/{A}/resourceGroups/zones", f" /subscriptions/{B}/resourceGroups/Zones"],
        "zones": [],
    }
    (tmp_path / "main.tf").write_text(
        f'module "scopes" {{\n  source = "./scopes"\n  granted = {json.dumps(granted)}\n}}\n'
        'output "definitions" { value = module.scopes.definitions }\n'
        'output "assignments" { value = module.scopes.assignments }\n'
    )
    shutil.copytree(TERRAFORM / "scopes", tmp_path / "scopes")
    terraform(tmp_path, "init", "-input=false")
    terraform(tmp_path, "apply", "-auto-approve", "-input=false")
    output = json.loads(terraform(tmp_path, "output", "-json"))
    assert set(output["definitions"]["value"]) == {f"endpoints/{A}", f"records/{A}", f"records/{B}"}
    scopes = sorted((one["definition"], one["scope"]) for one in output["assignments"]["value"].values())
    assert scopes == [
        (f"endpoints/{A}", f"/subscriptions/{A}"),
        (f"records/{A}", f"/subscriptions/{A}/resourcegroups/zones"),
        (f"records/{B}", f"/subscriptions/{B}/resourcegroups/zones"),
    ]

"""The Terraform module, as far as it can be judged without its providers."""

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.settings import Settings
from tests.support.bicep import INFRA, Template, needs_checker
from tests.support.bicep import files as bicep_files
from tests.support.terraform_module import TERRAFORM, AzureTypes, blocks, files, references, resources

PROGRAM = shutil.which("terraform")
needs_terraform = pytest.mark.skipif(PROGRAM is None, reason="terraform is not installed")
SETTINGS = {name.upper() for name in Settings.model_fields}
A, B = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"


def terraform(folder: Path, *arguments: str) -> str:
    assert PROGRAM
    command = [PROGRAM, f"-chdir={folder}", *arguments]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- as installed
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


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
    """No input is asked for in vain, and none is used that is not declared."""
    declared = {name for block in blocks("variable") for name in block}
    assert set().union(*(references(path.read_text()) for path in TERRAFORM.glob("*.tf"))) == declared


@needs_checker
def test_it_has_the_resources_of_the_templates() -> None:
    """Both make resources of the same types in the same API versions."""
    bicep = {one for path in bicep_files() for one in types_of(path.read_text())}
    own = {one for path in TERRAFORM.glob("*.tf") for one in types_of(path.read_text())}
    # Bicep nests what Terraform names in full.
    nested = {"Microsoft.Storage/storageAccounts/", "Microsoft.Web/sites/"}
    assert {one for one in own if not one.startswith(tuple(nested))} == bicep


@needs_checker
@pytest.mark.parametrize("name", sorted(resources()))
def test_a_body_is_of_the_type_that_azure_published(name: str) -> None:
    """Every body has the properties that its type asks for, and none that it has not."""
    assert AzureTypes().faults(resources()[name]) == []


@needs_checker
def test_a_wrong_body_is_noticed() -> None:
    """A property that Azure does not know, a value of another kind and a missing one are each told."""
    types, vault = AzureTypes(), resources()["vault"]
    for change in ({"unheardOf": True}, {"enableSoftDelete": "yes"}, {"sku": {"family": "A"}}):
        wrong: dict[str, Any] = copy.deepcopy(vault)
        wrong["body"]["properties"] |= change
        assert len(types.faults(wrong)) == 1, change


@needs_checker
def test_events_are_filtered_tried_and_kept_as_in_the_templates() -> None:
    """Filter, batches, retries and dead-letter container are those of delivery.bicep."""
    ours = resources()["delivery"]["body"]["properties"]
    theirs = Template("modules/delivery.bicep").value("resource", "delivery")["properties"]
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


@needs_checker
def test_deliveries_are_watched_as_in_the_templates() -> None:
    """The alerts on deliveries are those of delivery-alerts.bicep, for every monitored subscription."""
    ours = resources()["delivery_alert"]["body"]["properties"]
    theirs = Template("modules/delivery-alerts.bicep").value("resource", "alerts")["properties"]
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
    """Whether to subscribe has no default: forgotten at a later apply, it would delete the event subscription."""
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
    assert used == [
        ("services.tf", "sensitive_body         = { properties = { value = var.clickhouse_api_secret } }")
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
    """Host storage by name as well, no site setting that Flex Consumption refuses, and one write after the other."""
    text = (TERRAFORM / "app.tf").read_text()
    assert re.search(r'AzureWebJobsStorage__accountName +\= azapi_resource\.storage\["host"\]\.name', text)
    site = resources()["app"]["body"]["properties"]["siteConfig"]
    assert site.keys() == {"minTlsVersion", "appSettings"}
    waits = {name: resources()[name]["depends_on"] for name in ("no_deployment_passwords", "authentication")}
    assert waits == {
        "no_deployment_passwords": ["${azapi_update_resource.no_ftp_passwords}"],
        "authentication": ["${azapi_update_resource.no_deployment_passwords}"],
    }


def test_built_in_roles_are_those_of_the_templates() -> None:
    """Both give the same built-in roles."""
    pattern = r"'?\"?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\"?'? (?://|#) ([\w ]+)"
    bicep = {one for path in INFRA.rglob("*.bicep") for one in re.findall(pattern, path.read_text())}
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
    told = json.loads(terraform(tmp_path, "output", "-json"))
    assert set(told["definitions"]["value"]) == {f"endpoints/{A}", f"records/{A}", f"records/{B}"}
    scopes = sorted((one["definition"], one["scope"]) for one in told["assignments"]["value"].values())
    assert scopes == [
        (f"endpoints/{A}", f"/subscriptions/{A}"),
        (f"records/{A}", f"/subscriptions/{A}/resourcegroups/zones"),
        (f"records/{B}", f"/subscriptions/{B}/resourcegroups/zones"),
    ]

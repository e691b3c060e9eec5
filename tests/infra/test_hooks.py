"""The azd hooks, run with an Azure CLI that only pretends."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.snapshots import INFRA, snapshot

HOOKS = INFRA / "hooks"
HOME, OTHER = "11111111-1111-1111-1111-111111111111", "33333333-3333-3333-3333-333333333333"
TOKEN = "token"
FUNCTION_APP = f"/subscriptions/{HOME}/resourceGroups/rg-demo/providers/Microsoft.Web/sites/func-demo"
TOPICS = "providers/Microsoft.EventGrid/systemTopics"
THEIRS = f"/subscriptions/{OTHER}/resourceGroups/rg-theirs/{TOPICS}/theirs"
OURS = f"/subscriptions/{OTHER}/resourceGroups/rg-demo-events/{TOPICS}/evst-subscription-{TOKEN}"
AT_HOME = f"/subscriptions/{HOME}/resourceGroups/rg-demo/{TOPICS}/evst-subscription-{TOKEN}"
GROUP = f"/subscriptions/{OTHER}/resourceGroups/rg-demo-events"
ALERT = f"{GROUP}/providers/microsoft.insights/metricalerts/clickhouse-privatelink-DeadLetteredCount-{TOKEN}"
MINE = f"clickhouse-privatelink-{TOKEN}"
ROLES = "providers/Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"


def grant(role: str, title: str, subscription: str, *scopes: str) -> dict[str, Any]:
    name = f"clickhouse-privatelink {title}, demo ({TOKEN}, {subscription[:8]})"
    return {"role": role, "title": name, "subscription": subscription, "scopes": list(scopes)}


GRANTS = [
    grant("endpoints", "endpoint reader", HOME, f"/subscriptions/{HOME}"),
    grant("endpoints", "endpoint reader", OTHER, f"/subscriptions/{OTHER}/resourcegroups/rg-app"),
]
GIVEN = {
    "FUNCTION_APP_ID": FUNCTION_APP,
    "AZURE_ENV_NAME": "demo",
    "AZURE_LOCATION": "westus3",
    "AZURE_SUBSCRIPTION_ID": HOME,
    "AZURE_RESOURCE_GROUP": "rg-demo",
    "EVENTS_IDENTITY_ID": "/identity",
    "DEAD_LETTER_STORAGE_ID": "/storage",
    "WORKSPACE_ID": "/workspace",
    "MONITORED_SCOPES": f"/subscriptions/{HOME},/subscriptions/{OTHER}/resourcegroups/rg-app",
    "DEPLOYMENT_TOKEN": TOKEN,
    "APP_IDENTITY_PRINCIPAL_ID": "principal",
    "ROLE_GRANTS": json.dumps(GRANTS),
    "OWN_ROLE_ASSIGNMENTS": json.dumps([{"role": "Key Vault Secrets User", "principalId": "p", "scope": "/vault"}]),
    "ROLE_ASSIGNMENTS_CREATED": "all",
    "FUNCTION_WAIT_SECONDS": "2",
    "FUNCTION_PAUSE_SECONDS": "1",
}
# Writes its arguments to `calls`. Each rule of `rules.json` is a pattern, how often it fails first, and an answer; the
# first one that matches the arguments, with the body of the request behind them, applies.
AZ = """#!{python}
import json, pathlib, re, sys
folder = pathlib.Path({folder!r})
call = " ".join(sys.argv[1:])
call = re.sub(r"--body @(\\S+)", lambda found: pathlib.Path(found[1]).read_text(), call)
with (folder / "calls").open("a") as calls:
    calls.write(call + "\\n")
file = folder / "rules.json"
rules = json.loads(file.read_text()) if file.exists() else []
for rule in rules:
    if re.search(rule["pattern"], call):
        if rule["failures"]:
            rule["failures"] -= 1
            file.write_text(json.dumps(rules))
            sys.exit("Azure refuses: " + rule["error"])
        print(json.dumps(rule["answer"]))
        break
"""


class Az:
    """The Azure CLI that the hooks find, in a copy of the project."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rules = folder, list[dict[str, Any]]()
        program = folder / "az"
        program.write_text(AZ.format(python=sys.executable, folder=str(folder)))
        program.chmod(0o755)
        self.project = folder / "project"
        shutil.copytree(HOOKS, self.project / "infra" / "hooks")
        shutil.copy(INFRA / "roles.json", self.project / "infra")

    def when(self, pattern: str, answer: Any = None, *, failures: int = 0, error: str = "no") -> None:
        """What it answers to calls that match, and how often it fails before that."""
        self.rules.append({"pattern": pattern, "answer": answer, "failures": failures, "error": error})
        (self.folder / "rules.json").write_text(json.dumps(self.rules))

    def calls(self, pattern: str = "") -> list[str]:
        noted = self.folder / "calls"
        calls = noted.read_text().splitlines() if noted.exists() else []
        return [call for call in calls if re.search(pattern, call)]

    def deleted(self) -> list[str]:
        """The ids that were deleted, in their order."""
        return [re.split(r"--url |\?", call)[1] for call in self.calls("--method delete")]

    def run(self, hook: str, **changed: str | None) -> subprocess.CompletedProcess[str]:
        given: Mapping[str, str | None] = {"PATH": f"{self.folder}:{os.environ['PATH']}", **GIVEN, **changed}
        environment = {name: value for name, value in given.items() if value is not None}
        folder = self.project / "infra" / "hooks"
        command = [sys.executable, "-B", str(folder / f"{hook}.py")]
        return subprocess.run(  # noqa: S603 -- our own
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )


@pytest.fixture
def az(tmp_path: Path) -> Az:
    return Az(tmp_path)


def deployed(az: Az) -> Az:
    """The function and its secret are there."""
    az.when("get --url .*/functions/endpoint_changed", {})
    az.when("get --url .*CLICKHOUSE_CLOUD_API_SECRET", {"properties": {"status": "Resolved"}})
    az.when("appsettings/list", {"properties": {"AzureWebJobsStorage__accountName": "x"}})
    return az


def world(az: Az, *, topics: Mapping[str, list[str]], tag: str = "demo", inside: list[str] | None = None) -> Az:
    """What Azure has: event subscriptions by topic, two roles with an assignment each, alerts, resource groups."""

    def rows(*found: Mapping[str, Any]) -> dict[str, Any]:
        return {"data": list(found)}

    az.when("microsoft.eventgrid/systemtopics", rows(*({"id": topic} for topic in topics)))
    az.when("metricalerts", rows({"id": ALERT}))
    other_group = {"id": GROUP, "tags": {"azd-env-name": tag}}
    home_group = {
        "id": f"/subscriptions/{HOME}/resourceGroups/rg-demo-events",
        "tags": {"azd-env-name": "demo"},
    }
    az.when("resourcecontainers", rows(other_group, home_group))
    definitions = [
        {"id": f"/{ROLES}/role-{at[:1]}", "name": one["title"], "scopes": [f"/subscriptions/{at}"]}
        for one, at in zip(GRANTS, (HOME, OTHER), strict=True)
    ]
    az.when("roledefinitions'", rows(*definitions))
    own = {
        "id": f"/subscriptions/{HOME}/{ASSIGNMENTS}/1",
        "scope": f"/subscriptions/{HOME}",
        "role": f"/subscriptions/{HOME}/{ROLES}/ROLE-1",
    }
    other = {
        "id": f"/subscriptions/{OTHER}/resourceGroups/rg-app/{ASSIGNMENTS}/2",
        "scope": f"/subscriptions/{OTHER}/resourceGroups/rg-app",
        "role": f"/subscriptions/{OTHER}/{ROLES}/role-3",
    }
    foreign = {**other, "id": "/foreign", "role": f"/{ROLES}/of-another-role"}
    az.when("roleassignments'", rows(own, other, foreign))
    for topic, names in topics.items():
        value = [{"name": name, "id": f"{topic}/eventSubscriptions/{name}"} for name in names]
        az.when(f"get --url {topic}/eventSubscriptions\\?", {"value": value})
    az.when(f"get --url {GROUP}/resources", {"value": [{"name": name} for name in inside or []]})
    return az


def test_events_are_deployed_once_the_function_exists(az: Az) -> None:
    """The hook waits for the function, and then deploys phase 2 with the values of the environment."""
    done = deployed(az).run("postdeploy")
    assert done.returncode == 0, done.stderr
    (deployment,) = az.calls("^deployment")
    assert "--name events-token --location westus3" in deployment
    assert deployment.split("--parameters ")[1].split()[0].endswith("/infra/events.bicepparam")
    assert GIVEN["MONITORED_SCOPES"] in done.stdout
    assert "WARNING" not in done.stdout


def test_triggers_are_synced_until_azure_lists_the_function(az: Az) -> None:
    """Azure lists no function of Flex Consumption before its triggers are synced; a refused sync is not fatal.

    https://github.com/Azure/azure-functions-host/issues/10169
    """
    az.when("get --url .*/functions/endpoint_changed", {}, failures=2)
    az.when("host/default/sync", failures=9)
    done = deployed(az).run("postdeploy")
    assert done.returncode == 0, done.stderr
    assert len(az.calls(f"post --url {FUNCTION_APP}/host/default/sync")) == 2
    assert az.calls("^deployment")


def test_a_function_that_does_not_appear_is_reported(az: Az) -> None:
    """After its time the hook reports what is missing, Azure's answer, what works, and what to do."""
    az.when("functions/endpoint_changed", failures=99)
    done = az.run("postdeploy")
    assert done.returncode == 1
    assert not az.calls("^deployment")
    for part in (
        "does not list the function",
        "Azure refuses: no",
        "do not need this",
        "azd hooks run postdeploy",
    ):
        assert part in done.stderr


def test_events_wait_until_the_app_can_read_the_secret(az: Az) -> None:
    """Rights take minutes to spread: the reference to the vault is refreshed until it is resolved."""
    az.when("get --url .*CLICKHOUSE_CLOUD_API_SECRET", {"properties": {"status": "Resolved"}}, failures=2)
    done = deployed(az).run("postdeploy")
    assert done.returncode == 0, done.stderr
    assert len(az.calls("post --url .*/configreferences/appsettings/refresh")) == 2
    assert az.calls("^deployment")


def test_a_secret_that_is_never_resolved_is_reported(az: Az) -> None:
    """Events are subscribed all the same, because Event Grid retries them for a day."""
    az.when("CLICKHOUSE_CLOUD_API_SECRET", {"properties": {"status": "AccessToKeyVaultDenied"}})
    done = deployed(az).run("postdeploy")
    assert done.returncode == 0, done.stderr
    assert "cannot read the API secret" in done.stdout
    assert az.calls("^deployment")


def test_a_storage_key_in_the_settings_is_reported(az: Az) -> None:
    """Some tools add a connection string, which the host uses instead of its identity.

    https://github.com/Azure/azure-functions-host/issues/11796
    """
    az.when("appsettings/list", {"properties": {"AzureWebJobsStorage": "DefaultEndpointsProtocol=https"}})
    assert "WARNING: the function app has a setting AzureWebJobsStorage" in deployed(az).run("postdeploy").stdout


@pytest.mark.parametrize(("failures", "code"), [(4, 0), (5, 1)])
def test_phase_two_is_tried_five_times(az: Az, failures: int, code: int) -> None:
    """Azure may list a function before it answers the validation of Event Grid; the last error is reported."""
    az.when("^deployment", failures=failures, error="SystemTopicExists")
    done = deployed(az).run("postdeploy", FUNCTION_PAUSE_SECONDS="0")
    assert done.returncode == code, done.stderr
    assert len(az.calls("^deployment")) == 5
    assert ("SYSTEM_TOPIC_IDS" in done.stderr) == ("SystemTopicExists" in done.stderr) == bool(code)


@pytest.mark.parametrize("hook", ["postprovision", "postdeploy", "predown"])
def test_a_missing_sign_in_is_reported(az: Az, hook: str) -> None:
    """Without access to the subscription nothing is waited for, changed or listed."""
    az.when("^account", failures=1)
    done = az.run(hook)
    assert done.returncode == 1
    assert "az login" in done.stderr
    assert len(az.calls()) == 1


REQUIRED = {
    "postprovision": ["AZURE_SUBSCRIPTION_ID", "ROLE_ASSIGNMENTS_CREATED"],
    "postdeploy": [
        "AZURE_ENV_NAME",
        "AZURE_LOCATION",
        "AZURE_SUBSCRIPTION_ID",
        "DEAD_LETTER_STORAGE_ID",
        "DEPLOYMENT_TOKEN",
        "FUNCTION_APP_ID",
        "MONITORED_SCOPES",
        "WORKSPACE_ID",
    ],
    "predown": ["AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID"],
    "postdown": ["AZURE_ENV_NAME"],
}


@pytest.mark.parametrize(("hook", "name"), [(hook, name) for hook, names in REQUIRED.items() for name in names])
def test_a_missing_value_is_named(az: Az, hook: str, name: str) -> None:
    """Without a value that it needs, a hook names it and calls nothing."""
    done = az.run(hook, **{name: None})
    assert done.returncode == 1
    assert f"{name}: not set" in done.stderr
    assert az.calls() == []


ALL_OF_IT = [
    f"{OURS}/eventSubscriptions/{MINE}",
    f"{THEIRS}/eventSubscriptions/{MINE}",
    ALERT,
    OURS,
    GROUP,
    f"/subscriptions/{HOME}/{ASSIGNMENTS}/1",
    f"/subscriptions/{OTHER}/resourceGroups/rg-app/{ASSIGNMENTS}/2",
    f"/subscriptions/{HOME}/{ROLES}/role-1",
    f"/subscriptions/{OTHER}/{ROLES}/role-3",
]


def test_azd_down_lists_first_and_deletes_last(az: Az) -> None:
    """predown lists what is outside the resource group and deletes nothing; postdown deletes just that, in its order.

    Somebody who answers no to azd keeps everything: azd runs postdown only after it has deleted the resource group.
    """
    world(az, topics={AT_HOME: [MINE], OURS: [MINE], THEIRS: [MINE, "of-somebody"]})
    listed = az.run("predown")
    assert listed.returncode == 0, listed.stderr
    assert az.deleted() == []
    for one in ALL_OF_IT:
        assert one in listed.stdout
    az.when(f"get --url {OURS}/eventSubscriptions", {"value": []})
    # azd has removed the outputs of main.bicep from its environment by now.
    az.rules = [rule for rule in az.rules if OURS not in rule["pattern"] or rule["answer"] == {"value": []}]
    az.when("nothing")
    done = az.run("postdown", DEPLOYMENT_TOKEN=None, APP_IDENTITY_PRINCIPAL_ID=None, ROLE_GRANTS=None)
    assert done.returncode == 0, done.stderr
    assert az.deleted() == ALL_OF_IT
    assert az.run("postdown").stdout.startswith("Nothing is listed")


def test_a_failed_deletion_can_be_repeated(az: Az) -> None:
    """The rest is deleted, what failed is reported, and the next postdown deletes just that."""
    world(az, topics={OURS: []})
    assert az.run("predown").returncode == 0
    az.rules.insert(0, {"pattern": f"delete --url {ALERT}", "answer": None, "failures": 1, "error": "busy"})
    az.when("nothing")
    failed = az.run("postdown")
    assert failed.returncode == 1
    assert "1 could not be deleted" in failed.stderr
    assert "busy" in failed.stdout
    assert az.run("postdown").returncode == 0
    assert az.deleted().count(ALERT) == 2
    assert az.deleted().count(OURS) == 1


def test_what_is_gone_already_is_no_failure(az: Az) -> None:
    """Resources that somebody deleted meanwhile, or that never existed, are passed over."""
    world(az, topics={OURS: []})
    assert az.run("predown").returncode == 0
    az.rules.insert(0, {"pattern": "--method delete", "answer": None, "failures": 99, "error": "ResourceNotFound"})
    az.when("nothing")
    assert az.run("postdown").returncode == 0


@pytest.mark.parametrize("topic", [AT_HOME, OURS])
def test_azd_down_stops_where_others_use_a_topic_of_the_deployment(az: Az, topic: str) -> None:
    """A subscription has one system topic for everybody: it is not deleted with event subscriptions of others."""
    world(az, topics={topic: [MINE, "of-somebody"]})
    done = az.run("predown")
    assert done.returncode == 1
    assert f"{topic}/eventSubscriptions/of-somebody" in done.stderr
    assert az.deleted() == []
    accepted = az.run("predown", DELETE_SHARED_TOPICS="true")
    assert accepted.returncode == 0
    assert f"system topic: {OURS}\n" not in accepted.stdout


def test_a_topic_and_a_group_that_others_begin_to_use_stay(az: Az) -> None:
    """What was empty when it was listed is looked at again before it is deleted."""
    world(az, topics={OURS: [MINE]}, inside=["of-somebody"])
    assert az.run("predown").returncode == 0
    az.rules.insert(
        0,
        {
            "pattern": f"get --url {OURS}/eventSubscriptions",
            "answer": {"value": [{"name": "late", "id": "late"}]},
            "failures": 0,
            "error": "",
        },
    )
    az.when("nothing")
    done = az.run("postdown")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Kept, because") == 2
    assert not {OURS, GROUP} & set(az.deleted())


@pytest.mark.parametrize("tag", ["demo-events", ""])
def test_a_resource_group_of_another_deployment_stays(az: Az, tag: str) -> None:
    """The deployment of an environment named demo-events owns rg-demo-events: its tag says so."""
    world(az, topics={}, tag=tag)
    assert az.run("predown").returncode == 0
    assert az.run("postdown").returncode == 0
    assert not [one for one in az.deleted() if one.endswith("/rg-demo-events")]


def test_roles_of_others_stay(az: Az) -> None:
    """Where others created the role assignments, the hooks delete none of them."""
    world(az, topics={OURS: [MINE]})
    listed = az.run("predown", ROLE_ASSIGNMENTS_CREATED="own")
    assert "Others created the role assignments" in listed.stdout
    assert "Authorization" not in listed.stdout
    az.run("postprovision", ROLE_ASSIGNMENTS_CREATED="own", MONITORED_SCOPES=f"/subscriptions/{OTHER}")
    assert not [one for one in az.deleted() if "Authorization" in one]


OUTPUTS = {"DEPLOYMENT_TOKEN": None, "APP_IDENTITY_PRINCIPAL_ID": None, "ROLE_ASSIGNMENTS_CREATED": None}


def test_a_first_deployment_that_failed_is_removed_completely(az: Az) -> None:
    """Without the outputs of main.bicep, the identity in the resource group gives token and principal."""
    az.when("userassignedidentities", {"data": [{"name": f"id-app-{TOKEN}", "principal": "principal"}]})
    world(az, topics={})
    listed = az.run("predown", **OUTPUTS, AZURE_RESOURCE_GROUP=None)
    assert listed.returncode == 0, listed.stderr
    assert az.run("postdown", **OUTPUTS).returncode == 0
    assert az.deleted() == [one for one in ALL_OF_IT if "systemTopics" not in one]
    (search,) = az.calls("userassignedidentities")
    assert "resourceGroup =~ 'rg-demo' and tags['azd-env-name'] =~ 'demo'" in search


def test_a_deployment_without_a_trace_can_be_removed(az: Az) -> None:
    """Nothing is guessed: the hook names what to search for and lets azd go on."""
    az.when("userassignedidentities", {"data": []})
    done = az.run("predown", **OUTPUTS)
    assert done.returncode == 0
    assert "search for roles" in done.stdout
    assert "azd-env-name = demo" in done.stdout
    assert az.run("postdown", **OUTPUTS).returncode == 0
    assert az.deleted() == []


def test_a_failed_search_stops_azd_down(az: Az) -> None:
    """What cannot be searched is not passed over: azd down stops before it asks, and can be run again."""
    az.when("ResourceGraph", failures=9, error="Forbidden")
    done = az.run("predown")
    assert done.returncode == 1
    assert "Nothing was deleted" in done.stderr
    assert "Forbidden" in done.stderr


def test_unchanged_scopes_keep_everything(az: Az) -> None:
    """After a provision with the same scopes nothing is deleted."""
    done = world(az, topics={AT_HOME: [MINE], OURS: [MINE]}).run("postprovision")
    assert done.returncode == 0, done.stderr
    assert az.deleted() == []
    assert done.stdout == ""


def test_narrowed_scopes_lose_their_rights_and_subscriptions(az: Az) -> None:
    """Roles, assignments, event subscription, alert and topic of a subscription that left the scopes are deleted."""
    world(az, topics={AT_HOME: [MINE], OURS: []})
    grants = json.dumps(GRANTS[:1])
    done = az.run("postprovision", ROLE_GRANTS=grants, MONITORED_SCOPES=f"/subscriptions/{HOME}")
    assert done.returncode == 0, done.stderr
    assert az.deleted() == [one for one in ALL_OF_IT if OTHER in one and "eventSubscriptions" not in one]
    assert done.stdout.index("no longer configured") < done.stdout.index("Deleted ")


def test_an_assignment_at_another_scope_of_the_same_role_goes(az: Az) -> None:
    """From a resource group to another one: the old assignment goes, the role stays."""
    grants = [
        GRANTS[0],
        grant("endpoints", "endpoint reader", OTHER, f"/subscriptions/{OTHER}/resourcegroups/rg-new"),
    ]
    done = world(az, topics={OURS: [MINE]}).run("postprovision", ROLE_GRANTS=json.dumps(grants))
    assert done.returncode == 0, done.stderr
    assert az.deleted() == [f"/subscriptions/{OTHER}/resourceGroups/rg-app/{ASSIGNMENTS}/2"]


def test_a_home_subscription_that_left_the_scopes_loses_its_event_subscription(az: Az) -> None:
    """The topic in the home resource group goes as well, unless others use it."""
    world(az, topics={AT_HOME: [MINE, "of-somebody"], OURS: [MINE]})
    az.run("postprovision", MONITORED_SCOPES=f"/subscriptions/{OTHER}")
    assert az.deleted() == [f"{AT_HOME}/eventSubscriptions/{MINE}"]


def test_a_failed_search_after_provision_changes_nothing(az: Az) -> None:
    """The hook reports it and fails, so that nobody takes the old rights for removed."""
    az.when("ResourceGraph", failures=9)
    done = az.run("postprovision")
    assert done.returncode == 1
    assert "they are unchanged" in done.stderr


@pytest.mark.parametrize(("created", "count"), [("all", 0), ("own", 4), ("none", 5)])
def test_assignments_for_others_are_printed_as_commands(az: Az, created: str, count: int) -> None:
    """Each custom role has a definition file and a command, each assignment a command."""
    done = world(az, topics={}).run("postprovision", ROLE_ASSIGNMENTS_CREATED=created)
    assert done.returncode == 0, done.stderr
    printed = [line for line in done.stdout.splitlines() if line.startswith("az role ")]
    assert len(printed) == count
    for file in re.findall(r'--role-definition "@?([^"]+)"', done.stdout):
        definition = json.loads(Path(file).read_text())
        assert definition["Actions"] == json.loads((INFRA / "roles.json").read_text())["endpoints"]["actions"]
        assert definition["Name"] in {one["title"] for one in GRANTS}


def test_the_role_of_a_topic_is_named_where_others_assign_it(az: Az) -> None:
    """With private networking the identity of a topic exists only after phase 2, so there is no command for it."""
    world(az, topics={})
    done = az.run("postprovision", ROLE_ASSIGNMENTS_CREATED="none", EVENTS_IDENTITY_ID="")
    assert "container deadletters of /storage" in done.stdout
    assert "deadletters" not in az.run("postprovision", ROLE_ASSIGNMENTS_CREATED="none").stdout


def test_the_hooks_read_what_azd_has() -> None:
    """Every variable of a hook is an output of main.bicep, set by azd, or documented."""
    known = {
        *snapshot("default").outputs,
        "AZURE_ENV_NAME",
        "AZURE_SUBSCRIPTION_ID",
        "DELETE_SHARED_TOPICS",
        "EVENTS_RESOURCE_GROUP_NAME",
        "FUNCTION_PAUSE_SECONDS",
        "FUNCTION_WAIT_SECONDS",
        "SYSTEM_TOPIC_IDS",
        "RESOURCE_GROUP_NAME",
        "ROLE_ASSIGNMENTS",
    }
    for hook in HOOKS.glob("*.py"):
        read = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', hook.read_text()))
        assert read <= known, hook.name


def test_azd_finds_the_hooks_and_the_template() -> None:
    """What azure.yaml names exists, and azd installs nothing for a hook."""
    root = INFRA.parent
    document = yaml.safe_load((root / "azure.yaml").read_text())
    assert (root / document["infra"]["path"] / f"{document['infra']['module']}.bicep").is_file()
    scripts = {name: root / hook["run"] for name, hook in document["hooks"].items()}
    assert scripts == {name: HOOKS / f"{name}.py" for name in REQUIRED}
    assert all(script.is_file() for script in scripts.values())
    lines = (HOOKS / "requirements.txt").read_text().splitlines()
    assert all(line.startswith("#") for line in lines)
    assert document["services"]["app"]["host"] == "function"

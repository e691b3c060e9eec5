"""The hooks that join the two phases and clean up, run with an Azure CLI that only pretends."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter_powershell
import yaml
from tree_sitter import Language, Parser

from tests.support.bicep import CHECKER, INFRA, Template

HOOKS = INFRA / "hooks"
NAMES = ("postdeploy", "predown")
HOME, OTHER = "11111111-1111-1111-1111-111111111111", "99999999-9999-9999-9999-999999999999"
TOPIC = f"/subscriptions/{OTHER}/resourceGroups/rg-theirs/providers/Microsoft.EventGrid/systemTopics/theirs"
FUNCTION_APP = "/subscriptions/s/resourceGroups/rg-demo/providers/Microsoft.Web/sites/func-demo"
GIVEN = {
    "FUNCTION_APP_ID": FUNCTION_APP,
    "AZURE_ENV_NAME": "demo",
    "AZURE_LOCATION": "westus3",
    "AZURE_SUBSCRIPTION_ID": HOME,
    "EVENTS_IDENTITY_ID": "/identity",
    "DEAD_LETTER_STORAGE_ID": "/storage",
    "WORKSPACE_ID": "/workspace",
    "MONITORED_SCOPES": f"/subscriptions/{HOME},/subscriptions/{OTHER}/resourcegroups/rg-app",
    "DEPLOYMENT_TOKEN": "token",
    "APP_IDENTITY_PRINCIPAL_ID": "principal",
    "ROLE_SUBSCRIPTIONS": f"{HOME},{OTHER}",
    "FUNCTION_WAIT_SECONDS": "2",
    "FUNCTION_PAUSE_SECONDS": "1",
}
SYNC = f"rest --method post --url {FUNCTION_APP}/host/default/sync?api-version=2024-11-01 --output none"
SECRETS = f"{FUNCTION_APP}/config/configreferences/appsettings"
# Notes its arguments; each command fails as often as the file named after it says, and tells what told-* says. The
# function and the secret are there after as many syncs and refreshes as the files "syncs" and "refreshes" say.
AZ = """#!/bin/sh
echo "$*" >>"$FAKE_AZ/calls"
made() { [ "$(grep -c "$1" "$FAKE_AZ/calls")" -ge "$(cat "$FAKE_AZ/$2" 2>/dev/null || echo 0)" ]; }
refused() { echo "az $1 says no" >&2; exit 1; }
case "$*" in
*/host/default/sync* | *appsettings/refresh*) refused rest ;;
*"get --url"*/functions/endpoint_changed*) made host/default/sync syncs || refused rest ;;
*CLICKHOUSE_CLOUD_API_SECRET*) made appsettings/refresh refreshes && echo Resolved || echo AccessToKeyVaultDenied ;;
esac
left="$(cat "$FAKE_AZ/$1" 2>/dev/null || echo 0)"
[ "$left" -gt 0 ] || { cat "$FAKE_AZ/told-$1-$2-$3" 2>/dev/null; exit 0; }
echo $((left - 1)) >"$FAKE_AZ/$1"
refused "$1"
"""


class Az:
    """The Azure CLI that the hook finds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "az"
        program.write_text(AZ)
        program.chmod(0o755)

    def fails(self, command: str, times: int) -> None:
        (self.folder / command).write_text(str(times))

    def tells(self, command: str, text: str) -> None:
        (self.folder / f"told-{command.replace(' ', '-')}").write_text(text)

    def calls(self) -> list[str]:
        noted = self.folder / "calls"
        return noted.read_text().splitlines() if noted.exists() else []

    def commands(self) -> list[str]:
        return [call.split()[0] for call in self.calls()]


@pytest.fixture
def az(tmp_path: Path) -> Az:
    return Az(tmp_path)


def run(az: Az, hook: str = "postdeploy", /, **changed: str | None) -> subprocess.CompletedProcess[str]:
    given = {"PATH": f"{az.folder}:{os.environ['PATH']}", "FAKE_AZ": str(az.folder), **GIVEN, **changed}
    environment = {name: value for name, value in given.items() if value is not None}
    return subprocess.run(  # noqa: S603 -- our own
        ["/bin/sh", HOOKS / f"{hook}.sh"], env=environment, capture_output=True, text=True, check=False
    )


def test_events_are_deployed_once_the_function_is_there(az: Az) -> None:
    """The hook waits for the function, and then deploys the second phase with the environment's values."""
    done = run(az)
    assert done.returncode == 0, done.stderr
    assert az.commands() == ["account", "rest", "rest", "deployment"]
    assert f"{FUNCTION_APP}/functions/endpoint_changed?api-version=" in az.calls()[1]
    assert "--name events-token --location westus3" in az.calls()[-1]
    assert az.calls()[-1].split("--parameters ")[1].split()[0] == str(INFRA / "events.bicepparam")
    assert GIVEN["MONITORED_SCOPES"] in done.stdout


def test_triggers_are_synced_until_azure_lists_the_function(az: Az) -> None:
    """Azure lists no function of Flex Consumption before its triggers are synced; a refused sync stops nothing.

    https://github.com/Azure/azure-functions-host/issues/10169
    """
    az.fails("syncs", 2)
    done = run(az)
    assert done.returncode == 0, done.stderr
    assert az.calls().count(SYNC) == 2
    assert az.commands()[-1] == "deployment"


def test_a_function_that_never_comes_is_told_with_its_remedy(az: Az) -> None:
    """After its time the hook says what is missing, what Azure said, what works all the same, and what to do."""
    az.fails("syncs", 99)
    done = run(az)
    assert done.returncode == 1
    assert "deployment" not in az.commands()
    for told in (
        "does not list the function endpoint_changed",
        "az rest says no",
        "work without",
        "azd hooks run postdeploy",
    ):
        assert told in done.stderr


def test_events_wait_until_the_app_can_read_the_secret(az: Az) -> None:
    """Rights take some minutes to spread: the reference to the vault is refreshed until it is resolved."""
    az.fails("refreshes", 2)
    done = run(az)
    assert done.returncode == 0, done.stderr
    refreshed = [call for call in az.calls() if f"post --url {SECRETS}/refresh?api-version=" in call]
    assert len(refreshed) == 2
    assert az.commands()[-1] == "deployment"
    assert "vault" not in done.stderr


def test_a_secret_that_is_never_resolved_is_reported_and_stops_nothing(az: Az) -> None:
    """The events are subscribed to all the same, since they are delivered again for a day."""
    az.fails("refreshes", 99)
    done = run(az)
    assert done.returncode == 0, done.stderr
    assert "cannot read the API secret from the vault" in done.stderr
    assert az.commands()[-1] == "deployment"


def test_a_host_that_is_slow_to_answer_event_grid_is_given_another_try(az: Az) -> None:
    """The second phase is tried five times."""
    az.fails("deployment", 4)
    assert run(az, FUNCTION_PAUSE_SECONDS="0").returncode == 0
    assert az.commands().count("deployment") == 5


def test_a_second_phase_that_fails_is_told_with_the_likeliest_reason(az: Az) -> None:
    """Five failures end it, with Azure's reason and the one that it would not tell plainly."""
    az.fails("deployment", 5)
    done = run(az, FUNCTION_PAUSE_SECONDS="0")
    assert done.returncode == 1
    assert "az deployment says no" in done.stderr
    assert "SYSTEM_TOPIC_IDS" in done.stderr


def test_somebody_who_is_not_signed_in_is_told_so(az: Az) -> None:
    """Nothing is waited for where the Azure CLI cannot reach the subscription."""
    az.fails("account", 1)
    done = run(az)
    assert done.returncode == 1
    assert "az login" in done.stderr
    assert az.commands() == ["account"]


ASKED = sorted(
    set(re.findall(r"readEnvironmentVariable\('(\w+)'\)", (INFRA / "events.bicepparam").read_text()))
)


@pytest.mark.parametrize("name", ASKED)
def test_a_missing_value_is_named(az: Az, name: str) -> None:
    """Without a value that the second phase has no default for, the hook says which it is and calls nothing."""
    done = run(az, "postdeploy", **{name: None})
    assert done.returncode != 0
    assert name in done.stderr
    assert az.calls() == []


def test_what_lies_outside_the_resource_group_is_deleted(az: Az) -> None:
    """Before azd down: event subscriptions on others' topics, groups of our topics, and roles with assignments go."""
    az.tells("group exists --name", "true\n")
    az.tells("group show --name", "demo\n")
    az.tells("role assignment list", "/assignments/1\n/assignments/2\n")
    az.tells("role definition list", "role-1\n")
    done = run(az, "predown", SYSTEM_TOPIC_IDS=TOPIC)
    assert done.returncode == 0, done.stderr
    deleted = [call for call in az.calls() if "delete" in call.split()[:4]]
    assert f"{TOPIC}/eventSubscriptions/clickhouse-privatelink-token?api-version=" in deleted[0]
    assert deleted[1].startswith(f"group delete --name rg-demo-events --subscription {OTHER} ")
    assert [call.split()[:3] for call in deleted[2:]] == 2 * [
        ["role", "assignment", "delete"],
        ["role", "assignment", "delete"],
        ["role", "definition", "delete"],
    ]
    assert deleted[-1].endswith(f"--name role-1 --scope /subscriptions/{OTHER} --custom-role-only true")


@pytest.mark.parametrize("tag", ["demo-events", ""])
def test_a_group_of_another_deployment_stays(az: Az, tag: str) -> None:
    """A deployment whose environment is named demo-events owns the group rg-demo-events: its tag says so."""
    az.tells("group exists --name", "true\n")
    az.tells("group show --name", f"{tag}\n")
    done = run(az, "predown")
    assert done.returncode == 0, done.stderr
    assert "Not deleting resource group rg-demo-events" in done.stdout
    assert not [call for call in az.calls() if call.startswith("group delete")]
    assert not [call for call in az.calls() if call.startswith("group") and HOME in call]


def test_only_what_belongs_to_this_deployment_is_looked_for(az: Az) -> None:
    """Nothing is deleted where nothing of ours is found; roles are told by the deployment's token."""
    az.tells("group exists --name", "false\n")
    assert run(az, "predown").returncode == 0
    assert not [call for call in az.calls() if "delete" in call]
    assert any("principalId=='principal'" in call for call in az.calls())
    assert any("contains(roleName, '(token, ')" in call for call in az.calls())
    title = Template("main.bicep").value("module", "access")["params"]["title"] if CHECKER.exists() else None
    assert title is None or "(${token}, " in title


@pytest.mark.parametrize("command", ["group", "role"])
def test_a_failed_deletion_stops_azd(az: Az, command: str) -> None:
    """What could not be looked up is not passed over: azd down stops, and can be run again."""
    az.fails(command, 1)
    assert run(az, "predown").returncode != 0


@pytest.mark.parametrize(
    "name", ["DEPLOYMENT_TOKEN", "APP_IDENTITY_PRINCIPAL_ID", "ROLE_SUBSCRIPTIONS", "MONITORED_SCOPES"]
)
def test_a_deployment_that_never_finished_can_be_removed(az: Az, name: str) -> None:
    """Without the outputs of main.bicep nothing is guessed: the hook names what may be left and lets azd go on."""
    done = run(az, "predown", **{name: None})
    assert done.returncode == 0
    assert name in done.stderr
    assert "custom roles named clickhouse-privatelink" in done.stderr
    assert "rg-demo-events" in done.stderr
    assert az.calls() == []


@pytest.mark.parametrize("name", ["AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID"])
def test_a_hook_run_without_azd_stops(az: Az, name: str) -> None:
    """Run by hand without azd's environment, the hook says what is missing and deletes nothing."""
    done = run(az, "predown", **{name: None})
    assert done.returncode != 0
    assert name in done.stderr
    assert az.calls() == []


def test_azd_finds_the_hooks_and_the_template() -> None:
    """What azure.yaml names is there, and the shell hooks may be executed."""
    root = INFRA.parent
    told = yaml.safe_load((root / "azure.yaml").read_text())
    assert (root / told["infra"]["path"] / f"{told['infra']['module']}.bicep").is_file()
    assert set(told["hooks"]) == set(NAMES)
    for name, hooks in told["hooks"].items():
        assert root / hooks["posix"]["run"] == HOOKS / f"{name}.sh"
        assert root / hooks["windows"]["run"] == HOOKS / f"{name}.ps1"
        assert os.access(HOOKS / f"{name}.sh", os.X_OK)
    assert told["services"]["app"]["host"] == "function"


@pytest.mark.parametrize("name", NAMES)
def test_a_powershell_hook_parses(name: str) -> None:
    """PowerShell itself is not there to run it, but its grammar is."""
    tree = Parser(Language(tree_sitter_powershell.language())).parse((HOOKS / f"{name}.ps1").read_bytes())
    assert not tree.root_node.has_error


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_of_a_hook_call_the_same(name: str) -> None:
    """What one form asks of the Azure CLI, the other does too, in the same order."""
    calls = r"\baz ((?:account|rest|deployment|group|role)(?: [a-z]+)*)"
    shell, powershell = (re.findall(calls, (HOOKS / f"{name}.{form}").read_text()) for form in ("sh", "ps1"))
    assert shell == powershell
    assert len(shell) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_shellcheck_finds_nothing(name: str) -> None:
    """The shell hooks are plain sh without surprises."""
    command = [Path(sys.executable).parent / "shellcheck", HOOKS / f"{name}.sh"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert told.returncode == 0, told.stdout

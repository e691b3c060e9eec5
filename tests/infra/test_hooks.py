"""The hook that joins the two phases, run with an Azure CLI that only pretends."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter_powershell
import yaml
from tree_sitter import Language, Parser

from tests.support.bicep import INFRA

HOOK = INFRA / "hooks" / "postdeploy.sh"
POWERSHELL = INFRA / "hooks" / "postdeploy.ps1"
FUNCTION_APP = "/subscriptions/s/resourceGroups/rg-demo/providers/Microsoft.Web/sites/func-demo"
GIVEN = {
    "FUNCTION_APP_ID": FUNCTION_APP,
    "AZURE_ENV_NAME": "demo",
    "AZURE_LOCATION": "westus3",
    "AZURE_SUBSCRIPTION_ID": "11111111-1111-1111-1111-111111111111",
    "EVENTS_IDENTITY_ID": "/identity",
    "MONITORED_SCOPES": "/subscriptions/s",
    "FUNCTION_WAIT_SECONDS": "2",
    "FUNCTION_PAUSE_SECONDS": "1",
}
# Notes its arguments; each command fails as often as the file named after it says.
AZ = """#!/bin/sh
echo "$*" >>"$FAKE_AZ/calls"
left="$(cat "$FAKE_AZ/$1" 2>/dev/null || echo 0)"
[ "$left" -gt 0 ] || exit 0
echo $((left - 1)) >"$FAKE_AZ/$1"
echo "az $1 says no" >&2
exit 1
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

    def calls(self) -> list[str]:
        noted = self.folder / "calls"
        return noted.read_text().splitlines() if noted.exists() else []

    def commands(self) -> list[str]:
        return [call.split()[0] for call in self.calls()]


@pytest.fixture
def az(tmp_path: Path) -> Az:
    return Az(tmp_path)


def run(az: Az, **changed: str | None) -> subprocess.CompletedProcess[str]:
    given = {"PATH": f"{az.folder}:{os.environ['PATH']}", "FAKE_AZ": str(az.folder), **GIVEN, **changed}
    environment = {name: value for name, value in given.items() if value is not None}
    return subprocess.run(  # noqa: S603 -- our own
        ["/bin/sh", HOOK], env=environment, capture_output=True, text=True, check=False
    )


def test_events_are_deployed_once_the_function_is_there(az: Az) -> None:
    """The hook waits for the function, and then deploys the second phase with the environment's values."""
    az.fails("rest", 2)
    done = run(az)
    assert done.returncode == 0, done.stderr
    assert az.commands() == ["account", "rest", "rest", "rest", "deployment"]
    assert f"{FUNCTION_APP}/functions/endpoint_changed?api-version=" in az.calls()[1]
    assert "--name events-demo --location westus3" in az.calls()[-1]
    assert az.calls()[-1].split("--parameters ")[1].split()[0] == str(INFRA / "events.bicepparam")
    assert "/subscriptions/s" in done.stdout


def test_a_function_that_never_comes_is_told_with_its_remedy(az: Az) -> None:
    """After its time the hook says what is missing, what Azure said, what works all the same, and what to do."""
    az.fails("rest", 99)
    done = run(az)
    assert done.returncode == 1
    assert "deployment" not in az.commands()
    for told in (
        "does not know the function endpoint_changed",
        "az rest says no",
        "work without",
        "azd hooks run postdeploy",
    ):
        assert told in done.stderr


def test_a_host_that_is_slow_to_answer_event_grid_is_given_another_try(az: Az) -> None:
    """The second phase is tried three times."""
    az.fails("deployment", 2)
    assert run(az).returncode == 0
    assert az.commands().count("deployment") == 3


def test_a_second_phase_that_fails_is_told_with_the_likeliest_reason(az: Az) -> None:
    """Three failures end it, with Azure's reason and the one that it would not tell plainly."""
    az.fails("deployment", 3)
    done = run(az)
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


@pytest.mark.parametrize("name", ["FUNCTION_APP_ID", "AZURE_ENV_NAME", "AZURE_LOCATION"])
def test_a_missing_value_is_named(az: Az, name: str) -> None:
    """Run by hand without azd's environment, the hook says what is missing and calls nothing."""
    done = run(az, **{name: None})
    assert done.returncode != 0
    assert name in done.stderr
    assert az.calls() == []


def test_azd_finds_the_hooks_and_the_template() -> None:
    """What azure.yaml names is there, and the shell hook may be executed."""
    told = yaml.safe_load((INFRA.parent / "azure.yaml").read_text())
    root = INFRA.parent
    assert (root / told["infra"]["path"] / f"{told['infra']['module']}.bicep").is_file()
    hooks = told["hooks"]["postdeploy"]
    assert [root / hooks["posix"]["run"], root / hooks["windows"]["run"]] == [HOOK, POWERSHELL]
    assert os.access(HOOK, os.X_OK)
    assert told["services"]["app"]["host"] == "function"


def test_the_powershell_hook_parses() -> None:
    """PowerShell itself is not there to run it, but its grammar is."""
    tree = Parser(Language(tree_sitter_powershell.language())).parse(POWERSHELL.read_bytes())
    assert not tree.root_node.has_error


def test_both_hooks_call_the_same() -> None:
    """What one hook asks of the Azure CLI and waits for, the other does too."""
    calls = r"(?:^|\s|\$\()az ((?:account|rest|deployment)(?: (?:show|sub create))?)"
    shell, powershell = (re.findall(calls, hook.read_text()) for hook in (HOOK, POWERSHELL))
    assert shell == powershell
    assert len(shell) == 3


def test_shellcheck_finds_nothing() -> None:
    """The shell hook is plain sh without surprises."""
    program = Path(sys.executable).parent / "shellcheck"
    told = subprocess.run([program, HOOK], capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert told.returncode == 0, told.stdout

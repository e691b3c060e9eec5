"""The queries of alerts, workbook and docs: Microsoft's own analyzer takes them, and the log has what they ask for."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.bicep import INFRA, Template, needs_checker

HERE = Path(__file__).parent / "kusto"
THERE = INFRA.parent / "build" / "kusto"
RULES = json.loads((INFRA / "alerts" / "rules.json").read_text())
WORKBOOK = json.loads((INFRA / "workbook.json").read_text())


def queries() -> dict[str, str]:
    """Every query by where it stands."""
    alerts = {path.name: path.read_text() for path in sorted((INFRA / "alerts").glob("*.kql"))}
    pictures = {one["name"]: one["content"]["query"] for one in WORKBOOK["items"] if one["type"] == 3}
    return alerts | pictures


@pytest.fixture(scope="module")
def analyzer() -> list[str]:
    """The command that analyzes; npm fetches what it needs once, in the locked version."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    THERE.mkdir(parents=True, exist_ok=True)
    copy, locked = THERE / "package-lock.json", (HERE / "package-lock.json").read_bytes()
    if not (THERE / "node_modules").exists() or copy.read_bytes() != locked:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, THERE / name)
        done = run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        if done.returncode:
            shutil.rmtree(THERE)
            pytest.skip(f"npm cannot fetch the analyzer: {done.stderr.strip().splitlines()[-1:]}")
    shutil.copy(HERE / "check.js", THERE / "check.js")
    return [node, "check.js"]


def run(command: list[str], told: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own
        command, cwd=THERE, input=told, capture_output=True, text=True, check=False
    )


def analyzed(analyzer: list[str], asked: list[str]) -> Any:
    """What the analyzer says of each query: a list of complaints."""
    done = run(analyzer, json.dumps(asked))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_query_is_taken(analyzer: list[str]) -> None:
    """No query has a name that its tables have not, or a form that Kusto does not know."""
    asked = queries()
    told = dict(zip(asked, analyzed(analyzer, list(asked.values())), strict=True))
    assert {where: faults for where, faults in told.items() if faults} == {}


def test_a_wrong_query_is_told(analyzer: list[str]) -> None:
    """A column that is not there is a fault to the analyzer."""
    ((fault,),) = analyzed(analyzer, ["AppTraces | where Mesage == ''"])
    assert "Mesage" in fault


def test_every_alert_has_its_query_and_its_words() -> None:
    """Each rule has a query of its name, and says what it means and what to do."""
    assert {f"{rule['name']}.kql" for rule in RULES} == {
        path.name for path in (INFRA / "alerts").glob("*.kql")
    }
    assert all(len(rule["description"]) > 80 and rule["severity"] in range(5) for rule in RULES)


@needs_checker
def test_bicep_takes_the_same_queries() -> None:
    """alerts.bicep loads the query of each rule under the rule's name."""
    loaded = Template("modules/alerts.bicep").value("var", "queries")
    assert loaded == {rule["name"]: f"loadTextContent('../alerts/{rule['name']}.kql')" for rule in RULES}


def test_the_workbook_asks_the_workspace_that_is_put_in() -> None:
    """Every picture asks the one workspace, and nothing else of the placeholders is left to be filled."""
    pictures = [one["content"] for one in WORKBOOK["items"] if one["type"] == 3]
    assert all(one["crossComponentResources"] == ["__WORKSPACE_ID__"] for one in pictures)
    assert WORKBOOK["fallbackResourceIds"] == ["__WORKSPACE_ID__"]
    text = (INFRA / "workbook.json").read_text()
    for filler in ("modules/workbook.bicep", "terraform/alerts.tf"):
        for placeholder in ("__WORKSPACE_ID__", "__STATUS_URL__"):
            assert placeholder in text
            assert placeholder in (INFRA / filler).read_text()

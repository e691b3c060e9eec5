"""The queries of alerts, workbook and docs: Microsoft's own analyzer takes them, and the log has what they ask for."""

import json
import logging
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.bootstrap import get_runtime
from shared.domain.model.ids import Kind, ResourceId
from shared.triggers.audit import audit
from shared.triggers.endpoint_changed import endpoint_changed
from simulator.client import RunningSimulator
from simulator.server import running
from tests.support.bicep import INFRA, Template, needs_checker
from tests.support.log_lines import Line, Lines
from tests.support.simulated import ENDPOINT, environment, put_endpoint

HERE = Path(__file__).parent / "kusto"
THERE = INFRA.parent / "build" / "kusto"
RULES = json.loads((INFRA / "alerts" / "rules.json").read_text())
WORKBOOK = json.loads((INFRA / "workbook.json").read_text())


def queries() -> dict[str, str]:
    """Every query by where it stands."""
    alerts = {path.name: path.read_text() for path in sorted((INFRA / "alerts").glob("*.kql"))}
    pictures = {one["name"]: one["content"]["query"] for one in WORKBOOK["items"] if one["type"] == 3}
    return alerts | pictures


def documented() -> dict[str, str]:
    """The queries of files in docs/, which stand there one below the other with empty lines between."""
    return {
        f"{path.name} {number}": query
        for path in sorted((INFRA.parent / "docs").glob("*.kql"))
        for number, query in enumerate(re.split(r"\n\s*\n", path.read_text().strip()), 1)
        if re.search(r"^\s*[^/\s]", query, re.MULTILINE)
    }


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
    asked = queries() | documented()
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


def test_an_alert_is_about_now() -> None:
    """No alert's query ends with TimeGenerated among its columns, by which Azure would count its rows elsewhere."""
    for rule in RULES:
        query = queries()[f"{rule['name']}.kql"]
        after = query[max(query.rfind("| summarize"), query.rfind("| project")) :]
        assert re.match(r"\| (summarize|project) ", after), rule["name"]
        made = re.findall(r"(\w+) =", after.split("| where")[0])
        assert made, rule["name"]
        assert "TimeGenerated" not in made, rule["name"]
        assert "arg_max(TimeGenerated" not in after, rule["name"]


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


@pytest.fixture
async def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningSimulator]:
    """The demo world, and this process with the settings of a deployment that keeps reports."""
    with running() as sim:
        for name, value in environment(sim.url, REPORT_STORE=str(tmp_path)).items():
            monkeypatch.setenv(name, value)
        get_runtime.cache_clear()
        yield sim
        await get_runtime().close()
        get_runtime.cache_clear()


async def logged(sim: RunningSimulator, lines: Lines) -> dict[str, list[Line]]:
    """The lines of a life in which calls and a change are refused, and findings come and go, by their event."""
    put_endpoint(sim, {"clickhouse-services": "*"})
    for system in ("arm", "clickhouse"):
        sim.fault(match={"system": system, "method": "GET"}, status=429, headers={"Retry-After": "1"})
    sim.fault(match={"system": "dns", "method": "PUT"}, status=400)
    await endpoint_changed(ResourceId.parse(ENDPOINT, Kind.PRIVATE_ENDPOINT))
    put_endpoint(sim, {"clickhouse-services": "no-such-service"})
    await audit()
    put_endpoint(sim, {"clickhouse-services": "*"})
    await audit()
    return {event: lines.of(event) for event in {line["event"] for line in lines.all}}


def asked_for(query: str) -> tuple[set[str], set[tuple[str, ...]]]:
    """The events that a query looks at, and the fields of their lines that it reads."""
    events = set(re.findall(r"event\)? == '(\w+)'", query))
    found = re.findall(r"line\.(\w+)(?:\.(\w+)|\['(\w+)'\])?", query)
    return events, {tuple(filter(None, one)) for one in found} - {("event",)}


def has(line: Line, field: tuple[str, ...]) -> bool:
    held: Any = line
    for name in field:
        if not isinstance(held, dict) or name not in held:
            return False
        held = held[name]
    return True


async def test_the_log_has_every_field_that_is_asked_for(
    deployed: RunningSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Each field that a query reads stands in a line of an event that it looks at; severities may be missing."""
    caplog.set_level(logging.INFO)
    told = await logged(deployed, Lines(caplog))
    for where, query in queries().items():
        events, fields = asked_for(query)
        assert events <= set(told), where
        for field in fields:
            wanted = field[:1] if field[0] == "findings" else field
            assert any(has(line, wanted) for event in events for line in told[event]), (where, field)
    assert {line["state"] for line in told["finding"]} >= {"new", "gone"}
    assert {severity for line in told["audit"] for severity in line["findings"]} <= {
        "error",
        "warning",
        "info",
    }


async def test_refused_calls_are_told_apart_in_the_log(
    deployed: RunningSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """What throttling.kql looks for stands in the line of a call that was refused for its number, by either cloud."""
    caplog.set_level(logging.INFO)
    told = await logged(deployed, Lines(caplog))
    assert len([line for line in told["retry"] if line.get("status") == 429]) >= 2
    assert "toint(line.status) == 429" in queries()["throttling.kql"]


async def test_a_line_begins_as_the_queries_expect(
    deployed: RunningSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Every query on the log finds its lines by how they begin."""
    caplog.set_level(logging.INFO)
    lines = Lines(caplog)
    await logged(deployed, lines)
    (beginning,) = {
        begin for query in queries().values() for begin in re.findall(r"startswith '([^']+)'", query)
    }
    assert all(record.getMessage().startswith(beginning) for record in lines.records)

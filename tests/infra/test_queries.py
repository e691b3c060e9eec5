"""The queries of alerts, workbook and docs: Microsoft's analyzer accepts them, and the log has the fields they read."""

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
from tests.support.log_lines import Line, Lines
from tests.support.simulated import ENDPOINT, environment, put_endpoint
from tests.support.snapshots import INFRA, snapshot

HERE = Path(__file__).parent / "kusto"
THERE = INFRA.parent / "build" / "kusto"
RULES = json.loads((INFRA / "alerts" / "rules.json").read_text())
WORKBOOK = json.loads((INFRA / "workbook.json").read_text())


def queries() -> dict[str, str]:
    """Every query, by its file or its title in the workbook."""
    alerts = {path.name: path.read_text() for path in sorted((INFRA / "alerts").glob("*.kql"))}
    pictures = {one["name"]: one["content"]["query"] for one in WORKBOOK["items"] if one["type"] == 3}
    return alerts | pictures


def documented() -> dict[str, str]:
    """The queries of the files in docs/, separated by empty lines."""
    return {
        f"{path.name} {number}": query
        for path in sorted((INFRA.parent / "docs").glob("*.kql"))
        for number, query in enumerate(re.split(r"\n\s*\n", path.read_text().strip()), 1)
        if re.search(r"^\s*[^/\s]", query, re.MULTILINE)
    }


@pytest.fixture(scope="module")
def analyzer() -> list[str]:
    """The command of the analyzer; npm installs its locked dependencies once."""
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


def run(command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own
        command, cwd=THERE, input=text, capture_output=True, text=True, check=False
    )


def analyzed(analyzer: list[str], asked: list[str]) -> Any:
    """The findings of the analyzer for each query."""
    done = run(analyzer, json.dumps(asked))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_query_is_taken(analyzer: list[str]) -> None:
    """Every query is valid Kusto and reads columns that its tables have."""
    asked = queries() | documented()
    faults = dict(zip(asked, analyzed(analyzer, list(asked.values())), strict=True))
    assert {where: found for where, found in faults.items() if found} == {}


def test_a_wrong_query_is_told(analyzer: list[str]) -> None:
    """The analyzer reports a column that does not exist."""
    ((fault,),) = analyzed(analyzer, ["AppTraces | where Mesage == ''"])
    assert "Mesage" in fault


def test_every_alert_has_its_query_and_its_words() -> None:
    """Each rule has a query of its name, and a description with what to do."""
    assert {f"{rule['name']}.kql" for rule in RULES} == {path.name for path in (INFRA / "alerts").glob("*.kql")}
    assert all(len(rule["description"]) > 80 and rule["severity"] in range(5) for rule in RULES)


def test_an_alert_is_about_now() -> None:
    """No query of an alert returns a column TimeGenerated: Azure would count its rows at that time, not now."""
    for rule in RULES:
        query = queries()[f"{rule['name']}.kql"]
        after = query[max(query.rfind("| summarize"), query.rfind("| project")) :]
        assert re.match(r"\| (summarize|project)\s", after), rule["name"]
        made = re.findall(r"(\w+) =", after.split("| where")[0])
        assert made, rule["name"]
        assert "TimeGenerated" not in made, rule["name"]
        assert "arg_max(TimeGenerated" not in after, rule["name"]


def test_each_alert_has_the_query_of_its_rule() -> None:
    """Each alert asks the query in the file of its rule, over the rule's window and, if it is longer, its lookback."""
    alerts = snapshot("default").of("Microsoft.Insights/scheduledQueryRules")
    for rule, alert in zip(RULES, alerts, strict=True):
        assert f"clickhouse-privatelink-{rule['name']}-" in alert["name"]
        (criterion,) = alert["properties"]["criteria"]["allOf"]
        query = queries()[f"{rule['name']}.kql"]
        assert query.replace("'", "''") in criterion["query"]
        lookback = None if rule["lookback"] == rule["window"] else rule["lookback"]
        assert alert["properties"]["overrideQueryTimeRange"] == lookback


def test_every_query_reads_the_rows_of_this_deployment_only() -> None:
    """Other applications and deployments can write to the same workspace."""
    for name, query in queries().items():
        tables = re.findall(r"\b(AppTraces|AppRequests)\b\n\s*(.*)", query)
        assert all(then == "| where _ResourceId =~ '__INSIGHTS_ID__'" for _, then in tables), name
        assert tables or "AegDeliveryFailureLogs" in query, name


def test_a_new_installation_raises_no_alert() -> None:
    """The overdue audit is an alert only where the app has written logs for a while."""
    assert "where FirstLog < ago(2h)" in queries()["audit-overdue.kql"]


def test_the_workbook_asks_the_workspace_that_is_put_in() -> None:
    """Every item of the workbook queries the workspace, and every placeholder is replaced."""
    pictures = [one["content"] for one in WORKBOOK["items"] if one["type"] == 3]
    assert all(one["crossComponentResources"] == ["__WORKSPACE_ID__"] for one in pictures)
    assert WORKBOOK["fallbackResourceIds"] == ["__WORKSPACE_ID__"]
    text = (INFRA / "workbook.json").read_text()
    for filler in ("modules/workbook.bicep", "terraform/alerts.tf"):
        for placeholder in ("__WORKSPACE_ID__", "__STATUS_URL__", "__INSIGHTS_ID__"):
            assert placeholder in text
            assert placeholder in (INFRA / filler).read_text()


@pytest.fixture
async def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningSimulator]:
    """The demo world, and this process with the settings of a deployment that stores reports."""
    with running() as sim:
        for name, value in environment(sim.url, REPORT_STORE=str(tmp_path)).items():
            monkeypatch.setenv(name, value)
        get_runtime.cache_clear()
        yield sim
        await get_runtime().close()
        get_runtime.cache_clear()


async def logged(sim: RunningSimulator, lines: Lines) -> dict[str, list[Line]]:
    """The log lines, by event, of a run with refused calls, a failed change, and findings that appear and disappear."""
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
    """The events that a query selects, and the fields of their lines that it reads."""
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
    """Each field that a query reads is in a line of an event that it selects; severities can be missing."""
    caplog.set_level(logging.INFO)
    logs = await logged(deployed, Lines(caplog))
    for where, query in queries().items():
        events, fields = asked_for(query)
        assert events <= set(logs), where
        for field in fields:
            wanted = field[:1] if field[0] == "findings" else field
            assert any(has(line, wanted) for event in events for line in logs[event]), (where, field)
    assert {line["state"] for line in logs["finding"]} >= {"new", "gone"}
    assert {severity for line in logs["audit"] for severity in line["findings"]} <= {
        "error",
        "warning",
        "info",
    }


async def test_refused_calls_are_told_apart_in_the_log(
    deployed: RunningSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The log line of a call that either cloud throttled contains what throttling.kql searches for."""
    caplog.set_level(logging.INFO)
    logs = await logged(deployed, Lines(caplog))
    assert len([line for line in logs["retry"] if line.get("status") == 429]) >= 2
    assert "toint(line.status) == 429" in queries()["throttling.kql"]


async def test_a_line_begins_as_the_queries_expect(
    deployed: RunningSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Every query selects log lines by their first characters."""
    caplog.set_level(logging.INFO)
    lines = Lines(caplog)
    await logged(deployed, lines)
    (beginning,) = {begin for query in queries().values() for begin in re.findall(r"startswith '([^']+)'", query)}
    assert all(record.getMessage().startswith(beginning) for record in lines.records)

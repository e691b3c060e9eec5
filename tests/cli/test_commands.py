"""The commands, with the real clients against the simulator."""

import json
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from shared.cli import VERSION
from simulator.client import RunningSimulator
from tests.cli.conftest import Run
from tests.support.paths import ROOT
from tests.support.simulated import (
    ENDPOINT,
    SUBSCRIPTION,
    allowed,
    delete_endpoint,
    environment,
    put_endpoint,
    records,
    registered,
    subscribe,
    webhook,
    writes,
)

SECOND = f"{ENDPOINT}-2"
OUTSIDE = ENDPOINT.replace("11111111", "99999999")


def test_plan(sim: RunningSimulator, run: Run) -> None:
    """plan shows the changes, like a diff in the order of execution, and changes nothing."""
    result = run("plan", ENDPOINT)
    assert result.code == 0
    lines = [line.split() for line in result.out.splitlines() if line.startswith("  ")]
    changes = [f"{line[0]} {line[1]}" for line in lines if line[0] in "+-~"]
    assert sorted(changes) == [*["+ allow"] * 3, "+ put-record", "+ register"]
    assert changes.index("+ register") < changes.index("+ allow")
    assert "on service analytics (33333333-3333-4333-8333-333333333331)" in result.out
    assert "+ put-record               10.0.1.4 in /subscriptions/" in result.out
    assert result.out.splitlines()[-1] == (
        "5 to add, 0 to change, 0 to remove, for 1 endpoint (1 manage). Nothing was changed."
    )
    assert writes(sim) == []


def test_plan_of_everything(sim: RunningSimulator, run: Run) -> None:
    """plan --all shows the changes for every endpoint in scope."""
    put_endpoint(sim, {"clickhouse-services": "analytics"}, endpoint=SECOND)
    out = run("plan", "--all").out
    assert f"{ENDPOINT}  manage\n" in out
    assert "wildcard-owned-by-other" in out
    assert "for 2 endpoints (2 manage)" in out


def test_differences(sim: RunningSimulator, run: Run) -> None:
    """An update of a record is shown with its current and its new address; a removal as a removal."""
    run("sync", ENDPOINT)
    put_endpoint(sim, {"clickhouse-services": "analytics"})
    sim.address(ENDPOINT, "10.0.1.77")
    out = run("plan", ENDPOINT).out
    assert "  ~ put-record               10.0.1.4 -> 10.0.1.77 in /subscriptions/" in out
    assert out.count("  - disallow") == 2
    assert "0 to add, 1 to change, 2 to remove" in out


def test_exit_code(sim: RunningSimulator, run: Run) -> None:
    """With --exit-code, 3 means that there are changes to make, and 0 that there are none."""
    assert run("plan", "--all", "--exit-code").code == 3
    run("sync", "--all")
    assert run("plan", "--all", "--exit-code").code == 0


def test_json(sim: RunningSimulator, run: Run) -> None:
    """With --json one document is printed: the response of the function app's sync."""
    result = run("plan", ENDPOINT, "--json")
    document = json.loads(result.out)
    assert document["dryRun"] is True
    assert len(document["plan"]) == 5
    assert {one["status"] for one in json.loads(run("sync", ENDPOINT, "--json").out)["outcomes"]} == {"done"}
    assert json.loads(run("audit", "--json").out)["verdicts"] == {"manage": 1}


def test_sync(sim: RunningSimulator, run: Run) -> None:
    """sync makes the changes that plan showed, prints each outcome, and leaves no changes to make."""
    result = run("sync", ENDPOINT)
    assert result.code == 0
    assert result.out.count("  done    ") == 5
    assert "5 done, 0 failed, 0 skipped, for 1 endpoint (1 manage)." in result.out
    assert len(registered(sim)) == 1
    assert set(allowed(sim)) == {"analytics", "reporting", "sandbox"}
    assert records(sim) == {"*": ["10.0.1.4"]}
    assert "0 to add, 0 to change, 0 to remove" in run("plan", ENDPOINT).out


def test_failed_sync(sim: RunningSimulator, run: Run) -> None:
    """A refused change is shown with the system's message, dependent ones as skipped; the exit code is 1."""
    for method in ("PATCH", "POST"):
        sim.fault(match={"system": "clickhouse", "method": method}, status=403, count=None)
    result = run("sync", ENDPOINT)
    assert result.code == 1
    assert "  failed    + register" in result.out
    assert "  skipped   + allow" in result.out
    assert "returned 403" in result.out
    assert "1 done, " in result.out.splitlines()[-1]
    assert "problem  register" in result.out
    assert "Traceback" not in result.out + result.err


def test_unreadable(sim: RunningSimulator, run: Run) -> None:
    """plan reports a system that cannot be read as a problem, with exit code 1."""
    sim.fault(match={"system": "clickhouse"}, status=401, count=None)
    result = run("plan", "--all")
    assert result.code == 1
    assert result.out.count("organization/services at ClickHouse Cloud returned 401") == 1
    assert result.out.splitlines()[-1].startswith("Incomplete: 0 to add, ")


def test_audit(sim: RunningSimulator, run: Run) -> None:
    """audit uses AUDIT_POLICY, or --policy."""
    reported = run("audit")
    assert reported.code == 1
    assert "error   registration-missing" in reported.out
    assert writes(sim) == []
    assert run("audit", "--policy", "upsert").code == 0
    assert len(registered(sim)) == 1


def test_audit_stores_its_report(
    sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """audit is the audit of the timer: its report is stored, and is what --json prints."""
    monkeypatch.setenv("REPORT_STORE", str(tmp_path))
    result = run("audit", "--policy", "sync")
    assert "done    register organization: " in result.out
    assert result.out.splitlines()[-1] == json.loads((tmp_path / "latest.json").read_text())["sentence"]
    again = run("audit", "--json")
    assert json.loads(again.out) == json.loads((tmp_path / "latest.json").read_text())
    assert again.code == 0


def test_audit_that_times_out(sim: RunningSimulator, run: Run) -> None:
    """What an audit could not read within --timeout is reported, with exit code 1."""
    sim.fault(match={"system": "clickhouse"}, delayMs=30_000, count=None)
    result = run("audit", "--timeout", "1")
    assert result.code == 1
    assert "        - organization: GET organization" in result.out


def test_allow_removals(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What MAX_REMOVALS withholds is listed, with the command whose --allow-removals makes it."""
    monkeypatch.setenv("MAX_REMOVALS", "0")
    run("sync", "--all")
    delete_endpoint(sim)
    planned = run("plan", "--all").out
    assert "removals-over-limit" in planned
    assert planned.count("withheld   - ") == 5
    assert (
        f"withholds 5 removals. To apply them: {sys.orig_argv[0]} -m shared sync --all --allow-removals 1\n" in planned
    )
    audited = run("audit", "--policy", "sync").out
    assert audited.count("withheld ") == 5
    assert f"but {ENDPOINT.rpartition('/')[2]} is deleted  for /subscriptions/" in audited
    assert "MAX_REMOVALS withholds 5 removals. To apply them: " in audited
    assert "AUDIT_POLICY=report withholds 5 removals. To apply them: " in run("audit").out
    assert run("sync", "--all").code == 1
    assert len(registered(sim)) == 1
    assert run("sync", "--all", "--allow-removals", "1").code == 0
    assert (registered(sim), allowed(sim), records(sim)) == ([], {}, {})


def test_explain(sim: RunningSimulator, run: Run) -> None:
    """explain names the first step that failed and the remedy and, after that, that all checks passed."""
    result = run("explain", ENDPOINT)
    assert result.code == 1
    assert "Is its id registered with the organization? No: " in result.out
    assert f"To make 5 additions: {sys.orig_argv[0]} -m shared sync {ENDPOINT}\n" in result.out
    assert writes(sim) == []
    run("sync", ENDPOINT)
    result = run("explain", ENDPOINT)
    assert result.code == 0
    assert "analytics: analytics01.westus3.privatelink.azure.clickhouse.cloud" in result.out
    assert result.out.splitlines()[-1] == ("All checks passed: clients can reach ClickHouse through this endpoint.")


def test_explain_outside_the_scopes(sim: RunningSimulator, run: Run) -> None:
    """An endpoint outside the scopes is explained without reading it: explain needs no more permissions than sync."""
    result = run("explain", OUTSIDE)
    assert result.code == 1
    assert "Is it in ENDPOINT_SCOPES? No: " in result.out
    assert sim.requests() == []


def test_explain_as_json(sim: RunningSimulator, run: Run) -> None:
    """explain --json contains all steps, the overall status, and the first problem as the diagnosis."""
    document = json.loads(run("explain", ENDPOINT, "--json").out)
    assert (document["status"], document["diagnosis"]) == ("failed", "registration")
    assert [step["name"] for step in document["checks"]][-1] == "names"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "exit codes:"),
        (("repair",), "invalid choice"),
        (("plan",), "use --all"),
        (("plan", "--all", ENDPOINT), "use --all"),
        (("sync", "pe-app"), "is not the ARM id of a Microsoft.Network/privateEndpoints"),
        (("sync", "--al"), "unrecognized arguments"),
        (("sync", "--all", "--allow-removals", "-1"), "--allow-removals"),
        (("sync", "--all", "--allow-removals", "ten"), "not a whole number"),
        (("plan", "--all", "--timeout", "0"), "at least 1 second"),
        (("audit", "--policy", "all"), "invalid"),
        (("explain",), "required: endpoint"),
        (("sync", ENDPOINT, OUTSIDE), f"{OUTSIDE} is outside ENDPOINT_SCOPES: add the subscription"),
    ],
)
def test_usage(sim: RunningSimulator, run: Run, arguments: tuple[str, ...], words: str) -> None:
    """An invalid command is reported without a traceback, and no request is sent."""
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert "Traceback" not in result.err
    assert sim.requests() == []


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "--all"),
        ("sync", "--all"),
        ("audit",),
        ("check",),
        ("check", "--json"),
        ("explain", "pe-app"),
    ],
)
def test_invalid_settings(
    sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Invalid settings are listed once, each with its remedy, with exit code 2, by every command."""
    monkeypatch.setenv("ENDPOINT_SCOPES", "everything")
    monkeypatch.setenv("OWNER_ID", "")
    result = run(*command)
    assert (result.code, result.out) == (2, "")
    assert result.err.count("- OWNER_ID is not set. Remedy: ") == 1
    assert result.err.endswith("docs/settings.md describes every setting.\n")
    assert "- ENDPOINT_SCOPES is invalid: " in result.err
    assert "demo-secret" not in result.err


def test_version(run: Run) -> None:
    """--version prints the project's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert run("--version").out.strip() == VERSION == project["version"]


def test_check(sim: RunningSimulator, run: Run) -> None:
    """check prints each check with its remedy, and last the first problem; the exit code is 1 if a check failed."""
    result = run("check")
    assert result.code == 1
    assert re.search(r"^failed   event subscription   none sends events to endpoint_changed", result.out, re.MULTILINE)
    assert "What to do: Create the event subscription" in result.out
    with webhook() as url:
        subscribe(sim, url)
        result = run("check")
    assert result.code == 0
    assert result.out.splitlines()[-1] == "No problem found."
    assert writes(sim) == []


def test_check_as_json(sim: RunningSimulator, run: Run) -> None:
    """check --json prints the response of the function app's health check."""
    document = json.loads(run("check", "--json").out)
    assert document["status"] == "failed"
    assert [one["name"] for one in document["checks"] if one["status"] == "failed"] == ["event subscription"]


def test_invalid_identity(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without a valid identity for Azure is a fault of the settings, for check as well."""
    monkeypatch.setenv("AZURE_RESOURCE_MANAGER_URL", "https://management.invalid")
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "http://login.invalid")
    for command in (("check",), ("plan", "--all")):
        result = run(*command)
        assert (result.code, result.out) == (2, "")
        assert result.err.count("'http://login.invalid' is an invalid authority") == 1
        assert "Remedy: correct or remove" in result.err
    assert sim.requests() == []


def test_check_with_an_unknown(sim: RunningSimulator, run: Run) -> None:
    """If no check failed, but one could not be made, check says so, and the exit code is 4."""
    sim.deny({"scope": f"/subscriptions/{SUBSCRIPTION}", "type": "Microsoft.EventGrid"})
    result = run("check")
    assert result.code == 4
    assert "1 check could not be made. Do events reach the function? Unknown: " in result.out


def test_findings_of_an_audit(sim: RunningSimulator, run: Run) -> None:
    """audit prints findings of one code and remedy together: the remedy once, and each object with its age."""
    result = run("audit")
    head = r"^error   allow-list-missing  3 findings\n        Run sync .+\n"
    assert re.search(head + r"(        - /subscriptions/.+ \(since 20.+ UTC\)\n){3}", result.out, re.MULTILINE)


def test_failed_repairs_of_an_audit(sim: RunningSimulator, run: Run) -> None:
    """audit prints a failed repair with the error of the system."""
    for method in ("PATCH", "POST"):
        sim.fault(match={"system": "clickhouse", "method": method}, status=403, count=None)
    result = run("audit", "--policy", "sync")
    assert result.code == 1
    assert re.search(r"^failed  register organization: - -> .+  for /subscriptions/", result.out, re.MULTILINE)
    assert "returned 403" in result.out


def test_audit_that_cannot_store_its_report(
    sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If the report cannot be stored, audit says so with the remedy and exits with 1; stderr has one line about it."""
    run("sync", "--all")
    assert run("audit").code == 0
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("REPORT_STORE", str(tmp_path / "file"))
    result = run("audit")
    assert result.code == 1
    assert "problem  the report is not stored: reading latest.json of the report store" in result.out
    remedy = "Give the app write access to REPORT_STORE, or set it to another blob container or folder."
    assert f"        {remedy}" in result.out
    assert result.out.splitlines()[-1].startswith("The report is not stored. No problems found")
    assert result.err.count("REPORT_STORE") == 1


def test_explain_by_name(sim: RunningSimulator, run: Run) -> None:
    """explain accepts the name of an endpoint that is unique in ENDPOINT_SCOPES, in any letter case."""
    assert json.loads(run("explain", "PE-App", "--json").out)["endpoint"] == ENDPOINT
    missing = run("explain", "pe-other")
    assert (missing.code, missing.out) == (2, "")
    assert "no private endpoint 'pe-other' in /subscriptions/" in missing.err
    other = ENDPOINT.replace("rg-network", "rg-dns")
    put_endpoint(sim, {}, endpoint=other)
    twice = run("explain", "pe-app")
    assert twice.code == 2
    assert f"'pe-app' is not unique; use one of: {other}, {ENDPOINT}" in twice.err


def test_explain_by_name_in_time(sim: RunningSimulator, run: Run) -> None:
    """Finding the endpoint by its name and explaining it share one --timeout."""
    sim.fault(match={"path": "/privateEndpoints$"}, delayMs=1500, count=None)
    sim.fault(match={"path": "/privateEndpoints/pe-app$"}, delayMs=30_000, count=None)
    began = time.monotonic()
    result = run("explain", "pe-app", "--timeout", "3")
    assert 2.5 < time.monotonic() - began < 4.5
    assert result.code == 4


def test_explain_without_readable_permissions(sim: RunningSimulator, run: Run) -> None:
    """If the caller's permissions cannot be read, explain assumes that sync can write the record."""
    sim.fault(match={"path": "/providers/Microsoft.Authorization/permissions"}, status=403, count=None)
    assert "missing permission" not in run("explain", ENDPOINT).out


def test_explain_by_name_without_permission(sim: RunningSimulator, run: Run) -> None:
    """If the endpoints cannot be listed, explain says why, with exit code 1."""
    sim.deny({"scope": f"/subscriptions/{SUBSCRIPTION}", "type": "privateEndpoints"})
    result = run("explain", "pe-app")
    assert (result.code, result.out) == (1, "")
    assert "listing private endpoints" in result.err or "listing the private endpoints" in result.err


def test_explain_with_a_refused_key(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """explain does not report success if it could not read ClickHouse Cloud: the exit code is 4."""
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "wrong")
    result = run("explain", ENDPOINT)
    assert result.code == 4
    assert "\n1 check could not be made. Is it connected" in result.out
    assert (
        result.out.splitlines()[-1] == f"To check settings, permissions and systems: {sys.orig_argv[0]} -m shared check"
    )


def test_explain_untagged_and_deleted(sim: RunningSimulator, run: Run) -> None:
    """An untagged endpoint is called untagged and a deleted one deleted, with the removals that sync would make."""
    run("sync", ENDPOINT)
    put_endpoint(sim, {})
    untagged = run("explain", ENDPOINT)
    assert "failed   tag                   not tagged clickhouse-services (its tags: none)" in untagged.out
    assert f"To make 5 removals: {sys.orig_argv[0]} -m shared sync {ENDPOINT}\n" in untagged.out
    delete_endpoint(sim)
    deleted = run("explain", ENDPOINT)
    assert "Does it exist? No: deleted; sync would remove what it still has (5 removals)." in deleted.out
    run("sync", ENDPOINT)
    assert "not found in Azure: deleted, or never created" in run("explain", ENDPOINT).out


def test_a_printed_command_runs(
    sim: RunningSimulator, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that explain prints keeps --settings, and runs as printed."""
    path = tmp_path / "my settings.json"
    path.write_text(json.dumps({"Values": environment(sim.url)}))
    for name in environment(sim.url):
        monkeypatch.delenv(name)
    printed = run("explain", ENDPOINT, "--settings", str(path)).out.splitlines()[-1]
    command = printed.partition(": ")[2].replace(sys.orig_argv[0], sys.executable)
    done = subprocess.run(  # noqa: S602 -- a shell, as a user has one
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert len(registered(sim)) == 1


@pytest.mark.parametrize(
    ("system", "name", "command"),
    [("arm", "Azure", "explain"), ("arm", "Azure", "plan"), ("clickhouse", "ClickHouse Cloud", "explain")],
)
def test_waits(sim: RunningSimulator, run: Run, system: str, name: str, command: str) -> None:
    """A command says on stderr what it waits for, and gives up at --timeout."""
    throttled = {"Retry-After": "1", "X-RateLimit-Reset": "1"}
    sim.fault(match={"system": system}, status=429, headers=throttled, count=None)
    began = time.monotonic()
    result = run(command, ENDPOINT, "--timeout", "3")
    assert time.monotonic() - began < 10
    assert result.code == (4 if command == "explain" else 1)
    assert re.search(rf"^{name} asks to wait 1 s \(429\); [123] s left$", result.err, re.MULTILINE)


def test_lost_connections(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost connection is a system that does not respond: unknown, and not a fault of the key."""
    monkeypatch.setenv("CLICKHOUSE_API_URL", "http://127.0.0.1:9")
    result = run("check")
    assert "unknown  ClickHouse key" in result.out
    assert re.search(r"^ClickHouse Cloud does not respond; next attempt in \d s; ", result.err, re.MULTILINE)

"""The command line's passes, with the real clients against the simulator."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from shared.cli import VERSION, audited
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
STRANGER = ENDPOINT.replace("11111111", "99999999")


def test_plan(sim: RunningSimulator, run: Run) -> None:
    """plan shows what would be done, like a diff in the order of its doing, and changes nothing."""
    told = run("plan", ENDPOINT)
    assert told.code == 0
    lines = [line.split() for line in told.out.splitlines() if line.startswith("  ")]
    changes = [f"{line[0]} {line[1]}" for line in lines if line[0] in "+-~"]
    assert sorted(changes) == [*["+ allow"] * 3, "+ put-record", "+ register"]
    assert changes.index("+ register") < changes.index("+ allow")
    assert "on service analytics (33333333-3333-4333-8333-333333333331)" in told.out
    assert "+ put-record               10.0.1.4 in /subscriptions/" in told.out
    assert told.out.splitlines()[-1] == (
        "5 to add, 0 to change, 0 to remove, for 1 endpoint (1 manage). Nothing was changed."
    )
    assert writes(sim) == []


def test_plan_of_everything(sim: RunningSimulator, run: Run) -> None:
    """plan --all looks at every endpoint in scope, and shows what would be done for each."""
    put_endpoint(sim, {"clickhouse-services": "analytics"}, endpoint=SECOND)
    out = run("plan", "--all").out
    assert f"{ENDPOINT}  manage\n" in out
    assert "wildcard-owned-by-other" in out
    assert "for 2 endpoints (2 manage)" in out


def test_differences(sim: RunningSimulator, run: Run) -> None:
    """A record that is to be changed is shown with what it is and what it would become; a removal as one."""
    run("sync", ENDPOINT)
    put_endpoint(sim, {"clickhouse-services": "analytics"})
    sim.address(ENDPOINT, "10.0.1.77")
    out = run("plan", ENDPOINT).out
    assert "  ~ put-record               10.0.1.4 -> 10.0.1.77 in /subscriptions/" in out
    assert out.count("  - disallow") == 2
    assert "0 to add, 1 to change, 2 to remove" in out


def test_exit_code(sim: RunningSimulator, run: Run) -> None:
    """With --exit-code, 3 tells that something would be done, and 0 that nothing would."""
    assert run("plan", "--all", "--exit-code").code == 3
    run("sync", "--all")
    assert run("plan", "--all", "--exit-code").code == 0


def test_json(sim: RunningSimulator, run: Run) -> None:
    """With --json just one document is printed: what the function app's sync answers."""
    told = run("plan", ENDPOINT, "--json")
    document = json.loads(told.out)
    assert (document["dryRun"], told.err) == (True, "")
    assert len(document["plan"]) == 5
    assert {one["status"] for one in json.loads(run("sync", ENDPOINT, "--json").out)["outcomes"]} == {"done"}
    assert json.loads(run("audit", "--json").out)["verdicts"] == {"manage": 1}


def test_sync(sim: RunningSimulator, run: Run) -> None:
    """sync does what plan showed, tells each outcome, and leaves nothing to be done."""
    told = run("sync", ENDPOINT)
    assert told.code == 0
    assert told.out.count("  done    ") == 5
    assert "5 done, 0 failed, 0 skipped, for 1 endpoint (1 manage)." in told.out
    assert len(registered(sim)) == 1
    assert set(allowed(sim)) == {"analytics", "reporting", "sandbox"}
    assert records(sim) == {"*": ["10.0.1.4"]}
    assert "0 to add, 0 to change, 0 to remove" in run("plan", ENDPOINT).out


def test_failed_sync(sim: RunningSimulator, run: Run) -> None:
    """What is refused is told with the system's own words, what depends on it as skipped; the exit code is 1."""
    for method in ("PATCH", "POST"):
        sim.fault(match={"system": "clickhouse", "method": method}, status=403, count=None)
    told = run("sync", ENDPOINT)
    assert told.code == 1
    assert "  failed    + register" in told.out
    assert "  skipped   + allow" in told.out
    assert "returned 403" in told.out
    assert "1 done, " in told.out.splitlines()[-1]
    assert "problem  register" in told.out
    assert "Traceback" not in told.out + told.err


def test_unreadable(sim: RunningSimulator, run: Run) -> None:
    """A system that cannot be read makes plan say so, with exit code 1, and not that all is well."""
    sim.fault(match={"system": "clickhouse"}, status=401, count=None)
    told = run("plan", "--all")
    assert told.code == 1
    assert "problem  GET organization" in told.out


def test_audit(sim: RunningSimulator, run: Run) -> None:
    """audit goes by AUDIT_POLICY, and by --policy where that is given."""
    reported = run("audit")
    assert reported.code == 1
    assert "error   registration-missing" in reported.out
    assert writes(sim) == []
    assert run("audit", "--policy", "upsert").code == 0
    assert len(registered(sim)) == 1


def test_audit_keeps_its_report(
    sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """audit is the audit that the timer makes: its report is kept, and is what --json prints."""
    monkeypatch.setenv("REPORT_STORE", str(tmp_path))
    told = run("audit", "--policy", "sync")
    assert "done    register organization: " in told.out
    assert told.out.splitlines()[-1] == json.loads((tmp_path / "latest.json").read_text())["sentence"]
    again = run("audit", "--json")
    assert json.loads(again.out) == json.loads((tmp_path / "latest.json").read_text())
    assert again.code == 0


def test_audit_that_takes_too_long(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit that comes to no end is told in a sentence, with exit code 1."""
    monkeypatch.setattr(audited, "SECONDS", 0.0)
    told = run("audit")
    assert (told.code, told.out) == (1, "")
    assert "the audit did not end" in told.err


def test_allow_removals(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """--allow-removals stands in for MAX_REMOVALS."""
    monkeypatch.setenv("MAX_REMOVALS", "0")
    run("sync", "--all")
    delete_endpoint(sim)
    assert "removals-over-limit" in run("plan", "--all").out
    assert run("sync", "--all").code == 1
    assert len(registered(sim)) == 1
    assert run("sync", "--all", "--allow-removals", "1").code == 0
    assert (registered(sim), allowed(sim), records(sim)) == ([], {}, {})


def test_explain(sim: RunningSimulator, run: Run) -> None:
    """explain tells the first step that fails, what to do, and, once that is done, that all is well."""
    told = run("explain", ENDPOINT)
    assert told.code == 1
    assert "Is its id registered with the organization? No: " in told.out
    assert f"python -m shared sync {ENDPOINT}\n" in told.out
    assert writes(sim) == []
    run("sync", ENDPOINT)
    told = run("explain", ENDPOINT)
    assert told.code == 0
    assert "analytics: analytics01.westus3.privatelink.azure.clickhouse.cloud" in told.out
    assert told.out.splitlines()[-1] == "Everything is as it must be for clients to reach ClickHouse."


def test_explain_what_is_outside(sim: RunningSimulator, run: Run) -> None:
    """An endpoint outside the scopes is explained without being read: explaining needs no more rights than a pass."""
    told = run("explain", STRANGER)
    assert told.code == 1
    assert "Does it lie in ENDPOINT_SCOPES? No: " in told.out
    assert sim.requests() == []


def test_explain_as_json(sim: RunningSimulator, run: Run) -> None:
    """explain --json names the step that is the diagnosis, and tells all of them."""
    document = json.loads(run("explain", ENDPOINT, "--json").out)
    assert document["diagnosis"] == "registration"
    assert [step["name"] for step in document["steps"]][-1] == "names"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "required: command"),
        (("repair",), "invalid choice"),
        (("plan",), "say --all"),
        (("plan", "--all", ENDPOINT), "say --all"),
        (("sync", "pe-app"), "is not the ARM id of a Microsoft.Network/privateEndpoints"),
        (("sync", "--al"), "unrecognized arguments"),
        (("sync", "--all", "--allow-removals", "-1"), "--allow-removals"),
        (("sync", "--all", "--allow-removals", "ten"), "no whole number"),
        (("audit", "--policy", "all"), "invalid"),
        (("explain",), "required: endpoint"),
        (("sync", ENDPOINT, STRANGER), f"{STRANGER} lies outside ENDPOINT_SCOPES"),
    ],
)
def test_usage(sim: RunningSimulator, run: Run, arguments: tuple[str, ...], words: str) -> None:
    """A command that cannot be carried out is told so, without a traceback; nothing is asked of anybody."""
    told = run(*arguments)
    assert (told.code, told.out) == (2, "")
    assert words in told.err
    assert "Traceback" not in told.err
    assert sim.requests() == []


def test_unusable_settings(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that cannot be used are told, all at once and each with its remedy, with exit code 2."""
    monkeypatch.setenv("ENDPOINT_SCOPES", "everything")
    monkeypatch.setenv("OWNER_ID", "")
    told = run("plan", "--all")
    assert told.code == 2
    assert "- OWNER_ID is not set. Remedy: " in told.err
    assert "- ENDPOINT_SCOPES is invalid: " in told.err
    assert "demo-secret" not in told.err


def test_version(run: Run) -> None:
    """--version tells the project's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert run("--version").out.strip() == VERSION == project["version"]


def test_check(sim: RunningSimulator, run: Run) -> None:
    """check tells each line with its remedy and what to do first; its exit code whether anything is wrong."""
    told = run("check")
    assert told.code == 1
    assert re.search(
        r"^not ok       event subscription   none leads to endpoint_changed", told.out, re.MULTILINE
    )
    assert "What to do: Create the event subscription" in told.out
    with webhook() as url:
        subscribe(sim, url)
        told = run("check")
    assert told.code == 0
    assert told.out.splitlines()[-1] == "Nothing is wrong."
    assert writes(sim) == []


def test_check_as_json(sim: RunningSimulator, run: Run) -> None:
    """check --json tells what the function app's health does."""
    document = json.loads(run("check", "--json").out)
    assert document["healthy"] is False
    assert [one["name"] for one in document["checks"] if one["answer"] == "not ok"] == ["event subscription"]


def test_check_of_unusable_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """check lists invalid settings once, with exit code 2, as every command; with --json they are a failed check."""
    for name in environment("http://127.0.0.1"):
        monkeypatch.delenv(name, raising=False)
    told = run("check")
    assert (told.code, told.out) == (2, "")
    assert told.err.count("- OWNER_ID is not set. Remedy: ") == 1
    told = run("check", "--json")
    assert told.code == 2
    first, *_ = json.loads(told.out)["checks"]
    assert (first["name"], first["answer"]) == ("settings", "not ok")
    assert "OWNER_ID is not set" in first["seen"]


def test_check_of_an_unusable_identity(
    sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is an environment without a usable identity for Azure."""
    monkeypatch.setenv("AZURE_RESOURCE_MANAGER_URL", "https://management.invalid")
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "http://login.invalid")
    for command in (("check",), ("plan", "--all")):
        told = run(*command)
        assert (told.code, told.out) == (2, "")
        assert "'http://login.invalid' is an invalid authority" in told.err
        assert "Remedy: correct or remove the variables" in told.err
    assert sim.requests() == []


def test_what_is_not_known_is_not_wrong(sim: RunningSimulator, run: Run) -> None:
    """Where nothing is wrong but something could not be told, that is said, and the exit code is 0."""
    sim.deny({"scope": f"/subscriptions/{SUBSCRIPTION}", "type": "Microsoft.EventGrid"})
    told = run("check")
    assert told.code == 0
    assert "Nothing is wrong, but not all is known. Do events reach the function?" in told.out


def test_findings_of_an_audit(sim: RunningSimulator, run: Run) -> None:
    """audit tells each finding with since when it is, and a repair that failed with the system's own words."""
    for method in ("PATCH", "POST"):
        sim.fault(match={"system": "clickhouse", "method": method}, status=403, count=None)
    told = run("audit", "--policy", "sync")
    assert told.code == 1
    assert re.search(r"^failed  register organization: - -> .+  for /subscriptions/", told.out, re.MULTILINE)
    assert "returned 403" in told.out
    assert re.search(r"^        since 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. ", told.out, re.MULTILINE)

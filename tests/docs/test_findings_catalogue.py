"""docs/findings.md and docs/operate.md list exactly the findings, alerts, log lines and outcome events that exist."""

import json
import re
from datetime import UTC, datetime

import pytest

from shared.domain.audit.outcome_events import OutcomeEvent, of_audit, of_pass, of_refusal
from shared.domain.audit.report_model import AuditedFinding, AuditReport, Health, Repair
from shared.domain.changes.base import Change
from shared.domain.changes.clickhouse import Deregister, Register
from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.findings import CATALOGUE, Finding, Severity
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.plan import Plan
from shared.domain.results.pass_report import Report
from tests.support.pages import read
from tests.support.paths import ROOT

OPERATE = read(ROOT / "docs" / "operate.md")
FINDINGS = read(ROOT / "docs" / "findings.md")
CODES = sorted(CATALOGUE)
TEXT = FINDINGS.path.read_text(encoding="utf-8")


def section(code: str) -> str:
    """Return the section of a finding."""
    return re.split(r"^#+ ", TEXT.partition(f"\n### `{code}`\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_headings_are_the_finding_codes() -> None:
    """The headings of docs/findings.md are the codes of the catalogue, each once."""
    assert sorted(re.findall(r"^### `(.+)`$", TEXT, re.MULTILINE)) == CODES


@pytest.mark.parametrize("code", CODES)
def test_findings_have_severity_cause_and_remedy(code: str) -> None:
    """The section of each finding has its severity, its cause and its remedy."""
    severity = CATALOGUE[code][0].name.capitalize()
    assert section(code).strip().startswith(f"{severity}."), code
    assert "**Cause:**" in section(code)
    assert "**Remedy:**" in section(code)


def test_overview_links_every_finding() -> None:
    """The table of findings has each finding with its severity and a link to its section."""
    rows = FINDINGS.table_of("findings")[1:]
    severities = {row[0]: row[1] for row in rows}
    assert severities == {f"[`{code}`](#{code})": CATALOGUE[code][0] for code in CODES}


def test_table_lists_every_alert() -> None:
    """The rows of the alert table are the alerts of the templates."""
    deployment = json.loads((ROOT / "infra" / "alerts" / "rules.json").read_text())
    deliveries = json.loads((ROOT / "infra" / "alerts" / "deliveries.json").read_text())
    documented = {row[0].strip("`") for row in OPERATE.table_of("alerts")[1:]}
    assert documented == {rule["name"] for rule in deployment} | {rule["metric"] for rule in deliveries}


def test_table_lists_every_kind_of_log_line() -> None:
    """The table of log lines has every event that the code logs, with existing fields."""
    code = {path: path.read_text() for path in (ROOT / "shared").rglob("*.py")}
    written = {kind for text in code.values() for kind in re.findall(r'\blog_event\(\s*"(\w+)"', text)}
    rows = {row[0].strip("`"): row for row in OPERATE.table_of("log lines")[1:]}
    assert rows.keys() == written
    fields = {field for row in rows.values() for field in re.findall(r"`(\w+)`", row[2])}
    names = set(re.findall(r"\w+", "\n".join(code.values())))
    assert fields <= names


def test_table_lists_every_outcome_event() -> None:
    """The table of payloads has every type of outcome event with its data fields."""
    documented: dict[str, set[str]] = {}
    for kinds, data in OPERATE.table_of("outcome data")[1:]:
        documented |= {kind: set(re.findall(r"`(\w+)`", data)) for kind in re.findall(r"`(\w+)`", kinds)}
    assert documented == {event.type: set(event.data) for event in one_event_of_each_type()}


def one_event_of_each_type() -> list[OutcomeEvent]:
    """Create one event of each type with the app's own functions."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    at = ResourceId("s", "g", Kind.PRIVATE_ENDPOINT.value, "pe")
    finding = AuditedFinding("record-drift", Severity.ERROR, str(at), "message", "remedy", now, now)
    repair = Repair("put-record", "zone", str(at), "-", "10.0.0.1", "done")
    audit = AuditReport("o", "p", now, now, 900, "upsert", Health.ERROR, "", findings=(finding,), repairs=(repair,))
    changes: list[Change] = [Register(at, "id", "westus3", "d"), Deregister(at, "id", "westus3")]
    report = Report(Snapshot(), Plan(), tuple(Outcome(change, OutcomeStatus.DONE) for change in changes))
    refusal = of_refusal(Finding("bad-selector", str(at), "message"), "p", now)
    return [*of_pass(report, now), refusal, *of_audit(audit, None)]

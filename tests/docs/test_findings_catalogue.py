"""docs/operate.md tells of every finding, alert, log line and outcome event that there is, and of no other."""

import json
import re
from datetime import UTC, datetime

import pytest

from shared.domain.audit.outcome_events import OutcomeEvent, of_audit, of_pass, of_refusal
from shared.domain.audit.report_model import AuditedFinding, AuditReport, Health, Repair
from shared.domain.changes import Change, Deregister, Register
from shared.domain.changes.outcome import Outcome, Status
from shared.domain.model.findings import CATALOGUE, Finding
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.plan import Plan
from shared.domain.results.pass_report import Report
from tests.support.pages import read
from tests.support.paths import ROOT

OPERATE = read(ROOT / "docs" / "operate.md")
CODES = sorted(CATALOGUE)
TEXT = OPERATE.path.read_text(encoding="utf-8")


def section(code: str) -> str:
    """What stands under the finding's heading."""
    return re.split(r"^#+ ", TEXT.partition(f"\n### `{code}`\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_finding_has_a_heading_and_every_such_heading_a_finding() -> None:
    """The codes in the catalogue are the headings of the page's chapter on findings, each once."""
    chapter = re.split(r"^## ", TEXT.partition("\n## Findings\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    assert sorted(re.findall(r"^### `(.+)`$", chapter, re.MULTILINE)) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_finding_is_told_with_severity_cause_and_remedy(code: str) -> None:
    """Under its heading stand the severity it has, what brings it, and what to do."""
    severity = CATALOGUE[code][0].name.capitalize()
    assert section(code).strip().startswith(f"{severity}."), code
    assert "**Cause:**" in section(code)
    assert "**Remedy:**" in section(code)


def test_the_overview_links_every_finding() -> None:
    """The table of findings names each with its severity, and leads to its section."""
    rows = OPERATE.table_of("findings")[1:]
    told = {row[0]: row[1] for row in rows}
    assert told == {f"[`{code}`](#{code})": CATALOGUE[code][0].name.lower() for code in CODES}


def test_every_alert_is_told() -> None:
    """The alerts of the templates are the rows of the page's table, each with where to go."""
    deployment = json.loads((ROOT / "infra" / "alerts" / "rules.json").read_text())
    deliveries = json.loads((ROOT / "infra" / "alerts" / "deliveries.json").read_text())
    told = {row[0].strip("`") for row in OPERATE.table_of("alerts")[1:]}
    assert told == {rule["name"] for rule in deployment} | {rule["metric"] for rule in deliveries}


def test_every_kind_of_log_line_is_told() -> None:
    """The page's table has the kinds of lines that the code writes, with fields that it writes."""
    code = {path: path.read_text() for path in (ROOT / "shared").rglob("*.py")}
    written = {kind for text in code.values() for kind in re.findall(r'\blog_event\(\s*"(\w+)"', text)}
    rows = {row[0].strip("`"): row for row in OPERATE.table_of("log lines")[1:]}
    assert rows.keys() == written
    fields = {field for row in rows.values() for field in re.findall(r"`(\w+)`", row[2])}
    names = set(re.findall(r"\w+", "\n".join(code.values())))
    assert fields <= names


def test_every_type_of_outcome_event_is_told() -> None:
    """The page's table of payloads has every type of event, with just the data it carries."""
    told: dict[str, set[str]] = {}
    for kinds, data in OPERATE.table_of("outcome data")[1:]:
        told |= {kind: set(re.findall(r"`(\w+)`", data)) for kind in re.findall(r"`(\w+)`", kinds)}
    assert told == {event.type: set(event.data) for event in some_of_each()}


def some_of_each() -> list[OutcomeEvent]:
    """One event of each type, made by the code that makes them."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    at = ResourceId("s", "g", Kind.PRIVATE_ENDPOINT.value, "pe")
    finding = AuditedFinding("record-drift", "error", str(at), "told", "remedy", now, now)
    repair = Repair("put-record", "zone", str(at), "-", "10.0.0.1", "done")
    audit = AuditReport(
        "o", "p", now, now, 900, "upsert", Health.WRONG, "", findings=(finding,), repairs=(repair,)
    )
    made: list[Change] = [Register(at, "id", "westus3", "d"), Deregister(at, "id", "westus3")]
    report = Report(Snapshot(), Plan(), tuple(Outcome(change, Status.DONE) for change in made))
    refusal = of_refusal(Finding("bad-selector", str(at), "told"), "p", now)
    return [*of_pass(report, now), refusal, *of_audit(audit, None)]

"""The audit report as JSON, and its schema."""

import json
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.audit.report_model import AuditReport, Health
from shared.reports.report_json import from_json, schema, to_json
from tests.support.paths import ROOT

PUBLISHED = ROOT / "docs" / "report.schema.json"
MOMENT = datetime(2026, 11, 23, 6, tzinfo=UTC)
MINIMAL = AuditReport("team-a", "p1", MOMENT, MOMENT, 900, "report", Health.HEALTHY, "No problems found.")


@settings(max_examples=60, deadline=None)
@given(st.builds(AuditReport))
def test_round_trip(report: AuditReport) -> None:
    """Any report is read back from its JSON unchanged."""
    assert from_json(to_json(report)) == report


@settings(max_examples=30, deadline=None)
@given(st.builds(AuditReport))
def test_documents_match_the_published_schema(report: AuditReport) -> None:
    """Every document matches docs/report.schema.json."""
    jsonschema.validate(json.loads(to_json(report)), json.loads(PUBLISHED.read_text()))


def test_published_schema_is_current() -> None:
    """docs/report.schema.json is what `python -m shared.reports.report_json` prints."""
    assert json.loads(PUBLISHED.read_text()) == schema()


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'"x"', b"\xff"])
def test_invalid_documents(document: bytes) -> None:
    """A document that is not a report raises ValueError."""
    with pytest.raises(ValueError, match=r"."):
        from_json(document)


def test_unknown_schema_version() -> None:
    """A document of a later schema version raises ValueError."""
    later = {**json.loads(to_json(MINIMAL)), "schemaVersion": 2}
    with pytest.raises(ValueError, match="schemaVersion"):
        from_json(json.dumps(later).encode())

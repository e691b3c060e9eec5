"""The audit's report goes into a document and comes back."""

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
MINIMAL = AuditReport("team-a", "p1", MOMENT, MOMENT, 900, "report", Health.WELL, "All is well.")


@settings(max_examples=60, deadline=None)
@given(st.builds(AuditReport))
def test_a_report_comes_back_as_it_went(report: AuditReport) -> None:
    """Whatever is in a report, reading its document gives the same report."""
    assert from_json(to_json(report)) == report


@settings(max_examples=30, deadline=None)
@given(st.builds(AuditReport))
def test_documents_keep_the_published_schema(report: AuditReport) -> None:
    """Every document keeps the schema in docs/."""
    jsonschema.validate(json.loads(to_json(report)), json.loads(PUBLISHED.read_text()))


def test_the_published_schema_is_the_real_one() -> None:
    """docs/report.schema.json is what `python -m shared.reports.report_json` prints."""
    assert json.loads(PUBLISHED.read_text()) == schema()


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'"x"', b"\xff"])
def test_what_is_no_report_is_refused(document: bytes) -> None:
    """A document that is no report raises ValueError."""
    with pytest.raises(ValueError, match=r"."):
        from_json(document)


def test_a_report_of_another_version_is_refused() -> None:
    """A document of a later version is not read as if it were one of ours."""
    later = {**json.loads(to_json(MINIMAL)), "schemaVersion": 2}
    with pytest.raises(ValueError, match="schemaVersion"):
        from_json(json.dumps(later).encode())

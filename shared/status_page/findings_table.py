"""The rows of the findings, errors first; many of them by their code. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.audit.report_model import AuditedFinding
from shared.domain.model.text import counted
from shared.status_page.groups import MOST_ROWS, UNGROUPED, Group, by, one_table
from shared.status_page.index import Index, worst_first
from shared.status_page.wording import short_id

_UNFOLDED = 12
_NOUNS = {"error": "error", "warning": "warning"}


@dataclass(frozen=True, slots=True)
class FindingRow:
    """`name` and `anchor`: of what the finding is about."""

    finding: AuditedFinding
    name: str
    anchor: str


def finding_rows(index: Index) -> tuple[FindingRow, ...]:
    return tuple(
        FindingRow(one, short_id(index.name(one.object)), index.anchors.get(one.object.lower(), ""))
        for one in worst_first(index.report.findings)[:MOST_ROWS]
    )


def grouped_findings(rows: Sequence[FindingRow]) -> tuple[Group[FindingRow], ...]:
    """Few as one table; more by code, the gravest codes first."""
    if len(rows) <= UNGROUPED:
        return one_table(rows)
    return tuple(_group(code, inside) for code, inside in by(rows, lambda row: row.finding.code))


def _group(code: str, rows: Sequence[FindingRow]) -> Group[FindingRow]:
    severity = rows[0].finding.severity
    summary = counted(len(rows), _NOUNS.get(severity, "finding"))
    return Group(code, code, "", severity, summary, tuple(rows), unfolded=len(rows) <= _UNFOLDED)

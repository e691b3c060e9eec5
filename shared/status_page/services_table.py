"""The rows of the ClickHouse services with their allow lists, the worst first; many of them by region. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.audit.report_model import AllowedId, AuditedService
from shared.domain.model.text import counted
from shared.status_page.folding import tally
from shared.status_page.groups import MOST_ROWS, UNGROUPED, Group, by, one_table
from shared.status_page.index import Index, badness, worst
from shared.status_page.wording import name_of

MOST_ENTRIES = 60
"""So many of our own entries of one allow list, and so many of others'."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """`ours` and `others`: anchor and name of the endpoint behind an entry, or its id alone."""

    service: AuditedService
    anchor: str
    codes: tuple[str, ...]
    ours: tuple[tuple[str, str], ...]
    more_ours: int
    others: tuple[tuple[str, str], ...]
    more_others: int
    counts: str


def service_rows(index: Index) -> tuple[ServiceRow, ...]:
    services = sorted(index.report.services, key=lambda one: (-badness(one.health), one.name.lower(), one.id))
    return tuple(_row(one, index) for one in services[:MOST_ROWS])


def _row(one: AuditedService, index: Index) -> ServiceRow:
    ours = [_entry(entry, index) for entry in one.allow_list if entry.ours]
    others = [_entry(entry, index) for entry in one.allow_list if not entry.ours]
    return ServiceRow(
        service=one,
        anchor=index.anchors[one.id.lower()],
        codes=index.codes(one.id),
        ours=tuple(ours[:MOST_ENTRIES]),
        more_ours=max(0, len(ours) - MOST_ENTRIES),
        others=tuple(others[:MOST_ENTRIES]),
        more_others=max(0, len(others) - MOST_ENTRIES),
        counts=f"{len(ours)} ours" + (f", {len(others)} foreign" if others else ""),
    )


def _entry(entry: AllowedId, index: Index) -> tuple[str, str]:
    known = index.by_registered_id.get(entry.id.lower())
    endpoint = known.id if known else entry.endpoint
    return (index.anchors.get(endpoint.lower(), ""), name_of(endpoint)) if endpoint else ("", entry.id)


def grouped_services(rows: Sequence[ServiceRow]) -> tuple[Group[ServiceRow], ...]:
    """Few as one table; more by region, the worst regions first."""
    if len(rows) <= UNGROUPED:
        return one_table(rows)
    groups = [_group(region, inside) for region, inside in by(rows, lambda row: row.service.region)]
    return tuple(
        sorted(groups, key=lambda one: (-max(badness(r.service.health) for r in one.rows), one.title))
    )


def _group(region: str, rows: Sequence[ServiceRow]) -> Group[ServiceRow]:
    healths = [row.service.health for row in rows]
    summary = f"{counted(len(rows), 'service')}: {tally(healths)}"
    return Group(region or "No region", region, "", worst(healths), summary, tuple(rows))

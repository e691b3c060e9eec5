"""The rows of the tables, sorted and grouped. Pure; the templates build the tables."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditedService, Health
from shared.domain.model.findings import Severity
from shared.domain.model.text import counted
from shared.status_page.formatting import resource_group
from shared.status_page.index import Index

UNGROUPED = 40
"""Up to this many rows form one table."""
MOST_ROWS = 2000
"""The rows of a table on the page. The JSON has them all."""
_VERDICTS = {
    "out-of-scope": "out of scope",
    "foreign-service": "connected to a foreign service",
    "unknown": "not readable",
    "release": "untagged",
    "in-progress": "provisioning",
    "failed": "failed in Azure",
}


@dataclass(frozen=True, slots=True)
class Group[R]:
    """Rows under one title, or without a title the only table. `sign`: the worst health or severity."""

    rows: tuple[R, ...]
    title: str = ""
    sign: Health | Severity = Health.HEALTHY
    summary: str = ""


def endpoint_groups(index: Index) -> tuple[Group[AuditedEndpoint], ...]:
    """One table of few endpoints; more by region."""
    return _grouped(index.endpoints, "endpoint", lambda one: one.region or "No region", lambda one: one.health)


def service_groups(index: Index) -> tuple[Group[AuditedService], ...]:
    """One table of few services; more by region."""
    return _grouped(index.services, "service", lambda one: one.region or "No region", lambda one: one.health)


def finding_groups(index: Index) -> tuple[Group[AuditedFinding], ...]:
    """One table of few findings; more by code."""
    return _grouped(index.findings, "finding", lambda one: one.code, lambda one: one.severity)


def _grouped[R](
    every: Sequence[R], noun: str, title: Callable[[R], str], sign: Callable[[R], Health | Severity]
) -> tuple[Group[R], ...]:
    """The worst rows, which come first, in one table; many in groups, the worst first, then by title."""
    rows = every[:MOST_ROWS]
    if len(rows) <= UNGROUPED:
        return (Group(tuple(rows)),) if rows else ()
    by_title: defaultdict[str, list[R]] = defaultdict(list)
    for row in rows:
        by_title[title(row)].append(row)
    groups = [
        Group(tuple(inside), name, sign(inside[0]), f"{counted(len(inside), noun)}: {tally(map(sign, inside))}")
        for name, inside in by_title.items()
    ]
    return tuple(sorted(groups, key=lambda one: (one.sign.rank, one.title.lower())))


def tally(signs: Iterable[Health | Severity]) -> str:
    """Counts by health or severity, such as `2 errors, 5 healthy`."""
    count = Counter(map(str, signs))
    nouns = {Severity.ERROR, Severity.WARNING, Severity.INFO}
    return ", ".join(
        counted(count[one], one) if one in nouns else f"{count[one]} {one.replace('-', ' ')}"
        for one in (*Health, Severity.INFO)
        if count[one]
    )


def connection_state(one: AuditedEndpoint) -> str:
    """The status of its connections as Azure reports it, or why no connection counts."""
    if one.deleted:
        return "deleted"
    return _VERDICTS.get(one.verdict) or ", ".join(c.status for c in one.connections) or "no connection"


def network_title(one: AuditedEndpoint) -> str:
    """Why its network is not known."""
    return "Deleted endpoints" if one.deleted else f"{resource_group(one.id) or 'Endpoints'}: not readable"


def allow_list_summary(one: AuditedService) -> str:
    """Such as `3 ids, 1 foreign`."""
    foreign = sum(not entry.ours for entry in one.allow_list)
    return counted(len(one.allow_list), "id") + (f", {foreign} foreign" if foreign else "")

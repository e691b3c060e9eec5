"""The rows of the tables, sorted and grouped. Pure; the templates build the tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditedService, Health
from shared.domain.model.text import counted
from shared.status_page.formatting import resource_name, subscription_id
from shared.status_page.index import Index, rank, tally, worst

UNGROUPED = 40
"""Up to this many rows form one table."""
MOST_ROWS = 2000
"""The rows of a table on the page. The JSON has them all."""
MOST_UNFOLDED = 12
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
    """Rows under one title, or groups of them; without a title, the only table.

    `full`: the id behind the title. `sign`: the worst health or severity. `unfolded`: whether it starts open.
    """

    title: str = ""
    full: str = ""
    subscription: str = ""
    sign: str = ""
    summary: str = ""
    rows: tuple[R, ...] = ()
    groups: "tuple[Group[R], ...]" = ()
    unfolded: bool = False


def endpoint_groups(index: Index) -> tuple[Group[AuditedEndpoint], ...]:
    """One table of few endpoints; more by region and network, the worst first."""
    rows = index.endpoints[:MOST_ROWS]
    if len(rows) <= UNGROUPED:
        return _one_table(rows)
    regions = _by(rows, lambda one: one.region).items()
    return _sorted(
        _group(inside, "endpoint", region or "No region", region, groups=_networks(inside))
        for region, inside in regions
    )


def _networks(rows: Sequence[AuditedEndpoint]) -> tuple[Group[AuditedEndpoint], ...]:
    return _sorted(
        _group(
            inside,
            "endpoint",
            resource_name(inside[0].network) or "Unknown network",
            network,
            subscription=subscription_id(inside[0].id),
        )
        for network, inside in _by(rows, lambda one: one.network.lower()).items()
    )


def service_groups(index: Index) -> tuple[Group[AuditedService], ...]:
    """One table of few services; more by region, the worst first."""
    rows = index.services[:MOST_ROWS]
    if len(rows) <= UNGROUPED:
        return _one_table(rows)
    regions = _by(rows, lambda one: one.region).items()
    return _sorted(_group(inside, "service", region or "No region", region) for region, inside in regions)


def finding_groups(index: Index) -> tuple[Group[AuditedFinding], ...]:
    """One table of few findings; more by code, the worst first."""
    rows = index.findings[:MOST_ROWS]
    if len(rows) <= UNGROUPED:
        return _one_table(rows)
    return tuple(
        Group(
            title=code,
            full=code,
            sign=inside[0].severity,
            summary=counted(len(inside), "finding"),
            rows=tuple(inside),
            unfolded=len(inside) <= MOST_UNFOLDED,
        )
        for code, inside in _by(rows, lambda one: one.code).items()
    )


def connection_state(one: AuditedEndpoint) -> str:
    """The status of its connections as Azure reports it, or why no connection counts."""
    return _VERDICTS.get(one.verdict) or ", ".join(c.status for c in one.connections) or "no connection"


def allow_list_summary(one: AuditedService) -> str:
    """Such as `3 ids, 1 foreign`."""
    foreign = sum(not entry.ours for entry in one.allow_list)
    return counted(len(one.allow_list), "id") + (f", {foreign} foreign" if foreign else "")


def _by[R](rows: Iterable[R], key: Callable[[R], str]) -> Mapping[str, list[R]]:
    groups: defaultdict[str, list[R]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _one_table[R](rows: tuple[R, ...]) -> tuple[Group[R], ...]:
    return (Group(rows=rows, unfolded=True),) if rows else ()


def _group[R: (AuditedEndpoint, AuditedService)](
    rows: Sequence[R],
    noun: str,
    title: str,
    full: str,
    *,
    subscription: str = "",
    groups: tuple[Group[R], ...] = (),
) -> Group[R]:
    healths = [row.health for row in rows]
    summary = f"{counted(len(rows), noun)}: {tally(healths)}"
    return Group(title, full, subscription, worst(healths), summary, () if groups else tuple(rows), groups)


def _sorted[R: (AuditedEndpoint, AuditedService)](groups: Iterable[Group[R]]) -> tuple[Group[R], ...]:
    return tuple(sorted(groups, key=lambda one: (rank(Health(one.sign)), one.title.lower())))

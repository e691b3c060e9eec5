"""The rows of the tables, sorted and grouped. Pure; the templates build the tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditedService
from shared.domain.model.text import counted
from shared.status_page.formatting import resource_group, resource_name, subscription_id
from shared.status_page.index import Index, State, tally, worst

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

    `full`: the id behind the title. `sign`: the worst state or severity. `unfolded`: whether it starts open.
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
    regions = [
        replace(
            _group(index, inside, "endpoint", region or "No region", region),
            rows=(),
            groups=_networks(index, inside),
        )
        for region, inside in _by(rows, lambda one: one.region).items()
    ]
    return _sorted(regions)


def _networks(index: Index, rows: Sequence[AuditedEndpoint]) -> tuple[Group[AuditedEndpoint], ...]:
    networks = _by(rows, lambda one: one.network.lower() or network_title(one))
    return _sorted(
        replace(
            _group(index, inside, "endpoint", network_title(inside[0]), network),
            subscription=subscription_id(inside[0].id),
        )
        for network, inside in networks.items()
    )


def service_groups(index: Index) -> tuple[Group[AuditedService], ...]:
    """One table of few services; more by region, the worst first."""
    rows = index.services[:MOST_ROWS]
    if len(rows) <= UNGROUPED:
        return _one_table(rows)
    regions = _by(rows, lambda one: one.region).items()
    return _sorted(_group(index, inside, "service", region or "No region", region) for region, inside in regions)


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
    if is_deleted(one):
        return "deleted"
    return _VERDICTS.get(one.verdict) or ", ".join(c.status for c in one.connections) or "no connection"


def network_title(one: AuditedEndpoint) -> str:
    """The name of its network, or why it has none."""
    if one.network:
        return resource_name(one.network)
    return "Deleted endpoints" if is_deleted(one) else f"{resource_group(one.id) or 'Endpoints'}: not readable"


def is_deleted(one: AuditedEndpoint) -> bool:
    """Whether Azure does not have the endpoint. An untagged endpoint still has a network and a GUID."""
    return one.verdict == "release" and not (one.guid or one.network or one.connections)


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
    index: Index, rows: Sequence[R], noun: str, title: str, full: str
) -> Group[R]:
    states = [index.state(row) for row in rows]
    summary = f"{counted(len(rows), noun)}: {tally(states)}"
    return Group(title, full, sign=worst(states), summary=summary, rows=tuple(rows))


def _sorted[R: (AuditedEndpoint, AuditedService)](groups: Iterable[Group[R]]) -> tuple[Group[R], ...]:
    return tuple(sorted(groups, key=lambda one: (State(one.sign).rank, one.title.lower())))

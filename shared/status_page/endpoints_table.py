"""The rows of the endpoints, the worst first; many of them by region, and there by network. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain.audit.report_model import AuditedEndpoint
from shared.domain.model.text import counted
from shared.status_page.folding import tally
from shared.status_page.groups import MOST_ROWS, UNGROUPED, Group, by, one_table
from shared.status_page.index import Index, badness, worst
from shared.status_page.wording import name_of, subscription_of

MOST_SERVICES = 12
_VERDICTS = {
    "out-of-scope": "out of scope",
    "foreign-service": "connected to a foreign service",
    "unknown": "could not be read",
    "release": "does not ask",
    "in-progress": "provisioning",
    "failed": "failed in Azure",
}


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """`state`: of its connection in Azure's words, or why it has none that counts.

    `services`: anchor and name of those it reaches, the first of them if they are many.
    `codes`: of the findings about it, the worst first.
    """

    endpoint: AuditedEndpoint
    anchor: str
    name: str
    state: str
    network: str
    subscription: str
    services: tuple[tuple[str, str], ...]
    more_services: int
    codes: tuple[str, ...]


def endpoint_rows(index: Index) -> tuple[EndpointRow, ...]:
    ends = sorted(
        index.report.endpoints, key=lambda one: (-badness(one.health), name_of(one.id).lower(), one.id)
    )
    return tuple(_row(one, index) for one in ends[:MOST_ROWS])


def _row(one: AuditedEndpoint, index: Index) -> EndpointRow:
    services = sorted((index.name(s), index.anchors.get(s.lower(), "")) for s in one.services)
    return EndpointRow(
        endpoint=one,
        anchor=index.anchors[one.id.lower()],
        name=name_of(one.id),
        state=_VERDICTS.get(one.verdict) or ", ".join(c.status for c in one.connections) or "no connection",
        network=name_of(one.network),
        subscription=subscription_of(one.id),
        services=tuple((anchor, name) for name, anchor in services[:MOST_SERVICES]),
        more_services=max(0, len(services) - MOST_SERVICES),
        codes=index.codes(one.id),
    )


def grouped_endpoints(rows: Sequence[EndpointRow]) -> tuple[Group[EndpointRow], ...]:
    """Few as one table; more in groups, the worst groups first."""
    if len(rows) <= UNGROUPED:
        return one_table(rows)
    return _sorted(
        _group(region or "No region", region, "", inside, _by_network(inside))
        for region, inside in by(rows, lambda row: row.endpoint.region)
    )


def _by_network(rows: Iterable[EndpointRow]) -> tuple[Group[EndpointRow], ...]:
    return _sorted(
        _group(inside[0].network or "Network not known", full, inside[0].subscription, inside)
        for full, inside in by(rows, lambda row: row.endpoint.network.lower())
    )


def _group(
    title: str,
    full: str,
    aside: str,
    rows: Sequence[EndpointRow],
    groups: tuple[Group[EndpointRow], ...] = (),
) -> Group[EndpointRow]:
    healths = [row.endpoint.health for row in rows]
    summary = f"{counted(len(rows), 'endpoint')}: {tally(healths)}"
    return Group(title, full, aside, worst(healths), summary, () if groups else tuple(rows), groups)


def _sorted(groups: Iterable[Group[EndpointRow]]) -> tuple[Group[EndpointRow], ...]:
    def wrong_first(group: Group[EndpointRow]) -> tuple[int, str]:
        inside = (*group.rows, *(row for inner in group.groups for row in inner.rows))
        return -max(badness(row.endpoint.health) for row in inside), group.title.lower()

    return tuple(sorted(groups, key=wrong_first))

"""A topology diagram: nodes in four columns, and the edges between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.audit.report_model import Health
from shared.status_page.tables import tally


class Column(StrEnum):
    """From left to right, as a connection is made: a zone resolves a name to an endpoint of a network, and so on."""

    ZONES = "Private DNS zones"
    NETWORKS = "Networks and private endpoints"
    LINKS = "Private Link services"
    SERVICES = "ClickHouse services"


class EdgeKind(StrEnum):
    """The first four are connection states of Azure in lower case."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    DISCONNECTED = "disconnected"
    OTHER = "other"  # any other connection state
    FOREIGN = "foreign"  # a connection to another organization's Private Link service
    LINKED = "linked"  # a VNet link
    RESOLVES = "resolves"  # a record with the endpoint's address
    DRIFT = "drift"  # a record of the endpoint without its address
    MISSING = "missing"  # a record or VNet link that does not exist and should
    SERVES = "serves"  # a Private Link service and a ClickHouse service behind it


@dataclass(frozen=True, slots=True)
class Note:
    """The code of a finding or a connection state. `severity` is its colour."""

    text: str
    severity: str


@dataclass(frozen=True, slots=True)
class Node:
    """A box, or a row in one.

    `anchor`: its row in the tables. `full`: its tooltip. `folded`: the keys of the nodes that it stands for.
    `missing`: it does not exist and should, or it could not be read.
    """

    key: str
    title: str
    aside: str = ""
    state: Health | None = None
    notes: tuple[Note, ...] = ()
    anchor: str = ""
    full: str = ""
    rows: "tuple[Node, ...]" = ()
    folded: tuple[str, ...] = ()
    missing: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the node and of all that it contains or stands for."""
        return (self.key, *self.folded, *(key for row in self.rows for key in row.keys))


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """`left` and `right`: keys of nodes."""

    left: str
    right: str
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Diagram:
    """The diagram of one region, or of what belongs to none."""

    title: str
    state: Health
    columns: Mapping[Column, tuple[Node, ...]]
    edges: tuple[Edge, ...]
    summary: str


def fold(nodes: Sequence[Node], most: int, noun: str = "") -> tuple[Node, ...]:
    """The worst `most` nodes in their order, and one node that stands for the others."""
    if len(nodes) <= most + 1:
        return tuple(nodes)
    ranked = sorted(nodes, key=lambda one: (one.state or Health.HEALTHY).rank)
    others = ranked[most:]
    states = [one.state for one in others if one.state]
    rest = Node(
        key=f"more {others[0].key}",
        title=f"{len(others)} more {noun}".rstrip(),
        aside=tally(states),
        state=Health.worst(states) if states else None,
        folded=tuple(key for one in others for key in one.keys),
    )
    kept = {one.key for one in ranked[:most]}
    return (*(one for one in nodes if one.key in kept), rest)

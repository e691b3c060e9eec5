"""What the drawing of one region shows: nodes in four columns, the rows in them, and the ties between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.audit.report_model import Health


class Column(StrEnum):
    """From left to right: a name is looked up, leads to an endpoint, on to the service behind it."""

    ZONES = "Private DNS zones"
    NETWORKS = "Networks and their endpoints"
    LINKS = "Private Link services"
    SERVICES = "ClickHouse services"


class TieKind(StrEnum):
    """Why two things are tied. The states of a connection are Azure's words in lower case."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    DISCONNECTED = "disconnected"
    OTHER = "other"
    FOREIGN_SERVICE = "foreign-service"
    """A connection to what no service of the organization is behind."""
    LINKED = "linked"
    """A zone and a virtual network."""
    TELLS = "tells"
    """A record and the endpoint whose address it tells."""
    DRIFT = "drift"
    """A record of ours and the endpoint whose address it should tell."""
    BEHIND = "behind"
    """A Private Link service and a ClickHouse service."""


@dataclass(frozen=True, slots=True)
class Note:
    """A finding where it belongs: its code and its severity."""

    code: str
    severity: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line within a node. `anchor`: where on the page more of it is told; `full`: all of it in words;
    `stands_for`: the keys of what is folded into it.
    """

    key: str
    text: str
    aside: str = ""
    health: Health | None = None
    notes: tuple[Note, ...] = ()
    anchor: str = ""
    full: str = ""
    stands_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `aside` is the small line under its title; `stands_for` are the keys of what is folded into it."""

    key: str
    title: str
    aside: str = ""
    health: Health | None = None
    rows: tuple[Row, ...] = ()
    notes: tuple[Note, ...] = ()
    anchor: str = ""
    full: str = ""
    stands_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Tie:
    """`left` and `right`: keys of nodes or rows."""

    left: str
    right: str
    kind: TieKind


@dataclass(frozen=True, slots=True)
class Scene:
    """One region: its nodes by column, and what ties them. `summary`: the same in a line of words."""

    region: str
    health: Health
    columns: Mapping[Column, tuple[Node, ...]]
    ties: tuple[Tie, ...]
    summary: str

"""What a pass has learned from the systems' own answers to what it, or its process before it, has tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain.changes import PutRecord, Register
from shared.domain.ids import ResourceId
from shared.domain.model import RecordSet


@dataclass(frozen=True, slots=True)
class Learned:
    """All ids in lower case.

    `add_refused`: the API refuses the organization's deprecated `add`, so that registrations go through a
    service. `marks_lost`: the API does not keep our descriptions. Of this very pass: `made` are the ids that
    it has registered, each with its endpoint, `refused` the registrations that failed, `unwritten` the
    writes of record sets that failed, `written` the record sets that were written, and `denied` the ids
    and services that the API refused to allow: what is on a list all the same was put there by somebody else.
    """

    add_refused: bool = False
    marks_lost: bool = False
    made: Mapping[str, ResourceId] = field(default_factory=lambda: MappingProxyType({}))
    refused: frozenset[Register] = frozenset()
    unwritten: frozenset[PutRecord] = frozenset()
    written: tuple[RecordSet, ...] = ()
    denied: frozenset[tuple[str, str]] = frozenset()


NOTHING_LEARNED = Learned()

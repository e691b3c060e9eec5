"""Which changes wait for which others. Told by keys, so that among many nobody need be held against everybody.

| waits         | for                      | of which                                                |
|---------------|--------------------------|---------------------------------------------------------|
| Allow         | Register                 | its id                                                  |
| Allow         | PutRecord                | its endpoint, where the record is to witness the lending|
| Deregister    | Disallow                 | its id                                                  |
| PutRecord     | Register                 | the ids that the record claims                          |
| Put-, DeleteRecord | Disallow, Deregister | the ids of which the record is the last witness         |
| Put-, DeleteRecord | PutRecord           | the ids that the one alone tells, and the other will tell |
| DeleteRecord  | PutRecord                | the endpoints that leave the one for the other          |
"""

from collections.abc import Iterator

from shared.domain.changes import Allow, Change, DeleteRecord, Deregister, Disallow, PutRecord, Register
from shared.domain.marks import claims
from shared.domain.model import RecordSet

type Key = tuple[str, object]


def waits_for(change: Change) -> Iterator[Key]:
    """The keys of what must have been done before this change; see `holds_up`."""
    match change:
        case Allow():
            yield from (("registered", change.id), ("lent", change.endpoint))
        case Deregister():
            yield ("taken off", change.id.lower())
        case PutRecord():
            yield from (("known", one) for one in claimed(change.after))
            yield from _of_witness(change)
        case DeleteRecord():
            yield from _of_witness(change)
            yield from (("moved", claim.endpoint) for claim in claims(change.before).values())
        case _:
            pass


def holds_up(change: Change) -> Iterator[Key]:
    """The keys by which others wait for this change."""
    match change:
        case Register():
            yield from (("registered", change.id), ("known", change.id.lower()))
        case Disallow():
            yield from (("taken off", change.id.lower()), ("gone", change.id.lower()))
        case Deregister():
            yield ("gone", change.id.lower())
        case PutRecord():
            for claim in claims(change.after).values():
                yield ("moved", claim.endpoint)
                if claim.lent:
                    yield ("lent", claim.endpoint)
            before = claimed(change.before) if change.before else frozenset()
            yield from (("told", one) for one in claimed(change.after) - before)
        case _:
            pass


def _of_witness(change: PutRecord | DeleteRecord) -> Iterator[Key]:
    for one in change.witness:
        yield from (("gone", one), ("told", one))


def claimed(record: RecordSet) -> frozenset[str]:
    """The ids that the record tells to be registered by us."""
    return frozenset(one for claim in claims(record).values() for one in claim.made_by_us)

"""Which records a pass leaves free, so that those who wait for them are looked for in the same pass.

| an endpoint that a record of ours tells of                              | the record is  |
|-------------------------------------------------------------------------|----------------|
| is undone                                                               | free           |
| is to be connected, and its address belongs into another zone           | free           |
| is to be connected, and is not given the service that the name is for   | free           |
| was made anew, or has another address, and holds the wildcard           | perhaps free   |
| holds the wildcard alone, and consents to share it                      | perhaps free   |
| any other, or not known well enough                                     | not free       |

"Perhaps": others may have to be told of anew, because the wildcard may lead to another Private Link service
now, or has room for those who consented before.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from shared.domain.addresses import addresses_of
from shared.domain.entries import alive
from shared.domain.ids import ResourceId
from shared.domain.marks import WITNESS, Claim, claims, record_is_ours
from shared.domain.model import WILDCARD, Endpoint, RecordSet, Zone
from shared.domain.placing import labels_of, labels_perhaps, zone_for
from shared.domain.rules import shares
from shared.domain.verdicts import Verdict, private_link, selection, verdict_on
from shared.domain.view import View
from shared.domain.world import ReadEndpoint


def left_free(view: View, among: AbstractSet[ResourceId]) -> Iterator[RecordSet]:
    """The records of ours that one of these endpoints leaves free; see the table above."""
    for record in view.world.records():
        if record_is_ours(record, view.rules.owner):
            told = list(claims(record).values())
            if any(claim.endpoint in among and _leaves(view, record, told, claim) for claim in told):
                yield record


def _leaves(view: View, record: RecordSet, told: list[Claim], claim: Claim) -> bool:
    match verdict_on(view, claim.endpoint):
        case Verdict.UNDO:
            return True
        case Verdict.CONNECT:
            found = view.world.get(ReadEndpoint(claim.endpoint))
            assert isinstance(found, Endpoint), "the verdict says so"
            return _moves(view, record, found) or (
                record.name == WILDCARD and _changes(view, record, told, found)
            )
        case _:
            return False


def _moves(view: View, record: RecordSet, endpoint: Endpoint) -> bool:
    """Whether it is known that the endpoint's address belongs elsewhere, or to other names."""
    connection = private_link(view, endpoint)
    assert connection is not None, "the verdict says so"
    zone = zone_for(view, endpoint, view.zone_names[connection.target.lower()])
    if not isinstance(zone, Zone):
        return False
    if zone.id != record.zone:
        return True
    chosen = selection(view, endpoint, connection.target)
    perhaps = labels_perhaps(view, chosen)
    named = record.name != WILDCARD and not record.name.startswith(WITNESS)
    return named and perhaps is not None and record.name not in labels_of(view, chosen.granted) | perhaps


def _changes(view: View, record: RecordSet, told: list[Claim], endpoint: Endpoint) -> bool:
    """Whether the endpoint is not as the wildcard tells, or newly lets others join it, as far as can be told."""
    mine = {address: one for address, one in claims(record).items() if one.endpoint == endpoint.id}
    there = addresses_of(view.world, endpoint)
    moved = isinstance(there, tuple) and bool(there) and not mine.keys() <= set(there)
    anew = any(one.id and one.id.lower() not in alive(endpoint) for one in mine.values())
    return moved or anew or (shares(endpoint) and len(told) == len(mine))

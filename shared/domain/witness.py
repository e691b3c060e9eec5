"""No access without a witness: what is given must be told of somewhere, or nobody could take it back.

Descriptions are only on registrations, and only their maker's. So what we allow under somebody else's
registration, and what we registered with an API that does not keep our description, is told by a record
set alone. Where no record can be written (there is no zone, it cannot be read, or refuses), then

| the endpoint's id                                            | outcome                                   |
|--------------------------------------------------------------|-------------------------------------------|
| registered by somebody else                                  | not allowed where no record would tell it |
| not registered, and descriptions are known not to be kept    | not registered                            |
| registered by us in this pass, and the description is lost   | taken back                                |

and a finding tells it. What was given before, and is told of, stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.domain.access import Connecting, is_refused, take_out
from shared.domain.changes import Allow, Change, DeleteRecord, Deregister, Disallow, PutRecord, Register
from shared.domain.entries import names_nobody
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.marks import Claim, claims, end_of, record_is_ours
from shared.domain.model import Zone
from shared.domain.view import View
from shared.domain.world import ReadZone


@dataclass(frozen=True, slots=True)
class Told:
    """What the records of ours will tell of each endpoint once the plan is carried out."""

    claims: Mapping[ResourceId, list[Claim]]

    def is_ours(self, endpoint: ResourceId, registered: str) -> bool:
        return any(registered.lower() in claim.made_by_us for claim in self.claims.get(endpoint, ()))

    def is_lent(self, change: Allow) -> bool:
        end, wanted = end_of(change.service), change.id.lower()
        lent = (claim for claim in self.claims.get(change.endpoint, ()) if not claim.ours)
        return any(wanted in claim.ids and end in claim.lent for claim in lent)


def only_witnessed(
    view: View, wishes: Iterable[Connecting], planned: list[Change | Finding]
) -> Iterator[Change | Finding]:
    """What was planned, without what no record would tell of; see the table above."""
    told = _told_after(view, planned)
    unmarked = {wish.endpoint.id: wish for wish in wishes if _goes_untold(view, wish, told)}
    refused: set[ResourceId] = set()
    for one in planned:
        if not isinstance(one, Finding) and one.endpoint in unmarked and _is_replacing(view, one):
            continue
        if isinstance(one, Allow) and _is_foreign(view, one) and not told.is_lent(one):
            refused.add(one.endpoint)
            continue
        yield one
    for endpoint, wish in unmarked.items():
        yield from take_out(view, endpoint, view.rules.id_of(wish.endpoint).lower())
    for endpoint in sorted(refused | unmarked.keys()):
        yield Finding("access-untold", str(endpoint), _WHY[endpoint in unmarked])


_WHY = {
    True: "descriptions of registrations are not kept, and no record could tell that its registration is ours",
    False: "it was registered by somebody else, and no record could tell which services we allow under that",
}


def _is_replacing(view: View, change: Change) -> bool:
    """Whether it gives the id that nothing would tell of, or takes away what that was to take the place of."""
    if isinstance(change, Disallow | Deregister):
        return not names_nobody(view, change.endpoint, change.id)
    return isinstance(change, Register | Allow)


def _goes_untold(view: View, wish: Connecting, told: Told) -> bool:
    """Whether its registration, made in this pass or to be made now, is or would be marked nowhere."""
    wanted = view.rules.id_of(wish.endpoint).lower()
    made = wanted in view.registrations and wanted in view.learned.made and wanted not in view.marked
    new = wanted not in view.registrations and view.learned.marks_lost
    waits = new and is_refused(view, wish)  # its own failure is told
    return (made or (new and not waits)) and not told.is_ours(wish.endpoint.id, wanted)


def _is_foreign(view: View, change: Allow) -> bool:
    known = change.id.lower() in view.registrations
    return known and change.id.lower() not in view.owned.get(change.endpoint, frozenset())


def _told_after(view: View, planned: Iterable[Change | Finding]) -> Told:
    # What this pass wrote is there, as long as its zone cannot be read again.
    unseen = [r for r in view.learned.written if not isinstance(view.world.get(ReadZone(r.zone)), Zone)]
    ours = [r for r in view.world.records() if record_is_ours(r, view.rules.owner)]
    after = {f"{r.zone}/A/{r.name}": r for r in (*unseen, *ours)}
    for one in planned:
        if isinstance(one, DeleteRecord):
            after.pop(one.object, None)
        if isinstance(one, PutRecord) and one not in view.learned.unwritten:
            after[one.object] = one.after
    told: defaultdict[ResourceId, list[Claim]] = defaultdict(list)
    for claim in (claim for record in after.values() for claim in claims(record).values()):
        told[claim.endpoint].append(claim)
    return Told(told)

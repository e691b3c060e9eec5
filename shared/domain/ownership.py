"""Whose each registered id is: told from descriptions, records and endpoints, and from nothing else.

| description             | a record of ours tells the id           | the id is          | standing           |
|-------------------------|-----------------------------------------|--------------------|--------------------|
| our mark for E          | for E, or not at all                    | E's, or not known  | ours, for E        |
| our mark for E          | any                                     | F's, as F was read | contested          |
| our mark for E          | for F                                   | not known          | contested          |
| another owner's mark    | any                                     | any                | foreign            |
| shortened or dropped    | for E, as made by us                    | E's, or not known  | ours, for E        |
| other words, as written | for E, as made by us, and of the words  | E's, or not known  | ours, for E        |
| other words             | for E, as made by us, not of the words  | any                | contested          |
| any other               | for E, as made by us                    | F's                | foreign            |
| any other               | as made by us, for E and for F          | not known          | contested          |
| not ours                | for E, as somebody else's               | any                | lent, to E         |
| not ours                | no                                      | any                | foreign            |
| not registered          | for E, as made by us                    | E's, or not known  | ours, for E        |
| registered in this pass, whatever the API kept of our words                  ||| ours, for E        |
| not marked, several     | for E, as made by us                    | E's, or not known  | contested          |

"Several": the id is registered for several regions. The one with our mark counts, and what is on the allow
lists of another one's region is that one's; where none has our mark, nobody can tell which the record means.

Ours: we may remove the registration and, of its entries on allow lists, all that lie in our domain (see
`entries`). Lent: only the entries on the services that the record tells. Contested and foreign: nothing;
a person is told. Descriptions can be written by anybody with the key, so that a mark of ours must not take
a live endpoint's access away that it does not belong to. Records can be older than the registration: one
that was made by hand after ours had been removed by hand has other words than the record tells of.

A record is written only after the API has answered our registration, so that it never claims what somebody
else registered in that moment. A process that dies between the two leaves a registration that its
description alone marks; where the API does not keep descriptions, it is foreign from then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.domain.ids import ResourceId
from shared.domain.marks import Claim, another_owners, endpoint_marked, shortened, words_of
from shared.domain.model import Registration


@dataclass(frozen=True, slots=True)
class Ours:
    """We registered it for this endpoint."""

    endpoint: ResourceId


@dataclass(frozen=True, slots=True)
class Lent:
    """Somebody else's; but the entries on the services whose ids have these ends are ours, by endpoint."""

    services: Mapping[ResourceId, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Contested:
    """The witnesses differ: it is nobody's to remove."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Somebody else's."""


type Standing = Ours | Lent | Contested | Foreign


@dataclass(frozen=True, slots=True)
class Evidence:
    """What standings are told from; all ids in lower case.

    `claims` are those of our own records. `whose`: the endpoint behind each id, of both kinds, as far as
    endpoints were read. `made`: the endpoints for which this very pass registered an id. `doubled`: the ids
    that are registered for several regions, of which `registrations` tells one, by our mark if there is one.
    """

    owner: str
    registrations: Mapping[str, Registration]
    claims: Iterable[Claim]
    whose: Mapping[str, ResourceId] = field(default_factory=dict)
    made: Mapping[str, ResourceId] = field(default_factory=dict)
    doubled: frozenset[str] = frozenset()


def standings(evidence: Evidence) -> dict[str, Standing]:
    """The row of the table above for every id that is registered or told of by a record of ours."""
    told: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in evidence.claims:
        for one in claim.ids:
            told[one].append(claim)
    return {one: _standing(evidence, one, told[one]) for one in sorted({*evidence.registrations, *told})}


def _standing(evidence: Evidence, id_: str, told: list[Claim]) -> Standing:
    registration = evidence.registrations.get(id_)
    if registration and id_ in evidence.made and id_ not in evidence.doubled:
        return Ours(evidence.made[id_])
    marked = endpoint_marked(registration, evidence.owner) if registration else None
    if marked:
        return Ours(marked) if _belongs(evidence, id_, told, marked) else Contested()
    mine = [claim for claim in told if _made_by_us(claim, id_)]
    if registration and another_owners(registration.description, evidence.owner):
        mine = []
    sure = {claim.endpoint for claim in mine if _fits(evidence, id_, claim)}
    if len(sure) == 1:
        return Ours(min(sure))
    if _may_be_ours(evidence, id_, mine):
        return Contested()
    return _lent(id_, told) or Foreign()


def _belongs(evidence: Evidence, id_: str, told: list[Claim], marked: ResourceId) -> bool:
    """Whether the id may be of the endpoint that its description names."""
    known = evidence.whose.get(id_)
    return known == marked if known else all(claim.endpoint == marked for claim in told)


def _made_by_us(claim: Claim, id_: str) -> bool:
    return id_ in claim.made_by_us


def _fits(evidence: Evidence, id_: str, claim: Claim) -> bool:
    """Whether nothing speaks against a record's word that we registered the id."""
    registration = evidence.registrations.get(id_)
    same = evidence.whose.get(id_, claim.endpoint) == claim.endpoint and id_ not in evidence.doubled
    return same and (registration is None or _as_written(registration.description, evidence.owner, claim))


def _as_written(description: str, owner: str, claim: Claim) -> bool:
    return shortened(description, owner, claim.endpoint) or words_of(description) in claim.words


def _may_be_ours(evidence: Evidence, id_: str, mine: list[Claim]) -> bool:
    """Whether a record says so of an endpoint that may bear the id: then others, or other words, deny it."""
    return any(evidence.whose.get(id_, claim.endpoint) == claim.endpoint for claim in mine)


def _lent(id_: str, told: list[Claim]) -> Lent | None:
    lent: defaultdict[ResourceId, frozenset[str]] = defaultdict(frozenset)
    for claim in told:
        if claim.lent and not _made_by_us(claim, id_):
            lent[claim.endpoint] |= claim.lent
    return Lent(dict(lent)) if lent else None

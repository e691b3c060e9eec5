"""Whose each id is: the table of `ownership`, row by row."""

from collections.abc import Mapping

import pytest

from shared.domain.ids import ResourceId
from shared.domain.marks import Claim, describe, words_of
from shared.domain.model import Registration
from shared.domain.ownership import Contested, Evidence, Foreign, Lent, Ours, Standing, standings
from tests.support.worlds import OWNER, REGION, guid, pe

G, G9 = guid(1), guid(9)
E, F = pe(1), pe(2)
MARKED, MARKED_F = describe(OWNER, E), describe(OWNER, F)
OTHERS, SHOUTED = describe("other", E), MARKED.swapcase()
ours, ours_f = Claim(E, G), Claim(F, G)
theirs = Claim(E, G, ours=False)
lent = Claim(E, G, ours=False, lent=frozenset({"s1"}))
lent_more = Claim(E, G, ours=False, lent=frozenset({"s2"}))
lent_f = Claim(F, G, ours=False, lent=frozenset({"s3"}))
former = Claim(E, G9, former=frozenset({G}))
lent_and_former = Claim(E, G9, ours=False, lent=frozenset({"s1"}), former=frozenset({G}))
shouted = Claim(E, G, words=frozenset({words_of(SHOUTED)}))
OF_E, OF_F = {G: E}, {G: F}
NOBODY: Mapping[str, ResourceId] = {}


@pytest.mark.parametrize(
    ("description", "told", "whose", "expected"),
    [
        # our mark
        (MARKED, [], NOBODY, Ours(E)),
        (MARKED, [], OF_E, Ours(E)),
        (MARKED, [ours], NOBODY, Ours(E)),
        (MARKED, [lent], NOBODY, Ours(E)),
        (MARKED, [ours_f], OF_E, Ours(E)),
        (MARKED, [], OF_F, Contested()),
        (MARKED, [ours], OF_F, Contested()),
        (MARKED, [ours_f], NOBODY, Contested()),
        (MARKED, [ours, ours_f], NOBODY, Contested()),
        (MARKED_F, [ours], OF_E, Contested()),
        # another owner's mark, whatever an old record of ours tells
        (OTHERS, [], OF_E, Foreign()),
        (OTHERS, [ours], OF_E, Foreign()),
        (OTHERS[:45], [ours], OF_E, Foreign()),
        (OTHERS, [lent], OF_E, Lent({E: frozenset({"s1"})})),
        # shortened or dropped
        ("", [ours], NOBODY, Ours(E)),
        ("", [ours], OF_E, Ours(E)),
        (MARKED[:40], [ours], NOBODY, Ours(E)),
        (MARKED[:-1], [ours], NOBODY, Ours(E)),
        (MARKED[:-1], [], NOBODY, Foreign()),
        ("", [former], NOBODY, Ours(E)),
        ("", [lent_and_former], NOBODY, Ours(E)),
        ("", [ours], OF_F, Foreign()),
        ("", [lent_and_former], OF_F, Foreign()),
        ("", [ours, ours_f], NOBODY, Contested()),
        ("", [ours, ours_f], OF_E, Ours(E)),
        ("", [], OF_E, Foreign()),
        ("", [theirs], OF_E, Foreign()),
        # other words
        (SHOUTED, [shouted], NOBODY, Ours(E)),
        (SHOUTED, [shouted], OF_F, Foreign()),
        (SHOUTED, [ours], NOBODY, Contested()),
        ("by hand", [shouted], OF_E, Contested()),
        ("by hand", [former], NOBODY, Contested()),
        ("by hand", [ours], OF_F, Foreign()),
        ("by hand", [], NOBODY, Foreign()),
        # lent
        ("by hand", [lent], OF_E, Lent({E: frozenset({"s1"})})),
        (
            "by hand",
            [lent, lent_more, lent_f],
            NOBODY,
            Lent({E: frozenset({"s1", "s2"}), F: frozenset({"s3"})}),
        ),
        ("", [lent], NOBODY, Lent({E: frozenset({"s1"})})),
        # not registered
        (None, [ours], NOBODY, Ours(E)),
        (None, [ours], OF_F, Foreign()),
        (None, [lent], NOBODY, Lent({E: frozenset({"s1"})})),
        (None, [former], OF_E, Ours(E)),
    ],
)
def test_standing(
    description: str | None, told: list[Claim], whose: Mapping[str, ResourceId], expected: Standing
) -> None:
    """Whose an id is follows from its description, from our records and from who bears it, as the table says."""
    known = {} if description is None else {G: Registration(G, REGION, description)}
    assert standings(Evidence(OWNER, known, told, whose))[G] == expected


@pytest.mark.parametrize("description", ["", "by hand", SHOUTED])
def test_made(description: str) -> None:
    """What this pass registered is ours, whatever the API kept of our words, as long as it is registered."""
    known = {G: Registration(G, REGION, description)}
    assert standings(Evidence(OWNER, known, [], made={G: E})) == {G: Ours(E)}
    assert standings(Evidence(OWNER, {}, [], made={G: E})) == {}


def test_all_that_is_told_of() -> None:
    """There is a standing for every id that is registered, and for every one that a record tells of."""
    known = {G: Registration(G, REGION, MARKED)}
    found = standings(Evidence(OWNER, known, [Claim(E, None), Claim(F, str(F), former=frozenset({G9}))]))
    assert found == {G: Ours(E), G9: Ours(F), str(F).lower(): Ours(F)}

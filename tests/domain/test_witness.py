"""What records will tell: of whom, under which id, for which services."""

import pytest

from shared.domain.changes import Allow
from shared.domain.marks import Claim, end_of
from shared.domain.witness import Told
from tests.support.worlds import guid, pe, service_id

MAIN, TEST = service_id("main"), service_id("test")
LENT = Claim(pe(1), guid(1), ours=False, lent=frozenset({end_of(MAIN)}))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Allow(pe(1), guid(1), MAIN), True),
        (Allow(pe(1), guid(1).upper(), MAIN), True),
        (Allow(pe(2), guid(1), MAIN), False),
        (Allow(pe(1), guid(2), MAIN), False),
        (Allow(pe(1), guid(1), TEST), False),
    ],
)
def test_lent(change: Allow, *, told: bool) -> None:
    """An entry is told of only by a claim of that endpoint, that id and that service."""
    assert Told({pe(1): [LENT]}).is_lent(change) is told


def test_what_is_ours_is_not_lent() -> None:
    """A claim to a registration of ours tells of no entry under somebody else's."""
    ours = Claim(pe(1), guid(1), lent=frozenset({end_of(MAIN)}))
    assert not Told({pe(1): [ours]}).is_lent(Allow(pe(1), guid(1), MAIN))

"""Histories in which the guard once reported a violation that was none."""

from shared.domain.model.deployment_config import IdKind
from tests.histories.initial_state import SLOTS
from tests.histories.machine import Histories, Tally
from tests.support.worlds import ALIAS

ENDPOINT = SLOTS[0]


def test_a_pass_may_remove_what_it_created() -> None:
    """A registration that a pass created without its mark is removed, although one with its id existed before."""
    Histories.tally = Tally()
    history = Histories()
    tags = {"clickhouse-services": "*"}
    created = ("create", {"slot": ENDPOINT, "alias": ALIAS, "tags": tags, "ready": True})
    history.begin(
        description=0,
        refuses_add=False,
        manages=True,
        answers=False,
        kind=IdKind.GUID,
        adopt=False,
        service_filters=(None, None),
        by_audit=False,
        first=[created],
        events="lost",
        unrelated=False,
    )
    mistake = ("retag", {"slot": ENDPOINT, "tags": {"clickhouse-services": "unknown, Alpha"}})
    history.act(delivery="lost", number=0, order=[], late=0, step=mistake)
    history.audit(calls=15, order=[], owner="one")
    history.deliver(delivery="lost", events={ENDPOINT}, number=0, order=[])
    history.teardown()

from dataclasses import replace
from types import MappingProxyType

import pytest

from shared.domain.changes import (
    Allow,
    Change,
    DeleteRecord,
    Deregister,
    Disallow,
    PutRecord,
    Register,
    RegisterThroughService,
)
from shared.domain.marks import Claim, metadata_for
from shared.domain.model import RecordSet
from shared.domain.outcomes import Outcome, Status, calls, stages
from shared.domain.outcomes import blocked as waiting
from tests.support.worlds import REGION, guid, pe, record, zone_id

register = Register(pe(1), guid(1), REGION, "")
register_2 = Register(pe(2), guid(2), REGION, "")


def record_of(claimed: dict[str, Claim]) -> RecordSet:
    return RecordSet(
        zone_id(), "*", 300, tuple(claimed), MappingProxyType(metadata_for("tests", claimed, {}))
    )


through = RegisterThroughService(pe(1), guid(1), REGION, "", "s1")
through_2 = RegisterThroughService(pe(2), guid(2), REGION, "", "s1")
deregister = Deregister(pe(1), guid(9).upper(), REGION)
allow, allow_2 = Allow(pe(1), guid(1), "s1"), Allow(pe(2), guid(2), "s1")
allow_s2 = Allow(pe(1), guid(1), "s2")
disallow = Disallow(pe(1), guid(9), "s1")
create = PutRecord(pe(1), None, record(1))
move = PutRecord(pe(1), record(1, guid_number=9), record(1))
move_last_witness = replace(move, witness=frozenset({guid(9)}))
readdress = PutRecord(pe(1), record(1), replace(record(1), ttl=60))
elsewhere = PutRecord(pe(2), None, record(2, zone=zone_id("rg-2")))
delete = DeleteRecord(pe(1), record(1, guid_number=9))
ours, lent = Claim(pe(1), guid(1)), Claim(pe(2), guid(2), ours=False, lent=frozenset({"s1"}))
create_lent = PutRecord(pe(2), None, record_of({"10.0.0.2": lent}))
create_mixed = PutRecord(pe(1), None, record_of({"10.0.0.1": ours, "10.0.0.2": lent}))
create_former_beside = PutRecord(
    pe(1), None, record_of({"10.0.0.1": Claim(pe(1), guid(9), ours=False, former=frozenset({guid(1)}))})
)
create_former = PutRecord(
    pe(1), None, record_of({"10.0.0.1": replace(ours, id=None, former=frozenset({guid(1)}))})
)
delete_last_witness = replace(delete, witness=frozenset({guid(9)}))
# one endpoint's own record, told of from now on by the wildcard of another, which is gone
take_over = PutRecord(
    pe(2),
    record_of({"10.0.0.9": Claim(pe(9), guid(9))}),
    record_of({"10.0.0.1": ours}),
    witness=frozenset({guid(9)}),
)
own_record = replace(record_of({"10.0.0.1": ours}), name="own")
leave_own = DeleteRecord(pe(1), own_record, witness=frozenset({guid(1)}))
give_way = PutRecord(
    pe(1),
    own_record,
    replace(record_of({"10.0.0.9": Claim(pe(9), guid(9))}), name="own"),
    witness=frozenset({guid(1)}),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], ([], [], [], [])),
        # a record claims an id only once that is registered
        ([allow, register, create], ([register], [allow, create], [], [])),
        ([allow, register, elsewhere], ([register, elsewhere], [allow], [], [])),
        ([create_lent, allow_2], ([create_lent], [allow_2], [], [])),
        ([create_mixed, allow_2, register], ([register], [create_mixed], [allow_2], [])),
        ([allow_s2, through], ([through], [allow_s2], [], [])),
        ([deregister, delete, disallow], ([], [disallow], [deregister, delete], [])),
        ([move, disallow, deregister], ([move], [disallow], [deregister], [])),
        # a record that alone witnesses an id waits until nothing is left of it elsewhere
        ([deregister, delete_last_witness, disallow], ([], [disallow], [deregister], [delete_last_witness])),
        ([move_last_witness, deregister], ([], [], [deregister], [move_last_witness])),
        ([readdress, disallow, deregister], ([readdress], [disallow], [deregister], [])),
        # and a record that alone told of an endpoint goes only after the one that tells of it from now on
        ([leave_own, take_over, deregister], ([], [], [deregister], [take_over], [leave_own])),
        # of two that change places neither can be first
        ([give_way, take_over], ([], [], [], [give_way, take_over])),
    ],
)
def test_stages(changes: list[Change], expected: tuple[list[Change], ...]) -> None:
    """On the way in the organization goes before the services, on the way out the services go first."""
    assert stages(changes) == tuple(map(tuple, expected))


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ([], []),
        ([register, register_2], [[register, register_2]]),
        ([allow_2, allow_s2, allow, disallow], [[allow_2, allow, disallow], [allow_s2]]),
        ([through_2, through], [[through], [through_2]]),
        ([create, elsewhere], [[create], [elsewhere]]),
        ([deregister, delete], [[deregister], [delete]]),
    ],
)
def test_calls(stage: list[Change], expected: list[list[Change]]) -> None:
    """What goes to the organization or to one service shares a call; each record and each POST has its own."""
    made = calls(stage)
    assert sorted(map(repr, made)) == sorted(repr(tuple(one)) for one in expected)


@pytest.mark.parametrize(
    ("change", "other", "blocked"),
    [
        (allow, register, True),
        (allow_s2, register, True),
        (allow_2, register, False),
        (allow_s2, through, True),
        (deregister, disallow, True),
        (Deregister(pe(1), guid(1), REGION), disallow, False),
        (move, disallow, False),
        (move_last_witness, disallow, True),
        (move_last_witness, deregister, True),
        (readdress, disallow, False),
        (create, disallow, False),
        (delete, disallow, False),
        (delete_last_witness, disallow, True),
        (delete_last_witness, deregister, True),
        (move, deregister, False),
        (DeleteRecord(pe(2), record(2)), disallow, False),
        (deregister, allow, False),
        (allow, create, False),
        (allow_2, create_lent, True),
        (allow_2, create_mixed, True),
        (allow, create_mixed, False),
        (create, register, True),
        (create, register_2, False),
        (create_former, register, True),
        (create_lent, register_2, False),
        (create_former_beside, register, True),
        # nobody's last record goes before the new one is there
        (delete, create, True),
        (delete, create_lent, False),
        (leave_own, take_over, True),
        (give_way, take_over, True),
        (take_over, move, False),
    ],
)
def test_blocked(change: Change, other: Change, *, blocked: bool) -> None:
    """A change waits for that alone on which it depends, and not for what went well."""
    failed, skipped = Outcome(other, Status.FAILED), Outcome(other, Status.SKIPPED)
    assert waiting([change], [Outcome(other, Status.DONE)]) == {}
    assert waiting([change], [failed]) == ({change: failed} if blocked else {})
    assert waiting([change], [skipped, failed]) == ({change: skipped} if blocked else {})

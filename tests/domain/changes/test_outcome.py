import pytest

from shared.domain.changes.base import Change
from shared.domain.changes.clickhouse import Allow, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.changes.dns import CreateZone, DeleteRecord, LinkNetwork, PutRecord
from shared.domain.changes.outcome import Outcome, OutcomeStatus, calls, stages, unconfirmed
from shared.domain.changes.outcome import blocked as waiting
from shared.domain.model.resources import Registration
from tests.support.worlds import REGION, guid, network, pe, record, zone_id

register = Register(pe(1), guid(1), REGION, "")
register_2 = Register(pe(2), guid(2), REGION, "")
through = RegisterThroughService(pe(1), guid(1), REGION, "", "s1")
through_2 = RegisterThroughService(pe(2), guid(2), REGION, "", "s1")
deregister = Deregister(pe(1), guid(9).upper(), REGION)
allow, allow_2 = Allow(pe(1), guid(1), "s1"), Allow(pe(2), guid(2), "s1")
allow_s2 = Allow(pe(1), guid(1), "s2")
disallow = Disallow(pe(1), guid(9), "s1")
create = PutRecord(pe(1), None, record(1))
move = PutRecord(pe(1), record(1, guid_number=9), record(1))
elsewhere = PutRecord(pe(2), None, record(2, zone=zone_id("rg-2")))
delete = DeleteRecord(pe(1), record(1, guid_number=9))
create_zone, link = CreateZone(pe(1), zone_id()), LinkNetwork(pe(1), zone_id(), network())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], ([], [], [])),
        # a record waits for nothing at ClickHouse Cloud, and nothing there waits for a record
        ([allow, register, create], ([register, create], [allow], [])),
        ([allow, register, elsewhere], ([register, elsewhere], [allow], [])),
        ([allow_s2, through], ([through], [allow_s2], [])),
        ([link, create_zone], ([link, create_zone], [], [])),
        ([deregister, delete, disallow], ([], [delete, disallow], [deregister])),
        ([move, disallow, deregister], ([move], [disallow], [deregister])),
    ],
)
def test_stages(changes: list[Change], expected: tuple[list[Change], ...]) -> None:
    """Access is granted in the organization first, and removed from services first."""
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
        ([create_zone, link], [[create_zone], [link]]),
    ],
)
def test_calls(stage: list[Change], expected: list[list[Change]]) -> None:
    """Changes of the organization or of one service share a call; each record and each POST has its own."""
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
        (move, deregister, False),
        (move, register, False),
        (create, disallow, False),
        (create, register, False),
        (delete, disallow, False),
        (delete, deregister, False),
        (DeleteRecord(pe(2), record(2)), disallow, False),
        (deregister, allow, False),
        (deregister, delete, False),
        (allow, create, False),
        # an endpoint's last record is deleted only after its new one is written
        (delete, create, True),
        (delete, elsewhere, False),
    ],
)
def test_blocked(change: Change, other: Change, *, blocked: bool) -> None:
    """A change is blocked only by a failed change that it requires."""
    failed, skipped = Outcome(other, OutcomeStatus.FAILED), Outcome(other, OutcomeStatus.SKIPPED)
    assert waiting([change], [failed]) == ({change: failed} if blocked else {})
    assert waiting([change], [skipped, failed]) == ({change: skipped} if blocked else {})


MARKED = Register(pe(1), guid(1), REGION, "our mark")


@pytest.mark.parametrize(
    ("returned", "confirmed"),
    [
        ([Registration(guid(1).upper(), REGION, "our mark")], True),
        ([Registration(guid(2), REGION, "our mark"), Registration(guid(1), REGION, "our mark")], True),
        ([], False),
        ([Registration(guid(1), REGION, "our m")], False),
        ([Registration(guid(1), REGION, "theirs")], False),
        ([Registration(guid(2), REGION, "our mark")], False),
    ],
)
def test_unconfirmed(returned: list[Registration], *, confirmed: bool) -> None:
    """A registration is confirmed if the API returns its id, in any letter case, with exactly our mark."""
    assert unconfirmed([MARKED, allow, deregister], returned) == (frozenset() if confirmed else {MARKED})

"""The two truth tables of `ownership`."""

from dataclasses import replace

import pytest

from shared.domain.model.deployment_config import IdKind
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Registration
from shared.domain.ownership.registrations import Ownership, index_registrations
from tests.support.worlds import OWNER, deployment, endpoint, foreign, guid, pe, registered

ARM_1, ARM_2 = endpoint(1).arm_id, endpoint(2).arm_id


def ownership(*registrations: Registration, read: tuple[int, ...] = ()) -> Ownership:
    """The ownership with these registrations, where endpoints of these numbers were read."""
    carried = {id_: pe(n) for n in read for id_ in endpoint(n).ids}
    return Ownership(OWNER, index_registrations(registrations, OWNER), carried)


@pytest.mark.parametrize(
    ("registration", "read", "ours_for"),
    [
        # our mark for E; the id is E's, or belongs to no endpoint that was read
        (registered(1), (1,), pe(1)),
        (registered(1), (), pe(1)),
        (registered(9, by=1), (1,), pe(1)),
        (registered(1, id_=ARM_1), (1,), pe(1)),
        (registered(1, id_=ARM_1.upper()), (), pe(1)),
        (replace(registered(1), id=guid(1).upper()), (1,), pe(1)),
        # our mark for E; the id belongs to another endpoint, as read or by its own ARM id
        (registered(2, by=1), (1, 2), None),
        (registered(1, id_=ARM_2), (1, 2), None),
        (registered(1, id_=ARM_2), (), None),
        # our mark, and no cloud; another cloud
        (replace(registered(1), provider=""), (1,), pe(1)),
        (replace(registered(1), provider="aws"), (1,), None),
        # anything else
        (foreign(guid(1)), (1,), None),
        (foreign(guid(1), ""), (1,), None),
        (registered(1, owner="other"), (1,), None),
        (replace(registered(1), description=registered(1).description[:-1]), (1,), None),
    ],
)
def test_owner_of_a_registration(
    registration: Registration, read: tuple[int, ...], ours_for: ResourceId | None
) -> None:
    """A registration is ours by our mark alone, unless another endpoint carries its id."""
    known = ownership(registration, read=read)
    assert known.endpoint_of == ({registration.id.lower(): ours_for} if ours_for else {})
    assert known.ids_of == ({ours_for: {registration.id.lower()}} if ours_for else {})
    assert known.is_foreign(pe(1), registration.id) is (ours_for != pe(1))


@pytest.mark.parametrize("kind", IdKind)
@pytest.mark.parametrize(
    ("preferred", "other", "chosen"),
    [
        ("free", "free", "preferred"),
        ("ours", "free", "preferred"),
        ("ours", "ours", "preferred"),
        ("ours", "foreign", "preferred"),
        ("free", "foreign", "preferred"),
        ("foreign", "free", "other"),
        ("foreign", "ours", "other"),
        ("foreign", "foreign", None),
    ],
)
def test_which_id_an_endpoint_is_registered_under(kind: IdKind, preferred: str, other: str, chosen: str | None) -> None:
    """An endpoint is registered under the preferred kind of id, or, if that is foreign, under the other kind."""
    one, by = endpoint(1), deployment(id_kind=kind)
    ids = {"preferred": by.id_of(one), "other": by.other_id_of(one), None: None}
    states = {by.id_of(one): preferred, by.other_id_of(one): other}
    made = {"ours": lambda id_: registered(1, id_=id_), "foreign": foreign}
    registrations = [made[state](id_) for id_, state in states.items() if state != "free"]
    assert ownership(*registrations, read=(1,)).id_for(one, by) == ids[chosen]


def test_the_two_kinds_of_id() -> None:
    """ENDPOINT_ID_KIND prefers the GUID or the ARM Resource ID, spelled as ARM spells it."""
    one = endpoint(1)
    assert (deployment().id_of(one), deployment().other_id_of(one)) == (guid(1), ARM_1)
    by_arm_id = deployment(id_kind=IdKind.RESOURCE_ID)
    assert (by_arm_id.id_of(one), by_arm_id.other_id_of(one)) == (ARM_1, guid(1))


def test_several_ids_of_one_endpoint() -> None:
    """All registrations with an endpoint's mark are ours, ids in lower case."""
    known = ownership(registered(1, id_=ARM_1), registered(9, by=1), foreign(guid(1)), registered(2))
    assert known.ids_of == {pe(1): {ARM_1.lower(), guid(9)}, pe(2): {guid(2)}}


@pytest.mark.parametrize("order", [1, -1])
def test_an_id_registered_twice(order: int) -> None:
    """If the API returns an id twice, once without our mark, the id is foreign."""
    twice = [registered(1), replace(foreign(guid(1)), region="eastus2")][::order]
    assert ownership(*twice).endpoint_of == {}


def test_an_id_that_is_not_registered_is_not_foreign() -> None:
    """An id without a registration is free."""
    assert not ownership().is_foreign(pe(1), guid(1))

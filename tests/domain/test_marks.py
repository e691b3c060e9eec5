from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ids import Kind, ResourceId
from shared.domain.marks import (
    MARK,
    MOST_FORMER,
    OWNER_PATTERN,
    WITNESS,
    Claim,
    another_owners,
    claimants,
    claims,
    describe,
    end_of,
    endpoint_marked,
    metadata_for,
    record_is_ours,
    shortened,
    witness_name,
    words_of,
)
from shared.domain.model import RecordSet, Registration
from tests.support.worlds import (
    OWNER,
    SUBSCRIPTION,
    foreign,
    foreign_record,
    guid,
    pe,
    record,
    registered,
    zone_id,
)

owners = st.from_regex(OWNER_PATTERN, fullmatch=True)
endpoints = st.builds(
    ResourceId,
    subscription=st.uuids().map(str),
    resource_group=st.from_regex(r"[-\w()]{1,90}", fullmatch=True, alphabet="abcz019-_().").map(str.lower),
    type=st.just(Kind.PRIVATE_ENDPOINT.value),
    name=st.from_regex(r"[a-z0-9]([-a-z0-9_.]{0,78}[a-z0-9_])?", fullmatch=True),
)
addresses = st.ip_addresses(v=4).map(str)


@st.composite
def claimed(draw: st.DrawFn) -> Claim:
    at = draw(endpoints)
    ids = st.just(str(at).lower()) | st.uuids().map(str)
    id_, former = draw(st.none() | st.just(str(at)) | ids), draw(st.frozensets(ids, max_size=MOST_FORMER))
    ours, lent = draw(st.booleans()), draw(st.frozensets(st.uuids().map(lambda one: end_of(str(one)))))
    words = draw(st.frozensets(st.text().map(words_of)))
    return Claim(at, str(at) if id_ == str(at).lower() else id_, ours, lent, former, words)


def record_with(metadata: dict[str, str]) -> RecordSet:
    return RecordSet(zone_id(), "*", 300, (), MappingProxyType(metadata))


@given(owners, endpoints)
def test_description_round_trip(owner: str, endpoint: ResourceId) -> None:
    """A registration's description tells its own owner which endpoint it was made for, and nobody else."""
    made = Registration("id", "region", describe(owner, endpoint))
    assert endpoint_marked(made, owner) == endpoint
    assert shortened(made.description, owner, endpoint)
    assert endpoint_marked(made, f"{owner[:-1]}~") is None


@given(owners, st.dictionaries(addresses, claimed()))
def test_metadata_round_trip(owner: str, claimed_by: dict[str, Claim]) -> None:
    """A record set's metadata tells whose it is, and who stands behind each address."""
    made = record_with(metadata_for(owner, claimed_by, {}))
    assert claims(made) == claimed_by
    assert record_is_ours(made, owner) == bool(claimed_by)
    assert claimants([made], owner) == {claim.endpoint for claim in claimed_by.values()}


@given(endpoints, st.sampled_from(["guid", "arm", "none"]))
def test_metadata_is_small(endpoint: ResourceId, kind: str) -> None:
    """No value of the metadata is longer than 256 characters, the limit Azure has for tags."""
    ids = {"guid": guid(1), "arm": str(endpoint), "none": None}
    former = frozenset(guid(n) for n in range(MOST_FORMER))
    lent = frozenset(f"{n:012}" for n in range(200))
    claim = Claim(endpoint, ids[kind], ours=False, lent=lent, former=former, words=frozenset({words_of("x")}))
    made = metadata_for(OWNER, {"255.255.255.255": claim}, {}).items()
    assert all(len(value) <= 256 for _, value in made)


def test_other_pairs_are_kept() -> None:
    """Pairs that are not our marks survive our writing; our own former ones do not."""
    before = {"made-by": "hand", "10.0.0.9": "old", MARK: "other"}
    made = metadata_for(OWNER, {"10.0.0.1": Claim(pe(1), guid(1))}, before)
    short = f"{SUBSCRIPTION}/rg-app/pe-1"
    assert made == {"made-by": "hand", MARK: OWNER, "10.0.0.1": f"{guid(1)} {short}"}
    assert metadata_for(OWNER, {}, before) == {"made-by": "hand"}


@pytest.mark.parametrize(
    "description",
    [
        "",
        f"{MARK}/{OWNER}",
        f"{MARK}/other {pe(1)}",
        f"{MARK}/{OWNER} {pe(1)} more",
        f" {MARK}/{OWNER} {pe(1)}",
        f"{MARK}/{OWNER} /subscriptions/1/resourceGroups/g",
        f"{MARK}/{OWNER} /subscriptions/1/resourceGroups/g;",
        f"{MARK}/{OWNER} {pe(1)}/../pe-2;",
        f"{MARK}/{OWNER} {pe(1)}/../pe-2",
        f"{MARK}/{OWNER}\n{pe(1)}",
        f"{MARK}/{OWNER} {pe(1)}"[:-8],
    ],
)
def test_not_marked(description: str) -> None:
    """A description that is not wholly ours marks no endpoint."""
    assert endpoint_marked(foreign(guid(1), description), OWNER) is None


def test_case_of_description() -> None:
    """The ARM id in a description may be in any case."""
    made = registered(1)
    shouted = replace(made, description=made.description.replace("pe-1", "PE-1"))
    assert endpoint_marked(shouted, OWNER) == pe(1)


@pytest.mark.parametrize(
    ("description", "may_be_ours"),
    [
        ("", True),
        (MARK, True),
        (f"{MARK}/{OWNER} /subscriptions/", True),
        (f"{MARK}/{OWNER} /subscriptions/1111", True),
        (f"{MARK}/{OWNER} {pe(1)}", True),
        (f"{MARK}/{OWNER} {pe(11)}", False),
        (f"{MARK}/{OWNER} {pe(1)}; more", False),
        ("made by hand", False),
        (f"{MARK}/other {pe(1)}", False),
        (f"{MARK}/{OWNER}-2 {pe(1)}", False),
    ],
)
def test_shortened(description: str, *, may_be_ours: bool) -> None:
    """Only a beginning of our own words, down to nothing, may be what the API left of them."""
    assert shortened(description, OWNER, pe(1)) is may_be_ours


@pytest.mark.parametrize(
    ("description", "is_anothers"),
    [
        (f"{MARK}/other {pe(1)};", True),
        (f"{MARK}/other {pe(1)}"[:40], True),
        (f"{MARK}/{OWNER}-2 {pe(1)};", True),
        (f"{MARK}/{OWNER} {pe(2)};", False),
        (f"{MARK}/othe", False),
        ("by hand", False),
    ],
)
def test_another_owners(description: str, *, is_anothers: bool) -> None:
    """Another deployment's mark is known by its owner's name, if that is there in full."""
    assert another_owners(description, OWNER) is is_anothers


def test_witness_name() -> None:
    """The record that is there for its metadata alone has a name for each owner and endpoint, and fits a label."""
    names = {witness_name(owner, at) for owner in (OWNER, "other") for at in (pe(1), pe(2))}
    assert len(names) == 4
    assert all(name.startswith(WITNESS) and len(name) <= 63 for name in names)


@pytest.mark.parametrize(
    ("one", "ours"), [(record(1), True), (record(1, owner="other"), False), (foreign_record(), False)]
)
def test_record_is_ours(one: RecordSet, *, ours: bool) -> None:
    """A record is ours only by our own mark in its metadata."""
    assert record_is_ours(one, OWNER) is ours
    assert bool(claimants([one], OWNER)) is ours


@pytest.mark.parametrize(
    "value", ["", "x", f"{guid(1)}", f"{guid(1)} a/b/c", f"{guid(1)} {SUBSCRIPTION}/../pe"]
)
def test_unreadable_claim(value: str) -> None:
    """A pair that somebody garbled claims nothing."""
    assert claims(record_with({"10.0.0.1": value})) == {}


def test_only_addresses_claim() -> None:
    """Only pairs under an address are claims; a GUID is told in lower case."""
    short = f"{SUBSCRIPTION}/rg-app/pe-1"
    told = claims(record_with({"10.0.0": f"x {short}", "10.0.0.1": f"{guid(1).upper()} {short}"}))
    assert told == {"10.0.0.1": Claim(pe(1), guid(1))}


@given(st.dictionaries(st.text(), st.text()))
def test_any_metadata(metadata: dict[str, str]) -> None:
    """Any metadata can be read without an error."""
    assert claims(record_with(metadata)) == {}


def test_witness_name_stays() -> None:
    """The name is the same in every version of the program: under another one, what is there would not be found."""
    assert witness_name("tests", pe(1)) == "privatelink-witness-1027e113bf28bdf4"

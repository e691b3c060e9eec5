"""Ownership marks: their format, how they are parsed, and Azure's limits."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.resources import RecordSet
from shared.domain.ownership.marks import (
    MARK,
    endpoints_in,
    holders_of,
    is_owned_record,
    metadata_fits,
    parse_registration_mark,
    record_metadata,
    registration_mark,
)
from tests.support.worlds import (
    OWNER,
    SUBSCRIPTION,
    address,
    foreign_record,
    guid,
    pe,
    record,
    registered,
    zone_id,
)

PE_1 = f"{SUBSCRIPTION}/rg-app/pe-1"
owners = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
endpoints = st.builds(
    ResourceId,
    st.uuids().map(str),
    st.from_regex(r"[-a-z0-9_.()]{0,89}[-a-z0-9_()]", fullmatch=True),
    st.just(Kind.PRIVATE_ENDPOINT.value),
    st.from_regex(r"[a-z0-9]([-a-z0-9_.]{0,78}[a-z0-9_])?", fullmatch=True),
)
addresses = st.ip_addresses(v=4).map(str)
holders = st.dictionaries(addresses, endpoints, max_size=14)


def record_with(metadata: dict[str, str]) -> RecordSet:
    return RecordSet(zone_id(), "*", 300, (), MappingProxyType(metadata))


@given(owners, endpoints)
def test_a_description_names_its_endpoint_to_its_own_owner(owner: str, endpoint: ResourceId) -> None:
    """A registration's description names its endpoint to the deployment that wrote it, and to no other deployment."""
    description = registration_mark(owner, endpoint)
    assert parse_registration_mark(description, owner) == endpoint
    assert parse_registration_mark(description, f"{owner[:-1]}~") is None


def test_the_form_of_a_description() -> None:
    """The format of a description is fixed: later versions parse what earlier ones wrote."""
    assert registration_mark(OWNER, pe(1)) == f"clickhouse-privatelink/{OWNER} {PE_1};"


@given(owners, endpoints, st.data())
def test_a_truncated_description_names_no_endpoint(owner: str, endpoint: ResourceId, data: st.DataObject) -> None:
    """A description that is truncated anywhere names no endpoint."""
    description = registration_mark(owner, endpoint)
    length = data.draw(st.integers(0, len(description) - 1))
    assert parse_registration_mark(description[:length], owner) is None


@pytest.mark.parametrize(
    "description",
    [
        "",
        "made by hand",
        f"{MARK}/{OWNER}",
        f"{MARK}/other {PE_1};",
        f"{MARK}/{OWNER} {PE_1}",
        f"{MARK}/{OWNER} {PE_1}; more",
        f" {MARK}/{OWNER} {PE_1};",
        f"{MARK}/{OWNER} {PE_1}/../pe-2;",
        f"{MARK}/{OWNER} 1/rg-app/pe-1;",
        f"{MARK}/{OWNER} {SUBSCRIPTION}/rg-app;",
        f"{MARK}/{OWNER} {pe(1)};",
        f"{MARK}/{OWNER}\n{PE_1};",
    ],
)
def test_other_descriptions_are_no_mark(description: str) -> None:
    """A description that is not exactly our mark names no endpoint."""
    assert parse_registration_mark(description, OWNER) is None


def test_letter_case_of_a_description() -> None:
    """The endpoint in a description is parsed in any letter case."""
    assert parse_registration_mark(registered(1).description.replace("pe-1", "PE-1"), OWNER) == pe(1)


@given(owners, holders)
def test_metadata_names_its_holders(owner: str, named: dict[str, ResourceId]) -> None:
    """A record set's metadata names its owner, and the endpoint of each address."""
    made = record_with(record_metadata(owner, named, {}))
    assert holders_of(made) == named
    assert is_owned_record(made, owner) == bool(named)
    assert endpoints_in([made], owner) == set(named.values())


@given(holders, st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=40), max_size=16))
def test_metadata_keeps_the_limits_of_azure(named: dict[str, ResourceId], others: dict[str, str]) -> None:
    """Metadata that fits has at most 15 pairs; our names begin with a letter, our values are within 256 characters."""
    made = record_metadata(OWNER, named, others)
    ours = {key: value for key, value in made.items() if key not in others}
    assert all(key[0].isascii() and key[0].isalpha() for key in ours)
    assert all(len(value) <= 256 for value in ours.values())
    if metadata_fits(named, others):
        assert len(made) <= 15


@pytest.mark.parametrize(
    ("count", "others", "fits"), [(14, 0, True), (15, 0, False), (10, 4, True), (10, 5, False), (0, 14, True)]
)
def test_fifteen_pairs(count: int, others: int, *, fits: bool) -> None:
    """The owner, one pair per address and foreign pairs are limited to 15 together."""
    named = {address(n): pe(n) for n in range(1, count + 1)}
    assert metadata_fits(named, {f"other-{n}": "x" for n in range(others)}) is fits


@pytest.mark.parametrize(("length", "fits"), [(188, True), (189, False)])
def test_a_value_that_is_too_long(length: int, *, fits: bool) -> None:
    """An endpoint whose pair would have more than 256 characters does not fit."""
    long = ResourceId(SUBSCRIPTION, "g" * 20, Kind.PRIVATE_ENDPOINT.value, "n" * length)
    assert metadata_fits({"10.0.0.10": long}, {}) is fits


def test_pairs_of_others_are_kept() -> None:
    """Foreign pairs are kept, including one with a name like ours that names no endpoint."""
    current = {"made-by": "hand", MARK: "other", "endpoint-1": "by hand", "endpoint-2": f"10.0.0.9 {PE_1}"}
    made = record_metadata(OWNER, {"10.0.0.1": pe(1)}, current)
    kept = {"made-by": "hand", "endpoint-1": "by hand"}
    assert made == {**kept, MARK: OWNER, "endpoint-2": f"10.0.0.1 {PE_1}"}
    assert record_metadata(OWNER, {}, current) == kept


@pytest.mark.parametrize(
    ("one", "ours"), [(record(1), True), (record(1, owner="other"), False), (foreign_record(), False)]
)
def test_owned_records(one: RecordSet, *, ours: bool) -> None:
    """A record set is ours only with our own mark in its metadata."""
    assert is_owned_record(one, OWNER) is ours
    assert bool(endpoints_in([one], OWNER)) is ours


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("endpoint-1", ""),
        ("endpoint-1", "10.0.0.1"),
        ("endpoint-1", PE_1),
        ("endpoint-1", f"10.0.0 {PE_1}"),
        ("endpoint-1", f"10.0.0.1  {PE_1}"),
        ("endpoint-1", "10.0.0.1 a/b/c"),
        ("endpoint-1", f"10.0.0.1 {SUBSCRIPTION}/../pe"),
        ("endpoint", f"10.0.0.1 {PE_1}"),
        ("endpoint-x", f"10.0.0.1 {PE_1}"),
        ("my-endpoint-1", f"10.0.0.1 {PE_1}"),
        ("10.0.0.1", f"{guid(1)} {PE_1}"),
    ],
)
def test_other_pairs_name_no_endpoint(key: str, value: str) -> None:
    """A pair that is not exactly in our format names no endpoint."""
    assert holders_of(record_with({MARK: OWNER, key: value})) == {}


@given(st.dictionaries(st.text(), st.text()))
def test_any_metadata_is_readable(metadata: dict[str, str]) -> None:
    """Any metadata is parsed without an error."""
    assert holders_of(record_with(metadata)) == {}

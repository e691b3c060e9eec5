import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model.ids import BadIdError, Kind, ResourceId, Scope, in_scope, quoted, virtual_network_of
from tests.support.worlds import SUBSCRIPTION, network, pe

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app"
PE = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe-1"

groups = st.from_regex(r"[-\w.()]{0,20}[-\w()]", fullmatch=True, alphabet=string.printable).map(str.lower)
names = st.from_regex(r"[a-z0-9]([-a-z0-9_.]{0,20}[a-z0-9_])?", fullmatch=True)
resource_ids = st.builds(
    ResourceId,
    subscription=st.uuids().map(str),
    resource_group=groups,
    type=st.sampled_from(Kind).map(lambda kind: kind.value),
    name=names,
)


def in_any_case(text: str, seed: int) -> str:
    chance = random.Random(seed)  # noqa: S311 -- no secret
    return "".join(chance.choice((letter.lower(), letter.upper())) for letter in text)


@given(resource_ids, st.integers())
def test_round_trip(known: ResourceId, seed: int) -> None:
    """An id is the same after a round trip through text, whatever case its letters came in."""
    assert ResourceId.parse(in_any_case(str(known), seed), Kind(known.type)) == known


@given(st.uuids().map(str), st.none() | groups, st.integers(), st.sampled_from(["", "/"]))
def test_scope_round_trip(subscription: str, group: str | None, seed: int, end: str) -> None:
    """A scope is the same after a round trip through text in any case, with a slash at its end or without."""
    known = Scope(subscription, group)
    assert Scope.parse(f" {in_any_case(str(known), seed)}{end} ") == known


def test_spelling() -> None:
    """The text of an id has the fixed words as ARM spells them and names in lower case."""
    assert str(ResourceId.parse(f" {PE.upper()} ", Kind.PRIVATE_ENDPOINT)) == PE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pe-1",
        GROUP,
        f"{PE}/",
        f"{PE}/more",
        f"{PE}?api-version=1",
        f"{PE}#x",
        f"{PE}\n{PE}",
        f"{PE}\x00",
        f"x{PE}",
        PE.replace("privateEndpoints", "virtualNetworks"),
        PE.replace("Microsoft.Network", "Microsoft.Storage"),
        PE.replace("rg-app", ".."),
        PE.replace("rg-app", "rg-app."),
        PE.replace("rg-app", "a/../b"),
        PE.replace("rg-app", "rg%2Fapp"),
        PE.replace("rg-app", "g" * 91),
        PE.replace("pe-1", ".."),
        PE.replace("pe-1", "."),
        PE.replace("pe-1", "-pe"),
        PE.replace("pe-1", "pe-"),
        PE.replace("pe-1", "pe%2F1"),
        PE.replace("pe-1", "pe 1"),
        PE.replace("pe-1", "pé"),
        PE.replace("pe-1", "pe\u0661"),
        PE.replace("pe-1", "pe\\1"),
        PE.replace("pe-1", "p" * 255),
        PE.replace(SUBSCRIPTION, "1"),
        PE.replace(SUBSCRIPTION, SUBSCRIPTION.replace("1", "\u0661")),
        PE.replace("/subscriptions", "//subscriptions"),
    ],
)
def test_refused(text: str) -> None:
    """Text that is not exactly the id of a private endpoint is rejected, path traversal and other scripts included."""
    with pytest.raises(BadIdError, match=r"is not the ARM id of a Microsoft\.Network/privateEndpoints"):
        ResourceId.parse(text, Kind.PRIVATE_ENDPOINT)
    assert ResourceId.find(text, Kind.PRIVATE_ENDPOINT) is None


@given(
    st.text() | st.text("/.%2Fef\\?#:@ -_()a1\n\r\t\x00\u2215\uff0f"),
    st.integers(0, len(PE)),
    st.integers(0, 9),
)
def test_tricks(trick: str, at: int, over: int) -> None:
    """Any text inserted into an id is rejected or results in a path with the same segments."""
    parsed = ResourceId.find(PE[:at] + trick + PE[at + over :], Kind.PRIVATE_ENDPOINT)
    if parsed is None:
        return
    segments = str(parsed).split("/")
    assert len(segments) == len(PE.split("/"))
    assert not {"", ".", ".."} & set(segments[1:])
    assert not set("%?#\\\n\r\t\x00 :@\u2215\uff0f") & set(str(parsed))


@pytest.mark.parametrize(
    "group",
    ["rg", "RG_1", "a.b", "(x)", "-", "grün", "群"],
    ids=["plain", "case", "dot", "paren", "dash", "de", "zh"],
)
def test_group_names(group: str) -> None:
    """A resource group name may have letters of any script, as in Azure."""
    parsed = ResourceId.parse(PE.replace("rg-app", group), Kind.PRIVATE_ENDPOINT)
    assert parsed.resource_group == group.lower()


@pytest.mark.parametrize(
    "text",
    ["", "/", "*", "/subscriptions/", "/subscriptions/1", PE, f"{GROUP}/x", f"{GROUP}//", "/subscriptions/*"],
)
def test_bad_scope(text: str) -> None:
    """Text that is neither a subscription nor a resource group id is rejected."""
    with pytest.raises(BadIdError, match="is neither /subscriptions/<guid> nor"):
        Scope.parse(text)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(SUBSCRIPTION), True),
        (Scope(SUBSCRIPTION, "rg-app"), True),
        (Scope(SUBSCRIPTION, "rg"), False),
        (Scope(SUBSCRIPTION, "rg-app-2"), False),
        (Scope("99999999-1111-4111-8111-111111111111"), False),
    ],
)
def test_covers(scope: Scope, *, covered: bool) -> None:
    """A scope covers its own subscription or resource group, not one whose name has the same prefix."""
    assert scope.covers(pe(1)) is covered
    assert in_scope(pe(1), (Scope("99999999-1111-4111-8111-111111111111", "rg-app"), scope)) is covered
    assert not in_scope(pe(1), ())


def test_network_of_subnet() -> None:
    """The virtual network is parsed from a subnet id."""
    assert virtual_network_of(f"{network()}/SUBNETS/default".upper()) == network()


@pytest.mark.parametrize("text", ["", str(network()), f"{PE}/subnets/default"])
def test_no_subnet(text: str) -> None:
    """Text that is not the id of a subnet is rejected."""
    with pytest.raises(BadIdError):
        virtual_network_of(text)


@given(st.text())
def test_quoted(text: str) -> None:
    """Quoted text is one printable line of bounded length."""
    shown = quoted(text, 20)
    assert shown.isprintable()
    assert len(shown) <= 21 * len("\\U00000000") + 2


def test_quoted_length() -> None:
    """Quoted text is escaped, and cut after 200 characters."""
    assert quoted("a\nb") == repr("a\nb")
    assert quoted("x" * 200) == repr("x" * 200)
    assert quoted("x" * 201) == repr("x" * 200 + "…")


def test_message_of_no_subnet() -> None:
    """The error quotes the text that is not a subnet id."""
    with pytest.raises(BadIdError, match="'/nowhere' is not the ARM id of a subnet"):
        virtual_network_of("/nowhere")

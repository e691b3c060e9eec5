from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model.resources import Service
from shared.domain.model.selectors import Form, Selectors, parse_selectors
from tests.support.worlds import service, service_id

SALES = service("Sales Data", env="prod", team="")
STOCK = service("stock", env="test")
TWIN = service("stock", provider="azure")
SERVICES = (SALES, STOCK)


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", ""),
        (" , ,", ""),
        ("*", "Sales Data,stock"),
        ("stock", "stock"),
        ("STOCK", "stock"),
        ("sales DATA", "Sales Data"),
        (" Sales Data , stock", "Sales Data,stock"),
        (SALES.id, "Sales Data"),
        (SALES.id.upper(), "Sales Data"),
        ("tag:env", "Sales Data,stock"),
        ("tag:env=prod", "Sales Data"),
        ("tag:env=PROD", ""),
        ("tag:ENV", ""),
        ("tag:team", "Sales Data"),
        ("tag:none,stock", "stock"),
        ("stock,*,stock", "Sales Data,stock"),
        ("region:westus3", "Sales Data,stock"),
        ("REGION:WestUS3", "Sales Data,stock"),
        ("region:westus", ""),
        ("region:eastus2,stock", "stock"),
    ],
)
def test_select(text: str, selected: str) -> None:
    """Services are selected by `*`, id, name or region in any letter case, tag, or tag and value."""
    parsed = parse_selectors(text)
    assert not parsed.faults
    assert parsed.select(SERVICES) == {one.id for one in SERVICES if one.name in selected.split(",")}


@pytest.mark.parametrize(
    "text",
    [
        "tag:",
        "tag:=x",
        "tag:a b",
        "tag:a=",
        "tag:a=b=c",
        "a:b",
        "region:",
        "region:a b",
        "region:a=b",
        "x" * 51,
        "sto\x00ck",
        "sto\u202eck",
    ],
)
def test_faults(text: str) -> None:
    """A part that is not a selector is quoted in a fault; the other selectors still apply."""
    parsed = parse_selectors(f"stock,{text}")
    assert parsed.select(SERVICES) == {STOCK.id}
    (fault,) = parsed.faults
    assert fault.isprintable()
    assert (
        "is not a selector; use one of: *, a service id, a service name, tag:Key, tag:Key=Value, region:name" in fault
    )


@given(st.text() | st.text("tag:=*, \x00é'\"%").map(lambda text: f"tag:{text}"))
def test_any_text(text: str) -> None:
    """Any text parses without an error; each part is a selector or a fault."""
    parsed = parse_selectors(text)
    parts = {part.strip() for part in text.split(",") if part.strip()}
    found = {one.text for one in parsed.selectors}
    assert found <= parts
    assert bool(parts - found) == bool(parsed.faults)
    assert parsed.select(SERVICES) <= {one.id for one in SERVICES}


@given(st.lists(st.sampled_from(["*", "stock", "tag:env", "tag:env=prod", SALES.id, "none"])))
def test_union(parts: list[str]) -> None:
    """Several selectors select what each of them selects, in any order and number."""
    together = parse_selectors(",".join(parts)).select(SERVICES)
    apart = [parse_selectors(part).select(SERVICES) for part in parts]
    assert together == frozenset().union(*apart)


def test_explicit() -> None:
    """`*` is not explicit; the other selectors are."""
    assert [one.form for one in parse_selectors("*,stock,tag:env").without("*").selectors] == [
        Form.NAME,
        Form.TAG,
    ]


def test_unmatched() -> None:
    """A selector that matches no service is unmatched; `*` never is."""
    assert parse_selectors("*,stock,stocks,tag:none").unmatched(SERVICES) == ("stocks", "tag:none")
    assert parse_selectors("*").unmatched(()) == ()


def test_ambiguous() -> None:
    """A name of several services is ambiguous and can be excluded; an id or a tag is never ambiguous."""
    parsed = parse_selectors(f"stock,{STOCK.id},tag:env")
    services = (SALES, STOCK, TWIN)
    assert parsed.ambiguous(SERVICES) == ()
    assert parsed.ambiguous(services) == ("stock",)
    assert [one.form for one in parsed.without(["stock"]).selectors] == [Form.ID, Form.TAG]


LOWER, TITLE, UPPER = service("alpha"), service("Alpha"), service("ALPHA")
SAME = replace(LOWER, id=service_id("another alpha"))


@pytest.mark.parametrize(
    ("services", "selected", "ambiguous", "permitted"),
    [
        pytest.param([LOWER, TITLE, UPPER], [LOWER], False, [LOWER], id="one exact"),
        pytest.param([LOWER, SAME, TITLE], [LOWER, SAME], True, [LOWER, SAME], id="several exact"),
        pytest.param([TITLE, STOCK], [TITLE], False, [TITLE], id="one in another case"),
        pytest.param([TITLE, UPPER], [TITLE, UPPER], True, [], id="several in another case"),
        pytest.param([STOCK], [], False, [], id="none"),
    ],
)
def test_letter_case_of_a_name(
    services: list[Service], selected: list[Service], permitted: list[Service], *, ambiguous: bool
) -> None:
    """An exact match takes precedence over another letter case; several in another letter case are ambiguous."""
    parsed = parse_selectors("alpha")
    assert parsed.select(services) == {one.id for one in selected}
    assert parsed.ambiguous(services) == (("alpha",) if ambiguous else ())
    assert parsed.permitted(services) == {one.id for one in permitted}


def test_unknown_tags_and_a_name_in_another_letter_case() -> None:
    """An exact name selects the same services whether or not their tags are known."""
    unknown = replace(TITLE, tags=None)
    assert parse_selectors("alpha,tag:env").undecided([LOWER, unknown]) == {unknown.id}
    assert parse_selectors("alpha,tag:env").undecided([unknown]) == frozenset()


def test_nothing() -> None:
    """An empty text selects nothing."""
    assert Selectors().select(SERVICES) == frozenset()
    assert service_id("a") != service_id("b")


def test_region_of_other_services() -> None:
    """A region selects the services in it and no others; an unreadable service of unknown region may be one."""
    far = replace(STOCK, id=service_id("far"), region="eastus2")
    unread = replace(STOCK, id=service_id("unread"), region="", readable=False)
    parsed = parse_selectors("region:eastus2")
    assert parsed.select([SALES, far]) == {far.id}
    assert parsed.permitted([SALES, far]) == {far.id}
    assert parsed.undecided([SALES, far, unread]) == {unread.id}
    assert parsed.undecided([replace(far, region="westus3", readable=False)]) == frozenset()
    assert parsed.undecided([replace(unread, readable=True)]) == frozenset()
    assert parsed.unmatched([SALES]) == ("region:eastus2",)
    assert parsed.unmatched([SALES, unread]) == ()


@pytest.mark.parametrize("name", ["tab\tin it", "a\u200bb", "x" * 51, "a:b"])
def test_unprintable_names(name: str) -> None:
    """A name that is too long or not printable is a fault, escaped and cut."""
    parsed = parse_selectors(name * 1)
    assert parsed.selectors == ()
    assert len(parsed.faults) == 1
    assert parsed.faults[0].isprintable()


def test_long_faults() -> None:
    """A fault quotes at most 60 characters of the text."""
    (fault,) = parse_selectors("y" * 200).faults
    assert "y" * 60 + "…" in fault
    assert "y" * 61 not in fault


def test_texts() -> None:
    """A selector keeps its text, for messages."""
    text = "33333333-3333-4333-8333-33333333333A"
    assert [one.text for one in parse_selectors(f"*, {text}").selectors] == ["*", text]


def test_letter_case_of_an_id() -> None:
    """A selector has the id in lower case, and its text unchanged."""
    (selector,) = parse_selectors(SALES.id.upper()).selectors
    assert (selector.form, selector.value, selector.text) == (Form.ID, SALES.id, SALES.id.upper())

import pytest

from localhost.routes import Route, decoded


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("a/{x}", "a/1", {"x": "1"}),
        ("a/{x}", "A/1/", {"x": "1"}),
        ("a/{x}", "a", None),
        ("a/{x}", "a/1/2", None),
        ("a/{x?}", "a", {}),
        ("a/{x?}", "a/1", {"x": "1"}),
        ("{x?}", "", {}),
        ("a/{*rest}", "a", {}),
        ("a/{*rest}", "a/1/2", {"rest": "1/2"}),
        ("a/{**rest}", "a/1/2", {"rest": "1/2"}),
        ("a/{x:int}", "a/12", {"x": "12"}),
        ("a/{x:int}", "a/b", None),
        ("a/{x:int?}", "a", {}),
        ("a/{x:alpha}", "a/b1", None),
        ("a/{x:bool}", "a/True", {"x": "True"}),
        ("a/{x:decimal}", "a/1.5", {"x": "1.5"}),
        (
            "a/{x:guid}",
            "a/00000000-0000-0000-0000-00000000000f",
            {"x": "00000000-0000-0000-0000-00000000000f"},
        ),
        ("a/{x}.{y}", "a/b.c", {"x": "b", "y": "c"}),
        ("a.b", "axb", None),
    ],
)
def test_match(template: str, path: str, params: dict[str, str] | None) -> None:
    """A template matches the same paths as in ASP.NET and returns their parameters."""
    assert Route.parse(template, None).match("GET", path) == params


@pytest.mark.parametrize(
    ("methods", "method", "matches"),
    [(None, "PATCH", True), (["get"], "GET", True), (["GET"], "HEAD", False)],
)
def test_methods(*, methods: list[str] | None, method: str, matches: bool) -> None:
    """A route matches its methods only, or all methods if it has none."""
    assert (Route.parse("a", methods).match(method, "a") is not None) is matches


def test_precedence() -> None:
    """More specific templates sort first."""
    templates = ["a/{*x}", "a/{*x:int}", "a/{x}", "a/b{x}", "a/{x:int}", "a/b"]
    routes = sorted((Route.parse(template, None) for template in templates), key=lambda route: route.precedence)
    assert [route.template for route in routes] == [
        "a/b",
        "a/b{x}",
        "a/{x:int}",
        "a/{x}",
        "a/{*x:int}",
        "a/{*x}",
    ]


@pytest.mark.parametrize(
    ("template", "reason"),
    [("a/{x:even}", "'even' is not supported"), ("a/{x=1}", "not valid"), ("{x}/{x}", "not valid")],
)
def test_invalid_template(template: str, reason: str) -> None:
    """Parsing an invalid template fails with the reason."""
    with pytest.raises(ValueError, match=reason):
        Route.parse(template, None)


@pytest.mark.parametrize(("raw", "path"), [(b"/a%20b", "/a b"), (b"/a%2fb%2Fc", "/a%2Fb%2Fc"), (b"/%C3%A9", "/é")])
def test_decoded(raw: bytes, path: str) -> None:
    """A path is decoded except for encoded slashes, which would split a segment."""
    assert decoded(raw) == path

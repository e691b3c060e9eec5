"""What a client asks for."""

import pytest

from shared.triggers.content_negotiation import form_wanted, is_current

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (None, "html"),
        ("", "html"),
        ("*/*", "html"),
        (BROWSER, "html"),
        ("application/json", "json"),
        ("APPLICATION/JSON", "json"),
        ("application/json; charset=utf-8", "json"),
        ("application/*", "json"),
        ("text/*", "html"),
        ("text/html;q=0.5, application/json;q=0.4", "html"),
        ("text/html;q=0.4, application/json;q=0.5", "json"),
        ("application/json;q=0.5, text/html;q=0.5", "html"),
        ("text/html;q=0, */*", "json"),
        ("text/html;q=0.2, */*;q=0.9", "json"),
        ("*/*;q=0.9, text/html;q=0.2", "json"),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("image/png", None),
        (";;,q=", None),
        ("application/problem+json", None),
    ],
)
def test_accept(accept: str | None, answer: str | None) -> None:
    """The form with the higher quality is chosen, by the most specific matching range."""
    assert form_wanted(accept, None) == answer


@pytest.mark.parametrize(
    ("form", "answer"), [("json", "json"), ("html", "html"), ("JSON", "json"), ("xml", None), ("", None)]
)
@pytest.mark.parametrize("accept", [None, "text/html", "application/json", "image/png"])
def test_format(form: str, answer: str | None, accept: str | None) -> None:
    """`?format=` takes precedence over headers, and an unknown format is refused."""
    assert form_wanted(accept, form) == answer


@pytest.mark.parametrize(
    ("if_none_match", "current"),
    [
        (None, False),
        ("", False),
        ('"abc"', True),
        ('W/"abc"', True),
        ('"xyz", "abc"', True),
        ("*", True),
        ('"abcd"', False),
        ('"ABC"', False),
    ],
)
def test_entity_tags(if_none_match: str | None, current: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A client has the current answer if one of its entity tags matches, strong or weak."""
    assert is_current(if_none_match, '"abc"') is current

"""What a client asks for."""

import pytest

from shared.triggers.status import form_wanted

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

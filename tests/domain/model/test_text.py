"""Invisible characters in texts."""

import pytest

from shared.domain.model.text import visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pe-1", "pe-1"),
        ("名 é שלום", "名 é שלום"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x00\nb", "a\\u0000\\u000ab"),
        ("a\u200bb", "a\\u200bb"),
        ("\ue000", "\\ue000"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    """Invisible characters become escapes. Visible text in any script stays as it is."""
    assert visible(text) == expected

"""How many there are of a thing, in words."""

from shared.domain.model.text import counted


def test_counts() -> None:
    """Nouns follow their numbers."""
    assert [counted(n, "audit") for n in (0, 1, 2)] == ["0 audits", "1 audit", "2 audits"]

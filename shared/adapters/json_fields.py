"""Taking JSON apart that may not have the shape it should have: then a TypeError tells, and not a surprise later."""

from typing import Any

LONGEST_ERROR = 500
"""How many characters of a system's own words an error of ours repeats."""

PARSE_ERRORS = (KeyError, TypeError, AttributeError, ValueError, OverflowError)
"""What taking apart an answer of the wrong shape raises."""


def optional_str(value: Any) -> str:
    """The text; "" where nothing is told."""
    return "" if value is None else required_str(value)


def required_str(value: Any) -> str:
    """The text, which must be told."""
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {type(value).__name__}")
    return value


def required_text(value: Any) -> str:
    """The text, which must be told and not be empty."""
    told = required_str(value)
    if not told:
        raise ValueError("a text was expected, not an empty one")
    return told


def optional_list(value: Any) -> list[Any]:
    """The list; an empty one where nothing is told."""
    return [] if value is None else required_list(value)


def required_list(value: Any) -> list[Any]:
    """The list, which must be told."""
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return value

"""Checked access to the fields of a JSON document: a field of the wrong type raises at once."""

from typing import Any

LONGEST_ERROR = 500
"""The number of characters of another system's message that an error repeats."""

PARSE_ERRORS = (KeyError, TypeError, AttributeError, ValueError, OverflowError)
"""What parsing a response of an unexpected form raises."""


def optional_str(value: Any) -> str:
    """The string; "" for null."""
    return "" if value is None else required_str(value)


def required_str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, got {type(value).__name__}")
    return value


def optional_list(value: Any) -> list[Any]:
    """The list; an empty one for null."""
    return [] if value is None else required_list(value)


def required_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value

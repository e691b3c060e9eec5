"""Counts in messages."""


def counted(number: int, noun: str) -> str:
    """`1 endpoint`, `2 endpoints`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"

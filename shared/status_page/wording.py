"""How the page says things: names in short, times, counts. Pure."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from shared.domain.model.text import counted

ELLIPSIS = "…"
_ARM_ID = re.compile(r"/subscriptions/[^\s,;:'\"]+")
_ALIAS = re.compile(r"[^\s,;:'\"]+\.azure\.privatelinkservice", re.IGNORECASE)


def shown(text: str) -> str:
    """The text with everything that would not be seen, or would turn what follows around, spelled out."""
    return text if text.isprintable() else "".join(map(_spelled, text))


def _spelled(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return f"\\u{ord(character):04x}" if hidden else character


def name_of(resource: str) -> str:
    """The name at the end of an ARM id; anything else as it is."""
    return resource.rstrip("/").rpartition("/")[2] if resource.startswith("/subscriptions/") else resource


def subscription_of(resource: str) -> str:
    """The subscription in an ARM id, or nothing."""
    return _part(resource, 2)


def group_of(resource: str) -> str:
    """The resource group in an ARM id, or nothing."""
    return _part(resource, 4)


def _part(resource: str, place: int) -> str:
    parts = resource.split("/")
    return parts[place] if resource.startswith("/subscriptions/") and len(parts) > place else ""


def short_id(ident: str) -> str:
    """The beginning of a GUID, which is enough to tell one from another; anything else as it is."""
    parts = ident.split("-")
    return f"{parts[0]}{ELLIPSIS}" if [len(part) for part in parts] == [8, 4, 4, 4, 12] else ident


def short_alias(alias: str) -> str:
    """The name that begins a Private Link service's alias; the name in the ARM id of one."""
    return alias.partition(".")[0] if alias.lower().endswith(".privatelinkservice") else name_of(alias)


def brief(text: str) -> str:
    """The text with its ARM ids and aliases in short: a sentence that is read, not copied."""
    named = _ARM_ID.sub(lambda found: name_of(found[0]), text)
    return _ALIAS.sub(lambda found: short_alias(found[0]), named)


def width(text: str) -> int:
    """How many columns of a monospaced font the text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def clipped(text: str, columns: int) -> str:
    """The text in at most so many columns, the middle left out: names tend to differ at their ends."""
    text = shown(text)
    if width(text) <= columns:
        return text
    tail = columns // 3
    return f"{_fitting(text, columns - tail - 1)}{ELLIPSIS}{_fitting(text[::-1], tail)[::-1]}"


def _fitting(text: str, columns: int) -> str:
    """The beginning, in at most so many columns, of a text that takes more."""
    taken = accumulate(map(width, text))
    return text[: next(place for place, so_far in enumerate(taken) if so_far > columns)]


def moment(at: datetime) -> str:
    """Such as `23 Nov 2026, 06:00 UTC`."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def lasting(span: timedelta) -> str:
    """A span of time in one or two units, such as `3 hours 10 minutes`."""
    minutes = max(0, round(span.total_seconds())) // 60
    if minutes < 1:
        return "less than a minute"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        parts = [counted(days, "day"), counted(hours, "hour")] if days < 7 else [counted(days, "day")]
    elif hours:
        parts = [counted(hours, "hour"), counted(rest, "minute")]
    else:
        parts = [counted(rest, "minute")]
    return " ".join(part for part in parts if not part.startswith("0 "))


def took(span: timedelta) -> str:
    """A span of work, such as `48 ms` or `1.4 s`."""
    seconds = span.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"

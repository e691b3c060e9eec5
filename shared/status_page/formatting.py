"""Short forms of names, times and counts. Pure."""

import re
from datetime import UTC, datetime, timedelta

from shared.domain.model.text import counted

ELLIPSIS = "…"
_ARM_ID = re.compile(r"/subscriptions/[^\s,;:'\"]+")
_ALIAS = re.compile(r"[^\s,;:'\"]+\.azure\.privatelinkservice", re.IGNORECASE)
_GUID_PARTS = [8, 4, 4, 4, 12]


def resource_name(ident: str) -> str:
    """The last segment of an ARM id; other text unchanged."""
    return ident.rstrip("/").rpartition("/")[2] if ident.startswith("/subscriptions/") else ident


def subscription_id(ident: str) -> str:
    """The subscription of an ARM id, or nothing."""
    return _segment(ident, 2)


def resource_group(ident: str) -> str:
    """The resource group of an ARM id, or nothing."""
    return _segment(ident, 4)


def _segment(ident: str, place: int) -> str:
    segments = ident.split("/")
    return segments[place] if ident.startswith("/subscriptions/") and len(segments) > place else ""


def short_id(ident: str) -> str:
    """The first part of a GUID; other text unchanged."""
    parts = ident.split("-")
    return f"{parts[0]}{ELLIPSIS}" if [len(part) for part in parts] == _GUID_PARTS else ident


def short_alias(alias: str) -> str:
    """The name in a Private Link service's alias or ARM id."""
    return alias.partition(".")[0] if alias.lower().endswith(".privatelinkservice") else resource_name(alias)


def brief(text: str) -> str:
    """The text with ARM ids and aliases replaced by their names."""
    named = _ARM_ID.sub(lambda match: resource_name(match[0]), text)
    return _ALIAS.sub(lambda match: short_alias(match[0]), named)


def timestamp(at: datetime) -> str:
    """Such as `23 Nov 2026, 06:00 UTC`."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def duration(span: timedelta) -> str:
    """A time span in at most two units, such as `3 hours 10 minutes`."""
    minutes = max(0, round(span.total_seconds())) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days >= 7:
        return counted(days, "day")
    units = ((days, "day"), (hours, "hour"), (0 if days else minutes % 60, "minute"))
    return " ".join(counted(n, noun) for n, noun in units if n) or "less than a minute"


def elapsed(span: timedelta) -> str:
    """A short time span, such as `48 ms` or `1.4 s`."""
    seconds = span.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"

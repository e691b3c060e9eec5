"""Short forms of names, times and counts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.status_page.formatting import (
    brief,
    duration,
    elapsed,
    resource_group,
    resource_name,
    short_alias,
    short_id,
    subscription_id,
    timestamp,
)

ARM = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-net/providers/x/privateEndpoints/pe-1"
GUID = "3b7e37a4-c5df-5e3e-b5f9-e2bf14afdd1e"


@pytest.mark.parametrize(
    ("ident", "name", "subscription", "group"),
    [
        (ARM, "pe-1", "11111111-1111-4111-8111-111111111111", "rg-net"),
        ("/subscriptions/abc", "abc", "abc", ""),
        (GUID, GUID, "", ""),
        ("a/b", "a/b", "", ""),
        ("", "", "", ""),
    ],
)
def test_parts_of_ids(ident: str, name: str, subscription: str, group: str) -> None:
    """ARM ids are split. Any other text is its own name."""
    assert (resource_name(ident), subscription_id(ident), resource_group(ident)) == (
        name,
        subscription,
        group,
    )


def test_short_forms() -> None:
    """GUIDs and aliases have short forms. Other names have none."""
    assert short_id(GUID) == "3b7e37a4…"
    assert short_id("production-westus3-0-0-x") == "production-westus3-0-0-x"
    assert short_alias(f"production-westus3-0-0.{GUID}.westus3.azure.privatelinkservice") == "production-westus3-0-0"
    assert short_alias(ARM) == "pe-1"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=60), "1 hour"),
        (timedelta(hours=3, minutes=10), "3 hours 10 minutes"),
        (timedelta(days=1, hours=2, minutes=9), "1 day 2 hours"),
        (timedelta(days=6), "6 days"),
        (timedelta(days=9, hours=5), "9 days"),
    ],
)
def test_duration(span: timedelta, expected: str) -> None:
    """Time spans have at most two units."""
    assert duration(span) == expected


def test_timestamp() -> None:
    """Times are shown in UTC, whatever their time zone."""
    at = datetime(2026, 11, 23, 8, 30, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(at) == "23 Nov 2026, 06:30 UTC"
    assert timestamp(datetime(2026, 1, 2, tzinfo=UTC)) == "2 Jan 2026, 00:00 UTC"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"the record * in {ARM} belongs to {ARM}.", "the record * in pe-1 belongs to pe-1."),
        (f"found on {ARM}, and {ARM}: no", "found on pe-1, and pe-1: no"),
        (
            f"connected to a-0.{GUID}.westus3.azure.privatelinkservice, a foreign service",
            "connected to a-0, a foreign service",
        ),
        (
            "no zone westus3.privatelink.azure.clickhouse.cloud",
            "no zone westus3.privatelink.azure.clickhouse.cloud",
        ),
    ],
)
def test_brief(text: str, expected: str) -> None:
    """Ids and aliases in a sentence become names."""
    assert brief(text) == expected


def test_elapsed() -> None:
    """Short time spans are shown in milliseconds or seconds."""
    assert [elapsed(timedelta(seconds=s)) for s in (0.0482, 1.44, 100)] == ["48 ms", "1.4 s", "100.0 s"]

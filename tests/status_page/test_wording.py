"""How the page says things."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.status_page.wording import (
    brief,
    clipped,
    group_of,
    lasting,
    moment,
    name_of,
    short_alias,
    short_id,
    shown,
    subscription_of,
    took,
    width,
)

ARM = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-net/providers/x/privateEndpoints/pe-1"
GUID = "3b7e37a4-c5df-5e3e-b5f9-e2bf14afdd1e"


@pytest.mark.parametrize(
    ("text", "seen"),
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
def test_nothing_hides(text: str, seen: str) -> None:
    """What cannot be seen is spelled out; what can be is left as it is, in any script."""
    assert shown(text) == seen


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
    """ARM ids are taken apart, anything else is its own name."""
    assert (name_of(ident), subscription_of(ident), group_of(ident)) == (name, subscription, group)


def test_short_forms() -> None:
    """GUIDs and aliases have short forms; other names have none."""
    assert short_id(GUID) == "3b7e37a4…"
    assert short_id("production-westus3-0-0-x") == "production-westus3-0-0-x"
    assert (
        short_alias(f"production-westus3-0-0.{GUID}.westus3.azure.privatelinkservice")
        == "production-westus3-0-0"
    )
    assert short_alias(ARM) == "pe-1"


@pytest.mark.parametrize(
    ("text", "columns", "fitting"),
    [
        ("pe-clickhouse", 13, "pe-clickhouse"),
        ("pe-clickhouse-analytics-7", 13, "pe-click…cs-7"),
        ("名名名名名名", 7, "名名…名"),
        ("a" * 200, 10, "aaaaaa…aaa"),
        ("a\u202e" * 20, 12, "a\\u202e…202e"),
    ],
)
def test_clipping(text: str, columns: int, fitting: str) -> None:
    """What is too wide loses its middle, counted as it is shown and in columns."""
    assert clipped(text, columns) == fitting
    assert width(clipped(text, columns)) <= columns


@pytest.mark.parametrize(
    ("span", "told"),
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
def test_spans(span: timedelta, told: str) -> None:
    """Spans are told in at most two units."""
    assert lasting(span) == told


def test_moments() -> None:
    """Moments are told in UTC, wherever they were written down."""
    at = datetime(2026, 11, 23, 8, 30, tzinfo=timezone(timedelta(hours=2)))
    assert moment(at) == "23 Nov 2026, 06:30 UTC"
    assert moment(datetime(2026, 1, 2, tzinfo=UTC)) == "2 Jan 2026, 00:00 UTC"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"the record * in {ARM} stands for {ARM}.", "the record * in pe-1 stands for pe-1."),
        (f"it is on {ARM}, and {ARM}: no", "it is on pe-1, and pe-1: no"),
        (
            f"connected to a-0.{GUID}.westus3.azure.privatelinkservice, a stranger",
            "connected to a-0, a stranger",
        ),
        (
            "no zone westus3.privatelink.azure.clickhouse.cloud",
            "no zone westus3.privatelink.azure.clickhouse.cloud",
        ),
    ],
)
def test_sentences_in_brief(text: str, told: str) -> None:
    """A sentence is read with short names in it."""
    assert brief(text) == told


def test_work() -> None:
    """How long work took is told in a unit that suits it."""
    assert [took(timedelta(seconds=s)) for s in (0.0482, 1.44, 100)] == ["48 ms", "1.4 s", "100.0 s"]

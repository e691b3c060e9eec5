"""The page in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.domain.audit.report_model import AuditReport
from shared.status_page import notice, render
from tests.support.sample_reports import ATTACKS, FINISHED, NOW, all_well, hostile, large, overdue, troubled

type Opened = Callable[..., Page]

LATE, LATER = overdue()
PAGES: dict[str, str] = {
    "well": render(all_well(), NOW),
    "troubled": render(troubled(), NOW),
    "grouped": render(large(60, 45, 3), NOW),
    "overdue": render(LATE, LATER),
    "none": render(None, NOW),
    "unusable": notice(
        "The settings are not usable", "Mend these.", NOW, ("A is not set.", "B is."), wrong=True
    ),
    "hostile": render(hostile(), NOW),
}
LARGE = render(large(), NOW)
SERIOUS = {"serious", "critical"}


def shown_rows(page: Page, section: str) -> list[str]:
    visible = f"[...document.querySelectorAll('#{section} tbody tr')].filter((row) => row.checkVisibility())"
    texts: list[str] = page.evaluate(f"{visible}.map((row) => row.innerText.trim())")
    return texts


@pytest.mark.parametrize("snapshot", PAGES)
def test_nothing_from_outside(snapshot: str, opened: Opened, watched: Any) -> None:
    """No page asks any network for anything, and none complains in the console, under its own policy."""
    page = opened(PAGES[snapshot])
    assert page.locator("h1").count() == 1
    assert len(watched.requests) == 1  # the document itself
    assert watched.console == []


@pytest.mark.parametrize(
    ("snapshot", "size", "scheme", "unfolded"),
    [
        ("troubled", "desk", "light", True),
        ("troubled", "phone", "dark", True),
        ("overdue", "desk", "dark", False),
        ("overdue", "phone", "light", False),
        ("unusable", "desk", "light", True),
        ("unusable", "desk", "dark", True),
        ("grouped", "desk", "light", False),
    ],
)
def test_accessible(
    snapshot: str, size: str, scheme: str, *, unfolded: bool, opened: Opened, axe: str
) -> None:
    """axe-core finds nothing serious, in either theme and width, folded or not."""
    page = opened(PAGES[snapshot], size=size, scheme=scheme, bypass_csp=True)
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    told = [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]
    assert told == []
    assert len(found["passes"]) > 15


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("desk", "dark"), ("phone", "dark")])
def test_it_fits(size: str, scheme: str, opened: Opened, tmp_path: Path) -> None:
    """No page is wider than the screen, whatever things are named, and each can be photographed in both themes."""
    for snapshot, html in PAGES.items():
        page = opened(html, size=size, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, snapshot
        if snapshot in ("troubled", "none"):
            page.screenshot(path=tmp_path / f"{snapshot}-{size}-{scheme}.png", full_page=True)
        page.close()


@pytest.mark.parametrize(
    ("snapshot", "scheme"), [("troubled", "light"), ("grouped", "dark"), ("hostile", "light")]
)
def test_the_drawing_on_a_phone(snapshot: str, scheme: str, opened: Opened) -> None:
    """On a phone neither the page nor a drawing is wider than the screen, and what is drawn can be read."""
    page = opened(PAGES[snapshot], size="phone", scheme=scheme)
    page.evaluate("document.querySelectorAll('details.region').forEach((one) => { one.open = true; })")
    drawings = page.locator("svg.topology:visible")
    assert drawings.count() == page.locator("details.region").count() > 0
    room = "(one) => [one.scrollWidth - one.clientWidth, one.getBoundingClientRect().right - innerWidth]"
    for one in [
        page.locator("html"),
        page.locator("#main"),
        *page.locator("details.region").all(),
        *drawings.all(),
    ]:
        assert max(one.evaluate(room)) <= 0
    # Every text in the drawing, as large as it is on the screen, and where it begins and ends.
    texts = page.evaluate(
        """[...document.querySelectorAll('svg.topology text')].filter((one) => one.checkVisibility()).map((one) => {
            const box = one.getBoundingClientRect();
            const size = parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a;
            return [size, box.left, box.right];
        })"""
    )
    assert len(texts) > 10
    assert min(size for size, _, _ in texts) >= 10.9
    assert min(left for _, left, _ in texts) >= 0
    assert max(right for _, _, right in texts) <= 390


@pytest.mark.parametrize(
    ("wide", "shape"), [(320, "narrow"), (1040, "narrow"), (1041, "wide"), (1400, "wide")]
)
def test_one_drawing_of_each_region(wide: int, shape: str, opened: Opened) -> None:
    """Each region is drawn in the shape that suits the screen, and in it alone, also to a screen reader."""
    page = opened(PAGES["troubled"])
    page.set_viewport_size({"width": wide, "height": 900})
    regions = page.locator("details.region").count()
    assert page.locator(f"svg.topology.{shape}:visible").count() == regions
    assert page.locator("svg.topology:visible").count() == regions
    assert page.get_by_role("group", name="westus3: 5 endpoints").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_search(opened: Opened) -> None:
    """Search leaves the rows that have all the words, in any case, and says how many they are."""
    page = opened(PAGES["troubled"])
    page.get_by_role("search", name="Findings").get_by_label("Search").fill("REJECTED notebooks")
    assert len(shown_rows(page, "findings")) == 1
    assert "endpoint-rejected" in shown_rows(page, "findings")[0]
    expect(page.locator("#findings output")).to_have_text("1 of 9 shown")
    page.get_by_role("search", name="Findings").get_by_label("Search").fill("")
    assert len(shown_rows(page, "findings")) == 9
    assert len(shown_rows(page, "endpoints")) == 8


def test_search_by_full_id(opened: Opened) -> None:
    """What is shown in short is found by all of it, too."""
    report = troubled()
    page = opened(PAGES["troubled"])
    page.get_by_role("search", name="Endpoints").get_by_label("Search").fill(report.endpoints[2].id.upper())
    assert len(shown_rows(page, "endpoints")) == 1


def test_filters(opened: Opened) -> None:
    """Filters go together with each other and with search."""
    page = opened(PAGES["troubled"])
    form = page.get_by_role("search", name="Endpoints")
    form.get_by_label("State").select_option("wrong")
    assert len(shown_rows(page, "endpoints")) == 3
    form.get_by_label("Region").select_option("westus3")
    assert len(shown_rows(page, "endpoints")) == 2
    form.get_by_label("Search").fill("etl")
    assert len(shown_rows(page, "endpoints")) == 1
    findings = page.get_by_role("search", name="Findings")
    findings.get_by_label("Severity").select_option("warning")
    findings.get_by_label("Code").select_option("outside-scope")
    assert len(shown_rows(page, "findings")) == 1


def test_filters_of_the_many(opened: Opened) -> None:
    """With 1 000 endpoints, filters hide groups without a match and unfold the few that are left."""
    page = opened(LARGE)
    assert shown_rows(page, "endpoints") == []  # all folded
    form = page.get_by_role("search", name="Endpoints")
    form.get_by_label("Search").fill("pe-clickhouse-0777")
    assert len(shown_rows(page, "endpoints")) == 1
    assert page.locator("#endpoints details.group:visible").count() == 2
    form.get_by_label("Search").fill("")
    assert shown_rows(page, "endpoints") == []
    form.get_by_label("Subscription").select_option(index=2)
    expect(page.locator("#endpoints output")).to_have_text("200 of 1000 shown")


def test_sorting(opened: Opened) -> None:
    """A column's heading sorts by it, turns the order round, and says so to a screen reader."""
    page = opened(PAGES["troubled"])
    heading = page.locator("#endpoints thead th", has_text="Address")
    heading.get_by_role("button").click()
    addresses = page.locator("#endpoints tbody td:nth-child(3)").all_inner_texts()
    assert addresses == [
        "–",
        "–",
        "10.10.4.7",
        "10.10.5.9",
        "10.10.6.6",
        "10.20.1.4",
        "10.20.1.12",
        "10.30.0.4",
    ]
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").click()
    assert page.locator("#endpoints tbody td:nth-child(3)").first.inner_text() == "10.30.0.4"
    assert heading.get_attribute("aria-sort") == "descending"
    page.locator("#findings thead th", has_text="Severity").get_by_role("button").click()
    assert "error" in shown_rows(page, "findings")[0]
    assert "info" in shown_rows(page, "findings")[-1]


def test_sorting_of_the_many(opened: Opened) -> None:
    """An order is one for all tables of a section, and is told in each, folded or not."""
    page = opened(LARGE)
    page.get_by_role("search", name="Endpoints").get_by_label("Search").fill("pe-clickhouse-000")
    first = page.locator("#endpoints table:visible").first
    first.locator("th", has_text="Endpoint").get_by_role("button").click()
    first.locator("th", has_text="Endpoint").get_by_role("button").click()
    names = (
        page.locator("#endpoints table:visible").first.locator("tbody th:visible summary").all_inner_texts()
    )
    assert names == sorted(names, reverse=True)
    assert len(names) == 5
    assert (
        page.locator("#endpoints th[aria-sort='descending']").count()
        == page.locator("#endpoints table").count()
    )


def test_a_finding_is_unfolded(opened: Opened) -> None:
    """A finding unfolds to its remedy, by mouse and by keyboard."""
    page = opened(PAGES["troubled"])
    first = page.locator("#findings details").first
    remedy = first.get_by_text("Run sync for the endpoint")
    expect(remedy).to_be_hidden()
    first.locator("summary").click()
    expect(remedy).to_be_visible()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(remedy).to_be_hidden()


def test_a_full_id_is_copied(opened: Opened) -> None:
    """What is unfolded offers its full id for copying."""
    page = opened(PAGES["troubled"], permissions=["clipboard-read", "clipboard-write"])
    row = page.locator("#endpoints tr", has_text="pe-clickhouse-etl")
    row.locator("summary").click()
    row.get_by_role("button", name="Copy").first.click()
    expect(page.locator("#toast")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") in [one.id for one in troubled().endpoints]


def test_from_the_drawing_to_the_row(opened: Opened) -> None:
    """What is drawn leads to its row, which is unfolded out of its groups."""
    page = opened(LARGE)
    page.locator(".topology a:visible", has_text="pe-clickhouse-0001").click()
    target = page.locator("#endpoints tr", has_text="pe-clickhouse-0001")
    expect(target).to_be_visible()
    expect(target).to_be_in_viewport()


def test_a_theme_is_chosen(opened: Opened) -> None:
    """The button turns the theme round, says to which, and the choice outlives a reload."""
    page = opened(PAGES["well"])
    paint = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paint)
    button = page.locator("#theme")
    expect(button).to_have_text("Dark theme")
    button.click()
    dark = page.evaluate(paint)
    assert dark != light
    expect(button).to_have_text("Light theme")
    # The browser writes its storage down a moment after it was told to.
    assert any(page.reload() and page.evaluate(paint) == dark for _ in range(10))
    assert opened(PAGES["well"], scheme="dark").evaluate(paint) == dark


def test_by_keyboard(opened: Opened) -> None:
    """The first stop skips to the content; a slash goes to the search."""
    page = opened(PAGES["troubled"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "text"


def test_print(opened: Opened) -> None:
    """On paper all that is folded is told, in the light theme, without anything to press."""
    page = opened(PAGES["troubled"], scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("#findings").get_by_text("Run sync for the endpoint").first).to_be_visible()
    expect(page.locator("#findings .tools")).to_be_hidden()
    expect(page.locator("#theme")).to_be_hidden()
    page.set_viewport_size({"width": 700, "height": 900})
    expect(page.locator("svg.topology.wide").first).to_be_visible()
    expect(page.locator("svg.topology.narrow").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 10_000


def test_without_scripts(opened: Opened) -> None:
    """Without JavaScript all rows are there, and nothing that could not be used."""
    page = opened(PAGES["troubled"], java_script_enabled=False)
    assert len(page.locator("#findings tbody tr").all()) == 9
    expect(page.locator("#findings .tools")).to_be_hidden()
    expect(page.locator("#theme")).to_be_hidden()
    page.locator("#findings summary").first.click()
    expect(page.locator("#findings details").first.get_by_text("Run sync")).to_be_visible()


def test_a_page_left_open_grows_old(opened: Opened) -> None:
    """A page that nobody renews counts on, and says when it can no longer be believed."""
    page = opened(PAGES["well"])
    assert page.locator("#age").inner_text() == "4 minutes"
    page.clock.install()
    page.reload()
    page.clock.run_for(timedelta(minutes=20) // timedelta(milliseconds=1))
    assert page.locator("#age").inner_text() == "24 minutes"
    expect(page.locator("#late")).to_be_hidden()
    page.clock.run_for(timedelta(minutes=7) // timedelta(milliseconds=1))
    expect(page.locator("#late")).to_be_visible()


def test_harm_by_name(opened: Opened, watched: Any) -> None:
    """Names are text, whatever they look like: nothing of them runs, loads, or turns what follows around."""
    page = opened(PAGES["hostile"])
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert "owned" not in page.title().replace(ATTACKS[0], "").replace(ATTACKS[1], "")
    assert page.locator("h1").all_inner_texts() == [ATTACKS[0]]
    assert page.locator("img, iframe, [onerror], [href^='javascript']").count() == 0
    assert page.locator("script").count() == 2
    assert not set("\u202e\u2066\u200f\x00") & set(page.content())
    assert len(watched.requests) == 1
    assert watched.console == []


def test_weight(opened: Opened) -> None:
    """A page of 1 000 endpoints is under 2 MB and 50 000 elements."""
    assert len(LARGE.encode()) < 2_000_000
    page = opened(LARGE)
    assert page.evaluate("document.querySelectorAll('*').length") < 50_000
    # What is folded is not laid out: the rows of closed groups have no boxes.
    assert shown_rows(page, "endpoints") == []


def test_overdue(opened: Opened) -> None:
    """The overdue page is told from afar: an alert, and nothing in the colour of well."""
    page = opened(PAGES["overdue"])
    assert "No audit has finished since 2026-11-23 06:00 UTC." in page.locator("h1").inner_text()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.locator(".hero.overdue").count() == 1


def test_finished_in_the_future(opened: Opened) -> None:
    """A report from a clock that is ahead is less than a minute old."""
    ahead: AuditReport = all_well()
    page = opened(render(ahead, FINISHED - timedelta(minutes=5)))
    assert page.locator("#age").inner_text() == "less than a minute"

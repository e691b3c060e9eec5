"""The page in a real browser."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.domain.audit.report_model import AuditReport, WithheldRemoval
from shared.status_page import NO_AUDIT, notice, render
from tests.support.sample_reports import ATTACKS, FINISHED, NOW, all_well, hostile, large, overdue, troubled

type OpenPage = Callable[..., Page]

LATE, LATER = overdue()
PAGES: dict[str, str] = {
    "well": render(all_well(), NOW),
    "troubled": render(troubled(), NOW),
    "grouped": render(large(60, 45, 3), NOW),
    "overdue": render(LATE, LATER),
    "none": notice(*NO_AUDIT, NOW),
    "unusable": notice("The settings are not usable", "Fix these.", NOW, ("A is not set.", "B is."), wrong=True),
    "hostile": render(hostile(), NOW),
}
LARGE = render(large(), NOW)
SERIOUS = {"serious", "critical"}


def visible_rows(page: Page, section: str) -> list[str]:
    visible = f"[...document.querySelectorAll('#{section} tbody tr')].filter((row) => row.checkVisibility())"
    texts: list[str] = page.evaluate(f"{visible}.map((row) => row.innerText.trim())")
    return texts


@pytest.mark.parametrize("name", PAGES)
def test_self_contained(name: str, open_page: OpenPage, page_log: Any) -> None:
    """No page loads anything or logs to the console under its own policy."""
    page = open_page(PAGES[name])
    assert page.locator("h1").count() == 1
    assert len(page_log.requests) == 1  # the document itself
    assert page_log.console == []


@pytest.mark.parametrize(
    ("name", "size", "scheme", "expanded"),
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
def test_accessible(name: str, size: str, scheme: str, *, expanded: bool, open_page: OpenPage, axe: str) -> None:
    """axe-core finds nothing serious in either theme and width, collapsed or expanded."""
    page = open_page(PAGES[name], size=size, scheme=scheme, bypass_csp=True)
    if expanded:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(axe)
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    serious = [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in result["violations"] if one["impact"] in SERIOUS
    ]
    assert serious == []
    assert len(result["passes"]) > 15


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("desk", "dark"), ("phone", "dark")])
def test_fits_the_screen(size: str, scheme: str, open_page: OpenPage, tmp_path: Path) -> None:
    """No page is wider than the screen, whatever the names."""
    for name, html in PAGES.items():
        page = open_page(html, size=size, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        if name in ("troubled", "none"):
            page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
        page.close()


@pytest.mark.parametrize(("name", "scheme"), [("troubled", "light"), ("grouped", "dark"), ("hostile", "light")])
def test_the_topology_on_a_phone(name: str, scheme: str, open_page: OpenPage) -> None:
    """On a phone the columns of the topology are stacked, and every text is inside the screen and readable."""
    page = open_page(PAGES[name], size="phone", scheme=scheme)
    page.evaluate("document.querySelectorAll('details.region').forEach((one) => { one.open = true; })")
    assert page.locator(".topology:visible").count() == page.locator("details.region").count() > 0
    expect(page.locator(".edges").first).to_be_hidden()
    texts = page.evaluate(
        """[...document.querySelectorAll('.topology :is(h4, .title, .aside, .notes)')].map((one) => {
            const box = one.getBoundingClientRect();
            return [parseFloat(getComputedStyle(one).fontSize), box.left, box.right];
        })"""
    )
    assert len(texts) > 10
    assert min(size for size, _, _ in texts) >= 11
    assert min(left for _, left, _ in texts) >= 0
    assert max(right for _, _, right in texts) <= 390


@pytest.mark.parametrize("wide", [901, 1040, 1400])
@pytest.mark.parametrize("name", ["troubled", "grouped", "hostile"])
def test_edges_end_at_their_nodes(name: str, wide: int, open_page: OpenPage) -> None:
    """Every edge starts and ends at the side of a node, at the middle of its title or of a row, at any width."""
    page = open_page(PAGES[name])
    page.set_viewport_size({"width": wide, "height": 900})
    page.evaluate("document.querySelectorAll('details.region').forEach((one) => { one.open = true; })")
    distances = page.evaluate(
        """[...document.querySelectorAll('.topology')].flatMap((topology) => {
            const nodes = [...topology.querySelectorAll('.entry')].map((one) => {
                const side = one.closest('.node').getBoundingClientRect();
                const title = one.querySelector('.title').getBoundingClientRect();
                return [side.left, side.right, (title.top + title.bottom) / 2];
            });
            return [...topology.querySelectorAll('.edge')].flatMap((path) => {
                const at = path.getScreenCTM();
                return path.getAttribute('d').split('M').filter(Boolean).flatMap((curve) => {
                    const numbers = curve.replace('C', ' ').trim().split(' ').map(Number);
                    const point = (x, y) => [x * at.a + at.e, y * at.d + at.f];
                    const distance = ([x, y], side) => Math.min(
                        ...nodes.map((one) => Math.hypot(one[side] - x, one[2] - y))
                    );
                    return [distance(point(...numbers.slice(0, 2)), 1), distance(point(...numbers.slice(-2)), 0)];
                });
            });
        })"""
    )
    assert len(distances) > 10
    assert max(distances) < 1.5


def test_search(open_page: OpenPage) -> None:
    """Search shows the rows with all words in any letter case, and their number."""
    page = open_page(PAGES["troubled"])
    page.get_by_role("search", name="Findings").get_by_label("Search").fill("REJECTED notebooks")
    assert len(visible_rows(page, "findings")) == 1
    assert "endpoint-rejected" in visible_rows(page, "findings")[0]
    expect(page.locator("#findings output")).to_have_text("1 of 9 shown")
    page.get_by_role("search", name="Findings").get_by_label("Search").fill("")
    assert len(visible_rows(page, "findings")) == 9
    assert len(visible_rows(page, "endpoints")) == 8


def test_search_by_full_id(open_page: OpenPage) -> None:
    """A row is found by its full id."""
    report = troubled()
    page = open_page(PAGES["troubled"])
    page.get_by_role("search", name="Endpoints").get_by_label("Search").fill(report.endpoints[2].id.upper())
    assert len(visible_rows(page, "endpoints")) == 1


def test_filters(open_page: OpenPage) -> None:
    """Filters combine with each other and with search."""
    page = open_page(PAGES["troubled"])
    form = page.get_by_role("search", name="Endpoints")
    form.get_by_label("State").select_option("error")
    assert len(visible_rows(page, "endpoints")) == 4
    form.get_by_label("Region").select_option("westus3")
    assert len(visible_rows(page, "endpoints")) == 2
    form.get_by_label("Search").fill("etl")
    assert len(visible_rows(page, "endpoints")) == 1
    findings = page.get_by_role("search", name="Findings")
    findings.get_by_label("Severity").select_option("warning")
    findings.get_by_label("Code").select_option("outside-scope")
    assert len(visible_rows(page, "findings")) == 1


def test_filters_of_groups(open_page: OpenPage) -> None:
    """With 1 000 endpoints, filters hide groups without a match and open the others if they are few."""
    page = open_page(LARGE)
    assert visible_rows(page, "endpoints") == []  # all collapsed
    form = page.get_by_role("search", name="Endpoints")
    form.get_by_label("Search").fill("pe-clickhouse-0777")
    assert len(visible_rows(page, "endpoints")) == 1
    assert page.locator("#endpoints details.group:visible").count() == 1
    form.get_by_label("Search").fill("")
    assert visible_rows(page, "endpoints") == []
    form.get_by_label("Subscription").select_option(index=2)
    expect(page.locator("#endpoints output")).to_have_text("200 of 1000 shown")


def test_sorting(open_page: OpenPage) -> None:
    """A column's heading sorts by the column, reverses the order, and sets aria-sort."""
    page = open_page(PAGES["troubled"])
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
    assert "error" in visible_rows(page, "findings")[0]
    assert "info" in visible_rows(page, "findings")[-1]


def test_sorting_of_groups(open_page: OpenPage) -> None:
    """All tables of a section share one order, and each has aria-sort."""
    page = open_page(LARGE)
    page.get_by_role("search", name="Endpoints").get_by_label("Search").fill("pe-clickhouse-000")
    first = page.locator("#endpoints table:visible").first
    first.locator("th", has_text="Endpoint").get_by_role("button").click()
    first.locator("th", has_text="Endpoint").get_by_role("button").click()
    names = page.locator("#endpoints table:visible").first.locator("tbody th:visible summary").all_inner_texts()
    assert names == sorted(names, reverse=True)
    assert len(names) == 5
    assert page.locator("#endpoints th[aria-sort='descending']").count() == page.locator("#endpoints table").count()


def test_a_finding_expands(open_page: OpenPage) -> None:
    """A finding expands to its remedy by mouse and by keyboard."""
    page = open_page(PAGES["troubled"])
    first = page.locator("#findings details").first
    remedy = first.get_by_text("Run sync for the endpoint")
    expect(remedy).to_be_hidden()
    first.locator("summary").click()
    expect(remedy).to_be_visible()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(remedy).to_be_hidden()


def test_a_full_id_is_copied(open_page: OpenPage) -> None:
    """An expanded row has a button that copies its full id."""
    page = open_page(PAGES["troubled"], permissions=["clipboard-read", "clipboard-write"])
    row = page.locator("#endpoints tr", has_text="pe-clickhouse-etl")
    row.locator("summary").click()
    row.get_by_role("button", name="Copy").first.click()
    expect(page.locator("#toast")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") in [one.id for one in troubled().endpoints]


def test_from_the_topology_to_the_row(open_page: OpenPage) -> None:
    """A node of the topology links to its row, and the groups around the row open."""
    page = open_page(LARGE)
    page.locator("details.region[open] a", has_text="pe-clickhouse-0001").click()
    target = page.locator("#endpoints tr", has_text="pe-clickhouse-0001")
    expect(target).to_be_visible()
    expect(target).to_be_in_viewport()


def test_theme(open_page: OpenPage) -> None:
    """The button switches the theme, names the other one, and the choice survives a reload."""
    page = open_page(PAGES["well"])
    paint = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paint)
    button = page.locator("#theme")
    expect(button).to_have_text("Dark theme")
    button.click()
    dark = page.evaluate(paint)
    assert dark != light
    expect(button).to_have_text("Light theme")
    # The browser stores the choice asynchronously.
    assert any(page.reload() and page.evaluate(paint) == dark for _ in range(10))
    assert open_page(PAGES["well"], scheme="dark").evaluate(paint) == dark


def test_by_keyboard(open_page: OpenPage) -> None:
    """The first stop skips to the content. A slash moves to the search."""
    page = open_page(PAGES["troubled"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "text"


def test_print(open_page: OpenPage) -> None:
    """Print shows everything expanded in the light theme, without controls."""
    page = open_page(PAGES["troubled"], scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("#findings").get_by_text("Run sync for the endpoint").first).to_be_visible()
    expect(page.locator("#findings .tools")).to_be_hidden()
    expect(page.locator("#theme")).to_be_hidden()
    page.set_viewport_size({"width": 700, "height": 900})
    expect(page.locator(".edges").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 10_000


def test_without_scripts(open_page: OpenPage) -> None:
    """Without JavaScript all rows are shown, and no control that needs it."""
    page = open_page(PAGES["troubled"], java_script_enabled=False)
    assert len(page.locator("#findings tbody tr").all()) == 9
    expect(page.locator("#findings .tools")).to_be_hidden()
    expect(page.locator("#theme")).to_be_hidden()
    page.locator("#findings summary").first.click()
    expect(page.locator("#findings details").first.get_by_text("Run sync")).to_be_visible()


def test_age(open_page: OpenPage) -> None:
    """An open page updates its age, and warns once the audit is overdue."""
    page = open_page(PAGES["well"])
    assert page.locator("#age").inner_text() == "4 minutes"
    page.clock.install()
    page.reload()
    page.clock.run_for(timedelta(minutes=20) // timedelta(milliseconds=1))
    assert page.locator("#age").inner_text() == "24 minutes"
    expect(page.locator("#late")).to_be_hidden()
    page.clock.run_for(timedelta(minutes=7) // timedelta(milliseconds=1))
    expect(page.locator("#late")).to_be_visible()


def test_hostile_names(open_page: OpenPage, page_log: Any) -> None:
    """Names are text: none of them runs, loads anything, or changes the direction of other text."""
    page = open_page(PAGES["hostile"])
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert "owned" not in page.title().replace(ATTACKS[0], "").replace(ATTACKS[1], "")
    assert page.locator("h1").all_inner_texts() == [ATTACKS[0]]
    assert page.locator("img, iframe, [onerror], [href^='javascript']").count() == 0
    assert page.locator("script").count() == 2
    assert not set("\u202e\u2066\u200f\x00") & set(page.content())
    assert len(page_log.requests) == 1
    assert page_log.console == []


def test_size(open_page: OpenPage) -> None:
    """A page of 1 000 endpoints is smaller than 2 MB and 50 000 elements. Collapsed rows have no layout."""
    assert len(LARGE.encode()) < 2_000_000
    page = open_page(LARGE)
    assert page.evaluate("document.querySelectorAll('*').length") < 50_000
    assert visible_rows(page, "endpoints") == []


def test_overdue(open_page: OpenPage) -> None:
    """An overdue page has an alert and is not green."""
    page = open_page(PAGES["overdue"])
    assert "No audit has finished since 2026-11-23 06:00 UTC." in page.locator("h1").inner_text()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.locator(".banner.overdue").count() == 1


def test_finished_in_the_future(open_page: OpenPage) -> None:
    """A report from a clock that is ahead is less than a minute old."""
    ahead: AuditReport = all_well()
    page = open_page(render(ahead, FINISHED - timedelta(minutes=5)))
    assert page.locator("#age").inner_text() == "less than a minute"


def test_withheld_removals(open_page: OpenPage) -> None:
    """However long the reason, the words of the other columns are not broken into two lines."""
    one = WithheldRemoval("deregister", "organization", all_well().endpoints[0].id, "it is deleted, " * 60)
    page = open_page(render(replace(all_well(), policy="sync", withheld=(one,)), NOW))
    state, change, place = page.locator(".repairs tbody td").all()[:3]
    text = "const text = new Range(); text.selectNodeContents(cell)"
    height = f"(cell) => {{ {text}; return text.getBoundingClientRect().height }}"
    assert max(cell.evaluate(height) for cell in (state, change, place)) < 30

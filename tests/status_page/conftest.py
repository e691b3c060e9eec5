"""One browser for all tests that look at the page, with no way out to any network."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.paths import ROOT

AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"desk": (1400, 900), "phone": (390, 844)}

type Opened = Callable[..., Page]


@dataclass
class Watched:
    """What the pages of a test said in their consoles, and asked the network for."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no chromium on this machine: see make browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium)
        try:
            yield started
        finally:
            started.close()


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def opened(browser: Browser, watched: Watched, tmp_path: Path) -> Iterator[Opened]:
    """Open a document, as a saved page is opened."""
    with _contexts(browser) as new_context:

        def open_it(html: str, *, size: str = "desk", scheme: str = "light", **more: Any) -> Page:
            file = tmp_path / f"page-{len(list(tmp_path.iterdir()))}.html"
            file.write_text(html, "utf-8")
            width, height = SIZES[size]
            context = new_context(color_scheme=scheme, viewport={"width": width, "height": height}, **more)
            page: Page = context.new_page()
            page.set_default_timeout(10_000)
            page.on("console", lambda message: watched.console.append(message.text))
            page.on("pageerror", lambda error: watched.console.append(str(error)))
            page.on("request", lambda request: watched.requests.append(request.url))
            page.goto(file.as_uri())
            return page

        yield open_it


@contextmanager
def _contexts(browser: Browser) -> Iterator[Callable[..., Any]]:
    made: list[Any] = []

    def new(**options: Any) -> Any:
        made.append(browser.new_context(**options))
        return made[-1]

    try:
        yield new
    finally:
        for context in made:
            context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    if not AXE.exists():
        pytest.skip("no axe-core on this machine: see make browser")
    return AXE.read_text("utf-8")

"""A browser for the tests of the page."""

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

type OpenPage = Callable[..., Page]


@dataclass
class PageLog:
    """The console messages and requests of the pages of a test."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no chromium on this machine: see make browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium)
        try:
            yield launched
        finally:
            launched.close()


@pytest.fixture
def page_log() -> PageLog:
    return PageLog()


@pytest.fixture
def open_page(browser: Browser, page_log: PageLog, tmp_path: Path) -> Iterator[OpenPage]:
    """Opens a document from a file."""
    with _contexts(browser) as new_context:

        def open_document(html: str, *, size: str = "desk", scheme: str = "light", **options: Any) -> Page:
            file = tmp_path / f"page-{len(list(tmp_path.iterdir()))}.html"
            file.write_text(html, "utf-8")
            width, height = SIZES[size]
            context = new_context(color_scheme=scheme, viewport={"width": width, "height": height}, **options)
            page: Page = context.new_page()
            page.set_default_timeout(10_000)
            page.on("console", lambda message: page_log.console.append(message.text))
            page.on("pageerror", lambda error: page_log.console.append(str(error)))
            page.on("request", lambda request: page_log.requests.append(request.url))
            page.goto(file.as_uri())
            return page

        yield open_document


@contextmanager
def _contexts(browser: Browser) -> Iterator[Callable[..., Any]]:
    contexts: list[Any] = []

    def new(**options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        return contexts[-1]

    try:
        yield new
    finally:
        for context in contexts:
            context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    if not AXE.exists():
        pytest.skip("no axe-core on this machine: see make browser")
    return AXE.read_text("utf-8")

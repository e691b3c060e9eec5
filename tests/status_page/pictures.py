"""Renders the pictures of the page in docs/ from a sample report (`make pictures`; needs `make browser`)."""

import shutil
from dataclasses import replace

from playwright.sync_api import sync_playwright

from shared.status_page import render
from tests.support.paths import ROOT
from tests.support.sample_reports import NOW, troubled, with_summary

DOCS = ROOT / "docs"
WIDTH, HEIGHT = 1320, 1170


def main() -> None:
    """Write one picture for each theme."""
    page_file = DOCS.parent / "build" / "status.html"
    page_file.parent.mkdir(exist_ok=True)
    report = with_summary(replace(troubled(), complete=True, problems=(), left=()))
    page_file.write_text(render(report, NOW), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for scheme in ("light", "dark"):
            page = browser.new_page(
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": WIDTH, "height": HEIGHT},
            )
            page.goto(page_file.as_uri())
            picture = DOCS / f"status-{scheme}.png"
            page.screenshot(path=picture)
            print(f"{picture.relative_to(DOCS.parent)}: {picture.stat().st_size} bytes")  # noqa: T201 -- a command-line tool
        browser.close()


if __name__ == "__main__":
    main()

"""Checks the links of all pages: files, folders and headings of the repository."""

from urllib.parse import unquote, urlsplit

import pytest

from tests.support.pages import Page, pages, read
from tests.support.paths import ROOT

PAGES = pages("*.md", "*/*.md", "*/*/*.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_have_targets(page: Page) -> None:
    """Each relative link has an existing file or folder, and each anchor an existing heading."""
    broken = [f"{page.at(link.line)}: {link.text}" for link in page.links if not has_target(page, link.text)]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_external_links_use_https(page: Page) -> None:
    """External links use https."""
    assert {urlsplit(link.text).scheme for link in page.links} <= {"", "https"}


def has_target(page: Page, target: str) -> bool:
    parts = urlsplit(target)
    if parts.scheme:
        return True
    path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    if not path.is_relative_to(ROOT) or not path.exists():
        return False
    return not parts.fragment or (path.suffix == ".md" and parts.fragment in read(path).anchors)


@pytest.mark.parametrize(
    ("target", "exists"),
    [
        ("#try-it", True),
        ("README.md#try-it", True),
        ("shared/domain", True),
        ("#nowhere", False),
        ("nowhere.md", False),
        ("../outside.md", False),
        ("function_app.py#try-it", False),
    ],
)
def test_broken_links_are_detected(target: str, *, exists: bool) -> None:
    """Links to missing files, folders and headings, or outside the repository, are detected."""
    assert has_target(read(ROOT / "README.md"), target) is exists

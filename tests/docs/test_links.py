"""What a page points at is there: files, folders and headings of the repository."""

from urllib.parse import unquote, urlsplit

import pytest

from tests.support.pages import Page, pages, read
from tests.support.paths import ROOT

EVERY = pages("*.md", "*/*.md", "*/*/*.md")


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Page) -> None:
    """Each relative link names a file or folder, and each anchor a heading of the page it is on."""
    faults = [
        f"{page.at(link.line)}: {link.text}" for link in page.links if not leads_somewhere(page, link.text)
    ]
    assert faults == []


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_links_to_elsewhere_are_encrypted(page: Page) -> None:
    """A link that leaves the repository is https."""
    assert {urlsplit(link.text).scheme for link in page.links} <= {"", "https"}


def leads_somewhere(page: Page, target: str) -> bool:
    parts = urlsplit(target)
    if parts.scheme:
        return True
    path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    if not path.is_relative_to(ROOT) or not path.exists():
        return False
    return not parts.fragment or (path.suffix == ".md" and parts.fragment in read(path).anchors)


@pytest.mark.parametrize(
    ("target", "there"),
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
def test_a_link_is_told_from_a_broken_one(target: str, *, there: bool) -> None:
    """Files, folders and headings that are not there, or not in the repository, are told."""
    assert leads_somewhere(read(ROOT / "README.md"), target) is there

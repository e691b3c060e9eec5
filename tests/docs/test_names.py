"""Checks that names in code spans exist in the repository: settings, files, functions, make targets."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.pages import Page, manual
from tests.support.paths import ROOT

# Names that are not in the repository: generated files, names in other projects, and example names.
EXTERNAL = {
    "--purge",
    ".azure/privatelink/.env",
    "build/demo/",
    "clickhouse_private_endpoint_registration",
    "rg-privatelink",
    "rg-privatelink-events",
}
SUFFIXES = {
    ".py",
    ".json",
    ".bicep",
    ".bicepparam",
    ".tf",
    ".sh",
    ".ps1",
    ".kql",
    ".toml",
    ".in",
    ".txt",
    ".yaml",
    ".yml",
    "",
}


@cache
def repository_text() -> str:
    """Return the text of all files except pages, in lower case."""
    skipped = {".venv", ".git", "build", "mutants", "node_modules", "__pycache__"}
    files = [
        path
        for path in ROOT.rglob("*")
        if path.suffix in SUFFIXES and not skipped & set(path.relative_to(ROOT).parts) and path.is_file()
    ]
    return "\n".join(text_of(path) for path in files).lower()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


@pytest.mark.parametrize("page", manual(), ids=lambda page: page.name)
def test_names_exist(page: Page) -> None:
    """Each name in a code span exists in the repository; otherwise it is misspelled or was renamed."""
    names = [span for span in page.spans if is_name(span.text)]
    unknown = [f"{page.at(span.line)}: {span.text}" for span in names if not exists(span.text)]
    assert unknown == []


@pytest.mark.parametrize("page", manual(), ids=lambda page: page.name)
def test_make_targets_exist(page: Page) -> None:
    """Every `make` command of a page has a target."""
    code = [*(span.text for span in page.spans), *(fence.text for fence in page.fences)]
    targets = {target for text in code for target in re.findall(r"\bmake ([a-z][a-z-]+)", text)}
    assert targets <= set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))


def is_name(text: str) -> bool:
    """Return whether a code span is one name, not an expression, number or symbol."""
    return bool(re.fullmatch(r"[\w./:@=*#\[\]-]+", text)) and bool(re.search(r"[A-Za-z]{2}", text))


def exists(text: str) -> bool:
    bare = text.rstrip("/").lower()
    if "*" in text and any(ROOT.glob(text)):
        return True
    return text in EXTERNAL or (ROOT / bare).exists() or (ROOT / text).exists() or bare in repository_text()

"""What a page names in code is somewhere in the repository: settings, files, functions, make targets."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.pages import Page, manual
from tests.support.paths import ROOT

# What is not in the repository, because it is made, others name it so, or a page does in its example.
ELSEWHERE = {
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
def everything() -> str:
    """All that is not a page, in lower case: code, templates, data."""
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
def test_names_in_code_are_those_of_the_repository(page: Page) -> None:
    """A word in code that no file has is misspelt, or the thing has another name by now."""
    named = [span for span in page.spans if is_name(span.text)]
    unknown = [f"{page.at(span.line)}: {span.text}" for span in named if not known(span.text)]
    assert unknown == []


@pytest.mark.parametrize("page", manual(), ids=lambda page: page.name)
def test_make_targets_are_there(page: Page) -> None:
    """Every `make` command that a page tells has a target."""
    code = [*(span.text for span in page.spans), *(fence.text for fence in page.fences)]
    targets = {target for text in code for target in re.findall(r"\bmake ([a-z][a-z-]+)", text)}
    assert targets <= set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))


def is_name(text: str) -> bool:
    """Whether it is one word that stands for itself, neither a pattern nor a number nor a sign."""
    return bool(re.fullmatch(r"[\w./:@=*#\[\]-]+", text)) and bool(re.search(r"[A-Za-z]{2}", text))


def known(text: str) -> bool:
    bare = text.rstrip("/").lower()
    if "*" in text and any(ROOT.glob(text)):
        return True
    return text in ELSEWHERE or (ROOT / bare).exists() or (ROOT / text).exists() or bare in everything()

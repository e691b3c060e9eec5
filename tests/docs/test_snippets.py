"""Parses the JSON, YAML, Python and HCL snippets of the pages."""

import ast
import json
from collections.abc import Callable
from typing import Any

import hcl2
import pytest
import yaml

from tests.support.pages import Fence, Page, manual

PARSERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "yaml": yaml.safe_load,
    "python": ast.parse,
    "hcl": hcl2.loads,
}
# Tested elsewhere (commands, diagrams), or without a parser (outputs, layouts).
OTHERS = {"sh", "mermaid", "text", "kusto", "bicep"}
SNIPPETS = [(page, fence) for page in manual() for fence in page.fences if fence.language in PARSERS]


@pytest.mark.parametrize(
    ("page", "fence"), SNIPPETS, ids=lambda one: one.name if isinstance(one, Page) else f"{one.line}"
)
def test_snippets_parse(page: Page, fence: Fence) -> None:
    """The parser of its language accepts each snippet; shortened snippets (`…`) are not parsed."""
    if "…" not in fence.text:
        PARSERS[fence.language](fence.text)


def test_every_language_is_known() -> None:
    """Every block has a language that a test covers."""
    assert {fence.language for page in manual() for fence in page.fences} <= {*PARSERS, *OTHERS}

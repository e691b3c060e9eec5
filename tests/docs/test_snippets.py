"""What a page shows of JSON, YAML and other languages can be read by a program."""

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
# Tested elsewhere (commands, diagrams), or of no form: outputs, layouts.
OTHERS = {"sh", "mermaid", "text", "kusto", "bicep"}
SNIPPETS = [(page, fence) for page in manual() for fence in page.fences if fence.language in PARSERS]


@pytest.mark.parametrize(
    ("page", "fence"), SNIPPETS, ids=lambda one: one.name if isinstance(one, Page) else f"{one.line}"
)
def test_a_snippet_parses(page: Page, fence: Fence) -> None:
    """Its language's own parser takes it; what was left out of an output is told by `…`, and not parsed."""
    if "…" not in fence.text:
        PARSERS[fence.language](fence.text)


def test_every_language_is_known() -> None:
    """No block is of a language that nothing here reads."""
    assert {fence.language for page in manual() for fence in page.fences} <= {*PARSERS, *OTHERS}

"""Parses every diagram of the pages with Mermaid's own parser."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import run
from tests.support.pages import manual
from tests.support.paths import ROOT

HERE = Path(__file__).parent / "mermaid"
BUILD = ROOT / "build" / "mermaid"
DIAGRAMS = [
    (f"{page.at(fence.line)}", fence.text) for page in manual() for fence in page.fences if fence.language == "mermaid"
]


@pytest.fixture(scope="module")
def parser() -> list[str]:
    """The parser command. npm installs the locked version of Mermaid once."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    BUILD.mkdir(parents=True, exist_ok=True)
    locked = (HERE / "package-lock.json").read_bytes()
    copy = BUILD / "package-lock.json"
    if not (BUILD / "node_modules" / "mermaid").exists() or copy.read_bytes() != locked:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, BUILD / name)
        _install(npm)
    shutil.copy(HERE / "parse.js", BUILD / "parse.js")
    return [node, "parse.js"]


def _install(npm: str) -> None:
    completed = run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=BUILD)
    if completed.returncode:
        shutil.rmtree(BUILD)
        pytest.skip(f"npm cannot install Mermaid: {completed.stderr.strip().splitlines()[-1:]}")


def errors_of(parser: list[str], diagrams: list[str]) -> Any:
    """Return for each diagram the error of the parser, or None."""
    completed = run(*parser, stdin=json.dumps(diagrams), folder=BUILD)
    assert completed.returncode == 0, completed.stderr
    return json.loads(completed.stdout)


def test_every_diagram_parses(parser: list[str]) -> None:
    """The pages have at least three diagrams, and Mermaid parses all of them."""
    assert len(DIAGRAMS) >= 3
    errors = errors_of(parser, [text for _, text in DIAGRAMS])
    assert [f"{at}: {error}" for (at, _), error in zip(DIAGRAMS, errors, strict=True) if error] == []


def test_broken_diagram_is_an_error(parser: list[str]) -> None:
    """A diagram with a syntax error is an error."""
    (error,) = errors_of(parser, ["flowchart LR\n A[ --> B"])
    assert "Parse error" in error

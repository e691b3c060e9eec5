"""Every drawing in the pages is one that Mermaid can read, by its own parser."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import run
from tests.support.pages import manual
from tests.support.paths import ROOT

HERE = Path(__file__).parent / "mermaid"
THERE = ROOT / "build" / "mermaid"
DRAWN = [
    (f"{page.at(fence.line)}", fence.text)
    for page in manual()
    for fence in page.fences
    if fence.language == "mermaid"
]


@pytest.fixture(scope="module")
def parser() -> list[str]:
    """The command that parses; npm fetches Mermaid once, in the locked version."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    THERE.mkdir(parents=True, exist_ok=True)
    locked = (HERE / "package-lock.json").read_bytes()
    copy = THERE / "package-lock.json"
    if not (THERE / "node_modules" / "mermaid").exists() or copy.read_bytes() != locked:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, THERE / name)
        _install(npm)
    shutil.copy(HERE / "parse.js", THERE / "parse.js")
    return [node, "parse.js"]


def _install(npm: str) -> None:
    done = run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=THERE)
    if done.returncode:
        shutil.rmtree(THERE)
        pytest.skip(f"npm cannot fetch Mermaid: {done.stderr.strip().splitlines()[-1:]}")


def parsed(parser: list[str], diagrams: list[str]) -> Any:
    """What the parser says of each: None, or its error."""
    done = run(*parser, told=json.dumps(diagrams), folder=THERE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_diagram_parses(parser: list[str]) -> None:
    """Mermaid takes each of them, and there are some."""
    assert len(DRAWN) >= 3
    told = parsed(parser, [text for _, text in DRAWN])
    assert [f"{at}: {error}" for (at, _), error in zip(DRAWN, told, strict=True) if error] == []


def test_a_broken_diagram_is_told(parser: list[str]) -> None:
    """An arrow that leads nowhere is an error to it."""
    (told,) = parsed(parser, ["flowchart LR\n A[ --> B"])
    assert "Parse error" in told

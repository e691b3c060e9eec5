"""Runs the command blocks of a page in one shell, and compares their output with the documented one."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.support.pages import Fence, Page
from tests.support.paths import ROOT

SHELL = "sh"
AZURE, LONG, CI = "azure", "long", "ci"
"""Marks of blocks that the tests do not run: they need Azure, take long, or run in `.ci/run`."""
OUTPUT = "output"
SECONDS = 240

_MASKED = (
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "GUID"),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)", "TIME"),
    (r'(?<="milliseconds": )\d+', "NUMBER"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A command block of a page, and its documented output, if any."""

    page: Page
    fence: Fence
    output: Fence | None

    @property
    def where(self) -> str:
        return self.page.at(self.fence.line)


def blocks(page: Page) -> Iterator[Block]:
    """Yield the command blocks of a page, each with the output block after it."""
    fences = [*page.fences, Fence("", (), "", 0)]
    for fence, following in pairwise(fences):
        if fence.language == SHELL:
            yield Block(page, fence, following if OUTPUT in following.marks else None)


def run(
    *command: str, environment: Mapping[str, str] | None = None, stdin: str = "", folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a program and return its exit code and output."""
    return subprocess.run(  # noqa: S603 -- programs of a page or a test
        command,
        cwd=folder,
        env=dict(environment) if environment is not None else None,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def run_blocks(commands: list[Block], environment: Mapping[str, str], folder: Path) -> list[str]:
    """Return the output of each block. All blocks run in one shell, up to the first failure."""
    script = ["set -euo pipefail", f"cd {ROOT}"]
    for number, block in enumerate(commands):
        script.append(f"{{\n{block.fence.text}}} >{folder}/{number} 2>&1 </dev/null")
    completed = run("bash", "-c", "\n".join(script), environment=environment)
    printed = [path.read_text() for number in range(len(commands)) if (path := folder / str(number)).exists()]
    if completed.returncode:
        failed = commands[max(len(printed) - 1, 0)]
        output = printed[-1] if printed else ""
        raise AssertionError(
            f"{failed.where} failed with exit code {completed.returncode}:\n{output}{completed.stderr}"
        )
    return printed


def output_matches(expected: str, printed: str) -> bool:
    """Return whether an output matches the documented one: `…` matches any text; ids, ports and times can differ."""
    pattern = ".*".join(re.escape(_masked(part)) for part in _trimmed(expected).split("…"))
    return re.fullmatch(pattern, _masked(_trimmed(printed)), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _masked(text: str) -> str:
    for pattern, name in _MASKED:
        text = re.sub(pattern, name, text)
    return text

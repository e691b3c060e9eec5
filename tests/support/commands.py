"""The commands of a page, run one after the other in one shell, and held against the output told of them."""

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
"""Why a test does not run a block: it needs Azure, it takes long, or `.ci/run` runs it."""
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
    """A block of commands of a page, and the output that is told of it, if it is."""

    page: Page
    fence: Fence
    told: Fence | None

    @property
    def where(self) -> str:
        return self.page.at(self.fence.line)


def blocks(page: Page) -> Iterator[Block]:
    """The blocks of commands of a page, each with the output that follows it."""
    following = [*page.fences, Fence("", (), "", 0)]
    for fence, then in pairwise(following):
        if fence.language == SHELL:
            yield Block(page, fence, then if OUTPUT in then.marks else None)


def run(
    *command: str, environment: Mapping[str, str] | None = None, told: str = "", folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """A program's exit code and all that it printed; `told` is its input."""
    return subprocess.run(  # noqa: S603 -- programs that a page or a test names
        command,
        cwd=folder,
        env=dict(environment) if environment is not None else None,
        input=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def run_blocks(commands: list[Block], environment: Mapping[str, str], folder: Path) -> list[str]:
    """What each block printed. They share a shell, so that a variable lasts; the first failure ends it."""
    script = ["set -euo pipefail", f"cd {ROOT}"]
    for number, block in enumerate(commands):
        script.append(f"{{\n{block.fence.text}}} >{folder}/{number} 2>&1 </dev/null")
    done = run("bash", "-c", "\n".join(script), environment=environment)
    printed = [path.read_text() for number in range(len(commands)) if (path := folder / str(number)).exists()]
    if done.returncode:
        at = commands[max(len(printed) - 1, 0)]
        raise AssertionError(
            f"{at.where} ends with {done.returncode}:\n{printed[-1] if printed else ''}{done.stderr}"
        )
    return printed


def agrees(told: str, printed: str) -> bool:
    """Whether a program printed what a page tells, where `…` stands for anything and ids, ports and times vary."""
    pattern = ".*".join(re.escape(_masked(part)) for part in _trimmed(told).split("…"))
    return re.fullmatch(pattern, _masked(_trimmed(printed)), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _masked(text: str) -> str:
    for pattern, name in _MASKED:
        text = re.sub(pattern, name, text)
    return text

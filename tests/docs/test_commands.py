"""Runs every command block of the pages, except those that a mark excludes."""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from demo.by_hand import people
from demo.initial_state import FOREIGN_ALIAS, FOREIGN_ENDPOINT, NETWORKS, endpoint_id, first_world
from demo.keep import MINE
from demo.show import Show
from demo.stage import APP, settings
from localhost.host import running as running_host
from simulator.server import running as running_simulator
from tests.support.azure_cli import AZ, MISSING, az_environment
from tests.support.commands import (
    AZURE,
    CI,
    LONG,
    OUTPUT,
    SECONDS,
    SHELL,
    Block,
    blocks,
    output_matches,
    run,
    run_blocks,
)
from tests.support.pages import Fence, Page, manual
from tests.support.paths import ROOT

HOOK = "/runtime/webhooks/eventgrid?functionName=endpoint_changed"
ALL = [block for page in manual() for block in blocks(page)]
RUN = {page: [block for block in blocks(page) if not block.fence.marks] for page in manual()}


def marked(mark: str) -> list[Block]:
    return [block for block in ALL if mark in block.fence.marks]


def where(one: Block | Page) -> str:
    return one.where if isinstance(one, Block) else one.name


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The state after `make demo KEEP=1` and the page's first command, without a rate limit."""
    with ExitStack() as stack:
        sim = stack.enter_context(running_simulator(first_world()))
        variables = {**settings(sim.url, tmp_path / "reports"), "CLICKHOUSE_RATE_LIMIT": "1000/1"}
        host = stack.enter_context(running_host(APP, variables, timers=False))
        by_hand = stack.enter_context(people(sim.url, Show(Console(file=StringIO()))))
        by_hand.create_endpoint(FOREIGN_ENDPOINT, "*", FOREIGN_ALIAS)
        sim.subscribe(name="private-endpoints", endpoint=f"{host.url}{HOOK}")
        by_hand.create_endpoint(MINE, "*")
        assert sim.idle(SECONDS)
        file = tmp_path / "local.settings.json"
        file.write_text(json.dumps({"IsEncrypted": False, "Values": variables}))
        yield {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "SIM": sim.url,
            "APP": host.url,
            "NET": f"{sim.url}{NETWORKS}",
            "SETTINGS": str(file),
            "ENDPOINT": endpoint_id(MINE),
        }


@pytest.mark.parametrize("page", [page for page in RUN if RUN[page]], ids=where)
def test_commands_succeed_with_the_documented_output(
    page: Page, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """The command blocks of a page succeed in order, and print the documented output."""
    printed = run_blocks(RUN[page], environment, tmp_path)
    for block, text in zip(RUN[page], printed, strict=True):
        if block.output:
            assert output_matches(block.output.text, text), f"{block.where} prints:\n{text}"


@pytest.mark.parametrize("block", ALL, ids=where)
def test_blocks_have_known_marks(block: Block) -> None:
    """A block has at most one mark: azure, long or ci. Blocks without a mark are run."""
    assert len(block.fence.marks) <= 1, block.where
    assert {*block.fence.marks} <= {AZURE, LONG, CI}, block.where


@pytest.mark.parametrize("page", manual(), ids=where)
def test_commands_are_in_sh_blocks(page: Page) -> None:
    """Commands are in `sh` blocks, so that they are run; every other block has a language."""
    for fence in page.fences:
        assert fence.language, f"{page.at(fence.line)} has no language"
        assert fence.language not in ("bash", "shell", "console", "powershell"), page.at(fence.line)
        prompts = fence.language != "text" and re.search(r"^\s*\$ ", fence.text, re.MULTILINE)
        assert not prompts, f"{page.at(fence.line)} has a prompt: remove it, so that the command can be copied"


@pytest.mark.parametrize("page", manual(), ids=where)
def test_output_follows_its_command(page: Page) -> None:
    """Each output block follows a block that is run."""
    outputs = [fence for fence in page.fences if OUTPUT in fence.marks]
    assert outputs == [block.output for block in RUN[page] if block.output]


@pytest.mark.parametrize("block", [*marked(AZURE), *marked(LONG)], ids=where)
def test_commands_that_are_not_run_have_valid_syntax(block: Block) -> None:
    """Blocks that are not run have valid shell syntax, and no placeholder that the shell parses as a redirection."""
    completed = run("bash", "-n", "-c", block.fence.text)
    assert completed.returncode == 0, f"{block.where}: {completed.stderr}"
    assert not re.search(r"<[\w -]+>", block.fence.text), f"{block.where}: replace the placeholder by a variable"


@pytest.mark.parametrize("block", marked(CI), ids=where)
def test_ci_blocks_are_in_the_ci_script(block: Block) -> None:
    """Each command with the mark `ci` is a line of `.ci/run`."""
    run = (ROOT / ".ci" / "run").read_text().splitlines()
    lines = [line.partition("#")[0].strip() for line in block.fence.text.splitlines()]
    assert set(filter(None, lines)) <= {*run}


@pytest.mark.skipif(AZ is None, reason=MISSING)
@pytest.mark.parametrize("block", [b for b in marked(AZURE) if "az " in b.fence.text], ids=where)
def test_azure_cli_has_the_commands_and_options(block: Block, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every `az` command and option of the pages exists in the Azure CLI."""
    environment = az_environment(tmp_path_factory.getbasetemp())
    for group, options in az_commands(block.fence.text):
        completed = run(str(AZ), *group, "--help", environment=environment)
        assert completed.returncode == 0, f"{block.where}: az {' '.join(group)}: {completed.stderr}"
        available = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", completed.stdout))
        assert options <= available | {"-o", "--query"}, f"{block.where}: az {' '.join(group)}"


def az_commands(text: str) -> Iterator[tuple[list[str], set[str]]]:
    """Yield the command group and the options of each `az` command in a block."""
    joined = text.replace("\\\n", " ")
    for command in re.findall(r"(?<![\w-])az ([a-z][^\n|;)]*)", joined):
        words = re.sub(r"\"[^\"]*\"|'[^']*'", "QUOTED", command).split()
        group: list[str] = []
        for word in words:
            if not re.fullmatch(r"[a-z][a-z0-9-]*", word):
                break
            group.append(word)
        yield group, {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}


@pytest.mark.parametrize(
    ("expected", "printed", "match"),
    [
        ("a …\nz", "a b\nc\nz\n", True),
        ("a …\nz", "a b\nc\n", False),
        ("at http://127.0.0.1:1", "at http://127.0.0.1:22", True),
        ("83de4c83-3fda-45e9-8a3a-90d075509c65", "00000000-0000-0000-0000-000000000000", True),
        ("1 completed", "2 completed", False),
    ],
)
def test_output_comparison(expected: str, printed: str, *, match: bool) -> None:
    """The comparison ignores ids, ports and times, and `…` matches any text."""
    assert output_matches(expected, printed) is match


def test_failing_block_is_reported(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """A block that fails is reported with its page, line and output."""
    page = manual()[0]
    commands = [Block(page, Fence(SHELL, (), f"{one}\n", 7), None) for one in ("x=1", "echo $x; false")]
    with pytest.raises(AssertionError, match=r":7 failed with exit code 1:\n1\n"):
        run_blocks(commands, environment, tmp_path)

"""Every command that a page tells is run as it stands, or carries the mark of what it would need."""

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
from demo.keep import MINE
from demo.show import Show
from demo.stage import APP, settings
from demo.world import FOREIGN_ALIAS, FOREIGN_ENDPOINT, NETWORKS, endpoint_id, first_world
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
    agrees,
    blocks,
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
    """What `make demo KEEP=1` leaves, and its first command has made; with nobody's limit to wait for."""
    with ExitStack() as stack:
        sim = stack.enter_context(running_simulator(first_world()))
        told = {**settings(sim.url, tmp_path / "reports"), "CLICKHOUSE_RATE_LIMIT": "1000/1"}
        host = stack.enter_context(running_host(APP, told, timers=False))
        someone = stack.enter_context(people(sim.url, Show(Console(file=StringIO()))))
        someone.create_endpoint(FOREIGN_ENDPOINT, "*", FOREIGN_ALIAS)
        sim.subscribe(name="private-endpoints", endpoint=f"{host.url}{HOOK}")
        someone.create_endpoint(MINE, "*")
        assert sim.idle(SECONDS)
        file = tmp_path / "local.settings.json"
        file.write_text(json.dumps({"IsEncrypted": False, "Values": told}))
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
def test_commands_do_what_the_page_tells(page: Page, environment: Mapping[str, str], tmp_path: Path) -> None:
    """One after the other they end well, and print what the page tells of them."""
    printed = run_blocks(RUN[page], environment, tmp_path)
    for block, text in zip(RUN[page], printed, strict=True):
        if block.told:
            assert agrees(block.told.text, text), f"{block.where} prints:\n{text}"


@pytest.mark.parametrize("block", ALL, ids=where)
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    """There is no other mark than the three that say why a block is not run here."""
    assert len(block.fence.marks) <= 1, block.where
    assert {*block.fence.marks} <= {AZURE, LONG, CI}, block.where


@pytest.mark.parametrize("page", manual(), ids=where)
def test_no_command_hides_in_a_block_of_another_kind(page: Page) -> None:
    """Commands stand in blocks of `sh`, so that they are run; what else there is names its language."""
    for fence in page.fences:
        assert fence.language, f"{page.at(fence.line)} names no language"
        assert fence.language not in ("bash", "shell", "console", "powershell"), page.at(fence.line)
        prompts = fence.language != "text" and re.search(r"^\s*\$ ", fence.text, re.MULTILINE)
        assert not prompts, f"{page.at(fence.line)} has a prompt, which cannot be copied"


@pytest.mark.parametrize("page", manual(), ids=where)
def test_output_follows_the_block_that_prints_it(page: Page) -> None:
    """What is told to be an output belongs to a block that is run."""
    told = [fence for fence in page.fences if OUTPUT in fence.marks]
    assert told == [block.told for block in RUN[page] if block.told]


@pytest.mark.parametrize("block", [*marked(AZURE), *marked(LONG)], ids=where)
def test_commands_that_are_not_run_are_read_by_a_shell(block: Block) -> None:
    """They have no placeholder that a shell would take for a redirection, and no quote is left open."""
    done = run("bash", "-n", "-c", block.fence.text)
    assert done.returncode == 0, f"{block.where}: {done.stderr}"
    assert not re.search(r"<[\w -]+>", block.fence.text), f"{block.where}: a placeholder; use a variable"


@pytest.mark.parametrize("block", marked(CI), ids=where)
def test_ci_runs_what_it_is_said_to_run(block: Block) -> None:
    """Each of these commands is a line of `.ci/run`."""
    run = (ROOT / ".ci" / "run").read_text().splitlines()
    lines = [line.partition("#")[0].strip() for line in block.fence.text.splitlines()]
    assert set(filter(None, lines)) <= {*run}


@pytest.mark.skipif(AZ is None, reason=MISSING)
@pytest.mark.parametrize("block", [b for b in marked(AZURE) if "az " in b.fence.text], ids=where)
def test_the_azure_cli_knows_the_options(block: Block, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every command of `az` is there, and has every option that is given to it."""
    environment = az_environment(tmp_path_factory.getbasetemp())
    for group, options in az_commands(block.fence.text):
        done = run(str(AZ), *group, "--help", environment=environment)
        assert done.returncode == 0, f"{block.where}: az {' '.join(group)}: {done.stderr}"
        known = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", done.stdout))
        assert options <= known | {"-o", "--query"}, f"{block.where}: az {' '.join(group)}"


def az_commands(text: str) -> Iterator[tuple[list[str], set[str]]]:
    """The groups and options of each `az` command in a block."""
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
    ("told", "printed", "same"),
    [
        ("a …\nz", "a b\nc\nz\n", True),
        ("a …\nz", "a b\nc\n", False),
        ("at http://127.0.0.1:1", "at http://127.0.0.1:22", True),
        ("83de4c83-3fda-45e9-8a3a-90d075509c65", "00000000-0000-0000-0000-000000000000", True),
        ("1 done", "2 done", False),
    ],
)
def test_outputs_are_compared_but_for_what_varies(told: str, printed: str, *, same: bool) -> None:
    """Ids, ports and times may differ, and `…` stands for anything; nothing else does."""
    assert agrees(told, printed) is same


def test_a_failing_command_is_named(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """A block that fails is told by where it stands, with what it printed."""
    page = manual()[0]
    made = [Block(page, Fence(SHELL, (), f"{one}\n", 7), None) for one in ("x=1", "echo $x; false")]
    with pytest.raises(AssertionError, match=r":7 ends with 1:\n1\n"):
        run_blocks(made, environment, tmp_path)

"""The command line on a terminal, in a pipe and in a shell."""

import ast
import asyncio
import io
import json
import logging
import os
import pty
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from shared.cli.main import load_settings
from shared.cli.output import Output, make_console
from shared.cli.progress import progress
from shared.domain.audit.summary import summarized
from shared.domain.model.findings import Severity
from shared.domain.preflight.check_result import CheckStatus, Step
from shared.settings import SettingsError
from shared.telemetry.log import LOGGER
from simulator.client import RunningSimulator
from tests.cli.conftest import Run
from tests.support.paths import ROOT
from tests.support.sample_reports import all_well, troubled
from tests.support.simulated import ENDPOINT, environment, subscribe, webhook

SHARED = [sys.executable, "-m", "shared"]
SECONDS = 240


@pytest.fixture
def settings(sim: RunningSimulator, tmp_path: Path) -> Path:
    """A local.settings.json for the simulator."""
    path = tmp_path / "local.settings.json"
    path.write_text(json.dumps({"IsEncrypted": False, "Values": environment(sim.url)}))
    return path


def bare(**more: str) -> dict[str, str]:
    """An environment without settings; coverage is still measured."""
    kept = {name: os.environ[name] for name in ("HOME", "COVERAGE_PROCESS_CONFIG") if name in os.environ}
    return {"PATH": os.environ["PATH"], **kept, **more}


def test_help_is_true(sim: RunningSimulator, settings: Path, run: Run) -> None:
    """The commands that --help suggests run as printed, in that order, against the simulator."""
    text = run("--help").out
    interpreter = re.escape(sys.orig_argv[0])
    commands = re.findall(rf"^  {interpreter} (-m shared \S.*)$", text, re.MULTILINE)
    assert {command.split()[2] for command in commands} == {"plan", "sync", "audit", "check", "explain"}
    assert "docs/settings.md" in text
    script = "set -e\n" + "\n".join(f"{sys.executable} {command}" for command in commands)
    env = bare(SETTINGS=str(settings), ENDPOINT=ENDPOINT)
    with webhook() as url:
        subscribe(sim, url)
        done = subprocess.run(  # noqa: S603 -- our own help
            ["/bin/sh", "-c", script],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All checks passed" in done.stdout


def test_piped(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piped, there are no colors, and lines are not wrapped at any terminal width."""
    monkeypatch.setenv("COLUMNS", "40")
    out = run("plan", "--all").out + run("explain", ENDPOINT).out
    assert "\x1b" not in out
    assert f"{ENDPOINT}  manage\n" in out
    assert re.search(rf"^info    endpoint-pending  {ENDPOINT}: .*Pending.*$", out, re.MULTILINE)


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_on_a_terminal(settings: Path, more: dict[str, str], *, coloured: bool) -> None:
    """On a terminal there are colors unless NO_COLOR is set, and a spinner shows that it runs."""
    env = bare(TERM="xterm", **more)
    reader, writer = pty.openpty()
    command = [*SHARED, "plan", "--all", "--settings", str(settings)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=writer, stderr=writer) as process:  # noqa: S603 -- ours
        os.close(writer)
        text = _all_of(reader)
        assert process.wait(SECONDS) == 0
    assert ("\x1b[32m  + register" in text) == coloured
    assert "plan: waiting for responses" in text


def _all_of(terminal: int) -> str:
    read = b""
    while True:
        try:
            some = os.read(terminal, 65536)
        except OSError:  # the other side has ended
            some = b""
        if not some:
            os.close(terminal)
            return read.decode()
        read += some


async def test_pending_calls() -> None:
    """Without a terminal, a long wait is reported at intervals, with the time left."""
    file = io.StringIO()
    async with progress(make_console(file), "plan", 60, interval=0.05):
        await asyncio.sleep(0.2)
    assert file.getvalue().startswith("plan: waiting for responses; 60 s left\n")


async def test_waits_of_concurrent_calls() -> None:
    """Waits are reported once per system for concurrent calls; short ones and other log lines are not."""
    file = io.StringIO()
    logger = logging.getLogger(LOGGER)
    lines: list[dict[str, object]] = [
        {"event": "retry", "system": "Azure", "status": 429, "waitSeconds": 5.2},
        {"event": "retry", "system": "Azure", "status": 429, "waitSeconds": 5.3},
        {"event": "retry", "system": "ClickHouse Cloud", "waitSeconds": 2},
        {"event": "retry", "system": "Azure", "status": 503, "waitSeconds": 0.4},
        {"event": "pass"},
    ]
    async with progress(make_console(file), "plan", 60):
        for line in lines:
            logger.warning("%s", json.dumps(line))
    assert file.getvalue().splitlines() == [
        "Azure asks to wait 5 s (429); 60 s left",
        "ClickHouse Cloud does not respond; next attempt in 2 s; 60 s left",
    ]


def test_interrupted(sim: RunningSimulator, settings: Path, request: pytest.FixtureRequest) -> None:
    """Ctrl-C ends a command with exit code 130 and one line, without a traceback."""
    sim.fault(match={"system": "clickhouse"}, delayMs=30_000, count=None)
    command = [*SHARED, "sync", "--all", "--settings", str(settings)]
    # A program that a shell has started in the background ignores SIGINT, and so do those it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with subprocess.Popen(  # noqa: S603 -- our own program
        command, cwd=ROOT, env=bare(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        request.addfinalizer(process.kill)
        while not sim.requests("clickhouse"):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1].startswith("Interrupted.")
    assert "Traceback" not in err


def test_closed_pipe(settings: Path) -> None:
    """If the reader closes the pipe, as head does, there is no traceback."""
    command = f"{sys.executable} -m shared plan --all --json --settings {settings} | true"
    done = subprocess.run(  # noqa: S602 -- a pipe is wanted
        command,
        shell=True,
        cwd=ROOT,
        env=bare(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_missing_packages() -> None:
    """Without the packages of requirements-cli.txt the message is how to install them."""
    script = "import sys; sys.modules['rich'] = None; import runpy; runpy.run_module('shared', run_name='__main__')"
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=bare(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        f"rich is missing: {sys.executable} -m pip install -r requirements-cli.txt\n",
    )


def test_environment_has_precedence(tmp_path: Path) -> None:
    """Variables of the environment are kept; values other than strings become JSON; a byte order mark is skipped."""
    path = tmp_path / "s.json"
    path.write_text('{"Values": {"OWNER_ID": "file", "MAX_REMOVALS": 3}}', encoding="utf-8-sig")
    environ = {"OWNER_ID": "environment"}
    load_settings(path, environ)
    assert environ == {"OWNER_ID": "environment", "MAX_REMOVALS": "3"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is not JSON"),
        ("[]", "not a JSON object"),
        ('{"Values": []}', "not a JSON object"),
        ('{"IsEncrypted": true, "Values": {}}', "is encrypted"),
    ],
)
def test_unusable_file(tmp_path: Path, text: str | None, words: str) -> None:
    """An invalid settings file is reported by its name, with the reason."""
    path = tmp_path / "s.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=words):
        load_settings(path, {})


def test_audit_with_problems() -> None:
    """audit prints the problems and what it did not reach, and last the summary."""
    file = io.StringIO()
    report = troubled()
    Output(make_console(file)).audit(report, "")
    lines = file.getvalue().splitlines()
    assert f"problem  {report.problems[0]}" in lines
    assert f"not reached  {report.left[0]}" in lines
    assert lines[-1] == report.sentence


def test_findings_that_the_audit_did_not_see() -> None:
    """A finding that the audit could not verify comes last, marked as not seen, with the time when it was."""
    file = io.StringIO()
    old, *others = troubled().findings
    unseen = replace(old, seen=False)
    Output(make_console(file)).audit(replace(troubled(), findings=(unseen, *others)), "")
    lines = file.getvalue().splitlines()
    at = lines.index(f"error   {old.code}  not seen by this audit")
    assert not [line for line in lines[at + 1 :] if line.startswith(("error", "warning", "info"))]
    assert lines[at + 2].endswith("; last seen 2026-11-23 06:00 UTC)")


@pytest.mark.parametrize("seen", [CheckStatus.WARNING, CheckStatus.FAILED, CheckStatus.UNKNOWN, CheckStatus.PASSED])
def test_colors(seen: CheckStatus) -> None:
    """Warnings are yellow, errors red and unknowns magenta, in the steps and in the conclusion."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=200, _environ={"TERM": "xterm"})
    steps = (Step(seen, "detail", "remedy", "name", "question?"),)
    output = Output(console)
    output.steps(steps)
    output.conclusion(steps, "success")
    colors = {
        CheckStatus.WARNING: "33",
        CheckStatus.FAILED: "31",
        CheckStatus.UNKNOWN: "35",
        CheckStatus.PASSED: "32",
    }
    used = set(re.findall(r"\x1b\[(?:1;)?(3[1-5])m", file.getvalue()))
    assert used == {colors[seen]}


@pytest.mark.parametrize(
    ("severity", "color"), [(Severity.WARNING, "33"), (Severity.ERROR, "31"), (Severity.INFO, "32")]
)
def test_color_of_a_summary(severity: Severity, color: str) -> None:
    """The summary of an audit is as severe as its worst finding."""
    file = io.StringIO()
    found = replace(troubled().findings[0], severity=severity)
    report = summarized(replace(all_well(), findings=(found,)))
    Output(Console(file=file, force_terminal=True, soft_wrap=True, _environ={"TERM": "xterm"})).audit(report, "")
    assert file.getvalue().splitlines()[-1].startswith(f"\x1b[1;{color}m")


def test_old_python() -> None:
    """A Python that is too old is reported in one line, and can parse what it runs until then."""
    for path in (ROOT / "shared" / "__main__.py", ROOT / "shared" / "__init__.py"):
        ast.parse(path.read_text(), feature_version=(3, 4))
    script = "import sys; sys.version_info = (3, 9, 2); import runpy; runpy.run_module('shared', run_name='__main__')"
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", script], cwd=ROOT, env=bare(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "Python 3.13 or newer is required; this is 3.9.\n")

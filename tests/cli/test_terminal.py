"""What a terminal, a pipe and a shell make of the command line."""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from shared.cli.audited import tell
from shared.cli.progress import progress_on
from shared.cli.settings_file import load
from shared.cli.show import Show, make_console
from shared.settings import SettingsError
from simulator.client import RunningSimulator
from tests.cli.conftest import Run
from tests.support.paths import ROOT
from tests.support.sample_reports import troubled
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
    """An environment without any of our settings; what measures coverage goes on measuring."""
    kept = {name: os.environ[name] for name in ("HOME", "COVERAGE_PROCESS_CONFIG") if name in os.environ}
    return {"PATH": os.environ["PATH"], **kept, **more}


def test_help_is_true(sim: RunningSimulator, settings: Path, run: Run) -> None:
    """The commands that --help tells to try work against the simulator, in that order, as they stand there."""
    told = run("--help").out
    commands = re.findall(r"^  (python -m shared \S.*)$", told, re.MULTILINE)
    assert {command.split()[3] for command in commands} == {"plan", "sync", "audit", "check", "explain"}
    python = f'python() {{ {sys.executable} "$@"; }}\nset -e\n'
    script = python + "\n".join(commands)
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
    assert "Everything is as it must be" in done.stdout


def test_piped(sim: RunningSimulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piped, there is no colour, and however narrow the terminal is said to be, no line is broken."""
    monkeypatch.setenv("COLUMNS", "40")
    out = run("plan", "--all").out + run("explain", ENDPOINT).out
    assert "\x1b" not in out
    assert f"{ENDPOINT}  manage\n" in out
    assert re.search(rf"^info    endpoint-pending  {ENDPOINT}: its .* is Pending$", out, re.MULTILINE)


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_on_a_terminal(settings: Path, more: dict[str, str], *, coloured: bool) -> None:
    """On a terminal signs are coloured unless NO_COLOR is set, and a bar shows how far the pass is."""
    env = bare(TERM="xterm", **more)
    reader, writer = pty.openpty()
    command = [*SHARED, "plan", "--all", "--settings", str(settings)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=writer, stderr=writer) as process:  # noqa: S603 -- ours
        os.close(writer)
        text = _all_of(reader)
        assert process.wait(SECONDS) == 0
    assert ("\x1b[32m  + register" in text) == coloured
    assert "plan: reading" in text


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


def test_progress() -> None:
    """The bar grows as calls begin, fills as they end, and says when something is being changed."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, _environ={"TERM": "xterm"})
    with progress_on(console, "sync") as watcher:
        watcher.began(writes=False)
        watcher.ended(writes=False)
        watcher.began(writes=True)
        watcher.ended(writes=True)
    assert "sync: changing" in file.getvalue()
    assert "2/2" in file.getvalue()


def test_no_progress_where_there_is_no_terminal() -> None:
    """A log gets nothing of the bar."""
    file = io.StringIO()
    with progress_on(make_console(file), "sync") as watcher:
        watcher.began(writes=False)
    assert file.getvalue() == ""


def test_interrupted(sim: RunningSimulator, settings: Path, request: pytest.FixtureRequest) -> None:
    """Ctrl-C ends a pass with exit code 130 and a sentence, without a traceback."""
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
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("Interrupted.")


def test_reader_has_enough(settings: Path) -> None:
    """A reader that stops reading, as head does, gets no traceback."""
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
    assert done.stderr == ""


def test_without_what_it_needs() -> None:
    """Without requirements-cli.txt installed, that is what is told."""
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
    assert (done.returncode, done.stderr) == (2, "rich is missing: pip install -r requirements-cli.txt\n")


def test_environment_goes_before_the_file(tmp_path: Path) -> None:
    """What is set in the environment stays; values that are no text come as JSON; a byte order mark is no matter."""
    path = tmp_path / "s.json"
    path.write_text('{"Values": {"OWNER_ID": "file", "MAX_REMOVALS": 3}}', encoding="utf-8-sig")
    environ = {"OWNER_ID": "environment"}
    load(path, environ)
    assert environ == {"OWNER_ID": "environment", "MAX_REMOVALS": "3"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is no JSON"),
        ("[]", "no JSON object"),
        ('{"Values": []}', "no JSON object"),
        ('{"IsEncrypted": true, "Values": {}}', "is encrypted"),
    ],
)
def test_unusable_file(tmp_path: Path, text: str | None, words: str) -> None:
    """A settings file that cannot be used is told by its name, and with why."""
    path = tmp_path / "s.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=words):
        load(path, {})


def test_waiting() -> None:
    """Who waits at a terminal is told for what."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, _environ={"TERM": "xterm"})
    with Show(make_console(io.StringIO()), console).waiting("looking around"):
        pass
    assert "looking around" in file.getvalue()


def test_audit_with_troubles() -> None:
    """An audit tells what it could not see and what it did not reach, and last the sentence."""
    file = io.StringIO()
    report = troubled()
    tell(report, Show(make_console(file), make_console(io.StringIO())))
    lines = file.getvalue().splitlines()
    assert f"problem  {report.problems[0]}" in lines
    assert f"not reached  {report.left[0]}" in lines
    assert lines[-1] == report.sentence

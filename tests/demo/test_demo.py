"""Runs the demo: to its end, with --keep, stopped by a signal, and with a fault."""

import io
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from rich.console import Console

from demo.__main__ import run
from demo.stage import Stage
from tests.support.paths import ROOT

SECONDS = 180


def start(*options: str) -> subprocess.Popen[str]:
    """Start the demo in its own process group, without a terminal."""
    return subprocess.Popen(  # noqa: S603 -- runs this repository's package, without a shell
        [sys.executable, "-m", "demo", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,
    )


def has_processes(process: subprocess.Popen[str]) -> bool:
    """Return whether a process of the group is still running."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def started() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The demo without and with --keep, in parallel: most of the time it waits for the rate limit."""
    processes = {"plain": start(), "kept": start("--keep")}
    yield processes
    for process in processes.values():
        if has_processes(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def test_demo_succeeds(started: dict[str, subprocess.Popen[str]]) -> None:
    """The demo passes all checks, prints plain text without a terminal, and leaves no process running."""
    process = started["plain"]
    text, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, text
    assert text.splitlines()[-1] == "demo: OK"
    assert "\x1b" not in text
    assert "✗" not in text
    assert text.count("✓") > 30
    pages = [ROOT / line.rpartition(" ")[2] for line in text.splitlines() if "its page: " in line]
    assert len(pages) == 4
    assert all("<html" in page.read_text(encoding="utf-8") for page in pages)
    assert not has_processes(process)


def test_keep_serves_until_ctrl_c(started: dict[str, subprocess.Popen[str]]) -> None:
    """With --keep the simulator (also over https) and the app respond to the printed commands until Ctrl-C."""
    process = started["kept"]
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    assert "demo: OK\n" in lines, "".join(lines)
    (addresses,) = [line for line in lines if line.startswith("SIM=")]
    simulator, app = (part.partition("=")[2] for part in addresses.split())
    with httpx.Client(trust_env=False, timeout=SECONDS) as client:
        assert "clickhouse" in client.get(f"{simulator}/_sim/state").json()
        assert client.get(f"{app}/admin/host/status").is_success
    exported = dict(line.removeprefix("export ").rstrip().split("=", 1) for line in lines if "export " in line)
    assert "az login --identity\n" in lines
    trust = ssl.create_default_context(cafile=exported["REQUESTS_CA_BUNDLE"])
    https = exported["IDENTITY_ENDPOINT"].partition("/metadata/")[0]
    assert httpx.get(f"{https}/metadata/endpoints", verify=trust, trust_env=False).is_success
    (settings,) = [line.split()[0] for line in lines if line.startswith("SETTINGS=")]
    command = [sys.executable, "-m", "shared", "plan", "--all", "--settings", settings.partition("=")[2]]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 -- this repository's CLI
    assert "Nothing was changed." in planned.stdout, planned.stderr
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 0
    assert not has_processes(process)


def test_sigterm_stops_all_processes() -> None:
    """SIGTERM during the demo ends the demo and every process that it started."""
    process = start()
    assert process.stdout
    with process.stdout as lines:
        while "$ az" not in lines.readline():
            pass
        process.terminate()
        assert process.wait(SECONDS) == 143
    assert not has_processes(process)


def refuse_allow_lists(stage: Stage) -> None:
    stage.checks.seconds = 0.5
    stage.sim.fault(match={"method": "PATCH", "path": "/services/"}, status=400, count=None)


def test_failed_check_ends_the_demo() -> None:
    """A failed check ends the demo with the expected and the actual state, the host's log, and exit code 1."""
    printed = io.StringIO()
    assert run(Console(file=printed, width=100, highlight=False, markup=False), prepare=refuse_allow_lists) == 1
    lines = printed.getvalue().splitlines()
    at = next(number for number, line in enumerate(lines) if "✗" in line)
    assert lines[at].split() == ["✗", "allow", "lists"]
    assert lines[at + 1].split() == ["expected", "analytics,", "reporting"]
    assert lines[at + 2].split() == ["found", "none"]
    assert "Executed 'Functions.endpoint_changed'" in printed.getvalue()
    assert lines[-1] == "demo: FAILED"

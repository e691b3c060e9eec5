import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from localhost.host import Host, HostError, running
from tests.localhost.conftest import Eventually, Logged

NEVER = {"SCHEDULE": "0 0 0 1 1 *"}


def get_in_background(host: Host, path: str) -> threading.Thread:
    """Send a request in a thread and ignore the response."""

    def get() -> None:
        try:
            httpx.get(f"{host.url}/tryout/{path}", trust_env=False, timeout=20)
        except httpx.HTTPError:
            return

    thread = threading.Thread(target=get)
    thread.start()
    return thread


def test_timers_fire(apps: Path, eventually: Eventually, logged: Logged) -> None:
    """Timers fire repeatedly on their schedules, and at startup if runOnStartup is set."""
    with running(apps / "sample", {"SCHEDULE": "* * * * * *"}) as host:
        succeeded = "Executed 'Functions.tick' (Succeeded"
        eventually(lambda: sum(succeeded in line for line in host.logs()) >= 2)
        assert logged(host, "Executed 'Functions.yearly' (Succeeded")


def test_no_timers(apps: Path) -> None:
    """With --no-timers no timer fires, not even at startup; timer functions are still served."""
    with running(apps / "sample", {"SCHEDULE": "* * * * * *"}, timers=False) as host:
        assert "tick" in host.functions
        host.stop()
        assert not any("yearly" in line for line in host.logs())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_graceful_stop(apps: Path, logged: Logged, number: signal.Signals) -> None:
    """On SIGTERM and SIGINT the host waits for running invocations, exits with code 0 and releases its port."""
    with running(apps / "sample", NEVER) as host:
        thread = get_in_background(host, "slow?seconds=0.5")
        logged(host, "slow started")
        host.process.send_signal(number)
        assert host.process.wait(10) == 0
        host.stop()
        thread.join()
        assert logged(host, "slow ended")
        with pytest.raises(httpx.ConnectError):
            httpx.get(host.url, trust_env=False)


def test_stop_after_the_grace_period(apps: Path, logged: Logged) -> None:
    """After the grace period the host logs the invocations that did not end, and exits with code 1."""
    with running(apps / "sample", NEVER, grace=0.3) as host:
        thread = get_in_background(host, "stuck")
        logged(host, "stuck started")
        assert host.stop() == 1
        thread.join()
        assert host.logs()[-1].endswith("WARNING [host] Stopped before these invocations ended: stuck")


def test_kill(apps: Path) -> None:
    """A killed host exits immediately; stopping it afterwards is not an error."""
    with running(apps / "sample", NEVER) as host:
        assert host.kill() == -signal.SIGKILL
        assert host.stop() == -signal.SIGKILL


def test_functions_in_error(apps: Path, logged: Logged) -> None:
    """A function in error is logged by name and not served; the other functions are served."""
    with running(apps / "unset") as host, httpx.Client(base_url=host.url, trust_env=False) as client:
        assert host.functions == ["healthy"]
        assert client.get("/api/healthy").text == "healthy"
        assert client.post("/admin/functions/audit", json={}).status_code == 404
        assert "AUDIT_SCHEDULE" in client.get("/admin/functions/audit/status").json()["errors"][0]
        assert logged(host, "The 'audit' function is in error and is not served: '%AUDIT_SCHEDULE%'")


def test_broken_app(apps: Path) -> None:
    """An app that cannot be imported ends the host with code 1, the app's traceback and the cause on the last line."""
    with pytest.raises(HostError, match="exited with code 1") as caught, running(apps / "broken"):
        pass
    assert 'REGION = SETTINGS["REGION"]' in str(caught.value)
    assert str(caught.value).splitlines()[-1].endswith("function_app.py cannot be loaded: KeyError: 'REGION'")


def test_port_taken(apps: Path) -> None:
    """A port in use ends the host with code 1 and an error with the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(HostError, match=f"port {port} cannot be used"),
            running(apps / "sample", port=port),
        ):
            pass


def test_start_timeout(apps: Path) -> None:
    """A host that is not ready within the timeout is killed."""
    with pytest.raises(HostError, match="not ready within"), running(apps / "sample", timeout=0.01):
        pass


def test_settings_file(apps: Path, tmp_path: Path) -> None:
    """Settings come from local.settings.json; environment variables take precedence."""
    shutil.copytree(apps / "unset", tmp_path / "app")
    values = {"AUDIT_SCHEDULE": "0 0 0 1 1 *", "PYTHON_SCRIPT_FILE_NAME": "elsewhere.py"}
    (tmp_path / "app" / "local.settings.json").write_text(json.dumps({"Values": values}))
    with running(tmp_path / "app", {"PYTHON_SCRIPT_FILE_NAME": "function_app.py"}) as host:
        assert host.functions == ["audit", "healthy"]


def test_environment_does_not_leak(apps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment variables of the caller do not reach the app."""
    monkeypatch.setenv("AUDIT_SCHEDULE", "0 0 0 1 1 *")
    with running(apps / "unset") as host:
        assert host.functions == ["healthy"]


def test_process_ends_with_the_context(apps: Path) -> None:
    """The process ends with the context manager, also after an exception."""
    with pytest.raises(ZeroDivisionError), running(apps / "unset") as host:
        raise ZeroDivisionError
    assert host.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(host.process.pid, 0)


def test_stdout_contains_only_the_ready_line(apps: Path, logged: Logged) -> None:
    """Stdout contains only the ready line; the output of the app goes to the log."""
    with running(apps / "sample", NEVER) as host:
        httpx.get(f"{host.url}/tryout/files", trust_env=False)
        host.stop()
        assert logged(host, "printed, not logged")
        assert host.output() == [json.dumps({"url": host.url, "functions": host.functions})]


@pytest.mark.parametrize("option", [["--app", "nowhere"], ["--settings", "nowhere.json"]])
def test_bad_option(apps: Path, option: list[str]) -> None:
    """A missing directory or settings file ends the host with code 1 and an error with the path."""
    command = [sys.executable, "-m", "localhost", "--app", str(apps / "unset"), "--port", "0", *option]
    ended = subprocess.run(  # noqa: S603 - runs this repository's package, without a shell
        command, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert "nowhere" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1

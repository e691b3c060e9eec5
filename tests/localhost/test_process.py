import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from localhost.host import Host, HostError, running

type Logged = Callable[[Host, str], str]
type Eventually = Callable[[Callable[[], Any]], Any]

NEVER = {"SCHEDULE": "0 0 0 1 1 *"}


def ask(host: Host, path: str) -> threading.Thread:
    """Ask in the background; the answer is of no interest."""

    def get() -> None:
        try:
            httpx.get(f"{host.url}/tryout/{path}", trust_env=False, timeout=20)
        except httpx.HTTPError:
            return

    thread = threading.Thread(target=get)
    thread.start()
    return thread


def test_timers_fire(apps: Path, eventually: Eventually, logged: Logged) -> None:
    """Timers fire by their schedule again and again, and at the start those that ask for it."""
    with running(apps / "sample", {"SCHEDULE": "* * * * * *"}) as host:
        done = "Executed 'Functions.tick' (Succeeded"
        eventually(lambda: sum(done in line for line in host.logs()) >= 2)
        assert logged(host, "Executed 'Functions.yearly' (Succeeded")


def test_no_timers(apps: Path) -> None:
    """Without timers none fires, not even at the start, yet they are served."""
    with running(apps / "sample", {"SCHEDULE": "* * * * * *"}, timers=False) as host:
        assert "tick" in host.functions
        host.stop()
        assert not any("yearly" in line for line in host.logs())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_graceful_stop(apps: Path, logged: Logged, number: signal.Signals) -> None:
    """Asked to stop, the host lets invocations end, exits with 0 and leaves its port free."""
    with running(apps / "sample", NEVER) as host:
        thread = ask(host, "slow?seconds=0.5")
        logged(host, "slow has begun")
        host.process.send_signal(number)
        assert host.process.wait(10) == 0
        host.stop()
        thread.join()
        assert logged(host, "slow is done")
        with pytest.raises(httpx.ConnectError):
            httpx.get(host.url, trust_env=False)


def test_stop_gives_up(apps: Path, logged: Logged) -> None:
    """The host does not wait for ever: a thread that never ends is named, and the exit code is 1."""
    with running(apps / "sample", NEVER, grace=0.3) as host:
        thread = ask(host, "stuck")
        logged(host, "stuck has begun")
        assert host.stop() == 1
        thread.join()
        assert host.logs()[-1].endswith("WARNING [host] Gave up waiting for: stuck")


def test_kill(apps: Path) -> None:
    """A killed host is gone at once, and to stop it afterwards is no error."""
    with running(apps / "sample", NEVER) as host:
        assert host.kill() == -signal.SIGKILL
        assert host.stop() == -signal.SIGKILL


def test_functions_in_error(apps: Path, logged: Logged) -> None:
    """A function in error is reported by name and not served; the others are."""
    with running(apps / "unset") as host, httpx.Client(base_url=host.url, trust_env=False) as client:
        assert host.functions == ["well"]
        assert client.get("/api/well").text == "well"
        assert client.post("/admin/functions/audit", json={}).status_code == 404
        assert "AUDIT_SCHEDULE" in client.get("/admin/functions/audit/status").json()["errors"][0]
        assert logged(host, "The 'audit' function is in error and is not served: '%AUDIT_SCHEDULE%'")


def test_broken_app(apps: Path) -> None:
    """An app that cannot be imported ends the host with 1, the app's trace and a plain last line."""
    with pytest.raises(HostError, match="ended with code 1") as caught, running(apps / "broken"):
        pass
    assert 'REGION = SETTINGS["REGION"]' in str(caught.value)
    assert str(caught.value).splitlines()[-1].endswith("function_app.py cannot be loaded: KeyError: 'REGION'")


def test_port_taken(apps: Path) -> None:
    """A taken port ends the host with 1 and names the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(HostError, match=f"port {port} cannot be used"),
            running(apps / "sample", port=port),
        ):
            pass


def test_not_ready_in_time(apps: Path) -> None:
    """A host that is not ready in time is killed, not left behind."""
    with pytest.raises(HostError, match="not ready in time"), running(apps / "sample", timeout=0.01):
        pass


def test_settings_file(apps: Path, tmp_path: Path) -> None:
    """The app's settings come from local.settings.json, and the environment wins over it."""
    shutil.copytree(apps / "unset", tmp_path / "app")
    values = {"AUDIT_SCHEDULE": "0 0 0 1 1 *", "PYTHON_SCRIPT_FILE_NAME": "elsewhere.py"}
    (tmp_path / "app" / "local.settings.json").write_text(json.dumps({"Values": values}))
    with running(tmp_path / "app", {"PYTHON_SCRIPT_FILE_NAME": "function_app.py"}) as host:
        assert host.functions == ["audit", "well"]


def test_environment_does_not_leak(apps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the one who tests do not reach the app."""
    monkeypatch.setenv("AUDIT_SCHEDULE", "0 0 0 1 1 *")
    with running(apps / "unset") as host:
        assert host.functions == ["well"]


def test_exits_leave_nothing(apps: Path) -> None:
    """After the context the process is gone, also when what was tried in it failed."""
    with pytest.raises(ZeroDivisionError), running(apps / "unset") as host:
        raise ZeroDivisionError
    assert host.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(host.process.pid, 0)


def test_stdout_is_the_ready_line(apps: Path, logged: Logged) -> None:
    """Nothing but the ready line is printed on stdout; what the app prints is log."""
    with running(apps / "sample", NEVER) as host:
        httpx.get(f"{host.url}/tryout/files", trust_env=False)
        host.stop()
        assert logged(host, "printed, not logged")
        assert host.output() == [json.dumps({"url": host.url, "functions": host.functions})]


@pytest.mark.parametrize("option", [["--app", "nowhere"], ["--settings", "nowhere.json"]])
def test_bad_option(apps: Path, option: list[str]) -> None:
    """A directory or settings file that is not there ends the host with 1 and names it."""
    command = [sys.executable, "-m", "localhost", "--app", str(apps / "unset"), "--port", "0", *option]
    ended = subprocess.run(  # noqa: S603 - our own program, no shell
        command, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert "nowhere" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1

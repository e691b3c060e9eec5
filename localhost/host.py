"""Runs the local host as a separate process, for tests and demos."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
BASE_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
STOP_SECONDS = 15.0


class HostError(Exception):
    """The host did not start. The message contains its log."""


class Host:
    """A running local host. `url`, `functions` and `process` are public."""

    def __init__(self, process: subprocess.Popen[str], timeout: float) -> None:
        """Wait at most `timeout` seconds for the ready line, or raise `HostError`."""
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self._out, self._err = _Lines(process.stdout), _Lines(process.stderr)
        ready = self._ready(timeout)
        self.url: str = ready["url"]
        self.functions: list[str] = ready["functions"]

    def logs(self) -> list[str]:
        """Return the log lines so far; all of them after the host has exited."""
        return list(self._err.lines)

    def output(self) -> list[str]:
        """Return the lines on stdout so far. The host prints only the ready line."""
        return list(self._out.lines)

    def stop(self, timeout: float = STOP_SECONDS) -> int:
        """Send SIGTERM, then SIGKILL after `timeout` seconds. Returns the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout)
        return self.kill()

    def kill(self) -> int:
        """Send SIGKILL, to simulate a crash. Returns the exit code."""
        if self.process.poll() is None:
            self.process.kill()
        code = self.process.wait()
        self._out.finish()
        self._err.finish()
        return code

    def _ready(self, timeout: float) -> Any:
        try:
            return json.loads(self._out.first(timeout))
        except queue.Empty:
            reason = f"was not ready within {timeout:g} s"
        except ValueError:  # the pipe was closed without a line, so the process is about to exit
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
            reason = f"exited with code {self.kill()}"
        except BaseException:  # leave no process behind if the caller is interrupted
            self.kill()
            raise
        self.kill()
        raise HostError(f"the local host {reason}:\n" + "\n".join(self.logs()))


@contextlib.contextmanager
def running(
    app_dir: Path | str,
    env: Mapping[str, str] | None = None,
    *,
    port: int = 0,
    timers: bool = True,
    grace: float = 10.0,
    timeout: float = 30.0,
) -> Iterator[Host]:
    """Serve the app from a separate process, which is stopped on exit.

    The app sees only `env` and the variables in BASE_ENVIRONMENT, so settings of the developer do not leak into it.
    """
    command = [sys.executable, "-m", "localhost", "--app", str(Path(app_dir).resolve())]
    command += ["--port", str(port), "--grace", str(grace)] + ([] if timers else ["--no-timers"])
    base = {name: os.environ[name] for name in BASE_ENVIRONMENT if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - runs this repository's package, without a shell
        command,
        cwd=ROOT,
        env={**base, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    host = Host(process, timeout)
    try:
        yield host
    finally:
        host.stop(max(STOP_SECONDS, grace + 5))


class _Lines:
    """Reads a pipe in a separate thread, so that the writer never blocks."""

    def __init__(self, pipe: IO[str]) -> None:
        self.lines: list[str] = []
        self._first: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def first(self, timeout: float) -> str:
        """Return the first line, empty if the pipe was closed without one. Raises `queue.Empty` on timeout."""
        return self._first.get(timeout=timeout)

    def finish(self) -> None:
        """Read the remaining lines. Do not wait for a grandchild that keeps the pipe open."""
        self._thread.join(5.0)
        if not self._thread.is_alive():
            self._pipe.close()

    def _read(self) -> None:
        for line in self._pipe:
            self.lines.append(line.rstrip("\n"))
            self._first.put(self.lines[-1])
        self._first.put("")

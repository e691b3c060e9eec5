"""The local host as a process of its own, for tests and demos."""

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
    """The host did not come up; the message carries what it logged."""


class Host:
    """A running local host. `url`, `functions` and `process` are there to be used."""

    def __init__(self, process: subprocess.Popen[str], timeout: float) -> None:
        """Wait at most `timeout` seconds for the host to be ready, or raise `HostError`."""
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self._out, self._err = _Lines(process.stdout), _Lines(process.stderr)
        ready = self._ready(timeout)
        self.url: str = ready["url"]
        self.functions: list[str] = ready["functions"]

    def logs(self) -> list[str]:
        """The lines logged so far; all of them once the host has ended."""
        return list(self._err.lines)

    def output(self) -> list[str]:
        """The lines on stdout so far: the ready line and, if all is well, no other."""
        return list(self._out.lines)

    def stop(self, timeout: float = STOP_SECONDS) -> int:
        """Ask the host to end (SIGTERM), kill it if it has not after `timeout` seconds; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout)
        return self.kill()

    def kill(self) -> int:
        """End the host at once (SIGKILL), as a crash would; its exit code."""
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
            how = "was not ready in time"
        except ValueError:  # the pipe ended without a line; the process is about to
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
            how = f"ended with code {self.kill()}"
        except BaseException:  # someone lost patience with us: leave no process behind
            self.kill()
            raise
        self.kill()
        raise HostError(f"the local host {how}:\n" + "\n".join(self.logs()))


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
    """The app served by a process that is surely gone afterwards.

    The app sees `env` and of this process's environment only what any program needs to run, so a developer's
    own settings do not leak into it.
    """
    command = [sys.executable, "-m", "localhost", "--app", str(Path(app_dir).resolve())]
    command += ["--port", str(port), "--grace", str(grace)] + ([] if timers else ["--no-timers"])
    base = {name: os.environ[name] for name in BASE_ENVIRONMENT if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own program, no shell
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
    """Reads a pipe to its end in a thread of its own, so that the writer never waits for us."""

    def __init__(self, pipe: IO[str]) -> None:
        self.lines: list[str] = []
        self._first: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def first(self, timeout: float) -> str:
        """The first line, empty if the pipe ended without one; `queue.Empty` if none came in time."""
        return self._first.get(timeout=timeout)

    def finish(self) -> None:
        """Wait for the rest, but not for a grandchild that holds the pipe."""
        self._thread.join(5.0)
        if not self._thread.is_alive():
            self._pipe.close()

    def _read(self) -> None:
        for line in self._pipe:
            self.lines.append(line.rstrip("\n"))
            self._first.put(self.lines[-1])
        self._first.put("")

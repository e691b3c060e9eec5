"""Runs Azurite, Microsoft's emulator of Azure Storage, on loopback. npm installs it once."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator

from tests.support.paths import ROOT

HERE = ROOT / "tests" / "adapters" / "azurite"
BUILD = ROOT / "build" / "azurite"
ACCOUNT = "devstoreaccount1"
_PROGRAM = "node_modules/azurite/dist/src/blob/main.js"
_OPTIONS = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck")


class NoAzuriteError(Exception):
    """Azurite is not available on this machine."""


@contextlib.contextmanager
def azurite() -> Iterator[str]:
    """Run Azurite and yield the URL of its account. Raises NoAzuriteError."""
    node = shutil.which("node")
    if not node:
        raise NoAzuriteError("node is not installed")
    _install()
    command = [node, _PROGRAM, *_OPTIONS, "--disableTelemetry"]
    process = subprocess.Popen(command, cwd=BUILD, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- a fixed command
    try:
        yield f"{_address(process)}/{ACCOUNT}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _install() -> None:
    """Install the locked version, unless it is installed already."""
    copy, locked = BUILD / "package-lock.json", (HERE / "package-lock.json").read_bytes()
    if (BUILD / _PROGRAM).exists() and copy.read_bytes() == locked:
        return
    npm = shutil.which("npm")
    if not npm:
        raise NoAzuriteError("npm is not installed")
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, BUILD / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    completed = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, check=False)  # noqa: S603 -- a fixed command
    if completed.returncode:
        shutil.rmtree(BUILD)
        raise NoAzuriteError(f"npm cannot install Azurite: {completed.stderr.strip().splitlines()[-1:]}")


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    for line in process.stdout:
        if match := re.search(r"successfully listens on (http://127\.0\.0\.1:\d+)", line):
            return match[1]
    raise NoAzuriteError(f"Azurite exited with code {process.wait()}")

"""Azurite, Microsoft's emulator of Azure Storage, on loopback: fetched once by npm, stopped when the tests end."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator

from tests.support.paths import ROOT

HERE = ROOT / "tests" / "adapters" / "azurite"
THERE = ROOT / "build" / "azurite"
ACCOUNT = "devstoreaccount1"
_PROGRAM = "node_modules/azurite/dist/src/blob/main.js"
_OPTIONS = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck")


class NoAzuriteError(Exception):
    """It cannot be had on this machine."""


@contextlib.contextmanager
def azurite() -> Iterator[str]:
    """The URL of its account. Raises NoAzuriteError."""
    node = shutil.which("node")
    if not node:
        raise NoAzuriteError("node is not installed")
    _fetch()
    command = [node, _PROGRAM, *_OPTIONS, "--disableTelemetry"]
    process = subprocess.Popen(command, cwd=THERE, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own
    try:
        yield f"{_address(process)}/{ACCOUNT}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _fetch() -> None:
    """In the locked versions, unless they are there already."""
    copy, locked = THERE / "package-lock.json", (HERE / "package-lock.json").read_bytes()
    if (THERE / _PROGRAM).exists() and copy.read_bytes() == locked:
        return
    npm = shutil.which("npm")
    if not npm:
        raise NoAzuriteError("npm is not installed")
    THERE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, THERE / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=THERE, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    if done.returncode:
        shutil.rmtree(THERE)
        raise NoAzuriteError(f"npm cannot fetch it: {done.stderr.strip().splitlines()[-1:]}")


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"successfully listens on (http://127\.0\.0\.1:\d+)", line):
            return found[1]
    raise NoAzuriteError(f"it ended with code {process.wait()}")

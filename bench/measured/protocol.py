"""The options of a measured program (standard input) and its measurements (standard output)."""

import json
import resource
import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def read_options() -> dict[str, Any]:
    return dict(json.load(sys.stdin))


def report(**measured: Any) -> None:
    sys.stdout.write(json.dumps(measured) + "\n")


def peak_megabytes() -> float:
    """The peak memory of this process, from /proc where there is one: the system call includes the parent's."""
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes, on macOS
    lines = _STATUS.read_text(encoding="utf-8").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1e3

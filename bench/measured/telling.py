"""How a measured program is told what to do, and tells what it measured."""

import json
import resource
import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def told() -> dict[str, Any]:
    return dict(json.load(sys.stdin))


def tell(**measured: Any) -> None:
    sys.stdout.write(json.dumps(measured) + "\n")


def peak_megabytes() -> float:
    """The most memory this process ever held.

    Where there is /proc, from there: what the system call tells begins with the parent's.
    """
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes, on macOS
    lines = _STATUS.read_text(encoding="utf-8").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1e3

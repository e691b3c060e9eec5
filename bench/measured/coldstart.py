"""The index time of an app on Microsoft's worker in a new process, and the time of its first event.

Instead of an event, given modules can be imported. The worker is imported before, as in Azure.
"""

import asyncio
import contextlib
import importlib
import sys
import time
from typing import Any

from bench.measured.protocol import read_options, report
from localhost.worker import Worker

# httpx imports these if they are installed, which they are for development only.
_NOT_IN_AZURE = ("click", "rich", "pygments")


async def _measure(order: dict[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    worker = await Worker(order["app"]).start()
    indexed, before = time.perf_counter(), len(sys.modules)
    if "event" in order:
        await worker.event_grid("endpoint_changed", order["event"])
    for module in order.get("modules", ()):
        _load(module)
    done = time.perf_counter()
    loaded = list(sys.modules)[before:]
    return {"index": indexed - began, "first": done - indexed, "loaded": loaded}


def _load(module: str) -> None:
    """Import a module. Some names in sys.modules are not importable."""
    with contextlib.suppress(ImportError):
        importlib.import_module(module)


def main() -> None:
    for name in _NOT_IN_AZURE:
        sys.modules[name] = None  # type: ignore[assignment] # so that importing it fails
    report(**asyncio.run(_measure(read_options())))


if __name__ == "__main__":
    main()

"""An app on Microsoft's worker in a fresh process: until it is indexed, and from there until a first thing is done.

That is an event, or the import of given modules. The worker's own imports come before, as in Azure.
"""

import asyncio
import contextlib
import importlib
import sys
import time
from typing import Any

from bench.measured.telling import tell, told
from localhost.worker import Worker

# httpx imports these where it finds them. They are for development; in Azure they are not installed.
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
    """Import a module; some names in sys.modules are no modules, and came with another one."""
    with contextlib.suppress(ImportError):
        importlib.import_module(module)


def main() -> None:
    for name in _NOT_IN_AZURE:
        sys.modules[name] = None  # type: ignore[assignment] # so that importing it fails
    tell(**asyncio.run(_measure(told())))


if __name__ == "__main__":
    main()

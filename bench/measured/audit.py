"""One audit on one core, through its door: how long it takes, and how much memory at most.

A warm one comes after another, whose requests the simulator is told to forget.
"""

import asyncio
import os
import time

import httpx

from bench.measured.telling import peak_megabytes, tell, told
from shared.triggers.audit import audit


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    tell(**asyncio.run(_measure(warm=bool(told().get("warm")))), peakMegabytes=peak_megabytes())


async def _measure(*, warm: bool) -> dict[str, float]:
    if warm:
        await audit()
        async with httpx.AsyncClient(trust_env=False) as client:
            url = os.environ["AZURE_RESOURCE_MANAGER_URL"]
            (await client.delete(f"{url}/_sim/requests")).raise_for_status()
    wall, cpu = time.perf_counter(), time.process_time()
    await audit()
    return {"seconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu}


if __name__ == "__main__":
    main()

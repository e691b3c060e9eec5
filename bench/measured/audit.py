"""The duration and peak memory of one audit on one core, started through its trigger.

A warm audit follows another one, whose requests are deleted from the simulator's log.
"""

import asyncio
import os
import time

import httpx

from bench.measured.protocol import peak_megabytes, read_options, report
from shared.triggers.audit import audit


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    report(**asyncio.run(_measure(warm=bool(read_options().get("warm")))), peakMegabytes=peak_megabytes())


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

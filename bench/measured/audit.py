"""One audit on one core, through its door: how long it takes, and how much memory at most."""

import asyncio
import os
import time

from bench.measured.telling import peak_megabytes, tell
from shared import doors


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(doors.audit())
    tell(
        seconds=time.perf_counter() - wall,
        cpuSeconds=time.process_time() - cpu,
        peakMegabytes=peak_megabytes(),
    )


if __name__ == "__main__":
    main()

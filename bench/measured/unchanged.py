"""The CPU time of passes without changes for one endpoint, started through the trigger."""

import asyncio
import time

from bench.measured.protocol import read_options, report
from shared.domain.model.ids import Kind, ResourceId
from shared.triggers.endpoint_changed import endpoint_changed

_WARM_UP = 3


async def _passes(endpoint: ResourceId, count: int) -> list[float]:
    for _ in range(_WARM_UP):
        await endpoint_changed(endpoint)
    seconds = []
    for _ in range(count):
        began = time.process_time()
        await endpoint_changed(endpoint)
        seconds.append(time.process_time() - began)
    return seconds


def main() -> None:
    order = read_options()
    endpoint = ResourceId.parse(order["endpoint"], Kind.PRIVATE_ENDPOINT)
    report(cpuSeconds=asyncio.run(_passes(endpoint, order["passes"])))


if __name__ == "__main__":
    main()

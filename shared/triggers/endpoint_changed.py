"""The Event Grid trigger: one endpoint, together with those that wait with it."""

import asyncio
import time

from shared.bootstrap import EVENT_SECONDS, get_runtime
from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId
from shared.telemetry.log import tell_delivery
from shared.triggers.failure import SETTLE_SECONDS, summary


async def endpoint_changed(endpoint: ResourceId, seconds: float = EVENT_SECONDS) -> None:
    """Bring one endpoint to what its tag asks for, together with what else waits.

    Raises TemporaryError for what another delivery of the event may cure, and SettingsError: events are
    not lost while settings, a key or a right are being mended. What no delivery can cure is logged as an error.
    """
    began = time.monotonic()
    runtime = get_runtime()
    try:
        async with asyncio.timeout(seconds):
            report = await runtime.batching.report_on(endpoint)
    except TimeoutError as error:
        told = f"{endpoint}: not all was done within {seconds:.0f} s; what is under way goes on"
        raise TemporaryError(told) from error
    tell_delivery(endpoint, report, round((time.monotonic() - began) * 1000))
    await runtime.settle(SETTLE_SECONDS)
    if report.retryable:
        done = [f"{o.change.verb} {o.change.object}" for o in report.outcomes if o.status == "done"]
        undone = (*report.problems, *report.in_progress)
        raise TemporaryError(summary(undone, done, "The event is to be delivered again."))

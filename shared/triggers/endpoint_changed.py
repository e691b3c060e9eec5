"""The Event Grid trigger: reconcile one endpoint, in one pass with the other waiting events."""

import asyncio
import time

from shared.bootstrap import EVENT_SECONDS, get_runtime
from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import ResourceId
from shared.telemetry.log import log_delivery


async def endpoint_changed(endpoint: ResourceId, seconds: float = EVENT_SECONDS) -> None:
    """Reconcile one endpoint.

    Raises TemporaryError for what another delivery may resolve, and SettingsError, so that no event is lost
    while settings, a key or a permission are corrected. Other failures are logged as errors.
    """
    started = time.monotonic()
    runtime = get_runtime()
    try:
        async with asyncio.timeout(seconds):
            report = await runtime.batching.reconcile(endpoint)
    except TimeoutError as error:
        message = f"{endpoint}: timed out after {seconds:.0f} s; the pass continues in the background"
        raise TemporaryError(message) from error
    log_delivery(endpoint, report, round((time.monotonic() - started) * 1000))
    await runtime.settle()
    if report.retryable:
        done = [f"{o.change.verb} {o.change.object}" for o in report.outcomes if o.status == "done"]
        not_done = "; ".join((*report.problems, *report.in_progress))
        raise TemporaryError(
            f"Not done: {not_done}. Done: {', '.join(done) or 'nothing'}. Event Grid will retry this event."
        )

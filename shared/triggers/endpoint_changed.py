"""The Event Grid trigger: reconcile one endpoint, in one pass with the other waiting events."""

import asyncio
import time

from shared.bootstrap import EVENT_SECONDS, get_runtime
from shared.domain.changes.outcome import OutcomeStatus
from shared.domain.model.errors import TemporaryError
from shared.domain.model.findings import IN_PROGRESS
from shared.domain.model.ids import ResourceId
from shared.domain.results.pass_report import Report
from shared.telemetry.log import log_delivery

RETRIES = "Event Grid will retry this event for up to 24 hours."


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
        raise TemporaryError(
            f"{endpoint}: timed out after {seconds:.0f} s; it is not known what was done. A pass that has "
            "started continues and is logged; one for which no other event waits does not start. "
            f"Remedy: if this repeats, check the retries in the log: they name the slow system. {RETRIES}"
        ) from error
    log_delivery(endpoint, report, round((time.monotonic() - started) * 1000))
    await runtime.settle()
    if report.retryable:
        raise TemporaryError(f"{_not_done(report)} {RETRIES}")


def _not_done(report: Report) -> str:
    """What was not done, each with its remedy, and what was done."""
    missing = [(one.text, one.remedy) for one in report.problems_with_remedies]
    missing += [(f"{one.object}: {one.message}", one.remedy) for one in report.plan.findings if one.code == IN_PROGRESS]
    done = [f"{one.change.verb} {one.change.object}" for one in report.outcomes if one.status is OutcomeStatus.DONE]
    not_done = " ".join(f"{text.removesuffix('.')}. Remedy: {remedy}" for text, remedy in missing)
    return f"Not done: {not_done} Done: {', '.join(done) or 'nothing'}."

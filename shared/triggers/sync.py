"""The manual sync: POST /api/sync."""

from shared.bootstrap import Runtime, get_runtime
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import SettingsError
from shared.triggers.failure import SETTLE_SECONDS
from shared.triggers.http_answer import Answer, problem
from shared.triggers.sync_request import BadRequestError, SyncRequest, parse_sync_request

# Azure's load balancer ends an HTTP request after 230 seconds.
SYNC_SECONDS = 200.0


async def sync(body: bytes) -> Answer:
    """The same pass by hand. 200: done; 400: the request; 500: the settings; 502: a system did not do its part."""
    try:
        runtime = get_runtime()
        request = parse_sync_request(body, runtime.config)
        report = await runtime.reconcile(_sync_order(request, runtime), SYNC_SECONDS)
    except SettingsError as error:
        return problem(500, "The settings are not usable", faults=list(error.faults))
    except BadRequestError as error:
        told = [{"at": where, "fault": what} for where, what in error.faults]
        return problem(400, "The request is not usable; nothing was read or changed", faults=told)
    await runtime.settle(SETTLE_SECONDS)
    if report.problems:
        title = "Not everything was done: see problems, and outcomes for what was"
        return problem(502, title, **report.as_json())
    return Answer(200, report.as_json())


def _sync_order(request: SyncRequest, runtime: Runtime) -> ReconcileRequest:
    allowed = request.allow_removals
    limit = runtime.settings.max_removals if allowed is None else allowed
    return ReconcileRequest(request.targets, dry_run=request.dry_run, max_removals=limit)

"""The manual sync: POST /api/sync."""

from shared.bootstrap import Runtime, get_runtime
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import SettingsError
from shared.triggers.http_answer import Answer, json_answer, problem
from shared.triggers.sync_request import BadRequestError, SyncRequest, parse_sync_request

# Azure's load balancer ends an HTTP request after 230 seconds.
SYNC_SECONDS = 200.0


async def sync(body: bytes) -> Answer:
    """Run a pass. 200: done; 400: invalid request; 500: invalid settings; 502: a system failed."""
    try:
        runtime = get_runtime()
        request = parse_sync_request(body, runtime.config)
        report = await runtime.reconcile(_reconcile_request(request, runtime), SYNC_SECONDS)
    except SettingsError as error:
        return problem(500, "The settings are invalid", faults=list(error.faults))
    except BadRequestError as error:
        faults = [{"at": location, "fault": fault} for location, fault in error.faults]
        return problem(400, "The request is invalid; nothing was read or changed", faults=faults)
    await runtime.settle()
    if report.problems:
        title = "Not everything was done: see problems, and outcomes for what was"
        return problem(502, title, **report.as_json())
    return json_answer(200, report.as_json())


def _reconcile_request(request: SyncRequest, runtime: Runtime) -> ReconcileRequest:
    allowed = request.allow_removals
    limit = runtime.settings.max_removals if allowed is None else allowed
    return ReconcileRequest(request.targets, dry_run=request.dry_run, max_removals=limit)

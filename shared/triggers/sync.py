"""The manual sync: POST /api/sync."""

from shared.bootstrap import get_runtime
from shared.domain.model.text import counted
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import SettingsError
from shared.triggers.http_answer import Answer, json_answer, problem
from shared.triggers.sync_request import BadRequestError, parse_sync_request

# Azure's load balancer ends an HTTP request after 230 seconds.
SYNC_SECONDS = 200.0


async def sync(request_body: bytes) -> Answer:
    """Run a pass. 200: done; 400: invalid request; 500: invalid settings; 502: a system failed."""
    try:
        runtime = get_runtime()
        request = parse_sync_request(request_body, runtime.config)
        allowed = request.allow_removals
        limit = runtime.settings.max_removals if allowed is None else allowed
        reconcile_request = ReconcileRequest(request.targets, dry_run=request.dry_run, max_removals=limit)
        report = await runtime.reconcile(reconcile_request, SYNC_SECONDS)
    except SettingsError as error:
        return problem(500, "The settings are invalid", faults=list(error.faults))
    except BadRequestError as error:
        faults = [{"at": location, "fault": fault} for location, fault in error.faults]
        return problem(400, "The request is invalid; nothing was read or changed", faults=faults)
    await runtime.settle()
    body = report.as_json()
    if withheld := len(report.plan.withheld):
        body["withheldNotice"] = (
            f"{counted(withheld, 'removal')} withheld: releasing {counted(report.releases_withheld, 'endpoint')} "
            f"exceeds the limit. To apply them, send the request again with "
            f'"allowRemovals": {report.releases_withheld}.'
        )
    if report.problems:
        return problem(502, "Not everything was done: see problems, and outcomes for what was", **body)
    return json_answer(200, body)

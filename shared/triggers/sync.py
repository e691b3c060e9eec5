"""The manual sync: POST /api/sync."""

from shared.bootstrap import Runtime, get_runtime
from shared.domain.model.text import counted
from shared.domain.results.pass_report import Report
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import SettingsError
from shared.triggers.http_answer import Answer, json_answer, problem
from shared.triggers.sync_request import BadRequestError, SyncRequest, parse_sync_request

# Azure's load balancer ends an HTTP request after 230 seconds.
SYNC_SECONDS = 200.0


async def sync(request_body: bytes) -> Answer:
    """Run a pass. 200: done; 400: invalid request; 500: invalid settings; 502: a system failed."""
    try:
        runtime = get_runtime()
        request = parse_sync_request(request_body, runtime.config)
        report = await runtime.reconcile(_reconcile_request(request, runtime), SYNC_SECONDS)
    except SettingsError as error:
        return problem(500, "The settings are invalid", faults=list(error.faults))
    except BadRequestError as error:
        faults = [{"at": location, "fault": fault} for location, fault in error.faults]
        return problem(400, "The request is invalid; nothing was read or changed", faults=faults)
    await runtime.settle()
    body = report.as_json() | _withheld_notice(report)
    if report.problems:
        return problem(502, "Not everything was done: see problems, and outcomes for what was", **body)
    return json_answer(200, body)


def _withheld_notice(report: Report) -> dict[str, object]:
    """How to apply the changes that MAX_REMOVALS withholds; nothing if it withholds none."""
    withheld = len(report.plan.withheld)
    if not withheld:
        return {}
    notice = (
        f"{counted(withheld, 'removal')} withheld: releasing {counted(report.releases_withheld, 'endpoint')} exceeds"
        f' the limit. To apply them, send the request again with "allowRemovals": {report.releases_withheld}.'
    )
    return {"withheldNotice": notice}


def _reconcile_request(request: SyncRequest, runtime: Runtime) -> ReconcileRequest:
    allowed = request.allow_removals
    limit = runtime.settings.max_removals if allowed is None else allowed
    return ReconcileRequest(request.targets, dry_run=request.dry_run, max_removals=limit)

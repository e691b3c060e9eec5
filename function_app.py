"""The function app: five triggers. Before one of them runs, no setting is read and nothing slow is imported."""

from typing import TYPE_CHECKING

import azure.functions as func

from shared.triggers.event_grid import endpoint_named_by

if TYPE_CHECKING:
    from shared.triggers.http_answer import Answer

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.event_grid_trigger(arg_name="event")
async def endpoint_changed(event: func.EventGridEvent) -> None:
    """Reconcile a private endpoint that was written, deleted or retagged; ignore every other event."""
    if endpoint := endpoint_named_by(event):
        from shared.triggers import endpoint_changed as trigger  # noqa: PLC0415 -- the SDKs are slow to import

        await trigger.endpoint_changed(endpoint)


@app.route("sync", methods=["POST"])
async def sync(req: func.HttpRequest) -> func.HttpResponse:
    """Reconcile on request: `{"endpoints": [ARM id, …] or "all", "dryRun": bool}`."""
    from shared.triggers import sync as trigger  # noqa: PLC0415 -- the SDKs are slow to import

    return _response(await trigger.sync(req.get_body()))


@app.route("health", methods=["GET"])
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 -- the binding requires the name
    """Check settings, permissions and systems; write nothing."""
    from shared.triggers import health as trigger  # noqa: PLC0415 -- the SDKs are slow to import

    return _response(await trigger.health())


@app.timer_trigger("timer", schedule="%AUDIT_SCHEDULE%")
async def audit(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the binding requires the name
    """Reconcile everything in scope and everything this deployment owns, under AUDIT_POLICY."""
    from shared.triggers import audit as trigger  # noqa: PLC0415 -- the SDKs are slow to import

    await trigger.audit()


@app.route("status", methods=["GET", "HEAD"])
async def status(req: func.HttpRequest) -> func.HttpResponse:
    """The latest audit report as a page, or as JSON by Accept or `?format=json`."""
    from shared.triggers import status as trigger  # noqa: PLC0415 -- the SDKs are slow to import

    request = trigger.StatusRequest(req.method, req.headers.get("Accept"), req.params.get("format"))
    return _response(await trigger.status(request))


def _response(answer: "Answer") -> func.HttpResponse:
    return func.HttpResponse(
        answer.body, status_code=answer.status, headers=dict(answer.headers), mimetype=answer.content_type
    )
